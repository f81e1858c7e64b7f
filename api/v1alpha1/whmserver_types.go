// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// UserName is the name of a WHM user.
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=64
// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z][a-z0-9_-]*$')",message="must be a WHM user name: lower-case letters, digits, '_' and '-', beginning with a letter"
type UserName string

// APITokenAuth logs in with an API token (WHM 64 and later). It is the recommended way.
type APITokenAuth struct {
	// user whose token it is. When omitted, root.
	// +optional
	// +kubebuilder:default=root
	User UserName `json:"user,omitempty"`

	// secretRef names the Secret that holds the token; the key defaults to "token".
	// +required
	SecretRef SecretKeyReference `json:"secretRef"`
}

// AccessHashAuth logs in with an access hash. Line breaks in it are ignored.
type AccessHashAuth struct {
	// user whose access hash it is. When omitted, root.
	// +optional
	// +kubebuilder:default=root
	User UserName `json:"user,omitempty"`

	// secretRef names the Secret that holds the access hash; the key defaults to "accesshash".
	// +required
	SecretRef SecretKeyReference `json:"secretRef"`
}

// PasswordAuth logs in with a password.
type PasswordAuth struct {
	// user whose password it is. When omitted, root.
	// +optional
	// +kubebuilder:default=root
	User UserName `json:"user,omitempty"`

	// secretRef names the Secret that holds the password; the key defaults to "password".
	// +required
	SecretRef SecretKeyReference `json:"secretRef"`

	// otpSecretRef names the Secret that holds the base32 secret of the user's two-factor authentication, from which the
	// operator computes the one-time codes; the key defaults to "secret". When omitted, no code is sent.
	// +optional
	OTPSecretRef *SecretKeyReference `json:"otpSecretRef,omitempty"`

	// session opens a login session with the password and works inside it, instead of sending the password with every
	// call. When omitted, false.
	// +optional
	Session bool `json:"session,omitempty"`
}

// ServerAuth is the credential that the operator logs in with.
//
// +kubebuilder:validation:XValidation:rule="[has(self.apiToken), has(self.accessHash), has(self.password)].filter(x, x).size() == 1",message="set exactly one of apiToken, accessHash and password"
type ServerAuth struct {
	// apiToken logs in with an API token. When omitted, one of the others is used.
	// +optional
	APIToken *APITokenAuth `json:"apiToken,omitempty"`

	// accessHash logs in with an access hash. When omitted, one of the others is used.
	// +optional
	AccessHash *AccessHashAuth `json:"accessHash,omitempty"`

	// password logs in with a password. When omitted, one of the others is used.
	// +optional
	Password *PasswordAuth `json:"password,omitempty"`
}

// ServerTLS says how the server proves who it is. Verification cannot be switched off: the operator sends it the most
// powerful credential it has.
//
// +kubebuilder:validation:XValidation:rule="has(self.caBundle) || has(self.serverName)",message="set caBundle, serverName or both, or leave tls out"
type ServerTLS struct {
	// caBundle holds the certificates in PEM form that the server's certificate is checked against, or the server's own
	// self-signed certificate. When omitted, the system's certificates are used.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=262144
	// +kubebuilder:validation:XValidation:rule="self.contains('-----BEGIN CERTIFICATE-----')",message="must hold at least one certificate in PEM form (-----BEGIN CERTIFICATE-----)"
	// +kubebuilder:validation:XValidation:rule="!self.contains('PRIVATE KEY-----')",message="holds a private key; put only certificates here, and replace that key"
	CABundle string `json:"caBundle,omitempty"`

	// serverName is the name the server's certificate must be valid for. When omitted, the host in endpoint.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	ServerName string `json:"serverName,omitempty"`
}

// ServerLimits bounds what the operator asks of the server at a time, for all objects that refer to it together.
type ServerLimits struct {
	// requestsPerSecond is how many requests start per second, on average; bursts of as many are allowed. When omitted,
	// 10.
	// +optional
	// +kubebuilder:default=10
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100
	RequestsPerSecond int32 `json:"requestsPerSecond,omitempty"`

	// maxConcurrentRequests is how many requests are under way at once. It is at most 3 because each of them is a failed
	// login if the credential is revoked meanwhile, and more than a few of those lock a host out (cPHulk). When omitted,
	// 2.
	// +optional
	// +kubebuilder:default=2
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=3
	MaxConcurrentRequests int32 `json:"maxConcurrentRequests,omitempty"`
}

