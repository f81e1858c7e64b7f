// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/api/v1alpha1"
)

// CredentialKind is a kind of credential object: its types and its driver. Nothing else about a kind is known to the
// engine.
type CredentialKind struct {
	// Name of the kind.
	Name string

	newObject func() Credential
	newList   func() client.ObjectList
	newDriver func(Options) driver
}

// HasInput tells whether the credential is given for what somebody else keeps in a Secret, which has to be watched.
func (k CredentialKind) HasInput() bool {
	_, ok := k.newDriver(Options{}).(watcher)
	return ok
}

// CredentialKinds returns all kinds.
func CredentialKinds() []CredentialKind {
	return []CredentialKind{
		{
			Name:      "AccessHashRotation",
			newObject: func() Credential { return &v1alpha1.AccessHashRotation{} },
			newList:   func() client.ObjectList { return &v1alpha1.AccessHashRotationList{} },
			newDriver: func(o Options) driver {
				return &accessHashDriver{neighbours: neighboursOf(o)}
			},
		},
		{
			Name:      "APITokenRotation",
			newObject: func() Credential { return &v1alpha1.APITokenRotation{} },
			newList:   func() client.ObjectList { return &v1alpha1.APITokenRotationList{} },
			newDriver: func(o Options) driver {
				return &apiTokenDriver{cluster: o.ClusterID, neighbours: neighboursOf(o)}
			},
		},
		{
			Name:      "PasswordRotation",
			newObject: func() Credential { return &v1alpha1.PasswordRotation{} },
			newList:   func() client.ObjectList { return &v1alpha1.PasswordRotationList{} },
			newDriver: func(o Options) driver {
				return &passwordDriver{clock: o.Clock, neighbours: neighboursOf(o)}
			},
		},
		{
			Name:      "LoginSession",
			newObject: func() Credential { return &v1alpha1.LoginSession{} },
			newList:   func() client.ObjectList { return &v1alpha1.LoginSessionList{} },
			newDriver: func(o Options) driver {
				return &loginSessionDriver{
					neighbours: neighboursOf(o), secrets: o.Client, clock: o.Clock,
				}
			},
		},
		{
			Name:      "StoreLogin",
			newObject: func() Credential { return &v1alpha1.StoreLogin{} },
			newList:   func() client.ObjectList { return &v1alpha1.StoreLoginList{} },
			newDriver: func(o Options) driver {
				return &storeLoginDriver{reader: o.Client, neighbours: neighboursOf(o)}
			},
		},
		{
			Name:      "TwoFactorRotation",
			newObject: func() Credential { return &v1alpha1.TwoFactorRotation{} },
			newList:   func() client.ObjectList { return &v1alpha1.TwoFactorRotationList{} },
			newDriver: func(o Options) driver {
				return &twoFactorDriver{clock: o.Clock, neighbours: neighboursOf(o)}
			},
		},
	}
}
