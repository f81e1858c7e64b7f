// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// AccountType tells whether an account is one of WHM or of cPanel.
// +kubebuilder:validation:Enum=WHMUser;CPanelAccount
type AccountType string

const (
	// WHMUser is root or a reseller: the token calls WHM API 1.
	WHMUser AccountType = "WHMUser"
	// CPanelAccount is a hosting account: the token calls UAPI and cPanel API 2.
	CPanelAccount AccountType = "CPanelAccount"
)

// TokenAccount is the account that a token belongs to.
//
// +kubebuilder:validation:XValidation:rule="!has(self.type) || self.type != 'CPanelAccount' || has(self.user)",message="name the cPanel account in account.user"
type TokenAccount struct {
	// type is WHMUser for root or a reseller, or CPanelAccount for a hosting account. When omitted, WHMUser.
	// +optional
	// +kubebuilder:default=WHMUser
	Type AccountType `json:"type,omitempty"`

	// user is the name of the account. A WHM user other than the one that the server object logs in as needs a server
	// object that logs in as root, because the token is created in a session of that user. When omitted, the user that
	// the server object logs in as.
	// +optional
	User UserName `json:"user,omitempty"`
}

// ACLName is a WHM privilege by its API name, such as list-accts.
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=64
// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9][a-z0-9_-]*$')",message="must be the API name of a WHM privilege, such as list-accts: lower-case letters, digits, '-' and '_'"
type ACLName string

// AddressRange is an IP address or a range of them in CIDR notation.
// +kubebuilder:validation:MinLength=2
// +kubebuilder:validation:MaxLength=64
// +kubebuilder:validation:XValidation:rule="isIP(self) || isCIDR(self)",message="must be an IP address or a range in CIDR notation, such as 198.51.100.0/24"
type AddressRange string

// APITokenRotationSpec says which API token belongs into which Secret and how often it changes.
//
// +kubebuilder:validation:XValidation:rule="has(self.account) == has(oldSelf.account) && (!has(self.account) || (self.account.type == oldSelf.account.type && has(self.account.user) == has(oldSelf.account.user) && (!has(self.account.user) || self.account.user == oldSelf.account.user)))",message="account cannot be changed: the token belongs to it; make a new object instead"
// +kubebuilder:validation:XValidation:rule="(has(self.account) && self.account.type == 'CPanelAccount') || ((has(self.acls) && self.acls.size() > 0) != (has(self.allPrivileges) && self.allPrivileges))",message="list the token's privileges in acls, or set allPrivileges: true for everything that its user may do; WHM would take a token without privileges for one with all"
// +kubebuilder:validation:XValidation:rule="!(has(self.account) && self.account.type == 'CPanelAccount') || !((has(self.acls) && self.acls.size() > 0) || (has(self.allPrivileges) && self.allPrivileges))",message="the token of a cPanel account has no WHM privileges; leave acls and allPrivileges out"
// +kubebuilder:validation:XValidation:rule="!(has(self.account) && self.account.type == 'CPanelAccount') || !has(self.allowedIPs) || self.allowedIPs.size() == 0",message="the token of a cPanel account cannot be limited to addresses; leave allowedIPs out"
// +kubebuilder:validation:XValidation:rule="!has(self.expiresAfter) || !has(self.rotation) || !has(self.rotation.every) || !self.expiresAfter.matches('^([0-9]{1,6}h)?([0-9]{1,8}m)?([0-9]{1,9}s)?$') || !self.rotation.every.matches('^([0-9]{1,6}h)?([0-9]{1,8}m)?([0-9]{1,9}s)?$') || (has(self.rotation.overlap) && !self.rotation.overlap.matches('^([0-9]{1,6}h)?([0-9]{1,8}m)?([0-9]{1,9}s)?$')) || self.expiresAfter.size() == 0 || self.rotation.every.size() == 0 || (has(self.rotation.overlap) && self.rotation.overlap.size() == 0) || duration(self.expiresAfter) >= duration(self.rotation.every) + (has(self.rotation.overlap) ? duration(self.rotation.overlap) : duration('1h')) + duration('1h')",message="expiresAfter must be at least rotation.every + rotation.overlap (1h when omitted) + 1h, or the token could expire before its successor has taken over"
// +kubebuilder:validation:XValidation:rule="!has(self.expiresAfter) || !has(self.rotation) || has(self.rotation.every) || !has(self.rotation.overlap) || !self.expiresAfter.matches('^([0-9]{1,6}h)?([0-9]{1,8}m)?([0-9]{1,9}s)?$') || !self.rotation.overlap.matches('^([0-9]{1,6}h)?([0-9]{1,8}m)?([0-9]{1,9}s)?$') || self.expiresAfter.size() == 0 || self.rotation.overlap.size() == 0 || duration(self.expiresAfter) >= duration(self.rotation.overlap) + duration('1h')",message="expiresAfter must be at least rotation.overlap + 1h, or the token would expire before its overlap is over"
type APITokenRotationSpec struct {
	CredentialSpec `json:",inline"`

	// account that the token belongs to. It cannot be changed. When omitted, the WHM user that the server object logs in
	// as.
	// +optional
	Account *TokenAccount `json:"account,omitempty"`

	// acls are the privileges of a WHM user's token, by WHM's API names. The user must have them all. A change is applied
	// to the token that is published. When omitted, allPrivileges has to be true, unless it is the token of a cPanel
	// account, which has none.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=128
	// +kubebuilder:validation:XValidation:rule="!('all' in self)",message="set allPrivileges: true instead of listing all"
	ACLs []ACLName `json:"acls,omitempty"`

	// allPrivileges gives the token everything that its user may do, now and later. When omitted, false.
	// +optional
	AllPrivileges bool `json:"allPrivileges,omitempty"`

	// allowedIPs are the only addresses that may use the token, as IP addresses or CIDR ranges; WHM 98 and later, IPv6 110
	// and later. When omitted or empty, any. A change is applied to the token that is published, unless it is the one that
	// the operator logs in with, which is replaced: the old one could not be limited from outside.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=100
	AllowedIPs []AddressRange `json:"allowedIPs,omitempty"`

	// expiresAfter is how long a token lives if nobody revokes it, as a duration between 2h and 87600h; WHM 82 and later.
	// It must exceed rotation.every and rotation.overlap by an hour. A token is replaced before it expires, outside of
	// rotation.windows if need be. When omitted, tokens do not expire, so those of a cluster that is lost stay until
	// somebody revokes them.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self != '' && self.matches('^([0-9]{1,6}h)?([0-9]{1,8}m)?([0-9]{1,9}s)?$') && duration(self) >= duration('2h') && duration(self) <= duration('87600h')",message="must be a duration between 2h and 87600h (ten years), such as 1440h; only whole h, m and s are understood"
	ExpiresAfter *metav1.Duration `json:"expiresAfter,omitempty"`

	// namePrefix is what the names of the tokens begin with on the server, to tell people what they are for. The rest of
	// a name says which cluster, object and revision it belongs to. A change applies from the next rotation on. When
	// omitted, whm.
	// +optional
	// +kubebuilder:default=whm
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=12
	// +kubebuilder:validation:XValidation:rule="self.matches('^[A-Za-z0-9_-]+$')",message="must consist of letters, digits, '-' and '_'"
	// +kubebuilder:validation:XValidation:rule="self != 'whm-lifeline'",message="is what the operator's own lifelines are called; choose another one"
	NamePrefix string `json:"namePrefix,omitempty"`
}

