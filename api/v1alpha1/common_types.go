// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// SecretKeyReference names one key of a Secret in the namespace of the object that refers to it.
type SecretKeyReference struct {
	// name of the Secret.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="!format.dns1123Subdomain().validate(self).hasValue()",message="must be the name of a Secret: lower-case letters, digits, '-' and '.'"
	Name string `json:"name"`

	// key in the Secret's data. When omitted, the key under which this operator publishes that sort of credential:
	// "token", "accesshash", "password", or "secret" for a two-factor secret; "loginToken" for a login token.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.matches('^[-._a-zA-Z0-9]+$')",message="must be a key of a Secret: letters, digits, '-', '_' and '.'"
	Key string `json:"key,omitempty"`
}

// ServerKind is a kind that describes how to reach a WHM server.
// +kubebuilder:validation:Enum=WHMServer;ClusterWHMServer
type ServerKind string

const (
	// WHMServerKind is a WHMServer in the namespace of the object that refers to it.
	WHMServerKind ServerKind = "WHMServer"
	// ClusterWHMServerKind is a ClusterWHMServer, whose policy says which namespaces may refer to it and what for.
	ClusterWHMServerKind ServerKind = "ClusterWHMServer"
)

// ServerReference names the server whose credential is rotated.
type ServerReference struct {
	// kind of the server object: WHMServer, in the namespace of the object that refers to it, or ClusterWHMServer. When
	// omitted, WHMServer.
	// +optional
	// +kubebuilder:default=WHMServer
	Kind ServerKind `json:"kind,omitempty"`

	// name of the server object.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="!format.dns1123Subdomain().validate(self).hasValue()",message="must be the name of a server object: lower-case letters, digits, '-' and '.'"
	Name string `json:"name"`
}

// RotationSchedule says when a credential is replaced. With neither every nor cron it is issued once and replaced on
// demand only (annotation whm-credentials.dev/rotate).
//
// +kubebuilder:validation:XValidation:rule="!(has(self.every) && has(self.cron))",message="set either every or cron, not both"
// +kubebuilder:validation:XValidation:rule="!has(self.timeZone) || has(self.cron)",message="timeZone belongs to cron; set cron too, or leave timeZone out"
// +kubebuilder:validation:XValidation:rule="!(has(self.every) && has(self.overlap)) || !self.every.matches('^([0-9]{1,6}h)?([0-9]{1,8}m)?([0-9]{1,9}s)?$') || !self.overlap.matches('^([0-9]{1,6}h)?([0-9]{1,8}m)?([0-9]{1,9}s)?$') || self.every.size() == 0 || self.overlap.size() == 0 || duration(self.overlap) < duration(self.every)",message="overlap must be shorter than every, or more and more credentials would work at a time"
type RotationSchedule struct {
	// every is the longest time a credential is kept, as a duration such as 720h (30 days); at least 10m. A rotation is
	// due up to a tenth of it (at most an hour) earlier, by an amount that depends on the object and stays the same, so
	// that a fleet does not rotate in one instant. When omitted, cron decides.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self != '' && self.matches('^([0-9]{1,6}h)?([0-9]{1,8}m)?([0-9]{1,9}s)?$') && duration(self) >= duration('10m') && duration(self) <= duration('87600h')",message="must be a duration between 10m and 87600h (ten years), such as 720h; only whole h, m and s are understood"
	Every *metav1.Duration `json:"every,omitempty"`

	// cron is a schedule of five fields (minute, hour, day of month, month, day of week) or a name such as @monthly. A
	// rotation is due up to five minutes later, by an amount that depends on the object. When omitted, every decides.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	// +kubebuilder:validation:XValidation:rule="!self.contains('TZ=')",message="put the time zone into timeZone"
	// +kubebuilder:validation:XValidation:rule="!self.startsWith('@every')",message="use every instead of @every"
	Cron string `json:"cron,omitempty"`

	// timeZone in which cron is read: an IANA name such as Europe/Berlin. When omitted, UTC.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	TimeZone string `json:"timeZone,omitempty"`

	// windows are the only times at which a rotation may start, on schedule or on demand; one that becomes due outside
	// starts when the next window opens. When omitted or empty, rotations may start at any time. The first issue of a
	// credential does not wait, because nothing uses it yet.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=16
	Windows []RotationWindow `json:"windows,omitempty"`

	// overlap is how long the previous credential keeps working after its successor was published, as a duration between
	// 0s and 720h, shorter than every. It is revoked when the overlap is over and the workloads in restart have rolled
	// out. Only for credentials of which several can exist at a time (API tokens). When omitted, 1h, or half of every if
	// that is shorter.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self != '' && self.matches('^([0-9]{1,6}h)?([0-9]{1,8}m)?([0-9]{1,9}s)?$') && duration(self) <= duration('720h')",message="must be a duration between 0s and 720h (30 days), such as 1h; only whole h, m and s are understood"
	Overlap *metav1.Duration `json:"overlap,omitempty"`
}

