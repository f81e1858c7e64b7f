// SPDX-License-Identifier: Apache-2.0

package publish

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/api/v1alpha1"
)

// Writer reads and writes published Secrets.
type Writer struct {
	// Client must not serve Secrets from a cache.
	Client client.Client
}

// Read returns the Secret live, or nil if there is none.
func (w *Writer) Read(ctx context.Context, owner Owner, name string) (*corev1.Secret, error) {
	s := &corev1.Secret{}
	err := w.Client.Get(ctx, types.NamespacedName{Namespace: owner.Namespace, Name: name}, s)
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read Secret %s: %w", name, err)
	}
	return s, nil
}

// Write makes or changes the Secret. It never overwrites a change that the caller has not seen: creation fails if there
// is a Secret by now, and an update if it is another version.
func (w *Writer) Write(ctx context.Context, desired *corev1.Secret) error {
	var err error
	if desired.ResourceVersion == "" {
		err = w.Client.Create(ctx, desired)
	} else {
		err = w.Client.Update(ctx, desired)
	}
	switch {
	case err == nil:
		return nil
	case apierrors.IsInvalid(err):
		return stall("Secret %s cannot be written: %s; change spec.secret.template", desired.Name, invalidFields(err))
	}
	return fmt.Errorf("write Secret %s: %w", desired.Name, err)
}

// invalidFields tells which fields the API server refused. Its own message may quote the values, so it is not used.
func invalidFields(err error) string {
	status, ok := errors.AsType[*apierrors.StatusError](err)
	if !ok || status.ErrStatus.Details == nil || len(status.ErrStatus.Details.Causes) == 0 {
		return "the API server refused it"
	}
	var fields []string
	for _, cause := range status.ErrStatus.Details.Causes {
		fields = append(fields, fmt.Sprintf("%s is not valid for the type of Secret (%s)", cause.Field, cause.Type))
	}
	return strings.Join(fields, ", ")
}

// Intact tells whether the Secret that exists is what would be written.
func Intact(existing, desired *corev1.Secret) bool {
	return existing != nil && equality.Semantic.DeepEqual(existing.Data, desired.Data) &&
		maps.Equal(existing.Labels, desired.Labels) && maps.Equal(existing.Annotations, desired.Annotations)
}

// Remove deletes the Secret if the operator made it, and otherwise takes the operator's own labels and annotations off.
// retain keeps it in any case. It tells whether the Secret was kept.
func (w *Writer) Remove(ctx context.Context, owner Owner, name string, retain bool) (kept bool, err error) {
	s, err := w.Read(ctx, owner, name)
	if err != nil || s == nil || !OwnedBy(s, owner) {
		return false, err
	}
	if !retain && !Adopted(s) {
		err := w.Client.Delete(ctx, s, client.Preconditions{UID: &s.UID, ResourceVersion: &s.ResourceVersion})
		return false, client.IgnoreNotFound(err)
	}
	release(s)
	return true, client.IgnoreNotFound(w.Client.Update(ctx, s))
}

// release takes off what makes the Secret the operator's own, but leaves what tells a successor of the same name which
// credential it holds.
func release(s *corev1.Secret) {
	delete(s.Labels, v1alpha1.ManagedByLabel)
	if Adopted(s) {
		for _, key := range []string{
			v1alpha1.OwnerAnnotation, v1alpha1.OwnerUIDAnnotation, v1alpha1.OwnerNamespaceAnnotation,
			v1alpha1.AdoptedAnnotation, v1alpha1.RevisionAnnotation,
			v1alpha1.FingerprintAnnotation, v1alpha1.IssuedAtAnnotation, v1alpha1.InputsAnnotation,
			v1alpha1.PublishedAtAnnotation, v1alpha1.ManagedFieldsAnnotation,
		} {
			delete(s.Annotations, key)
		}
	}
}
