// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/upstream"
)

// hold keeps the server object and the Secrets that it logs in with while objects need them, and lets them go afterwards.
// gone is true if the server object is being deleted and the operator does not hold it, or no longer does.
func (r *ServerReconciler) hold(ctx context.Context, s *serverScope) (gone bool, err error) {
	used, err := r.refersTo(ctx, s.obj, func(CredentialKind) bool { return true })
	if err != nil {
		return false, err
	}
	wanted, err := r.secretsToHold(ctx, s.obj)
	if err != nil {
		return false, err
	}
	held := r.heldSecrets(s.obj)
	if used {
		if err := r.markHeld(ctx, s, union(held, wanted)); err != nil {
			return false, err
		}
		if err := r.holdSecrets(ctx, s, wanted); err != nil {
			return false, err
		}
	}
	if err := r.releaseSecrets(ctx, s.obj.GetUID(), without(held, wanted)); err != nil {
		return false, err
	}
	r.rememberHeld(s.obj, wanted)
	if !used {
		return r.letGo(ctx, s)
	}
	if err := r.countUsers(ctx, s); err != nil {
		return false, err
	}
	err = r.markHeld(ctx, s, wanted)
	return !s.obj.GetDeletionTimestamp().IsZero() && !controllerutil.ContainsFinalizer(s.obj, v1alpha1.InUseFinalizer), err
}

// isHeldRight tells whether hold would find nothing to do for a server object.
func (r *ServerReconciler) isHeldRight(ctx context.Context, server v1alpha1.Server) (bool, error) {
	used, err := r.refersTo(ctx, server, func(CredentialKind) bool { return true })
	if err != nil {
		return false, err
	}
	wanted, err := r.secretsToHold(ctx, server)
	return server.GetDeletionTimestamp().IsZero() && used == controllerutil.ContainsFinalizer(server, v1alpha1.InUseFinalizer) &&
		slices.Equal(wanted, heldByAnnotation(server)), err
}

// secretsToHold returns the Secrets without which something could not be revoked.
func (r *ServerReconciler) secretsToHold(ctx context.Context, server v1alpha1.Server) ([]types.NamespacedName, error) {
	needed, err := r.hasTokenObjects(ctx, server)
	if err != nil || !needed {
		return nil, err
	}
	return authSecretKeys(server), nil
}

// authSecretKeys returns the Secrets that a server logs in with, each once and in order.
func authSecretKeys(server v1alpha1.Server) []types.NamespacedName {
	var keys []types.NamespacedName
	for _, name := range upstream.AuthSecrets(server) {
		keys = append(keys, types.NamespacedName{Namespace: server.AuthSecretNamespace(), Name: name})
	}
	return union(nil, keys)
}

// markHeld gives the server object its finalizer and writes down for which Secrets. One that is being deleted can get no
// finalizer any more.
func (r *ServerReconciler) markHeld(ctx context.Context, s *serverScope, secrets []types.NamespacedName) error {
	if !s.obj.GetDeletionTimestamp().IsZero() && !controllerutil.ContainsFinalizer(s.obj, v1alpha1.InUseFinalizer) {
		return nil
	}
	return r.patchServer(ctx, s, func(server client.Object) {
		controllerutil.AddFinalizer(server, v1alpha1.InUseFinalizer)
		annotateHeld(server, secrets)
	})
}

// letGo takes the finalizer off a server object that no object refers to.
func (r *ServerReconciler) letGo(ctx context.Context, s *serverScope) (gone bool, err error) {
	if controllerutil.ContainsFinalizer(s.obj, v1alpha1.InUseFinalizer) {
		// An object that came meanwhile has seen the finalizer still, and did not ask for it.
		s.again = cacheRetry
	}
	err = r.patchServer(ctx, s, func(server client.Object) {
		controllerutil.RemoveFinalizer(server, v1alpha1.InUseFinalizer)
		annotateHeld(server, nil)
	})
	if err != nil || s.obj.GetDeletionTimestamp().IsZero() {
		return false, err
	}
	r.tellAbandoned(ctx, s.obj)
	return true, nil
}

