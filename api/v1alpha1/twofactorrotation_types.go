// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TwoFactorRisk is something that can go wrong which the operator does not take upon itself.
// +kubebuilder:validation:Enum=SelfRotationWithoutLifeline;LoginWithoutCode
type TwoFactorRisk string

// RiskLoginWithoutCode accepts that a user gets its first second factor while the operator logs in as that user with a
// token, an access hash or a password and sends no one-time codes: if the security policies of the server cover API
// requests, it may be locked out until a person lets it log in in another way.
const RiskLoginWithoutCode TwoFactorRisk = "LoginWithoutCode"

// TwoFactorRotationSpec says into which Secret the two-factor secret of the server's user belongs and how often it changes.
//
// +kubebuilder:validation:XValidation:rule="!has(self.rotation) || !has(self.rotation.overlap)",message="a two-factor secret replaces the old one at once, so rotation.overlap is not possible; leave it out"
// +kubebuilder:validation:XValidation:rule="!has(self.secret.includePrevious) || !self.secret.includePrevious",message="the previous two-factor secret does not work, so secret.includePrevious is of no use; leave it out"
// +kubebuilder:validation:XValidation:rule="!has(self.deletionPolicy) || !has(self.deletionPolicy.upstream) || self.deletionPolicy.upstream != 'Revoke'",message="a two-factor secret is not revoked, because its user could log in without a code then; leave deletionPolicy.upstream out"
type TwoFactorRotationSpec struct {
	CredentialSpec `json:",inline"`

	// acceptRisks lists risks that are accepted by name. SelfRotationWithoutLifeline: the operator's own second factor is
	// replaced although no second way in could be opened beforehand. LoginWithoutCode: the user gets its first second
	// factor although the operator logs in without codes and may be asked for them from then on. When omitted, none: the
	// rotation stalls instead.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=8
	AcceptRisks []TwoFactorRisk `json:"acceptRisks,omitempty"`
}

// TwoFactorRotation keeps the secret of the two-factor authentication of the user that the server object logs in as in a
// Secret, with its otpauth URL and QR code, and replaces it on schedule and on demand. A server object that computes its
// codes from that Secret (auth.password.otpSecretRef) switches over with it.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:categories=whm,shortName=tfr
// +kubebuilder:printcolumn:name="Server",type=string,JSONPath=`.spec.serverRef.name`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Revision",type=integer,JSONPath=`.status.revision`
// +kubebuilder:printcolumn:name="Last",type=date,JSONPath=`.status.lastRotationTime`
// +kubebuilder:printcolumn:name="Next",type=string,JSONPath=`.status.nextRotationTime`
// +kubebuilder:printcolumn:name="Secret",type=string,priority=1,JSONPath=`.spec.secret.name`
// +kubebuilder:printcolumn:name="Status",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].message`
// +kubebuilder:printcolumn:name="Reconciling",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Reconciling")].message`
// +kubebuilder:printcolumn:name="Suspended",type=boolean,priority=1,JSONPath=`.spec.suspend`
// +kubebuilder:selectablefield:JSONPath=`.spec.serverRef.name`
// +kubebuilder:selectablefield:JSONPath=`.spec.secret.name`
type TwoFactorRotation struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard object metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec is the desired state.
	// +required
	Spec TwoFactorRotationSpec `json:"spec"`

	// status is the observed state, written by the operator. Until it is, observedGeneration is -1, which tells kstatus
	// that the object has not been looked at yet.
	// +optional
	// +kubebuilder:default={"observedGeneration":-1}
	Status CredentialStatus `json:"status,omitzero"`
}

// TwoFactorRotationList is a list of TwoFactorRotations.
//
// +kubebuilder:object:root=true
type TwoFactorRotationList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []TwoFactorRotation `json:"items"`
}

// CredentialSpec returns the part of the spec that all credential kinds share.
func (r *TwoFactorRotation) CredentialSpec() *CredentialSpec { return &r.Spec.CredentialSpec }

// CredentialStatus returns the part of the status that all credential kinds share.
func (r *TwoFactorRotation) CredentialStatus() *CredentialStatus { return &r.Status }

// AcceptedRisks returns the risks that the spec accepts by name.
func (r *TwoFactorRotation) AcceptedRisks() []Risk {
	risks := make([]Risk, 0, len(r.Spec.AcceptRisks))
	for _, risk := range r.Spec.AcceptRisks {
		risks = append(risks, Risk(risk))
	}
	return risks
}
