// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// Server is an object that describes how to reach a WHM server: a WHMServer or a ClusterWHMServer.
// +kubebuilder:object:generate=false
type Server interface {
	metav1.Object
	runtime.Object

	// ServerKind returns the kind, as credential objects write it in serverRef.
	ServerKind() ServerKind

	// ServerSpec returns the part of the spec that all server kinds share.
	ServerSpec() *WHMServerSpec

	// ServerStatus returns the status, which all server kinds share.
	ServerStatus() *WHMServerStatus

	// AuthSecretNamespace returns the namespace of the Secrets in spec.auth.
	AuthSecretNamespace() string
}

var (
	_ Server = (*WHMServer)(nil)
	_ Server = (*ClusterWHMServer)(nil)
)
