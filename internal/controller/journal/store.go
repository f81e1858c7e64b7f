// SPDX-License-Identifier: Apache-2.0

// Package journal keeps the journal of a credential object in a Secret that the object owns. Every read is live and
// every write is a compare-and-swap on the resourceVersion, so that two operators cannot both go on from one state.
package journal

import (
	"context"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/outcome"
	"github.com/whm-credentials/operator/internal/rotation"
)

// Store reads and writes journals.
type Store struct {
	// Client must not serve Secrets from a cache.
	Client client.Client
}

// Record is a journal together with the Secret it was read from.
type Record struct {
	*rotation.Journal
	secret *corev1.Secret
	owner  client.Object
	kind   schema.GroupVersionKind
}

// Key returns the name of the object's journal. It follows from the UID, so that there is one for each object and a
// successor of the same name starts with its own.
func Key(owner client.Object) types.NamespacedName {
	return types.NamespacedName{Namespace: owner.GetNamespace(), Name: "whm-journal-" + string(owner.GetUID())}
}

// Exists tells whether the journal has been written yet.
func (r *Record) Exists() bool { return r.secret.ResourceVersion != "" }

// Load reads the journal live. A missing journal is an empty one; a damaged one stalls, because guessing could lose or
// orphan a credential.
func (s *Store) Load(ctx context.Context, owner client.Object) (*Record, error) {
	kind, err := s.Client.GroupVersionKindFor(owner)
	if err != nil {
		return nil, fmt.Errorf("find kind of journal owner: %w", err)
	}
	r := &Record{Journal: &rotation.Journal{}, secret: &corev1.Secret{}, owner: owner, kind: kind}
	key := Key(owner)
	switch err := s.Client.Get(ctx, key, r.secret); {
	case apierrors.IsNotFound(err):
		r.secret = r.newSecret(key)
		return r, nil
	case err != nil:
		return nil, fmt.Errorf("read journal: %w", err)
	}
	if r.Journal, err = rotation.Decode(r.secret.Data); err != nil {
		return nil, outcome.Stall(v1alpha1.JournalInvalidReason,
			"the journal Secret %s was changed by somebody: %w; delete it, and it is made anew from the published Secret",
			key.Name, err)
	}
	return r, nil
}

// Save writes the journal. A conflict means that somebody else wrote it since it was read; the caller must read again
// before it decides anything.
func (s *Store) Save(ctx context.Context, r *Record) error {
	data, err := rotation.Encode(r.Journal)
	if err != nil {
		return err
	}
	r.secret.Data = data
	if r.Exists() {
		err = s.Client.Update(ctx, r.secret)
	} else {
		err = s.Client.Create(ctx, r.secret)
	}
	if err != nil {
		return fmt.Errorf("write journal: %w", err)
	}
	return nil
}

func (r *Record) newSecret(key types.NamespacedName) *corev1.Secret {
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: key.Namespace,
			Name:      key.Name,
			Labels: map[string]string{
				v1alpha1.ManagedByLabel: v1alpha1.ManagedByValue,
				v1alpha1.JournalLabel:   strings.ToLower(r.kind.Kind),
			},
			OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(r.owner, r.kind)},
		},
		Type: v1alpha1.JournalSecretType,
	}
}
