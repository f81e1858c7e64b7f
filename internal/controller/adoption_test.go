// SPDX-License-Identifier: Apache-2.0

package controller_test

import (
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/whm-credentials/operator/api/v1alpha1"
)

var _ = Describe("A Secret that exists already", func() {
	const owner = "AccessHashRotation/whm-billing"

	var s *site

	BeforeEach(func() {
		namespace := newNamespace()
		s = newSite(namespace, "whm", siteOptions{users: []string{"billing", "other"}})
		startOperator(namespace, nil)
	})

	DescribeTable("is taken over only with consent",
		func(policy v1alpha1.AdoptionPolicy, prepare func(*corev1.Secret), refusal string) {
			existing := foreignSecret(s.namespace, "existing")
			prepare(existing)
			Expect(admin.Create(ctx, existing)).To(Succeed())
			r := create(newRotation(s, "billing", adoptExisting(policy)))
			if refusal == "" {
				expectReady(r)
				Expect(secretOf(r).Data).To(And(HaveKey("theirs"), HaveKey("accesshash")))
				return
			}
			expectCondition(r, v1alpha1.StalledCondition, "True/"+v1alpha1.SecretConflictReason)
			Expect(message(r, v1alpha1.StalledCondition)).To(ContainSubstring(refusal))
			now := secretOf(r)
			Expect(now.ResourceVersion).To(Equal(existing.ResourceVersion))
			Expect(mutations(s.Ledger().Calls)).To(BeEmpty(), "nothing is issued that cannot be published")
		},
		Entry("never", v1alpha1.AdoptNever, func(*corev1.Secret) {}, "set secret.adoption to IfAnnotated or IfUnowned"),
		Entry("if it says so", v1alpha1.AdoptIfAnnotated, func(x *corev1.Secret) {
			x.Annotations[v1alpha1.AdoptAnnotation] = owner
		}, ""),
		Entry("not if it says nothing", v1alpha1.AdoptIfAnnotated, func(*corev1.Secret) {},
			"annotate it with "+v1alpha1.AdoptAnnotation+"="+owner),
		Entry("not if it names somebody else", v1alpha1.AdoptIfAnnotated, func(x *corev1.Secret) {
			x.Annotations[v1alpha1.AdoptAnnotation] = "AccessHashRotation/other"
		}, "annotate it with "+v1alpha1.AdoptAnnotation+"="+owner),
		Entry("if nobody owns it", v1alpha1.AdoptIfUnowned, func(*corev1.Secret) {}, ""),
		Entry("not if a controller owns it", v1alpha1.AdoptIfUnowned, func(x *corev1.Secret) {
			server := s.get()
			Expect(controllerutil.SetControllerReference(server, x, admin.Scheme())).To(Succeed())
		}, "is owned by WHMServer whm"),
		Entry("not if it is immutable", v1alpha1.AdoptIfUnowned, func(x *corev1.Secret) { x.Immutable = new(true) }, "is immutable"),
	)

	It("is not taken from another object", func() {
		first := expectReady(create(newRotation(s, "other", func(r *v1alpha1.AccessHashRotation) { r.Spec.Secret.Name = "existing" })))
		before := secretOf(first)
		r := create(newRotation(s, "billing", adoptExisting(v1alpha1.AdoptIfUnowned)))
		expectCondition(r, v1alpha1.StalledCondition, "True/"+v1alpha1.SecretConflictReason)
		Expect(secretOf(r).Data).To(Equal(before.Data))
	})

	It("gets the credential as soon as it is out of the way", func() {
		existing := foreignSecret(s.namespace, "existing")
		Expect(admin.Create(ctx, existing)).To(Succeed())
		r := create(newRotation(s, "billing", adoptExisting(v1alpha1.AdoptNever)))
		expectCondition(r, v1alpha1.StalledCondition, "True/"+v1alpha1.SecretConflictReason)
		edit(existing, func(x *corev1.Secret) {
			metav1.SetMetaDataAnnotation(&x.ObjectMeta, v1alpha1.AdoptAnnotation, owner)
		})
		edit(r, func(r *v1alpha1.AccessHashRotation) { r.Spec.Secret.Adoption = v1alpha1.AdoptIfAnnotated })
		expectReady(r)
		expectPublished(s, r)
	})
})

