// SPDX-License-Identifier: Apache-2.0

package controller_test

import (
	"maps"
	"reflect"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller"
	"github.com/whm-credentials/operator/internal/controller/journal"
	"github.com/whm-credentials/operator/internal/rotation"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

// refreshed returns the object as it is now.
func refreshed[T client.Object](r T) T {
	GinkgoHelper()
	now := reflect.New(reflect.TypeOf(r).Elem()).Interface().(T) //nolint:forcetypeassert // it has the type of r
	Expect(admin.Get(ctx, client.ObjectKeyFromObject(r), now)).To(Succeed())
	return now
}

// finding returns a condition; nil if it is absent.
func finding(r controller.Credential, kind string) *metav1.Condition {
	GinkgoHelper()
	return meta.FindStatusCondition(refreshed(r).CredentialStatus().Conditions, kind)
}

// condition returns status and reason of a condition, as in "True/Published".
func condition(r controller.Credential, kind string) string {
	GinkgoHelper()
	if c := finding(r, kind); c != nil {
		return string(c.Status) + "/" + c.Reason
	}
	return "absent"
}

// message returns what a condition says; nothing if it is absent.
func message(r controller.Credential, kind string) string {
	GinkgoHelper()
	if c := finding(r, kind); c != nil {
		return c.Message
	}
	return ""
}

// expectAtRest checks that a revision is published, and that the object is ready and has nothing left to do.
func expectAtRest[T controller.Credential](r T, revision int64) T {
	GinkgoHelper()
	now := refreshed(r)
	st := now.CredentialStatus()
	Expect(st.Revision).To(Equal(revision), "%v", st.Conditions)
	Expect(meta.IsStatusConditionTrue(st.Conditions, v1alpha1.ReadyCondition)).To(BeTrue(), "%v", st.Conditions)
	Expect(st.Conditions).NotTo(ContainElement(HaveField("Type",
		BeElementOf(v1alpha1.ReconcilingCondition, v1alpha1.StalledCondition))), "%v", st.Conditions)
	return now
}

// askForRotation sets the rotate annotation.
func askForRotation(r controller.Credential, value string) {
	GinkgoHelper()
	edit(refreshed(r), func(o controller.Credential) {
		all := maps.Clone(o.GetAnnotations())
		if all == nil {
			all = map[string]string{}
		}
		all[v1alpha1.RotateAnnotation] = value
		o.SetAnnotations(all)
	})
}

// expectReady waits until the object is ready and at rest, and returns it.
func expectReady(r *v1alpha1.AccessHashRotation) *v1alpha1.AccessHashRotation {
	GinkgoHelper()
	Eventually(func(g Gomega) {
		now := refreshed(r)
		g.Expect(now.Status.ObservedGeneration).To(Equal(now.Generation))
		g.Expect(meta.IsStatusConditionTrue(now.Status.Conditions, v1alpha1.ReadyCondition)).To(BeTrue(), "%v", now.Status.Conditions)
		g.Expect(now.Status.Conditions).NotTo(ContainElement(HaveField("Type",
			BeElementOf(v1alpha1.ReconcilingCondition, v1alpha1.StalledCondition))))
	}).Should(Succeed())
	return refreshed(r)
}

// expectRevision waits until a revision is published and the object at rest.
func expectRevision(r *v1alpha1.AccessHashRotation, revision int64) *v1alpha1.AccessHashRotation {
	GinkgoHelper()
	Eventually(func() int64 { return refreshed(r).Status.Revision }).Should(Equal(revision))
	return expectReady(r)
}

// expectCondition waits until a condition has a status and reason, as in "False/SecretConflict".
func expectCondition(r *v1alpha1.AccessHashRotation, kind, want string) {
	GinkgoHelper()
	Eventually(func() string { return condition(r, kind) }).Should(Equal(want))
}

// secretOf returns the published Secret.
func secretOf(r controller.Credential) *corev1.Secret {
	GinkgoHelper()
	return secretAt(secretKey(r))
}

func secretKey(r controller.Credential) types.NamespacedName {
	return types.NamespacedName{Namespace: r.GetNamespace(), Name: r.CredentialSpec().Secret.Name}
}

// secretAt reads a Secret.
func secretAt(key types.NamespacedName) *corev1.Secret {
	GinkgoHelper()
	s := &corev1.Secret{}
	Expect(admin.Get(ctx, key, s)).To(Succeed())
	return s
}

// journalOf returns the object's journal.
func journalOf(r controller.Credential) *corev1.Secret {
	GinkgoHelper()
	return secretAt(journalKey(r))
}

func journalKey(r controller.Credential) types.NamespacedName {
	GinkgoHelper()
	return journal.Key(refreshed(r))
}

// expectPublished checks that the Secret holds the one hash that the server accepts.
func expectPublished(s *site, r *v1alpha1.AccessHashRotation) {
	GinkgoHelper()
	hash := string(secretOf(r).Data["accesshash"])
	expectSecret([]byte(s.AccessHash(r.Spec.User)), hash, "the user's hash")
	Expect(s.Authenticates(r.Spec.User, simulator.KindHash, hash)).To(BeTrue(), "the server accepts the published hash")
}

// expectSecret compares values without printing them.
func expectSecret(got []byte, want, what string) {
	GinkgoHelper()
	if string(got) != want {
		Fail(what + " in the Secret is not as expected")
	}
}

// gone tells whether an object no longer exists.
func gone(obj client.Object) func() bool {
	return func() bool {
		return apierrors.IsNotFound(admin.Get(ctx, client.ObjectKeyFromObject(obj), obj))
	}
}

// edit changes an object, again if somebody else did at the same time.
func edit[T client.Object](obj T, change func(T)) {
	GinkgoHelper()
	Eventually(func() error {
		if err := admin.Get(ctx, client.ObjectKeyFromObject(obj), obj); err != nil {
			return err
		}
		change(obj)
		return admin.Update(ctx, obj)
	}).Should(Succeed())
}

// versions maps the objects of a list to their resourceVersion.
func versions(list runtime.Object) map[types.UID]string {
	GinkgoHelper()
	found := map[types.UID]string{}
	Expect(meta.EachListItem(list, func(item runtime.Object) error {
		obj, err := meta.Accessor(item)
		if err == nil {
			found[obj.GetUID()] = obj.GetResourceVersion()
		}
		return err
	})).To(Succeed())
	return found
}

func sameVersions(a, b map[types.UID]string) bool { return maps.Equal(a, b) }

// wipeStatus drops the status, as backup tools do when they restore an object.
func wipeStatus(r controller.Credential) {
	GinkgoHelper()
	Expect(admin.Status().Patch(ctx, refreshed(r), client.RawPatch(types.JSONPatchType,
		[]byte(`[{"op":"replace","path":"/status","value":{}}]`)))).To(Succeed())
}

// journalText returns the state in the only journal of a namespace.
func journalText(namespace string) string {
	GinkgoHelper()
	var all corev1.SecretList
	Expect(admin.List(ctx, &all, inNamespace(namespace), client.HasLabels{v1alpha1.JournalLabel})).To(Succeed())
	if len(all.Items) != 1 {
		return ""
	}
	return string(all.Items[0].Data[rotation.StateKey])
}
