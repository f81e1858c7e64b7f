// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"cmp"
	"context"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
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
	// ServerField finds credential objects by kind and name of the server they refer to.
	ServerField = "spec.serverRef"
	// SubjectField finds the objects of a kind whose credential may be the same one upstream.
	SubjectField = "subject"
	// AuthSecretField finds server objects by namespace and name of the Secrets they log in with.
	AuthSecretField = "spec.auth.secretRef"
)

// AddIndexes adds the indexes that the reconcilers use.
func AddIndexes(ctx context.Context, indexer client.FieldIndexer, servers ...v1alpha1.ServerKind) error {
	for _, kind := range CredentialKinds() {
		if err := indexer.IndexField(ctx, kind.newObject(), ServerField, byServer); err != nil {
			return err
		}
		if d, ok := kind.newDriver(Options{}).(sole); ok {
			if err := indexer.IndexField(ctx, kind.newObject(), SubjectField, bySubject(d)); err != nil {
				return err
			}
		}
	}
	for _, kind := range servers {
		if err := indexer.IndexField(ctx, serverKinds[kind].newObject(), AuthSecretField, byAuthSecret); err != nil {
			return err
		}
	}
	return nil
}

func bySubject(d sole) client.IndexerFunc {
	return func(o client.Object) []string {
		return []string{subjectKey(d, o.(Credential))} //nolint:forcetypeassert // indexed by its type
	}
}

func byServer(o client.Object) []string {
	return []string{serverKey(o.(Credential).CredentialSpec().ServerRef)} //nolint:forcetypeassert // indexed by its type
}

// serverKey is how the index knows a server; its namespace is that of the object that refers to it.
func serverKey(ref v1alpha1.ServerReference) string {
	return string(cmp.Or(ref.Kind, v1alpha1.WHMServerKind)) + "/" + ref.Name
}

func byAuthSecret(o client.Object) []string {
	server := o.(v1alpha1.Server) //nolint:forcetypeassert // indexed by its type
	var keys []string
	for _, name := range upstream.AuthSecrets(server) {
		keys = append(keys, secretKey(server.AuthSecretNamespace(), name))
	}
	return keys
}

func secretKey(namespace, name string) string { return namespace + "/" + name }

