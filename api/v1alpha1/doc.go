// SPDX-License-Identifier: Apache-2.0

// Package v1alpha1 holds the API types of the group whm-credentials.dev: which WHM server is reached how, and which of
// its credentials belongs into which Secret and how often it changes.
//
// The package imports apimachinery only, so that other programs can use the types without the operator's dependencies.
//
// +kubebuilder:object:generate=true
// +groupName=whm-credentials.dev
package v1alpha1
