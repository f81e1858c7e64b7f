// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// NamespaceName is the name of a namespace.
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=63
// +kubebuilder:validation:XValidation:rule="!format.dns1123Label().validate(self).hasValue()",message="must be the name of a namespace: lower-case letters, digits and '-'"
type NamespaceName string

// NamespaceGrant says which namespaces may refer to a server: those that are named and those that the selector selects.
type NamespaceGrant struct {
	// names of namespaces. When omitted, only the selector decides.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=256
	Names []NamespaceName `json:"names,omitempty"`

	// selector selects namespaces by their labels; an empty one selects all. When omitted, only names decides.
	// +optional
	// +kubebuilder:validation:XValidation:rule="!has(self.matchExpressions) || self.matchExpressions.all(e, e.operator in ['In', 'NotIn'] ? has(e.values) && e.values.size() > 0 : e.operator in ['Exists', 'DoesNotExist'] && (!has(e.values) || e.values.size() == 0))",message="each of matchExpressions must have the operator In or NotIn and values, or Exists or DoesNotExist and none"
	Selector *metav1.LabelSelector `json:"selector,omitempty"`
}

// UserPattern is the name of a WHM user or cPanel account, in which * stands for any characters.
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=64
// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9_*-]+$')",message="must be a user name or a pattern such as shop-*: lower-case letters, digits, '_', '-' and '*'"
type UserPattern string

// ServerPolicy says who may use a ClusterWHMServer and what for. What it does not allow is refused: objects that ask for
// more stall with the reason NotPermitted, and what they have published stays as it is.
type ServerPolicy struct {
	// allowedNamespaces are the namespaces whose objects may refer to the server. One that is taken out keeps its Secrets,
	// but its credentials are no longer rotated.
	// +required
	AllowedNamespaces NamespaceGrant `json:"allowedNamespaces,omitzero"`

	// allowedUsers are the WHM users and cPanel accounts whose credentials may be asked for; "*" stands for all.
	// +required
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=256
	AllowedUsers []UserPattern `json:"allowedUsers,omitempty"`

	// maxACLs are the privileges that a credential may have at most, by WHM's names. "all" allows every one, and is what
	// credentials need that cannot be limited, such as access hashes. When omitted, none: then only credentials of cPanel
	// accounts are possible, which have no WHM privileges.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=128
	MaxACLs []ACLName `json:"maxACLs,omitempty"`

	// maxTokensPerNamespace is how many APITokenRotations of one namespace may have a token at a time. The token that is
	// being replaced does not count. Objects that have one keep it when the number is lowered. When omitted, any number.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=10000
	MaxTokensPerNamespace *int32 `json:"maxTokensPerNamespace,omitempty"`
}

// ClusterWHMServerSpec says how to reach a WHM server, which credential to use, and who may use it.
type ClusterWHMServerSpec struct {
	WHMServerSpec `json:",inline"`

	// authSecretNamespace is the namespace of the Secrets that auth refers to. Whoever may read Secrets there has the
	// server's credential.
	// +required
	AuthNamespace NamespaceName `json:"authSecretNamespace,omitempty"`

	// policy says which namespaces may refer to the server and what for.
	// +required
	Policy ServerPolicy `json:"policy,omitzero"`
}

// ClusterWHMServer describes how to reach one WHM server for many namespaces: which credential to use, and which
// namespaces, users and privileges it serves.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Cluster,categories=whm,shortName=cwhms
// +kubebuilder:printcolumn:name="Endpoint",type=string,JSONPath=`.spec.endpoint`
// +kubebuilder:printcolumn:name="User",type=string,JSONPath=`.status.user`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Version",type=string,JSONPath=`.status.version`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:printcolumn:name="Status",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].message`
// +kubebuilder:printcolumn:name="Reconciling",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Reconciling")].message`
// +kubebuilder:printcolumn:name="Suspended",type=boolean,priority=1,JSONPath=`.spec.suspend`
type ClusterWHMServer struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard object metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec is the desired state.
	// +required
	Spec ClusterWHMServerSpec `json:"spec"`

	// status is the observed state, written by the operator. Until it is, observedGeneration is -1, which tells kstatus
	// that the object has not been looked at yet.
	// +optional
	// +kubebuilder:default={"observedGeneration":-1}
	Status WHMServerStatus `json:"status,omitzero"`
}

// ClusterWHMServerList is a list of ClusterWHMServers.
//
// +kubebuilder:object:root=true
type ClusterWHMServerList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []ClusterWHMServer `json:"items"`
}

// ServerKind returns ClusterWHMServer.
func (*ClusterWHMServer) ServerKind() ServerKind { return ClusterWHMServerKind }

// ServerSpec returns the part of the spec that all server kinds share.
func (s *ClusterWHMServer) ServerSpec() *WHMServerSpec { return &s.Spec.WHMServerSpec }

// ServerStatus returns the status.
func (s *ClusterWHMServer) ServerStatus() *WHMServerStatus { return &s.Status }

// AuthSecretNamespace returns the namespace of the Secrets in spec.auth: the one that the spec names.
func (s *ClusterWHMServer) AuthSecretNamespace() string { return string(s.Spec.AuthNamespace) }