// APITokenRotation keeps an API token of a WHM user or of a cPanel account in a Secret and replaces it on schedule and on
// demand. The old token keeps working until the overlap is over.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:categories=whm,shortName=atr
// +kubebuilder:printcolumn:name="Server",type=string,JSONPath=`.spec.serverRef.name`
// +kubebuilder:printcolumn:name="User",type=string,JSONPath=`.spec.account.user`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Revision",type=integer,JSONPath=`.status.revision`
// +kubebuilder:printcolumn:name="Last",type=date,JSONPath=`.status.lastRotationTime`
// +kubebuilder:printcolumn:name="Next",type=string,JSONPath=`.status.nextRotationTime`
// +kubebuilder:printcolumn:name="Expires",type=string,priority=1,JSONPath=`.status.current.expiresAt`
// +kubebuilder:printcolumn:name="Secret",type=string,priority=1,JSONPath=`.spec.secret.name`
// +kubebuilder:printcolumn:name="Status",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].message`
// +kubebuilder:printcolumn:name="Reconciling",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Reconciling")].message`
// +kubebuilder:printcolumn:name="Suspended",type=boolean,priority=1,JSONPath=`.spec.suspend`
// +kubebuilder:selectablefield:JSONPath=`.spec.serverRef.name`
// +kubebuilder:selectablefield:JSONPath=`.spec.secret.name`
type APITokenRotation struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard object metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec is the desired state.
	// +required
	Spec APITokenRotationSpec `json:"spec"`

	// status is the observed state, written by the operator. Until it is, observedGeneration is -1, which tells kstatus
	// that the object has not been looked at yet.
	// +optional
	// +kubebuilder:default={"observedGeneration":-1}
	Status CredentialStatus `json:"status,omitzero"`
}

// APITokenRotationList is a list of APITokenRotations.
//
// +kubebuilder:object:root=true
type APITokenRotationList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []APITokenRotation `json:"items"`
}

// CredentialSpec returns the part of the spec that all credential kinds share.
func (r *APITokenRotation) CredentialSpec() *CredentialSpec { return &r.Spec.CredentialSpec }

// CredentialStatus returns the part of the status that all credential kinds share.
func (r *APITokenRotation) CredentialStatus() *CredentialStatus { return &r.Status }
