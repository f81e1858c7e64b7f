// SPDX-License-Identifier: Apache-2.0

// Package reference resolves what objects refer to. Every reference of every kind goes through it, so that there is one
// place that decides who may use what.
package reference

import (
	"cmp"
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/outcome"
)

// Resolver resolves references.
type Resolver struct {
	// Reader reads the operator's own kinds and the metadata of namespaces from the cache.
	Reader client.Reader
	// Metadata reads the metadata of managed Secrets from the cache, to know of journals.
	Metadata client.Reader
	// Namespaced is true if the operator may only see some namespaces, and so no ClusterWHMServer.
	Namespaced bool

	admissions admissions
}

// Server returns the server that an object of the namespace refers to. Whether the object may use it is for Permit to
// say.
func (r *Resolver) Server(ctx context.Context, namespace string, ref v1alpha1.ServerReference) (v1alpha1.Server, error) {
	switch kind := cmp.Or(ref.Kind, v1alpha1.WHMServerKind); kind {
	case v1alpha1.WHMServerKind:
		server := &v1alpha1.WHMServer{}
		err := r.Reader.Get(ctx, client.ObjectKey{Namespace: namespace, Name: ref.Name}, server)
		return found(server, err, "WHMServer %s does not exist in this namespace; create it, or make a new object that refers "+
			"to another one (with serverRef.kind ClusterWHMServer for one of the whole cluster)", ref.Name)
	case v1alpha1.ClusterWHMServerKind:
		if r.Namespaced {
			return nil, outcome.Stall(v1alpha1.NotPermittedReason, "this operator is limited to some namespaces and does not "+
				"serve ClusterWHMServers; refer to a WHMServer of this namespace")
		}
		server := &v1alpha1.ClusterWHMServer{}
		err := r.Reader.Get(ctx, client.ObjectKey{Name: ref.Name}, server)
		return found(server, err, "ClusterWHMServer %s does not exist; ask whoever runs the cluster for it, or make a new "+
			"object that refers to another one", ref.Name)
	default:
		return nil, outcome.Stall(v1alpha1.InvalidSpecReason, "spec.serverRef.kind: %s is no kind of server", kind)
	}
}

func found(server v1alpha1.Server, err error, missing, name string) (v1alpha1.Server, error) {
	switch {
	case apierrors.IsNotFound(err):
		return nil, outcome.Stall(v1alpha1.ServerNotFoundReason, missing, name)
	case err != nil:
		return nil, fmt.Errorf("read %s %s: %w", server.ServerKind(), name, err)
	}
	return server, nil
}

// ServerKinds returns the kinds of servers that the operator serves.
func (r *Resolver) ServerKinds() []v1alpha1.ServerKind {
	if r.Namespaced {
		return []v1alpha1.ServerKind{v1alpha1.WHMServerKind}
	}
	return []v1alpha1.ServerKind{v1alpha1.WHMServerKind, v1alpha1.ClusterWHMServerKind}
}

// Servers lists the server objects of all kinds.
func (r *Resolver) Servers(ctx context.Context, options ...client.ListOption) ([]v1alpha1.Server, error) {
	var all []v1alpha1.Server
	for _, kind := range r.ServerKinds() {
		if err := r.list(ctx, kind, &all, options); err != nil {
			return nil, fmt.Errorf("list %ss: %w", kind, err)
		}
	}
	return all, nil
}

func (r *Resolver) list(ctx context.Context, kind v1alpha1.ServerKind, into *[]v1alpha1.Server, options []client.ListOption) error {
	if kind == v1alpha1.ClusterWHMServerKind {
		var list v1alpha1.ClusterWHMServerList
		if err := r.Reader.List(ctx, &list, options...); err != nil {
			return err
		}
		for i := range list.Items {
			*into = append(*into, &list.Items[i])
		}
		return nil
	}
	var list v1alpha1.WHMServerList
	if err := r.Reader.List(ctx, &list, options...); err != nil {
		return err
	}
	for i := range list.Items {
		*into = append(*into, &list.Items[i])
	}
	return nil
}