var _ = Describe("The published Secret", func() {
	var s *site

	BeforeEach(func() {
		namespace := newNamespace()
		s = newSite(namespace, "whm", siteOptions{users: []string{"billing"}})
		startOperator(namespace, nil)
	})

	It("has exactly the documented keys", func() {
		r := expectReady(create(newRotation(s, "billing")))
		secret := secretOf(r)
		hash := s.AccessHash("billing")
		host, port, _ := strings.Cut(strings.TrimPrefix(s.WHMURL(), "https://"), ":")
		Expect(secret.Data).To(HaveLen(6))
		for key, want := range map[string]string{
			"username": "billing", "host": host, "port": port, "endpoint": s.WHMURL(),
			"accesshash": hash, "authorization": "WHM billing:" + hash,
		} {
			expectSecret(secret.Data[key], want, key)
		}
		Expect(secret.Type).To(Equal(corev1.SecretTypeOpaque))
		Expect(secret.Labels).To(Equal(map[string]string{v1alpha1.ManagedByLabel: v1alpha1.ManagedByValue}))
	})

	It("follows its template, and loses what the template no longer has", func() {
		r := expectReady(create(newRotation(s, "billing", func(r *v1alpha1.AccessHashRotation) {
			r.Spec.Secret.Template = &v1alpha1.SecretTemplate{
				Type:        "kubernetes.io/basic-auth",
				Labels:      map[string]v1alpha1.LabelValue{"team": "billing", "tier": "gold"},
				Annotations: map[string]v1alpha1.AnnotationValue{"example.com/note": "made by a template"},
				Data: map[string]v1alpha1.TemplateSource{
					"username": "{{ .username }}", "password": "{{ .accesshash }}", "url": "{{ .endpoint }}/json-api",
				},
			}
		})))
		secret := secretOf(r)
		Expect(secret.Type).To(Equal(corev1.SecretTypeBasicAuth))
		Expect(secret.Labels).To(And(HaveKeyWithValue("team", "billing"), HaveKeyWithValue("tier", "gold")))
		Expect(secret.Annotations).To(HaveKeyWithValue("example.com/note", "made by a template"))
		Expect(secret.Data).To(And(HaveLen(3), HaveKeyWithValue("url", []byte(s.WHMURL()+"/json-api"))))
		expectSecret(secret.Data["password"], s.AccessHash("billing"), "password")

		By("adding a key of somebody else and taking things out of the template")
		edit(secret, func(x *corev1.Secret) { x.Data["theirs"] = []byte("kept") })
		edit(r, func(r *v1alpha1.AccessHashRotation) {
			delete(r.Spec.Secret.Template.Data, "url")
			delete(r.Spec.Secret.Template.Labels, "tier")
			r.Spec.Secret.Template.Annotations = nil
		})
		expectReady(r)
		secret = secretOf(r)
		Expect(secret.Data).To(And(HaveLen(3), HaveKey("username"), HaveKey("password"), HaveKey("theirs")))
		Expect(secret.Labels).To(And(HaveKey("team"), Not(HaveKey("tier"))))
		Expect(secret.Annotations).NotTo(HaveKey("example.com/note"))
		Expect(mutations(s.Ledger().Calls)).To(HaveLen(1), "a changed template is no reason to rotate")
	})

	It("is not given another type, which Kubernetes does not allow", func() {
		r := expectReady(create(newRotation(s, "billing")))
		edit(r, func(r *v1alpha1.AccessHashRotation) {
			r.Spec.Secret.Template = &v1alpha1.SecretTemplate{Type: "example.com/other"}
		})
		expectCondition(r, v1alpha1.StalledCondition, "True/"+v1alpha1.SecretConflictReason)
		By("deleting it, as the condition says")
		Expect(admin.Delete(ctx, secretOf(r))).To(Succeed())
		expectReady(r)
		Expect(secretOf(r).Type).To(BeEquivalentTo("example.com/other"))
		expectPublished(s, r)
		Expect(mutations(s.Ledger().Calls)).To(HaveLen(1))
	})
})
