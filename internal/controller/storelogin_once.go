// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/outcome"
)

// soleReader stalls if another object with precedence reads its login tokens from the same place.
func (d *storeLoginDriver) soleReader(ctx context.Context, obj *v1alpha1.StoreLogin) error {
	others, err := d.others(ctx, obj)
	if err != nil {
		return err
	}
	ref := obj.Spec.LoginTokenSecretRef
	for i := range others {
		other := &others[i]
		if !other.DeletionTimestamp.IsZero() || !sameKey(other.Spec.LoginTokenSecretRef, ref) || !precedes(other, obj) {
			continue
		}
		return outcome.Stall(v1alpha1.UserConflictReason, "%s takes its login tokens from the key %s of the Secret %s already, and each "+
			"can be exchanged only once; name another Secret in spec.loginTokenSecretRef, or delete one of the two objects",
			called("StoreLogin", other, obj), cmp.Or(ref.Key, loginTokenKey), ref.Name).RetryAfter(conflictRetry)
	}
	return nil
}

func sameKey(a, b v1alpha1.SecretKeyReference) bool {
	return a.Name == b.Name && cmp.Or(a.Key, loginTokenKey) == cmp.Or(b.Key, loginTokenKey)
}

// claim fails with errInputUsed if a login token was sent before, as another object or this process knows.
func (d *storeLoginDriver) claim(ctx context.Context, obj *v1alpha1.StoreLogin, fingerprint string) error {
	others, err := d.others(ctx, obj)
	if err != nil {
		return err
	}
	for i := range others {
		current := others[i].Status.Current
		if d.Used(&others[i]) == fingerprint || current != nil && current.ID == fingerprint {
			return errInputUsed
		}
	}
	if _, before := d.sent.LoadOrStore(fingerprint, true); before {
		return errInputUsed
	}
	return nil
}

// others are the other store logins of the namespace.
func (d *storeLoginDriver) others(ctx context.Context, obj *v1alpha1.StoreLogin) ([]v1alpha1.StoreLogin, error) {
	var all v1alpha1.StoreLoginList
	if err := d.neighbours.reader.List(ctx, &all, client.InNamespace(obj.Namespace)); err != nil {
		return nil, fmt.Errorf("list StoreLogins: %w", err)
	}
	return slices.DeleteFunc(all.Items, func(other v1alpha1.StoreLogin) bool { return other.UID == obj.UID }), nil
}