// SetupWithManager starts the reconciler with the manager. rejected carries servers that rejected the operator's
// credential, and secrets the metadata of auth Secrets that changed.
func (r *ServerReconciler) SetupWithManager(
	mgr manager.Manager, options controller.Options, rejected, secrets <-chan event.GenericEvent,
) error {
	b := ctrl.NewControllerManagedBy(mgr).
		For(r.kind.newObject(), builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		WatchesRawSource(source.Channel(rejected, &handler.EnqueueRequestForObject{})).
		WatchesRawSource(source.Channel(secrets, handler.EnqueueRequestsFromMapFunc(r.serversOf))).
		WithOptions(options)
	for _, kind := range CredentialKinds() {
		b = b.Watches(kind.newObject(), handler.EnqueueRequestsFromMapFunc(r.serverOf), builder.WithPredicates(needTurned()))
	}
	return b.Complete(r)
}

// serverOf returns the server that a credential object refers to, if it has to be held or let go because of that.
func (r *ServerReconciler) serverOf(ctx context.Context, o client.Object) []reconcile.Request {
	ref := o.(Credential).CredentialSpec().ServerRef //nolint:forcetypeassert // it watches no other kinds
	key := client.ObjectKey{Namespace: o.GetNamespace(), Name: ref.Name}
	if r.kind.name == v1alpha1.ClusterWHMServerKind {
		key.Namespace = ""
	}
	server := r.kind.newObject()
	if cmp.Or(ref.Kind, v1alpha1.WHMServerKind) != r.kind.name || r.Client.Get(ctx, key, server) != nil {
		// One that does not exist yet looks for its objects when it comes.
		return nil
	}
	if held, err := r.isHeldRight(ctx, server); err == nil && held {
		return nil
	}
	return []reconcile.Request{{NamespacedName: key}}
}

// needTurned passes objects that appear or disappear, and those that are permitted to use their server now or no longer.
func needTurned() predicate.Predicate {
	return predicate.Funcs{
		UpdateFunc: func(e event.UpdateEvent) bool {
			before, ok1 := e.ObjectOld.(Credential)
			after, ok2 := e.ObjectNew.(Credential)
			return ok1 && ok2 && needsServer(before) != needsServer(after)
		},
		GenericFunc: func(event.GenericEvent) bool { return false },
	}
}

// serversOf returns the servers that log in with a Secret.
func (r *ServerReconciler) serversOf(ctx context.Context, secret client.Object) []reconcile.Request {
	return requestsFor(ctx, r.Client, r.kind.newList(),
		client.MatchingFields{AuthSecretField: secretKey(secret.GetNamespace(), secret.GetName())})
}

// SetupWithManager starts the reconciler with the manager. turned carries servers whose tokens have changed, and inputs the
// metadata of Secrets that changed with what a credential is given for; nil for kinds without.
func (r *CredentialReconciler) SetupWithManager(
	mgr manager.Manager, options controller.Options, servers []v1alpha1.ServerKind, turned, inputs <-chan event.GenericEvent,
) error {
	b := ctrl.NewControllerManagedBy(mgr).
		For(r.kind.newObject(), builder.WithPredicates(predicate.Or(
			predicate.GenerationChangedPredicate{}, predicate.AnnotationChangedPredicate{}, deletionStarted()))).
		WatchesMetadata(&corev1.Secret{}, handler.EnqueueRequestsFromMapFunc(r.ownerOf)).
		WatchesRawSource(source.Channel(turned, handler.EnqueueRequestsFromMapFunc(r.credentialsOf))).
		WithOptions(options)
	if inputs != nil {
		b = b.WatchesRawSource(source.Channel(inputs, handler.EnqueueRequestsFromMapFunc(r.inputOf)))
	}
	for _, kind := range servers {
		b = b.Watches(serverKinds[kind].newObject(), handler.EnqueueRequestsFromMapFunc(r.credentialsOf),
			builder.WithPredicates(serverTurned()))
	}
	if !r.References.Namespaced {
		b = b.WatchesMetadata(&corev1.Namespace{}, handler.EnqueueRequestsFromMapFunc(r.References.OfNamespace(r.kind.newList)),
			builder.WithPredicates(predicate.LabelChangedPredicate{}))
	}
	return b.Complete(r)
}

// credentialsOf returns the objects that refer to a server.
func (r *CredentialReconciler) credentialsOf(ctx context.Context, server client.Object) []reconcile.Request {
	s, ok := server.(v1alpha1.Server)
	if !ok {
		return nil
	}
	return requestsFor(ctx, r.Client, r.kind.newList(), referringTo(s)...)
}

// referringTo selects the credential objects that refer to a server.
func referringTo(server v1alpha1.Server) []client.ListOption {
	options := []client.ListOption{client.MatchingFields{ServerField: serverKey(referenceTo(server))}}
	if server.GetNamespace() != "" {
		options = append(options, client.InNamespace(server.GetNamespace()))
	}
	return options
}

// requestsFor returns the objects that a list selects.
func requestsFor(
	ctx context.Context, reader client.Reader, list client.ObjectList, options ...client.ListOption,
) []reconcile.Request {
	return requestsWhere(ctx, reader, list, func(client.Object) bool { return true }, options...)
}

// requestsWhere returns those of them that an event concerns.
func requestsWhere(
	ctx context.Context, reader client.Reader, list client.ObjectList, concerned func(client.Object) bool,
	options ...client.ListOption,
) []reconcile.Request {
	if err := reader.List(ctx, list, options...); err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "Cannot list objects that an event concerns")
	}
	requests := make([]reconcile.Request, 0, meta.LenList(list))
	eachObject(list, func(obj client.Object) {
		if concerned(obj) {
			requests = append(requests, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(obj)})
		}
	})
	return requests
}

// eachObject walks a list of the API's own types, which cannot fail.
func eachObject(list client.ObjectList, f func(client.Object)) {
	_ = meta.EachListItem(list, func(o runtime.Object) error {
		f(o.(client.Object)) //nolint:forcetypeassert // it came from a list of them
		return nil
	})
}

// ownerOf returns the object that a published Secret or a journal belongs to.
func (r *CredentialReconciler) ownerOf(ctx context.Context, secret client.Object) []reconcile.Request {
	kind, err := r.Client.GroupVersionKindFor(r.kind.newObject())
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
		before, ok1 := e.ObjectOld.(v1alpha1.Server)
		after, ok2 := e.ObjectNew.(v1alpha1.Server)
		if !ok1 || !ok2 {
			return false
		}
		return before.GetGeneration() != after.GetGeneration() || !equality.Semantic.DeepEqual(facts(before), facts(after))
	}}
}

// facts is the part of a server's status that decides what its objects do.
func facts(server v1alpha1.Server) []any {
	credential := ""
	if a := server.ServerStatus().Authentication; a != nil {
		credential = a.Credential
	}
	ready := ""
	for _, c := range server.ServerStatus().Conditions {
		if c.Type == v1alpha1.ReadyCondition {
			ready = string(c.Status) + c.Reason
		}
	}
	return []any{ready, credential, server.ServerStatus().Version, server.ServerStatus().Features}
}
