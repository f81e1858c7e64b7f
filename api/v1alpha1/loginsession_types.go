// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// SessionService is a service that a session signs in to.
// +kubebuilder:validation:Enum=cpanel;whm;webmail
type SessionService string

const (
	// CPanelService is cPanel, for an account.
	CPanelService SessionService = "cpanel"
	// WHMService is WHM, for root or a reseller.
	WHMService SessionService = "whm"
	// WebmailService is Webmail, for a mailbox or for the system mailbox of an account.
	WebmailService SessionService = "webmail"
)

// SessionMode says when a session is issued.
// +kubebuilder:validation:Enum=OnRequest;KeepFresh
type SessionMode string

const (
	// SessionOnRequest issues one session for each new value of the annotation whm-credentials.dev/rotate, and takes it out of
	// the Secret when it ends.
	SessionOnRequest SessionMode = "OnRequest"
	// SessionKeepFresh replaces the session before it ends, so that the Secret holds one that works at any time.
	SessionKeepFresh SessionMode = "KeepFresh"
)

// WebmailMailbox is the mailbox that a Webmail session opens.
type WebmailMailbox struct {
	// login is the part of the mailbox's address before the @.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule="self.matches('^[^@[:space:][:cntrl:]]+$')",message="must be the part of the address before the @; the part after it belongs into domain"
	Login string `json:"login,omitempty"`

	// domain is the part of the address after the @.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9]([a-z0-9-]*[a-z0-9])?([.][a-z0-9]([a-z0-9-]*[a-z0-9])?)+$')",message="must be a domain name such as shop.example.com, in lower case"
	Domain string `json:"domain,omitempty"`

	// remoteAddress is the IP address that the session is going to be opened from. Servers that check the addresses of
	// cookies, as they do by default, let nobody else in. When omitted, the address that the operator calls the server from.
	// +optional
	// +kubebuilder:validation:MaxLength=45
	// +kubebuilder:validation:XValidation:rule="isIP(self)",message="must be an IP address such as 203.0.113.7"
	RemoteAddress string `json:"remoteAddress,omitempty"`

	// passwordSecretRef names the Secret that holds the mailbox's password; the key defaults to "password". With it, the
	// server checks the password before it issues a session. When omitted, no password is needed.
	// +optional
	PasswordSecretRef *SecretKeyReference `json:"passwordSecretRef,omitempty"`
}

