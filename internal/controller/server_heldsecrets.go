// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/whm-credentials/operator/api/v1alpha1"
)

// holdSecrets gives the finalizer to those of the Secrets that are known to exist without it. Of the others the watch will
// tell.
func (r *ServerReconciler) holdSecrets(ctx context.Context, s *serverScope, keys []types.NamespacedName) error {
	for _, key := range keys {
		secret := r.Watch.Metadata(key)
		if secret == nil {
			continue
		}
		if !secret.DeletionTimestamp.IsZero() {
			if err := r.giveUp(ctx, s, secret); err != nil {
				return err
			}
			continue
		}
		if err := r.patchSecret(ctx, secret, func(o client.Object) { controllerutil.AddFinalizer(o, v1alpha1.InUseFinalizer) }); err != nil {
			return err
		}
	}
	return nil
}

// giveUp lets the Secret of a ClusterWHMServer go with its namespace: whoever deletes that does not want to wait until the
// objects of all other namespaces are gone. A WHMServer and its objects go together with the namespace.
func (r *ServerReconciler) giveUp(ctx context.Context, s *serverScope, secret *metav1.PartialObjectMetadata) error {
	if s.obj.GetNamespace() != "" || !controllerutil.ContainsFinalizer(secret, v1alpha1.InUseFinalizer) {
		return nil
	}
	namespace := &metav1.PartialObjectMetadata{}
	namespace.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Namespace"))
	if err := r.Client.Get(ctx, client.ObjectKey{Name: secret.Namespace}, namespace); err != nil {
		return fmt.Errorf("read namespace of auth Secret: %w", err)
	}
	if namespace.DeletionTimestamp.IsZero() {
		// The namespace may be next, and no event will tell.
		s.again = terminatingRetry
		return nil
	}
	if err := r.patchSecret(ctx, secret, func(o client.Object) {
		controllerutil.RemoveFinalizer(o, v1alpha1.InUseFinalizer)
	}); err != nil {
		return err
	}
	r.Recorder.Eventf(s.obj, nil, corev1.EventTypeWarning, v1alpha1.SecretNotFoundReason, "Release",
		"The auth Secret %s goes with its namespace %s although objects need it", secret.Name, secret.Namespace)
	return nil
}

// releaseSecrets takes the finalizer off Secrets, unless another server object needs them. They may be ones that are not
// watched, so they are read.
func (r *ServerReconciler) releaseSecrets(ctx context.Context, by types.UID, keys []types.NamespacedName) error {
	for _, key := range keys {
		needed, err := r.neededByOthers(ctx, by, key)
		if err != nil {
			return err
		}
		if needed {
			continue
		}
		secret := &metav1.PartialObjectMetadata{}
		secret.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Secret"))
		if err := r.Client.Get(ctx, key, secret); apierrors.IsNotFound(err) {
			continue
		} else if err != nil {
			return fmt.Errorf("read metadata of auth Secret: %w", err)
		}
		if err := r.patchSecret(ctx, secret, func(o client.Object) { controllerutil.RemoveFinalizer(o, v1alpha1.InUseFinalizer) }); err != nil {
			return err
		}
	}
	return nil
}

// neededByOthers tells whether another server object holds the Secret.
func (r *ServerReconciler) neededByOthers(ctx context.Context, by types.UID, key types.NamespacedName) (bool, error) {
	servers, err := r.References.Servers(ctx, client.MatchingFields{AuthSecretField: secretKey(key.Namespace, key.Name)})
	if err != nil {
		return false, err
	}
	for _, server := range servers {
		if server.GetUID() == by || !controllerutil.ContainsFinalizer(server, v1alpha1.InUseFinalizer) {
			continue
		}
		if needed, err := r.hasTokenObjects(ctx, server); err != nil || needed {
			return needed, err
		}
	}
	return false, nil
}

// patchSecret changes the metadata of a Secret, if that changes anything.
func (r *ServerReconciler) patchSecret(ctx context.Context, secret *metav1.PartialObjectMetadata, change func(client.Object)) error {
	changed := secret.DeepCopy()
	change(changed)
	if len(changed.Finalizers) == len(secret.Finalizers) {
		return nil
	}
	changed.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Secret"))
	patch := client.MergeFromWithOptions(secret, client.MergeFromWithOptimisticLock{})
	if err := client.IgnoreNotFound(r.Client.Patch(ctx, changed, patch)); err != nil {
		return fmt.Errorf("change finalizer of auth Secret %s: %w", secret.Name, err)
	}
	return nil
}