// WHMServerSpec says how to reach a WHM server and which credential to use.
type WHMServerSpec struct {
	// endpoint is the URL of WHM, such as https://whm.example.com:2087. Port 2087 is used when it has none. Only https is
	// possible.
	// +required
	// +kubebuilder:validation:MinLength=9
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:XValidation:rule="self.startsWith('https://')",message="must begin with https://, because the operator sends credentials there"
	// +kubebuilder:validation:XValidation:rule="!self.startsWith('https://') || (isURL(self) && url(self).getHostname() != '')",message="must be a URL such as https://whm.example.com:2087"
	// +kubebuilder:validation:XValidation:rule="!isURL(self) || (url(self).getEscapedPath() in ['', '/'] && url(self).getQuery().size() == 0 && !self.contains('#') && !self.contains('@'))",message="must be only scheme, host and port, such as https://whm.example.com:2087; credentials belong into auth"
	// +kubebuilder:validation:XValidation:rule="!self.matches(':[0-9]+/?$') || self.matches(':([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])/?$')",message="the port must be between 1 and 65535"
	Endpoint string `json:"endpoint"`

	// auth is the credential to log in with: exactly one of apiToken, accessHash and password.
	// +required
	Auth ServerAuth `json:"auth"`

	// tls says how the server's certificate is checked. When omitted, against the system's certificates and the host in
	// endpoint.
	// +optional
	TLS *ServerTLS `json:"tls,omitempty"`

	// limits bounds what is asked of the server at a time. When omitted, 10 requests per second and 2 at once.
	// +optional
	Limits *ServerLimits `json:"limits,omitempty"`

	// timeout of one call, as a duration between 1s and 10m. WHM can be slow. When omitted, 60s.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self != '' && self.matches('^([0-9]{1,6}h)?([0-9]{1,8}m)?([0-9]{1,9}s)?$') && duration(self) >= duration('1s') && duration(self) <= duration('10m')",message="must be a duration between 1s and 10m, such as 90s; only whole h, m and s are understood"
	Timeout *metav1.Duration `json:"timeout,omitempty"`

	// probeInterval is how often the operator asks whether the server still accepts the credential, as a duration between
	// 30s and 24h. When omitted, 5m.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self != '' && self.matches('^([0-9]{1,6}h)?([0-9]{1,8}m)?([0-9]{1,9}s)?$') && duration(self) >= duration('30s') && duration(self) <= duration('24h')",message="must be a duration between 30s and 24h, such as 5m; only whole h, m and s are understood"
	ProbeInterval *metav1.Duration `json:"probeInterval,omitempty"`

	// suspend stops every call to the server, also for objects that refer to it. When omitted, false.
	// +optional
	Suspend bool `json:"suspend,omitempty"`

	// cpanelEndpoint is the URL of cPanel on the same server, such as https://whm.example.com:2083, where tokens of cPanel
	// accounts are tried. Port 2083 is used when it has none. Only https is possible. When omitted, the host of endpoint.
	// +optional
	// +kubebuilder:validation:MinLength=9
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:XValidation:rule="self.startsWith('https://')",message="must begin with https://, because the operator sends credentials there"
	// +kubebuilder:validation:XValidation:rule="!self.startsWith('https://') || (isURL(self) && url(self).getHostname() != '')",message="must be a URL such as https://whm.example.com:2083"
	// +kubebuilder:validation:XValidation:rule="!isURL(self) || (url(self).getEscapedPath() in ['', '/'] && url(self).getQuery().size() == 0 && !self.contains('#') && !self.contains('@'))",message="must be only scheme, host and port, such as https://whm.example.com:2083"
	CPanelEndpoint string `json:"cpanelEndpoint,omitempty"`

	// orphanPolicy says what is done about API tokens of the operator's user that carry this cluster's id and that no
	// object knows: Report or Revoke. When omitted, Report: the condition OrphansFound names them.
	// +optional
	// +kubebuilder:default=Report
	OrphanPolicy OrphanPolicy `json:"orphanPolicy,omitempty"`
}

// OrphanPolicy says what is done about tokens of this cluster that no object knows.
// +kubebuilder:validation:Enum=Report;Revoke
type OrphanPolicy string

const (
	// ReportOrphans names them in a condition, an event and a metric.
	ReportOrphans OrphanPolicy = "Report"
	// RevokeOrphans revokes them.
	RevokeOrphans OrphanPolicy = "Revoke"
)

// Leftover stands for the credentials of a deleted object that could not be revoked. That is tried again whenever the server
// answers.
type Leftover struct {
	// user whose credential it is.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	User string `json:"user,omitempty"`

	// accountType tells whether user is a WHM user or a cPanel account.
	// +required
	AccountType AccountType `json:"accountType,omitempty"`

	// names is what the names of the tokens contain, because the object may have made several.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	Names string `json:"names,omitempty"`

	// object that made it, as "Kind namespace/name".
	// +optional
	// +kubebuilder:validation:MaxLength=600
	Object string `json:"object,omitempty"`

	// since is when the object was let go.
	// +optional
	Since *metav1.Time `json:"since,omitempty"`
}

// OrphanReport is what the last look at the server's tokens found.
type OrphanReport struct {
	// count of tokens that carry this cluster's id and that no object knows.
	// +optional
	Count int32 `json:"count,omitempty"`

	// names of the first of them, in order.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=32
	// +kubebuilder:validation:items:MaxLength=64
	Names []string `json:"names,omitempty"`
}

