// SPDX-License-Identifier: Apache-2.0

// Package publish builds and writes the Secret that consumers read. Building is pure; what others put into the Secret
// is kept, and a Secret of somebody else is never written without consent.
package publish

import (
	"maps"
	"slices"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/whm-credentials/operator/api/v1alpha1"
)

// Owner is the object that publishes.
type Owner struct {
	Kind, Namespace, Name string
	UID                   types.UID
}

// ID names the owner in annotations, as Kind/name.
func (o Owner) ID() string { return o.Kind + "/" + o.Name }

// Content is what a Secret is to hold.
type Content struct {
	// Data is the rendered data.
	Data map[string][]byte
	// Revision, ID, Fingerprint and IssuedAt describe the credential in it, and PublishedAt is when it was published first;
	// zero if nobody needs to know.
	Revision    int64
	ID          string
	Fingerprint string
	IssuedAt    time.Time
	PublishedAt time.Time
	// Inputs is the digest of everything but the credential that went into Data.
	Inputs string
}

// Desired returns the Secret as it should be, starting from the one that exists, or from nothing if existing is nil.
// Keys, labels and annotations that others wrote stay; those that the operator wrote before and are no longer asked for
// go.
func Desired(owner Owner, target v1alpha1.SecretTarget, content Content, existing *corev1.Secret) *corev1.Secret {
	template := target.Template
	if template == nil {
		template = &v1alpha1.SecretTemplate{}
	}
	s := base(owner, target.Name, template, existing)
	before := readManagedFields(s.Annotations)
	now := managedFields{
		Data:        slices.Sorted(maps.Keys(content.Data)),
		Labels:      slices.Sorted(maps.Keys(template.Labels)),
		Annotations: slices.Sorted(maps.Keys(template.Annotations)),
	}
	s.Data = merge(s.Data, before.Data, content.Data)
	s.Labels = merge(s.Labels, before.Labels, stringMap(template.Labels))
	s.Annotations = merge(s.Annotations, before.Annotations, stringMap(template.Annotations))
	s.Labels[v1alpha1.ManagedByLabel] = v1alpha1.ManagedByValue
	maps.Copy(s.Annotations, ownAnnotations(owner, content, now))
	if !content.PublishedAt.IsZero() {
		s.Annotations[v1alpha1.PublishedAtAnnotation] = content.PublishedAt.UTC().Format(time.RFC3339)
	}
	return s
}

func base(owner Owner, name string, template *v1alpha1.SecretTemplate, existing *corev1.Secret) *corev1.Secret {
	if existing != nil {
		s := existing.DeepCopy()
		if !OwnedBy(existing, owner) {
			metav1.SetMetaDataAnnotation(&s.ObjectMeta, v1alpha1.AdoptedAnnotation, "true")
		}
		return s
	}
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: owner.Namespace, Name: name},
		Type:       corev1.SecretType(template.Type),
	}
}

func ownAnnotations(owner Owner, content Content, fields managedFields) map[string]string {
	return map[string]string{
		v1alpha1.OwnerAnnotation:          owner.ID(),
		v1alpha1.OwnerUIDAnnotation:       string(owner.UID),
		v1alpha1.OwnerNamespaceAnnotation: owner.Namespace,
		v1alpha1.RevisionAnnotation:       strconv.FormatInt(content.Revision, 10),
		v1alpha1.FingerprintAnnotation:    content.Fingerprint,
		v1alpha1.CredentialIDAnnotation:   content.ID,
		v1alpha1.IssuedAtAnnotation:       content.IssuedAt.UTC().Format(time.RFC3339),
		v1alpha1.InputsAnnotation:         content.Inputs,
		v1alpha1.ManagedFieldsAnnotation:  fields.String(),
	}
}

func stringMap[V ~string](m map[string]V) map[string]string {
	plain := make(map[string]string, len(m))
	for key, value := range m {
		plain[key] = string(value)
	}
	return plain
}

// merge returns current without the keys in before, and with wanted on top.
func merge[V any](current map[string]V, before []string, wanted map[string]V) map[string]V {
	merged := maps.Clone(current)
	if merged == nil {
		merged = map[string]V{}
	}
	for _, key := range before {
		delete(merged, key)
	}
	maps.Copy(merged, wanted)
	return merged
}

// OwnedBy tells whether the Secret was made or taken over for the owner. The UID may differ: the object may have been
// deleted and made again, or restored from a backup.
func OwnedBy(s metav1.Object, owner Owner) bool {
	return s.GetAnnotations()[v1alpha1.OwnerAnnotation] == owner.ID()
}

// Adopted tells whether the Secret existed before the operator wrote it.
func Adopted(s metav1.Object) bool { return s.GetAnnotations()[v1alpha1.AdoptedAnnotation] == "true" }

// Revision returns the revision that the Secret says it holds, or zero.
func Revision(s metav1.Object) int64 {
	n, err := strconv.ParseInt(s.GetAnnotations()[v1alpha1.RevisionAnnotation], 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// PublishedAt returns when the revision in the Secret was published first; zero if it does not say, or says a time that
// has not come yet.
func PublishedAt(s metav1.Object, now time.Time) time.Time {
	at, err := time.Parse(time.RFC3339, s.GetAnnotations()[v1alpha1.PublishedAtAnnotation])
	if err != nil || at.After(now) {
		return time.Time{}
	}
	return at
}