// LoginSessionSpec says which session belongs into which Secret.
//
// +kubebuilder:validation:XValidation:rule="(has(self.temporaryDatabaseUser) && self.temporaryDatabaseUser) == (has(oldSelf.temporaryDatabaseUser) && oldSelf.temporaryDatabaseUser)",message="temporaryDatabaseUser cannot be changed: it says who opens the session and keeps it alive; make a new object instead"
// +kubebuilder:validation:XValidation:rule="!has(self.rotation)",message="a session ends by itself, so mode and ttl say when there is another one; leave rotation out"
// +kubebuilder:validation:XValidation:rule="!has(self.restart)",message="a session is replaced every few minutes, so workloads have to read it when they need it; leave restart out"
// +kubebuilder:validation:XValidation:rule="!has(self.secret.includePrevious) || !self.secret.includePrevious",message="sessions end by themselves, so secret.includePrevious is of no use; leave it out"
// +kubebuilder:validation:XValidation:rule="!has(self.secret.template) || !has(self.secret.template.type) || self.secret.template.type == 'Opaque'",message="the Secret is empty while there is no session, which other types than Opaque do not allow; leave secret.template.type out"
// +kubebuilder:validation:XValidation:rule="!has(self.deletionPolicy) || !has(self.deletionPolicy.upstream)",message="a session ends by itself; leave deletionPolicy.upstream out"
// +kubebuilder:validation:XValidation:rule="!has(self.mailbox) || self.service == 'webmail'",message="mailbox belongs to service webmail; leave it out"
// +kubebuilder:validation:XValidation:rule="!has(self.mailbox) || !(has(self.app) || has(self.preferredDomain))",message="app and preferredDomain are not possible with mailbox; leave them out"
// +kubebuilder:validation:XValidation:rule="!has(self.temporaryDatabaseUser) || !self.temporaryDatabaseUser || self.service == 'cpanel'",message="a temporary database user lives in a session of cPanel; set service to cpanel"
// +kubebuilder:validation:XValidation:rule="self.service == 'webmail' || !self.user.contains('@')",message="only a session of service webmail is for a mail address; name an account or a WHM user"
// +kubebuilder:validation:XValidation:rule="!has(self.mailbox) || !self.user.contains('@')",message="user is the account that the mailbox belongs to; its address belongs into mailbox.login and mailbox.domain"
// +kubebuilder:validation:XValidation:rule="!has(self.ttl) || !self.ttl.matches('^([0-9]{1,6}h)?([0-9]{1,8}m)?([0-9]{1,9}s)?$') || self.ttl.size() == 0 || duration(self.ttl) <= duration('12m') || has(self.temporaryDatabaseUser) && self.temporaryDatabaseUser",message="ttl must be at most 12m, because a session that nobody uses ends after 15 minutes; only the operator's own use of a session with temporaryDatabaseUser keeps it alive longer"
// +kubebuilder:validation:XValidation:rule="!has(self.mode) || self.mode != 'KeepFresh' || !has(self.ttl) || !self.ttl.matches('^([0-9]{1,6}h)?([0-9]{1,8}m)?([0-9]{1,9}s)?$') || self.ttl.size() == 0 || duration(self.ttl) >= duration('5m')",message="ttl must be at least 5m with mode KeepFresh, because a session that was replaced lives on for 15 minutes and they would pile up on the server"
// +kubebuilder:validation:XValidation:rule="!has(self.mailbox) || !has(self.mailbox.passwordSecretRef) || self.mailbox.passwordSecretRef.name != self.secret.name",message="secret.name is the Secret that the password is read from, which the session would replace; publish into another one"
type LoginSessionSpec struct {
	CredentialSpec `json:",inline"`

	// service that the session signs in to: cpanel, whm or webmail.
	// +required
	Service SessionService `json:"service,omitempty"`

	// user that the session is for: an account for cpanel, root or a reseller for whm, and for webmail a mail address, an
	// account for its system mailbox, or the account that mailbox belongs to.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=254
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z][a-z0-9_-]*$') || self.matches('^[^@[:space:][:cntrl:]]+@[a-z0-9.-]+$')",message="must be the name of an account or WHM user, in lower case, or a mail address"
	User string `json:"user,omitempty"`

	// mode is OnRequest (one session for each new value of the annotation whm-credentials.dev/rotate) or KeepFresh (always
	// one that works). When omitted, OnRequest.
	// +optional
	// +kubebuilder:default=OnRequest
	Mode SessionMode `json:"mode,omitempty"`

	// ttl is how long a session is published, as a duration: until it is taken out of the Secret (OnRequest, at least 1m) or
	// replaced (KeepFresh, at least 5m). At most 12m, or 24h with temporaryDatabaseUser. When omitted, 10m.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.size() > 0 && self.matches('^([0-9]{1,6}h)?([0-9]{1,8}m)?([0-9]{1,9}s)?$') && duration(self) >= duration('1m') && duration(self) <= duration('24h')",message="must be a duration between 1m and 24h, such as 10m; only whole h, m and s are understood"
	TTL *metav1.Duration `json:"ttl,omitempty"`

	// locale of the interface, such as de. When omitted, the user's own.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=35
	// +kubebuilder:validation:XValidation:rule="self.matches('^[A-Za-z0-9_-]+$')",message="must be a locale such as de or es_419"
	Locale string `json:"locale,omitempty"`

	// app is the interface that opens first, as WHM names it, such as Email_Accounts. When omitted, the service's own start
	// page.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	// +kubebuilder:validation:XValidation:rule="self.matches('^[A-Za-z0-9_-]+$')",message="must be the name of an interface, such as Email_Accounts"
	App string `json:"app,omitempty"`

	// preferredDomain is the host in the published URL. It must lead to the server. When omitted, the server's own name for
	// itself.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9]([a-z0-9-]*[a-z0-9])?([.][a-z0-9]([a-z0-9-]*[a-z0-9])?)+$')",message="must be a domain name such as shop.example.com, in lower case"
	PreferredDomain string `json:"preferredDomain,omitempty"`

	// mailbox is the mailbox of user that a Webmail session opens. When omitted, user says whose Webmail it is.
	// +optional
	Mailbox *WebmailMailbox `json:"mailbox,omitempty"`

	// temporaryDatabaseUser makes a temporary database user inside a session of cPanel, and publishes its name. The operator
	// opens the session itself for that and keeps it alive, because the database user goes with it; so the Secret gets the
	// session's cookie instead of a URL. It cannot be changed. When omitted, false.
	// +optional
	TemporaryDatabaseUser bool `json:"temporaryDatabaseUser,omitempty"`
}

// LoginSession keeps a single-sign-on session of cPanel, WHM or Webmail in a Secret: one that is always fresh, or one for
// each request.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:categories=whm,shortName=ls
// +kubebuilder:printcolumn:name="Server",type=string,JSONPath=`.spec.serverRef.name`
// +kubebuilder:printcolumn:name="Service",type=string,JSONPath=`.spec.service`
// +kubebuilder:printcolumn:name="User",type=string,JSONPath=`.spec.user`
// +kubebuilder:printcolumn:name="Mode",type=string,JSONPath=`.spec.mode`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Revision",type=integer,JSONPath=`.status.revision`
// +kubebuilder:printcolumn:name="Last",type=date,JSONPath=`.status.lastRotationTime`
// +kubebuilder:printcolumn:name="Expires",type=string,JSONPath=`.status.current.expiresAt`
// +kubebuilder:printcolumn:name="Secret",type=string,priority=1,JSONPath=`.spec.secret.name`
// +kubebuilder:printcolumn:name="Status",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].message`
// +kubebuilder:printcolumn:name="Reconciling",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Reconciling")].message`
// +kubebuilder:printcolumn:name="Suspended",type=boolean,priority=1,JSONPath=`.spec.suspend`
// +kubebuilder:selectablefield:JSONPath=`.spec.serverRef.name`
// +kubebuilder:selectablefield:JSONPath=`.spec.secret.name`
type LoginSession struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard object metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec is the desired state.
	// +required
	Spec LoginSessionSpec `json:"spec"`

	// status is the observed state, written by the operator. Until it is, observedGeneration is -1, which tells kstatus
	// that the object has not been looked at yet.
	// +optional
	// +kubebuilder:default={"observedGeneration":-1}
	Status CredentialStatus `json:"status,omitzero"`
}

// LoginSessionList is a list of LoginSessions.
//
// +kubebuilder:object:root=true
type LoginSessionList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []LoginSession `json:"items"`
}

// CredentialSpec returns the part of the spec that all credential kinds share.
func (r *LoginSession) CredentialSpec() *CredentialSpec { return &r.Spec.CredentialSpec }

// CredentialStatus returns the part of the status that all credential kinds share.
func (r *LoginSession) CredentialStatus() *CredentialStatus { return &r.Status }