// RotationWindow is a time during which rotations may start.
type RotationWindow struct {
	// cron tells when the window opens: five fields (minute, hour, day of month, month, day of week) or a name such as
	// @weekly.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	// +kubebuilder:validation:XValidation:rule="!self.contains('TZ=')",message="put the time zone into timeZone"
	// +kubebuilder:validation:XValidation:rule="!self.startsWith('@every')",message="a window opens at times, not at intervals; write five fields, or a name such as @daily"
	Cron string `json:"cron"`

	// duration for which the window stays open, such as 2h; at least 1m.
	// +required
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self != '' && self.matches('^([0-9]{1,6}h)?([0-9]{1,8}m)?([0-9]{1,9}s)?$') && duration(self) >= duration('1m') && duration(self) <= duration('744h')",message="must be a duration between 1m and 744h (31 days), such as 2h; only whole h, m and s are understood"
	Duration metav1.Duration `json:"duration"`

	// timeZone in which cron is read: an IANA name such as Europe/Berlin. When omitted, UTC.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	TimeZone string `json:"timeZone,omitempty"`
}

// AdoptionPolicy says what happens when the Secret to publish into exists and was not made for this object.
// +kubebuilder:validation:Enum=Never;IfAnnotated;IfUnowned
type AdoptionPolicy string

const (
	// AdoptNever leaves the Secret alone and stalls.
	AdoptNever AdoptionPolicy = "Never"
	// AdoptIfAnnotated takes the Secret over if its annotation whm-credentials.dev/adopt names this object.
	AdoptIfAnnotated AdoptionPolicy = "IfAnnotated"
	// AdoptIfUnowned takes the Secret over unless another object owns it (a controller reference, or another object of
	// this operator).
	AdoptIfUnowned AdoptionPolicy = "IfUnowned"
)

// SecretTarget describes the Secret that a credential is published in.
type SecretTarget struct {
	// name of the Secret, in the namespace of this object. It cannot be changed: consumers would keep a copy that is
	// no longer rotated. Make a new object instead.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="!format.dns1123Subdomain().validate(self).hasValue()",message="must be the name of a Secret: lower-case letters, digits, '-' and '.'"
	Name string `json:"name"`

	// adoption says whether a Secret of this name that exists already may be taken over. A Secret that was taken over
	// keeps the keys that others put there and is never deleted. When omitted, Never.
	// +optional
	// +kubebuilder:default=Never
	Adoption AdoptionPolicy `json:"adoption,omitempty"`

	// includePrevious publishes the previous credential too, for as long as it overlaps, under keys that the
	// documentation of the kind names; for programs that accept both. Only for credentials of which several can exist at
	// a time (API tokens). When omitted, false.
	// +optional
	IncludePrevious bool `json:"includePrevious,omitempty"`

	// template changes what the Secret looks like. When omitted, the default keys of the kind, type Opaque.
	// +optional
	Template *SecretTemplate `json:"template,omitempty"`
}

// LabelValue is the value of a label.
// +kubebuilder:validation:MaxLength=63
// +kubebuilder:validation:XValidation:rule="self.matches('^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$')",message="must be the value of a label: letters, digits, '-', '_' and '.', with a letter or digit at both ends"
type LabelValue string

// AnnotationValue is the value of an annotation.
// +kubebuilder:validation:MaxLength=4096
type AnnotationValue string

// TemplateSource is a Go text/template.
// +kubebuilder:validation:MaxLength=16384
type TemplateSource string

// SecretTemplate describes the published Secret apart from the credential.
type SecretTemplate struct {
	// type of the Secret, such as kubernetes.io/basic-auth. Kubernetes does not allow it to change while the Secret
	// exists. When omitted, Opaque, or the type that an adopted Secret has.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self != 'whm-credentials.dev/journal'",message="is the type of the operator's own journals; choose another one"
	Type string `json:"type,omitempty"`

	// labels are set on the Secret. When omitted, none but the operator's own.
	// +optional
	// +kubebuilder:validation:MaxProperties=32
	// +kubebuilder:validation:XValidation:rule="self.all(k, !k.startsWith('whm-credentials.dev/'))",message="keys that begin with whm-credentials.dev/ are the operator's own"
	// +kubebuilder:validation:XValidation:rule="self.all(k, !format.qualifiedName().validate(k).hasValue())",message="keys must be names of labels, such as app.kubernetes.io/part-of"
	Labels map[string]LabelValue `json:"labels,omitempty"`

	// annotations are set on the Secret. When omitted, none but the operator's own.
	// +optional
	// +kubebuilder:validation:MaxProperties=32
	// +kubebuilder:validation:XValidation:rule="self.all(k, !k.startsWith('whm-credentials.dev/'))",message="keys that begin with whm-credentials.dev/ are the operator's own"
	// +kubebuilder:validation:XValidation:rule="self.all(k, !format.qualifiedName().validate(k).hasValue())",message="keys must be names of annotations, such as example.com/purpose"
	Annotations map[string]AnnotationValue `json:"annotations,omitempty"`

	// data replaces the default keys: each value is a Go text/template over them, for example
	// "{{ .username }}:{{ .accesshash }}". Only pure functions are allowed, and none of the loops and sub-templates; see
	// the documentation of the kind for keys and functions. When omitted, the default keys as they are.
	// +optional
	// +kubebuilder:validation:MinProperties=1
	// +kubebuilder:validation:MaxProperties=64
	// +kubebuilder:validation:XValidation:rule="self.all(k, size(k) <= 253 && k.matches('^[-._a-zA-Z0-9]+$'))",message="keys consist of letters, digits, '-', '_' and '.'"
	Data map[string]TemplateSource `json:"data,omitempty"`
}

