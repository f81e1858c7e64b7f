// SPDX-License-Identifier: Apache-2.0

package controller_test

import (
	"slices"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

// newTokenRotation returns a rotation every 30 days of a token of root that may list accounts.
func newTokenRotation(s *site, name string, changes ...func(*v1alpha1.APITokenRotation)) *v1alpha1.APITokenRotation {
	r := &v1alpha1.APITokenRotation{
		ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace, Name: name},
		Spec: v1alpha1.APITokenRotationSpec{
			ACLs: []v1alpha1.ACLName{"list-accts"},
			CredentialSpec: v1alpha1.CredentialSpec{
				ServerRef: v1alpha1.ServerReference{Name: s.name},
				Secret:    v1alpha1.SecretTarget{Name: name},
				Rotation:  &v1alpha1.RotationSchedule{Every: &metav1.Duration{Duration: 720 * time.Hour}},
			},
		},
	}
	for _, change := range changes {
		change(r)
	}
	return r
}

func createToken(r *v1alpha1.APITokenRotation) *v1alpha1.APITokenRotation {
	GinkgoHelper()
	Expect(admin.Create(ctx, r)).To(Succeed())
	return r
}

// tokenNow returns the object as it is now.
func tokenNow(r *v1alpha1.APITokenRotation) *v1alpha1.APITokenRotation {
	GinkgoHelper()
	now := &v1alpha1.APITokenRotation{}
	Expect(admin.Get(ctx, client.ObjectKeyFromObject(r), now)).To(Succeed())
	return now
}

// expectTokenRevision checks that a revision is published, ready and at rest, and that its token works.
func expectTokenRevision(s *site, r *v1alpha1.APITokenRotation, revision int64) *v1alpha1.APITokenRotation {
	GinkgoHelper()
	now := tokenNow(r)
	Expect(now.Status.Revision).To(Equal(revision), "%v", now.Status.Conditions)
	Expect(meta.IsStatusConditionTrue(now.Status.Conditions, v1alpha1.ReadyCondition)).To(BeTrue(), "%v", now.Status.Conditions)
	Expect(now.Status.Conditions).NotTo(ContainElement(HaveField("Type",
		BeElementOf(v1alpha1.ReconcilingCondition, v1alpha1.StalledCondition))), "%v", now.Status.Conditions)
	expectTokenWorks(s, now)
	return now
}

func expectTokenWorks(s *site, r *v1alpha1.APITokenRotation) {
	GinkgoHelper()
	kind, user := simulator.KindToken, "root"
	if a := r.Spec.Account; a != nil && a.User != "" {
		user = string(a.User)
	}
	if a := r.Spec.Account; a != nil && a.Type == v1alpha1.CPanelAccount {
		kind = simulator.KindAccountToken
	}
	secret := tokenSecret(r)
	Expect(s.Authenticates(user, kind, string(secret.Data["token"]))).To(BeTrue(), "the server accepts the published token")
	Expect(string(secret.Data["tokenName"])).To(Equal(secret.Annotations[v1alpha1.CredentialIDAnnotation]))
}

func tokenSecret(r *v1alpha1.APITokenRotation) *corev1.Secret {
	GinkgoHelper()
	s := &corev1.Secret{}
	Expect(admin.Get(ctx, types.NamespacedName{Namespace: r.Namespace, Name: r.Spec.Secret.Name}, s)).To(Succeed())
	return s
}

// liveTokens are the names of the tokens that the operator made and that still work, in order.
func liveTokens(s *site) (names []string) {
	for _, c := range s.Ledger().Credentials {
		if (c.Kind == simulator.KindToken || c.Kind == simulator.KindAccountToken) && c.Live && c.IssuedHow != "inventory" {
			names = append(names, c.Name)
		}
	}
	slices.Sort(names)
	return names
}

// everyToken sets interval and overlap.
func everyToken(interval, overlap time.Duration) func(*v1alpha1.APITokenRotation) {
	return func(r *v1alpha1.APITokenRotation) {
		r.Spec.Rotation = &v1alpha1.RotationSchedule{
			Every: &metav1.Duration{Duration: interval}, Overlap: &metav1.Duration{Duration: overlap},
		}
	}
}
