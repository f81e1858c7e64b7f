// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// StoreLoginSpec says with which login token the credentials of a store are obtained, and into which Secret they belong.
//
// +kubebuilder:validation:XValidation:rule="!has(self.rotation)",message="a login token is exchanged once, so there is nothing to repeat on schedule; put a new login token into the Secret instead, and leave rotation out"
// +kubebuilder:validation:XValidation:rule="!has(self.secret.includePrevious) || !self.secret.includePrevious",message="secret.includePrevious is not possible for a store login; leave it out"
// +kubebuilder:validation:XValidation:rule="!has(self.deletionPolicy) || !has(self.deletionPolicy.upstream) || self.deletionPolicy.upstream != 'Revoke'",message="WHM has no function that revokes credentials of a store; leave deletionPolicy.upstream out"
// +kubebuilder:validation:XValidation:rule="self.loginTokenSecretRef.name != self.secret.name",message="loginTokenSecretRef and secret name one Secret; the login token needs one of its own"
// +kubebuilder:validation:XValidation:rule="self.provider == oldSelf.provider",message="provider cannot be changed: the published credentials belong to it; make a new object instead"
type StoreLoginSpec struct {
	CredentialSpec `json:",inline"`

	// provider of the store, as WHM names it. It cannot be changed. When omitted, cPStore, the store of cPanel itself.
	// +optional
	// +kubebuilder:default=cPStore
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule="self.matches('^[A-Za-z0-9_-]+$')",message="must be the name of a provider, such as cPStore"
	Provider string `json:"provider,omitempty"`

	// urlAfterLogin is where the store sends the browser after the login, with the login token in the URL. It must have a
	// query, such as https://shop.example.com/login?from=store.
	// +required
	// +kubebuilder:validation:MinLength=9
	// +kubebuilder:validation:MaxLength=1024
	// +kubebuilder:validation:XValidation:rule="self.startsWith('https://')",message="must begin with https://, because the login token is sent there"
	// +kubebuilder:validation:XValidation:rule="!self.startsWith('https://') || (isURL(self) && url(self).getHostname() != '')",message="must be a URL such as https://shop.example.com/login?from=store"
	// +kubebuilder:validation:XValidation:rule="!isURL(self) || url(self).getQuery().size() > 0",message="must have a query, such as ?from=store: the store adds the login token to it"
	// +kubebuilder:validation:XValidation:rule="!self.contains('#')",message="must not have a fragment (#)"
	URLAfterLogin string `json:"urlAfterLogin,omitempty"`

	// loginTokenSecretRef names the Secret that a person puts the login token into; the key defaults to "loginToken". It is
	// only read. A login token is exchanged once; a new one begins another exchange.
	// +required
	LoginTokenSecretRef SecretKeyReference `json:"loginTokenSecretRef,omitzero"`
}

// LoginTokenInfo describes the login token that was read last, and the one that was exchanged last.
type LoginTokenInfo struct {
	// uid of the Secret with the login token. When omitted, there is none.
	// +optional
	// +kubebuilder:validation:MaxLength=64
	UID string `json:"uid,omitempty"`

	// resourceVersion of the Secret when it was read.
	// +optional
	// +kubebuilder:validation:MaxLength=64
	ResourceVersion string `json:"resourceVersion,omitempty"`

	// exchanged is a digest of the login token that was exchanged last, or tried to be. It is never used again.
	// +optional
	// +kubebuilder:validation:MaxLength=64
	Exchanged string `json:"exchanged,omitempty"`
}

// StoreLoginStatus is what the operator found out about a store login.
type StoreLoginStatus struct {
	CredentialStatus `json:",inline"`

	// loginURL is where a person logs in to the store to get a login token. When omitted, none is needed.
	// +optional
	// +kubebuilder:validation:MaxLength=4096
	LoginURL string `json:"loginURL,omitempty"`

	// urlAfterLogin is where loginURL leads back to, as it was asked for.
	// +optional
	// +kubebuilder:validation:MaxLength=1024
	URLAfterLogin string `json:"urlAfterLogin,omitempty"`

	// loginToken describes the login token that was read last, and the one that was exchanged last.
	// +optional
	LoginToken *LoginTokenInfo `json:"loginToken,omitempty"`
}

// StoreLogin exchanges a login token that a person obtained in the browser for the access and refresh token of a store, once,
// and keeps those in a Secret.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:categories=whm,shortName=sl
// +kubebuilder:printcolumn:name="Server",type=string,JSONPath=`.spec.serverRef.name`
// +kubebuilder:printcolumn:name="Provider",type=string,JSONPath=`.spec.provider`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Revision",type=integer,JSONPath=`.status.revision`
// +kubebuilder:printcolumn:name="Last",type=date,JSONPath=`.status.lastRotationTime`
// +kubebuilder:printcolumn:name="LoginURL",type=string,priority=1,JSONPath=`.status.loginURL`
// +kubebuilder:printcolumn:name="Secret",type=string,priority=1,JSONPath=`.spec.secret.name`
// +kubebuilder:printcolumn:name="Status",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].message`
// +kubebuilder:printcolumn:name="Reconciling",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Reconciling")].message`
// +kubebuilder:printcolumn:name="Suspended",type=boolean,priority=1,JSONPath=`.spec.suspend`
// +kubebuilder:selectablefield:JSONPath=`.spec.serverRef.name`
// +kubebuilder:selectablefield:JSONPath=`.spec.secret.name`
type StoreLogin struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard object metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec is the desired state.
	// +required
	Spec StoreLoginSpec `json:"spec"`

	// status is the observed state, written by the operator. Until it is, observedGeneration is -1, which tells kstatus
	// that the object has not been looked at yet.
	// +optional
	// +kubebuilder:default={"observedGeneration":-1}
	Status StoreLoginStatus `json:"status,omitzero"`
}

// StoreLoginList is a list of StoreLogins.
//
// +kubebuilder:object:root=true
type StoreLoginList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []StoreLogin `json:"items"`
}

// CredentialSpec returns the part of the spec that all credential kinds share.
func (r *StoreLogin) CredentialSpec() *CredentialSpec { return &r.Spec.CredentialSpec }

// CredentialStatus returns the part of the status that all credential kinds share.
func (r *StoreLogin) CredentialStatus() *CredentialStatus { return &r.Status.CredentialStatus }