// AuthenticationStatus is the gate that keeps a rejected credential from being tried again and again. It stands in the
// status so that a restart of the operator does not open it.
type AuthenticationStatus struct {
	// credential identifies the login that was used last: the fingerprint of a token or access hash, or UID and
	// resourceVersion of each Secret of a password; and a digest of user and endpoint.
	// +optional
	// +kubebuilder:validation:MaxLength=256
	Credential string `json:"credential,omitempty"`

	// rejected is true while the server rejects that credential.
	// +optional
	Rejected bool `json:"rejected,omitempty"`

	// failedLogins are the times of the failed logins of the last 24 hours with this credential, and with one of the same user
	// that is to replace it. The operator makes three at most; more follow only from values that people put into the Secret.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=8
	FailedLogins []metav1.Time `json:"failedLogins,omitempty"`

	// nextAttemptTime is when a rejected credential is tried again. A changed auth Secret is tried at once.
	// +optional
	NextAttemptTime *metav1.Time `json:"nextAttemptTime,omitempty"`
}

// WHMServerStatus is what the operator found out about a server.
type WHMServerStatus struct {
	// conditions are Ready, Reconciling and Stalled with the meaning of kstatus, and Suspended, OrphansFound and
	// LeftoversFound.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// observedGeneration is the metadata.generation that this status describes.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// version of WHM, such as 11.136.0.4. When omitted, the credential is not allowed to ask.
	// +optional
	// +kubebuilder:validation:MaxLength=64
	Version string `json:"version,omitempty"`

	// hostname is the name the server gives itself.
	// +optional
	// +kubebuilder:validation:MaxLength=253
	Hostname string `json:"hostname,omitempty"`

	// user that the operator logs in as.
	// +optional
	// +kubebuilder:validation:MaxLength=64
	User string `json:"user,omitempty"`

	// privileges are the WHM privileges (ACLs) of the credential; "all" stands alone for root.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=256
	// +kubebuilder:validation:items:MaxLength=64
	Privileges []string `json:"privileges,omitempty"`

	// features are the things this operator uses that the server offers: AccessHash, APITokens, APITokenExpiry,
	// APITokenDetails, UserSessions.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=64
	// +kubebuilder:validation:items:MaxLength=64
	Features []string `json:"features,omitempty"`

	// lastProbeTime is when the server was asked for what stands here. A later probe that found the same does not
	// change it, so that an idle server causes no writes; the metric whm_server_last_probe_timestamp_seconds does.
	// +optional
	LastProbeTime *metav1.Time `json:"lastProbeTime,omitempty"`

	// authentication is the gate that keeps a rejected credential from being tried again and again.
	// +optional
	Authentication *AuthenticationStatus `json:"authentication,omitempty"`

	// orphans are tokens of this cluster that no object knows. When omitted, there are none.
	// +optional
	Orphans *OrphanReport `json:"orphans,omitempty"`

	// leftovers are credentials that could not be revoked before the object that made them had to be let go. The operator
	// revokes them when the server answers again.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=2048
	Leftovers []Leftover `json:"leftovers,omitempty"`
}

// WHMServer describes how to reach one WHM server and which credential to use, and reports whether it answers.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:categories=whm,shortName=whms
// +kubebuilder:printcolumn:name="Endpoint",type=string,JSONPath=`.spec.endpoint`
// +kubebuilder:printcolumn:name="User",type=string,JSONPath=`.status.user`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Version",type=string,JSONPath=`.status.version`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:printcolumn:name="Status",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].message`
// +kubebuilder:printcolumn:name="Reconciling",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Reconciling")].message`
// +kubebuilder:printcolumn:name="Suspended",type=boolean,priority=1,JSONPath=`.spec.suspend`
type WHMServer struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard object metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec is the desired state.
	// +required
	Spec WHMServerSpec `json:"spec"`

	// status is the observed state, written by the operator. Until it is, observedGeneration is -1, which tells kstatus
	// that the object has not been looked at yet.
	// +optional
	// +kubebuilder:default={"observedGeneration":-1}
	Status WHMServerStatus `json:"status,omitzero"`
}

// WHMServerList is a list of WHMServers.
//
// +kubebuilder:object:root=true
type WHMServerList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []WHMServer `json:"items"`
}

// ServerKind returns WHMServer.
func (*WHMServer) ServerKind() ServerKind { return WHMServerKind }

// ServerSpec returns the part of the spec that all server kinds share.
func (s *WHMServer) ServerSpec() *WHMServerSpec { return &s.Spec }

// ServerStatus returns the status.
func (s *WHMServer) ServerStatus() *WHMServerStatus { return &s.Status }

// AuthSecretNamespace returns the namespace of the Secrets in spec.auth: the server's own.
func (s *WHMServer) AuthSecretNamespace() string { return s.Namespace }
