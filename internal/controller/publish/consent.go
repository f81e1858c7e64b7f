// SPDX-License-Identifier: Apache-2.0

package publish

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/outcome"
)

// Consent tells whether the owner may write the Secret that exists under its target's name; nil means yes.
func Consent(owner Owner, target v1alpha1.SecretTarget, existing *corev1.Secret) error {
	if existing == nil {
		return nil
	}
	if existing.Immutable != nil && *existing.Immutable {
		return stall("Secret %s is immutable; delete it, or publish under another name", existing.Name)
	}
	if !OwnedBy(existing, owner) {
		if err := adoptable(owner, target, existing); err != nil {
			return err
		}
	}
	return sameType(target, existing)
}

func adoptable(owner Owner, target v1alpha1.SecretTarget, existing *corev1.Secret) error {
	name := existing.Name
	if existing.Type == v1alpha1.JournalSecretType {
		return stall("Secret %s is a journal of the operator; publish under another name", name)
	}
	// A Secret that was retained keeps the owner's annotation but not the label, so that it does not block others.
	if other := existing.Annotations[v1alpha1.OwnerAnnotation]; other != "" && managed(existing) {
		return stall("Secret %s is written by %s; publish under another name, or delete that object", name, other)
	}
	switch target.Adoption {
	case v1alpha1.AdoptIfAnnotated:
		if existing.Annotations[v1alpha1.AdoptAnnotation] != owner.ID() {
			return stall("Secret %s exists and does not consent; annotate it with %s=%s", name,
				v1alpha1.AdoptAnnotation, owner.ID())
		}
	case v1alpha1.AdoptIfUnowned:
		if ref := metav1.GetControllerOf(existing); ref != nil {
			return stall("Secret %s is owned by %s %s; publish under another name", name, ref.Kind, ref.Name)
		}
	default:
		return stall("Secret %s exists and was not made for this object; delete it, publish under another name, "+
			"or set secret.adoption to IfAnnotated or IfUnowned", name)
	}
	return nil
}

func managed(s *corev1.Secret) bool {
	return s.Labels[v1alpha1.ManagedByLabel] == v1alpha1.ManagedByValue
}

func sameType(target v1alpha1.SecretTarget, existing *corev1.Secret) error {
	if target.Template == nil || target.Template.Type == "" || target.Template.Type == string(existing.Type) {
		return nil
	}
	return stall("Secret %s has type %s and Kubernetes does not allow it to become %s; delete the Secret, "+
		"and it is made anew with the same credential", existing.Name, existing.Type, target.Template.Type)
}

func stall(format string, args ...any) error {
	// A Secret of somebody else is not watched, so it has to be looked at again.
	return outcome.Stall(v1alpha1.SecretConflictReason, format, args...).RetryAfter(time.Minute)
}