// WorkloadKind is a kind of workload that can be restarted.
// +kubebuilder:validation:Enum=Deployment;StatefulSet;DaemonSet
type WorkloadKind string

// The workloads that can be restarted.
const (
	DeploymentKind  WorkloadKind = "Deployment"
	StatefulSetKind WorkloadKind = "StatefulSet"
	DaemonSetKind   WorkloadKind = "DaemonSet"
)

// WorkloadReference names a workload in the namespace of the object that refers to it.
type WorkloadReference struct {
	// kind of the workload: Deployment, StatefulSet or DaemonSet.
	// +required
	Kind WorkloadKind `json:"kind"`

	// name of the workload.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="!format.dns1123Subdomain().validate(self).hasValue()",message="must be the name of a workload: lower-case letters, digits, '-' and '.'"
	Name string `json:"name"`
}

// SecretDeletionPolicy says what becomes of the published Secret.
// +kubebuilder:validation:Enum=Delete;Retain
type SecretDeletionPolicy string

const (
	// DeleteSecret deletes the Secret, unless it was adopted or a WHMServer logs in with it.
	DeleteSecret SecretDeletionPolicy = "Delete"
	// RetainSecret leaves the Secret as it is.
	RetainSecret SecretDeletionPolicy = "Retain"
)

// DeletionPolicy says what becomes of what the object made when the object is deleted.
type DeletionPolicy struct {
	// secret is Delete or Retain. A Secret that existed before (see secret.adoption) and a Secret that a server object logs
	// in with are kept in any case. When omitted, Delete, and Retain for a TwoFactorRotation.
	// +optional
	Secret SecretDeletionPolicy `json:"secret,omitempty"`

	// upstream is Revoke or Retain: what becomes of the credentials on the server. Credentials that cannot be revoked,
	// such as access hashes, which can only be replaced, are retained. When omitted, Revoke where that is possible. A
	// credential that a server object logs in with is retained in any case.
	// +optional
	Upstream UpstreamDeletionPolicy `json:"upstream,omitempty"`
}

// UpstreamDeletionPolicy says what becomes of the credentials on the server.
// +kubebuilder:validation:Enum=Revoke;Retain
type UpstreamDeletionPolicy string

const (
	// RevokeUpstream revokes every credential that the object made.
	RevokeUpstream UpstreamDeletionPolicy = "Revoke"
	// RetainUpstream leaves the credentials as they are.
	RetainUpstream UpstreamDeletionPolicy = "Retain"
)

// CredentialSpec is the part of the spec that all credential kinds share.
//
// +kubebuilder:validation:XValidation:rule="has(self.serverRef.kind) == has(oldSelf.serverRef.kind) && (!has(self.serverRef.kind) || self.serverRef.kind == oldSelf.serverRef.kind) && self.serverRef.name == oldSelf.serverRef.name",message="serverRef cannot be changed: the credential lives on that server; make a new object instead"
// +kubebuilder:validation:XValidation:rule="self.secret.name == oldSelf.secret.name",message="secret.name cannot be changed: consumers would keep a copy that is no longer rotated; make a new object instead"
type CredentialSpec struct {
	// serverRef names the server whose credential is rotated. It cannot be changed.
	// +required
	ServerRef ServerReference `json:"serverRef"`

	// rotation says when the credential is replaced. When omitted, it is issued once and replaced on demand only
	// (annotation whm-credentials.dev/rotate).
	// +optional
	Rotation *RotationSchedule `json:"rotation,omitempty"`

	// suspend holds back every rotation and revocation and every change of the Secret and of workloads until it is false
	// again. A request by annotation is handled then. When omitted, false.
	// +optional
	Suspend bool `json:"suspend,omitempty"`

	// secret is where the credential is published.
	// +required
	Secret SecretTarget `json:"secret"`

	// restart lists workloads to restart when a new credential was published: the pod template gets an annotation with
	// the fingerprint of the credential, and the roll-out is observed. When omitted, none.
	// +optional
	// +listType=map
	// +listMapKey=kind
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=32
	Restart []WorkloadReference `json:"restart,omitempty"`

	// deletionPolicy says what becomes of the Secret, and of the credentials on the server, when this object is deleted. When
	// omitted, the Secret is deleted and what can be revoked is revoked; the Secret of a TwoFactorRotation is retained, because
	// nobody could log in without it.
	// +optional
	DeletionPolicy *DeletionPolicy `json:"deletionPolicy,omitempty"`
}
