// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

var (
	// GroupVersion is the group and version of every kind in this package.
	GroupVersion = schema.GroupVersion{Group: "whm-credentials.dev", Version: "v1alpha1"}

	schemeBuilder = runtime.NewSchemeBuilder(addKnownTypes)

	// AddToScheme adds the kinds of this package to a scheme.
	AddToScheme = schemeBuilder.AddToScheme
)

func addKnownTypes(scheme *runtime.Scheme) error {
	scheme.AddKnownTypes(GroupVersion,
		&WHMServer{}, &WHMServerList{},
		&ClusterWHMServer{}, &ClusterWHMServerList{},
		&APITokenRotation{}, &APITokenRotationList{},
		&AccessHashRotation{}, &AccessHashRotationList{},
		&PasswordRotation{}, &PasswordRotationList{},
		&LoginSession{}, &LoginSessionList{},
		&StoreLogin{}, &StoreLoginList{},
		&TwoFactorRotation{}, &TwoFactorRotationList{},
	)
	metav1.AddToGroupVersion(scheme, GroupVersion)
	return nil
}
