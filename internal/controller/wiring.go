// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/upstream"
)

// Index fields of the cache.
const (
	// ServerField finds credential objects by the server they refer to.
	ServerField = "spec.serverRef.name"
	// UserField finds AccessHashRotations by user.
	UserField = "spec.user"
	// AuthSecretField finds WHMServers by the Secrets they log in with.
	AuthSecretField = "spec.auth.secretRef.name"
)

// AddIndexes adds the indexes that the reconcilers use.
func AddIndexes(ctx context.Context, indexer client.FieldIndexer) error {
	for _, index := range []struct {
		obj   client.Object
		field string
		of    client.IndexerFunc
	}{
		{&v1alpha1.AccessHashRotation{}, ServerField, func(o client.Object) []string {
			return []string{accessHashOf(o.(Credential)).Spec.ServerRef.Name} //nolint:forcetypeassert // indexed by its type
		}},
		{&v1alpha1.AccessHashRotation{}, UserField, func(o client.Object) []string {
			return []string{accessHashOf(o.(Credential)).Spec.User} //nolint:forcetypeassert // indexed by its type
		}},
		{&v1alpha1.WHMServer{}, AuthSecretField, func(o client.Object) []string {
			return upstream.AuthSecrets(o.(*v1alpha1.WHMServer)) //nolint:forcetypeassert // indexed by its type
		}},
	} {
		if err := indexer.IndexField(ctx, index.obj, index.field, index.of); err != nil {
			return err
		}
	}
	return nil
}

// SetupWithManager starts the reconciler with the manager. rejected carries servers that rejected the operator's
// credential, and secrets the metadata of auth Secrets that changed.
func (r *ServerReconciler) SetupWithManager(
	mgr manager.Manager, options controller.Options, rejected, secrets <-chan event.GenericEvent,
) error {
	return ctrl.NewControllerManagedBy(mgr).
		For(&v1alpha1.WHMServer{}, builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		WatchesRawSource(source.Channel(rejected, &handler.EnqueueRequestForObject{})).
		WatchesRawSource(source.Channel(secrets, handler.EnqueueRequestsFromMapFunc(r.serversOf))).
		WithOptions(options).
		Complete(r)
}

// serversOf returns the servers that log in with a Secret.
func (r *ServerReconciler) serversOf(ctx context.Context, secret client.Object) []reconcile.Request {
	var servers v1alpha1.WHMServerList
	if err := r.Client.List(ctx, &servers, client.InNamespace(secret.GetNamespace()),
		client.MatchingFields{AuthSecretField: secret.GetName()}); err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "Cannot list servers of a changed Secret")
	}
	requests := make([]reconcile.Request, 0, len(servers.Items))
	for i := range servers.Items {
		requests = append(requests, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(&servers.Items[i])})
	}
	return requests
}

// SetupWithManager starts the reconciler with the manager.
func (r *CredentialReconciler) SetupWithManager(mgr manager.Manager, options controller.Options) error {
	return ctrl.NewControllerManagedBy(mgr).
		For(r.newObject(), builder.WithPredicates(predicate.Or(
			predicate.GenerationChangedPredicate{}, predicate.AnnotationChangedPredicate{}, deletionStarted()))).
		Watches(&v1alpha1.WHMServer{}, handler.EnqueueRequestsFromMapFunc(r.credentialsOf), builder.WithPredicates(serverTurned())).
		WatchesMetadata(&corev1.Secret{}, handler.EnqueueRequestsFromMapFunc(r.ownerOf)).
		WithOptions(options).
		Complete(r)
}

// credentialsOf returns the objects that refer to a server.
func (r *CredentialReconciler) credentialsOf(ctx context.Context, server client.Object) []reconcile.Request {
	var all v1alpha1.AccessHashRotationList
	if err := r.Client.List(ctx, &all, client.InNamespace(server.GetNamespace()),
		client.MatchingFields{ServerField: server.GetName()}); err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "Cannot list objects of a changed server")
	}
	requests := make([]reconcile.Request, 0, len(all.Items))
	for i := range all.Items {
		requests = append(requests, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(&all.Items[i])})
	}
	return requests
}

// ownerOf returns the object that a published Secret or a journal belongs to.
func (r *CredentialReconciler) ownerOf(ctx context.Context, secret client.Object) []reconcile.Request {
	kind, err := r.Client.GroupVersionKindFor(r.newObject())
	if err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "Cannot find own kind")
		return nil
	}
	name := ""
	if of, owner, ok := strings.Cut(secret.GetAnnotations()[v1alpha1.OwnerAnnotation], "/"); ok && of == kind.Kind {
		name = owner
	}
	if ref := metav1.GetControllerOf(secret); ref != nil && ref.Kind == kind.Kind {
		name = ref.Name
	}
	if name == "" {
		return nil
	}
	return []reconcile.Request{{NamespacedName: types.NamespacedName{Namespace: secret.GetNamespace(), Name: name}}}
}

// deletionStarted passes the update that marks an object as deleted, which changes the generation only if the object was
// not marked before by other means.
func deletionStarted() predicate.Predicate {
	return predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool {
		return e.ObjectOld.GetDeletionTimestamp().IsZero() != e.ObjectNew.GetDeletionTimestamp().IsZero()
	}}
}

// serverTurned passes changes of a server that its objects care about: they must not wake up at each of its probes.
func serverTurned() predicate.Predicate {
	return predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool {
		before, ok1 := e.ObjectOld.(*v1alpha1.WHMServer)
		after, ok2 := e.ObjectNew.(*v1alpha1.WHMServer)
		if !ok1 || !ok2 {
			return false
		}
		return before.Generation != after.Generation || !equality.Semantic.DeepEqual(facts(before), facts(after))
	}}
}

// facts is the part of a server's status that decides what its objects do.
func facts(server *v1alpha1.WHMServer) []any {
	credential := ""
	if a := server.Status.Authentication; a != nil {
		credential = a.Credential
	}
	ready := ""
	for _, c := range server.Status.Conditions {
		if c.Type == v1alpha1.ReadyCondition {
			ready = string(c.Status) + c.Reason
		}
	}
	return []any{ready, credential, server.Status.Version, server.Status.Features}
}