// patchServer changes the metadata of the server object, if that changes anything. A merge patch replaces the whole list of
// finalizers, so it must not be applied to a list that somebody changed.
func (r *ServerReconciler) patchServer(ctx context.Context, s *serverScope, change func(client.Object)) error {
	change(s.obj)
	if slices.Equal(s.obj.GetFinalizers(), s.before.GetFinalizers()) &&
		s.obj.GetAnnotations()[v1alpha1.InUseSecretsAnnotation] == s.before.GetAnnotations()[v1alpha1.InUseSecretsAnnotation] {
		return nil
	}
	patch := client.MergeFromWithOptions(s.before, client.MergeFromWithOptimisticLock{})
	switch err := r.Client.Patch(ctx, s.obj, patch); {
	case apierrors.IsNotFound(err):
		return nil
	case err != nil:
		return fmt.Errorf("change finalizer of the server object: %w", err)
	}
	r.written.remember(s.obj)
	s.before = copyOf(s.obj)
	return nil
}

// heldSecrets returns the Secrets that have a finalizer for the server, as far as the object or this process knows.
func (r *ServerReconciler) heldSecrets(server v1alpha1.Server) []types.NamespacedName {
	r.mu.Lock()
	defer r.mu.Unlock()
	return union(heldByAnnotation(server), r.held[client.ObjectKeyFromObject(server)])
}

func heldByAnnotation(server v1alpha1.Server) []types.NamespacedName {
	var keys []types.NamespacedName
	for text := range strings.SplitSeq(server.GetAnnotations()[v1alpha1.InUseSecretsAnnotation], ",") {
		if namespace, name, ok := strings.Cut(text, "/"); ok {
			keys = append(keys, types.NamespacedName{Namespace: namespace, Name: name})
		}
	}
	return keys
}

func (r *ServerReconciler) rememberHeld(server v1alpha1.Server, secrets []types.NamespacedName) {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := client.ObjectKeyFromObject(server)
	if len(secrets) == 0 {
		delete(r.held, key)
		return
	}
	r.held[key] = secrets
}

func annotateHeld(server client.Object, secrets []types.NamespacedName) {
	annotations := server.GetAnnotations()
	if len(secrets) == 0 {
		delete(annotations, v1alpha1.InUseSecretsAnnotation)
		return
	}
	if annotations == nil {
		annotations = map[string]string{}
	}
	texts := make([]string, len(secrets))
	for i, key := range secrets {
		texts[i] = key.String()
	}
	annotations[v1alpha1.InUseSecretsAnnotation] = strings.Join(texts, ",")
	server.SetAnnotations(annotations)
}

// countUsers counts the objects that keep a server object from being deleted.
func (r *ServerReconciler) countUsers(ctx context.Context, s *serverScope) error {
	if s.obj.GetDeletionTimestamp().IsZero() {
		return nil
	}
	for _, kind := range CredentialKinds() {
		n, err := r.countReferring(ctx, kind, s.obj)
		if err != nil {
			return err
		}
		s.users += n
	}
	return nil
}

// vanished cleans up after a server object that is gone, perhaps because somebody took its finalizer off.
func (r *ServerReconciler) vanished(ctx context.Context, key types.NamespacedName) error {
	r.mu.Lock()
	held := r.held[key]
	r.mu.Unlock()
	if err := r.releaseSecrets(ctx, "", held); err != nil {
		return err
	}
	r.mu.Lock()
	delete(r.held, key)
	r.mu.Unlock()
	r.forget(key)
	return nil
}

// tellAbandoned names what is left on a server whose object goes, because the list goes with it.
func (r *ServerReconciler) tellAbandoned(ctx context.Context, server v1alpha1.Server) {
	for _, l := range server.ServerStatus().Leftovers {
		ctrl.LoggerFrom(ctx).Info("Leaving tokens on the server", "user", l.User, "tokens", l.Names, "object", l.Object)
		r.Recorder.Eventf(server, nil, corev1.EventTypeWarning, v1alpha1.RevocationPendingReason, "Delete", "%s",
			fitNote(fmt.Sprintf("Tokens of %s whose names contain %s may be left on the server; revoke them there", l.User, l.Names)))
	}
}

// union returns the keys of both lists, each once and in order.
func union(a, b []types.NamespacedName) []types.NamespacedName {
	all := slices.Concat(a, b)
	slices.SortFunc(all, func(x, y types.NamespacedName) int { return strings.Compare(x.String(), y.String()) })
	return slices.Compact(all)
}

func without(all, some []types.NamespacedName) []types.NamespacedName {
	return slices.DeleteFunc(slices.Clone(all), func(key types.NamespacedName) bool { return slices.Contains(some, key) })
}
