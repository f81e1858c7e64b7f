// SPDX-License-Identifier: Apache-2.0

package publish_test

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/outcome"
	"github.com/whm-credentials/operator/internal/controller/publish"
)

func TestConsent(t *testing.T) {
	t.Parallel()
	const never, annotated, unowned = v1alpha1.AdoptNever, v1alpha1.AdoptIfAnnotated, v1alpha1.AdoptIfUnowned
	published := func(s *corev1.Secret) { *s = *publish.Desired(owner, target(nil), content, nil) }
	for name, tt := range map[string]struct {
		policy  v1alpha1.AdoptionPolicy
		prepare func(*corev1.Secret)
		// refusal is part of the message; empty if the Secret may be written.
		refusal string
	}{
		"own":                    {never, published, ""},
		"foreign":                {never, func(*corev1.Secret) {}, "was not made for this object"},
		"foreign, no policy":     {"", func(*corev1.Secret) {}, "was not made for this object"},
		"foreign, unowned":       {unowned, func(*corev1.Secret) {}, ""},
		"foreign, not annotated": {annotated, func(*corev1.Secret) {}, "whm-credentials.dev/adopt=AccessHashRotation/r"},
		"foreign, annotated": {annotated, func(s *corev1.Secret) {
			s.Annotations[v1alpha1.AdoptAnnotation] = "AccessHashRotation/r"
		}, ""},
		"foreign, annotated for another": {annotated, func(s *corev1.Secret) {
			s.Annotations[v1alpha1.AdoptAnnotation] = "AccessHashRotation/other"
		}, "does not consent"},
		"controlled by another": {unowned, func(s *corev1.Secret) {
			s.OwnerReferences = []metav1.OwnerReference{{Kind: "Certificate", Name: "tls", Controller: new(true)}}
		}, "is owned by Certificate tls"},
		"of another rotation": {unowned, func(s *corev1.Secret) {
			other := owner
			other.Name = "other"
			*s = *publish.Desired(other, target(nil), content, nil)
		}, "is written by AccessHashRotation/other"},
		"retained by another rotation": {unowned, func(s *corev1.Secret) {
			other := owner
			other.Name = "other"
			*s = *publish.Desired(other, target(nil), content, nil)
			delete(s.Labels, v1alpha1.ManagedByLabel)
		}, ""},
		"journal":        {unowned, func(s *corev1.Secret) { s.Type = v1alpha1.JournalSecretType }, "is a journal of the operator"},
		"immutable":      {unowned, func(s *corev1.Secret) { s.Immutable = new(true) }, "is immutable"},
		"own, immutable": {never, func(s *corev1.Secret) { published(s); s.Immutable = new(true) }, "is immutable"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := foreign()
			tt.prepare(s)
			err := publish.Consent(owner, v1alpha1.SecretTarget{Name: "out", Adoption: tt.policy}, s)
			checkRefusal(t, err, tt.refusal)
		})
	}
}

func TestConsentToATypeThatCannotChange(t *testing.T) {
	t.Parallel()
	s := publish.Desired(owner, target(&v1alpha1.SecretTemplate{Type: "a/b"}), content, nil)
	checkRefusal(t, publish.Consent(owner, target(&v1alpha1.SecretTemplate{Type: "a/b"}), s), "")
	checkRefusal(t, publish.Consent(owner, target(&v1alpha1.SecretTemplate{}), s), "")
	checkRefusal(t, publish.Consent(owner, target(&v1alpha1.SecretTemplate{Type: "a/c"}), s), "delete the Secret")
	checkRefusal(t, publish.Consent(owner, target(nil), nil), "")
}

func checkRefusal(t *testing.T, err error, refusal string) {
	t.Helper()
	if refusal == "" {
		if err != nil {
			t.Errorf("refused: %v", err)
		}
		return
	}
	stalled := outcome.AsStalled(err)
	if stalled == nil || stalled.Reason != v1alpha1.SecretConflictReason || !strings.Contains(stalled.Message, refusal) {
		t.Errorf("got %v, want a stall with %q", err, refusal)
	}
}
