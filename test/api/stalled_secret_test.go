// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/whm-credentials/operator/api/v1alpha1"
)

// adoption returns a change that sets the adoption policy.
func adoption(policy v1alpha1.AdoptionPolicy) func(*v1alpha1.AccessHashRotation) {
	return func(r *v1alpha1.AccessHashRotation) { r.Spec.Secret.Adoption = policy }
}

// immutable and the following describe the Secret that is in the way.
func immutable(s *corev1.Secret) { s.Immutable = new(true) }

func journalType(s *corev1.Secret) { s.Type = v1alpha1.JournalSecretType }

func forOther(s *corev1.Secret) {
	s.Annotations = map[string]string{v1alpha1.AdoptAnnotation: "AccessHashRotation/other"}
}

func ofOther(s *corev1.Secret) {
	s.Labels = map[string]string{v1alpha1.ManagedByLabel: v1alpha1.ManagedByValue}
	s.Annotations = map[string]string{v1alpha1.OwnerAnnotation: "AccessHashRotation/other"}
}

func controlled(s *corev1.Secret) {
	s.OwnerReferences = []metav1.OwnerReference{{
		APIVersion: "cert-manager.io/v1", Kind: "Certificate", Name: "web", UID: "1", Controller: new(true),
	}}
}

// A Secret of somebody else is left as it is, and the hash that would go into it is not replaced.
var _ = DescribeTable("a Secret that may not be taken over stalls:",
	func(ctx SpecContext, policy v1alpha1.AdoptionPolicy, theirs func(*corev1.Secret), words string) {
		b := newBench(ctx)
		b.readyServer()
		b.secret(targetName, map[string]string{"theirs": "precious"}, theirs)
		before := b.read(targetName)
		r := b.rotation("r", adoption(policy))
		b.awaitStalled(r, v1alpha1.SecretConflictReason, words)
		b.expectOneWarning(r, v1alpha1.SecretConflictReason)
		b.expectHashUntouched()
		Expect(b.read(targetName)).To(Equal(before))
	},

	Entry("foreign, and nothing is said about it", v1alpha1.AdoptionPolicy(""), func(*corev1.Secret) {},
		"Secret target exists and was not made for this object; delete it, publish under another name, or set secret.adoption"),
	Entry("foreign, but annotated", v1alpha1.AdoptNever, forOther, "exists and was not made for this object"),
	Entry("without consent", v1alpha1.AdoptIfAnnotated, func(*corev1.Secret) {},
		"does not consent; annotate it with whm-credentials.dev/adopt=AccessHashRotation/r"),
	Entry("with consent to another object", v1alpha1.AdoptIfAnnotated, forOther,
		"does not consent; annotate it with whm-credentials.dev/adopt=AccessHashRotation/r"),
	Entry("with a controller", v1alpha1.AdoptIfUnowned, controlled, "Secret target is owned by Certificate web"),
	Entry("of another object of the operator", v1alpha1.AdoptIfUnowned, ofOther,
		"Secret target is written by AccessHashRotation/other; publish under another name, or delete that object"),
	Entry("a journal", v1alpha1.AdoptIfUnowned, journalType, "Secret target is a journal of the operator"),
	Entry("immutable", v1alpha1.AdoptIfUnowned, immutable,
		"Secret target is immutable; delete it, or publish under another name"),
)

var _ = Describe("a Secret in the way", func() {
	It("is not turned into another type", func(ctx SpecContext) {
		b := newBench(ctx)
		b.readyServer()
		b.secret(targetName, map[string]string{"theirs": "precious"})
		before := b.read(targetName)
		r := b.rotation("r", adoption(v1alpha1.AdoptIfUnowned), secretType("example.com/whm"))
		b.awaitStalled(r, v1alpha1.SecretConflictReason,
			"Secret target has type Opaque and Kubernetes does not allow it to become example.com/whm")
		b.expectOneWarning(r, v1alpha1.SecretConflictReason)
		b.expectHashUntouched()
		Expect(b.read(targetName)).To(Equal(before))
	})

	It("is taken over once the spec allows it, and keeps what others put there", func(ctx SpecContext) {
		b := newBench(ctx)
		b.readyServer()
		b.secret(targetName, map[string]string{"theirs": "precious"})
		r := b.rotation("r")
		b.awaitStalled(r, v1alpha1.SecretConflictReason)
		edit(b, r, adoption(v1alpha1.AdoptIfUnowned))
		b.awaitReady(r)
		Expect(b.read(targetName).Data).To(And(
			HaveKeyWithValue("theirs", []byte("precious")),
			HaveKeyWithValue("accesshash", []byte(b.whm.AccessHash("root"))),
		))
	})
})
