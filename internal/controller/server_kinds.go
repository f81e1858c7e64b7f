// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/api/v1alpha1"
)

// serverKind is what has to be known of a kind of server object.
type serverKind struct {
	name      v1alpha1.ServerKind
	newObject func() v1alpha1.Server
	newList   func() client.ObjectList
}

var serverKinds = map[v1alpha1.ServerKind]serverKind{
	v1alpha1.WHMServerKind: {
		name:      v1alpha1.WHMServerKind,
		newObject: func() v1alpha1.Server { return &v1alpha1.WHMServer{} },
		newList:   func() client.ObjectList { return &v1alpha1.WHMServerList{} },
	},
	v1alpha1.ClusterWHMServerKind: {
		name:      v1alpha1.ClusterWHMServerKind,
		newObject: func() v1alpha1.Server { return &v1alpha1.ClusterWHMServer{} },
		newList:   func() client.ObjectList { return &v1alpha1.ClusterWHMServerList{} },
	},
}

func copyOf(server v1alpha1.Server) v1alpha1.Server {
	return server.DeepCopyObject().(v1alpha1.Server) //nolint:forcetypeassert // a copy has the type of its original
}

// referenceTo is how a credential object refers to a server.
func referenceTo(server v1alpha1.Server) v1alpha1.ServerReference {
	return v1alpha1.ServerReference{Kind: server.ServerKind(), Name: server.GetName()}
}
