// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// CredentialInfo describes one revision of a credential without its value.
type CredentialInfo struct {
	// id under which upstream knows the credential, such as a token's name. For an access hash, of which a user has one,
	// the user's name.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	ID string `json:"id,omitempty"`

	// fingerprint is the beginning of the SHA-256 of the value, to compare with what a consumer holds. It is given only
	// for values that upstream generated.
	// +optional
	// +kubebuilder:validation:MaxLength=64
	Fingerprint string `json:"fingerprint,omitempty"`

	// issuedAt is when upstream issued it.
	// +optional
	IssuedAt *metav1.Time `json:"issuedAt,omitempty"`

	// expiresAt is when it stops working by itself. When omitted, it does not.
	// +optional
	ExpiresAt *metav1.Time `json:"expiresAt,omitempty"`

	// retiresAt is when a credential that was replaced is revoked, if the workloads in spec.restart have rolled out by
	// then. When omitted, it is not known yet, or the credential is not being replaced.
	// +optional
	RetiresAt *metav1.Time `json:"retiresAt,omitempty"`
}

// PublishedSecret records what was written last, so that an unchanged Secret need not be read again.
type PublishedSecret struct {
	// name of the Secret.
	// +optional
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name,omitempty"`

	// uid of the Secret.
	// +optional
	// +kubebuilder:validation:MaxLength=64
	UID string `json:"uid,omitempty"`

	// resourceVersion that the Secret had when it was last known to be right.
	// +optional
	// +kubebuilder:validation:MaxLength=64
	ResourceVersion string `json:"resourceVersion,omitempty"`

	// inputs is a digest of everything but the credential that went into the Secret: template, endpoint and user.
	// +optional
	// +kubebuilder:validation:MaxLength=64
	Inputs string `json:"inputs,omitempty"`
}

// CredentialStatus is the part of the status that all credential kinds share. It is a report: the operator's memory is
// the journal, so nothing is lost when a backup tool drops the status.
type CredentialStatus struct {
	// conditions are Ready, Reconciling and Stalled with the meaning of kstatus, and Suspended, Deprecated, Restarted and
	// Unproven.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// observedGeneration is the metadata.generation that this status describes.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// revision counts the credentials that were published, from 1. It only rises.
	// +optional
	Revision int64 `json:"revision,omitempty"`

	// lastRotationTime is when the newest credential was issued.
	// +optional
	LastRotationTime *metav1.Time `json:"lastRotationTime,omitempty"`

	// nextRotationTime is when the next rotation is due on schedule. When omitted, only on demand.
	// +optional
	NextRotationTime *metav1.Time `json:"nextRotationTime,omitempty"`

	// lastHandledRotate is the value of the annotation whm-credentials.dev/rotate that was handled last.
	// +optional
	// +kubebuilder:validation:MaxLength=256
	LastHandledRotate string `json:"lastHandledRotate,omitempty"`

	// recoveries counts how often the operator had to find out what became of a credential whose answer was lost, or had
	// to ask for it once more because the server had refused.
	// +optional
	Recoveries int64 `json:"recoveries,omitempty"`

	// current describes the published credential.
	// +optional
	Current *CredentialInfo `json:"current,omitempty"`

	// retiring describes credentials that were replaced and still work.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=8
	Retiring []CredentialInfo `json:"retiring,omitempty"`

	// secret records what was published last.
	// +optional
	Secret *PublishedSecret `json:"secret,omitempty"`
}

// NextTime returns when something is due by itself: a rotation, or the revocation of a credential that was replaced. Zero
// if nothing is.
func (s *CredentialStatus) NextTime() time.Time {
	var next time.Time
	earlier := func(t *metav1.Time) {
		if t != nil && (next.IsZero() || t.Time.Before(next)) {
			next = t.Time
		}
	}
	earlier(s.NextRotationTime)
	for i := range s.Retiring {
		earlier(s.Retiring[i].RetiresAt)
	}
	return next
}

// IDs returns the names of the published credential and of those that it has replaced and that still work.
func (s *CredentialStatus) IDs() []string {
	var ids []string
	if s.Current != nil {
		ids = append(ids, s.Current.ID)
	}
	for i := range s.Retiring {
		ids = append(ids, s.Retiring[i].ID)
	}
	return ids
}
