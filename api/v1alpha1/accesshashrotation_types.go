// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Risk is something that can go wrong which the operator does not take upon itself.
// +kubebuilder:validation:Enum=SelfRotationWithoutLifeline
type Risk string

// RiskSelfRotationWithoutLifeline accepts that the operator's own access hash is rotated although neither a token nor a
// session could be opened beforehand: if the one answer that carries the new hash is lost, the operator is locked out
// until a person puts a new credential into the auth Secret.
const RiskSelfRotationWithoutLifeline Risk = "SelfRotationWithoutLifeline"

// AccessHashRotationSpec says whose access hash belongs into which Secret and how often it changes.
//
// +kubebuilder:validation:XValidation:rule="self.user == oldSelf.user",message="user cannot be changed: the access hash belongs to that user; make a new object instead"
// +kubebuilder:validation:XValidation:rule="!has(self.rotation) || !has(self.rotation.overlap)",message="an access hash replaces the old one at once, so rotation.overlap is not possible; leave it out, or use an APITokenRotation"
// +kubebuilder:validation:XValidation:rule="!has(self.secret.includePrevious) || !self.secret.includePrevious",message="the previous access hash does not work, so secret.includePrevious is of no use; leave it out, or use an APITokenRotation"
// +kubebuilder:validation:XValidation:rule="!has(self.deletionPolicy) || !has(self.deletionPolicy.upstream) || self.deletionPolicy.upstream != 'Revoke'",message="an access hash cannot be revoked, only replaced; leave deletionPolicy.upstream out"
type AccessHashRotationSpec struct {
	CredentialSpec `json:",inline"`

	// user whose access hash is rotated: root, or a reseller on servers that let root's credential do that. WHM keeps one
	// access hash per user and replaces it at once, so whatever else uses the old one stops working. It cannot be
	// changed.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z][a-z0-9_-]*$')",message="must be a WHM user name: lower-case letters, digits, '_' and '-', beginning with a letter"
	User string `json:"user"`

	// acceptRisks lists risks that are accepted by name. When omitted, none: the rotation stalls instead.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=4
	AcceptRisks []Risk `json:"acceptRisks,omitempty"`
}

// AccessHashRotation keeps the access hash of a WHM user in a Secret and regenerates it on schedule and on demand.
//
// Access hashes are deprecated since WHM 64 in favour of API tokens, and servers installed with 72 or later do not
// accept them unless that is switched on.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:categories=whm,shortName=ahr
// +kubebuilder:printcolumn:name="Server",type=string,JSONPath=`.spec.serverRef.name`
// +kubebuilder:printcolumn:name="User",type=string,JSONPath=`.spec.user`
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
type AccessHashRotation struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard object metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec is the desired state.
	// +required
	Spec AccessHashRotationSpec `json:"spec"`

	// status is the observed state, written by the operator. Until it is, observedGeneration is -1, which tells kstatus
	// that the object has not been looked at yet.
	// +optional
	// +kubebuilder:default={"observedGeneration":-1}
	Status CredentialStatus `json:"status,omitzero"`
}

// AccessHashRotationList is a list of AccessHashRotations.
//
// +kubebuilder:object:root=true
type AccessHashRotationList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []AccessHashRotation `json:"items"`
}

// CredentialSpec returns the part of the spec that all credential kinds share.
func (r *AccessHashRotation) CredentialSpec() *CredentialSpec { return &r.Spec.CredentialSpec }

// CredentialStatus returns the part of the status that all credential kinds share.
func (r *AccessHashRotation) CredentialStatus() *CredentialStatus { return &r.Status }

// AcceptedRisks returns the risks that the spec accepts by name.
func (r *AccessHashRotation) AcceptedRisks() []Risk { return r.Spec.AcceptRisks }
