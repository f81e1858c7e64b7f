// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/outcome"
	"github.com/whm-credentials/operator/internal/controller/reference"
	"github.com/whm-credentials/operator/internal/controller/upstream"
)

// neighbours looks at other objects in the cluster that have to do with the same access hash. It reads the cache.
type neighbours struct {
	reader     client.Reader
	references *reference.Resolver
}

func logsInWithHashOf(server v1alpha1.Server, user string) bool {
	return server.ServerSpec().Auth.AccessHash != nil && upstream.User(server) == user
}

// soleRotation stalls if another object with precedence rotates the same user's hash on the same server: WHM keeps one
// hash for each user, so two objects would make each other's Secret worthless.
func (n neighbours) soleRotation(
	ctx context.Context, obj *v1alpha1.AccessHashRotation, server v1alpha1.Server,
) error {
	var all v1alpha1.AccessHashRotationList
	if err := n.reader.List(ctx, &all, client.MatchingFields{UserField: obj.Spec.User}); err != nil {
		return fmt.Errorf("list AccessHashRotations of user %s: %w", obj.Spec.User, err)
	}
	for i := range all.Items {
		other := &all.Items[i]
		if other.UID == obj.UID || !other.DeletionTimestamp.IsZero() || !precedes(other, obj) {
			continue
		}
		same, err := n.sameServer(ctx, other, server)
		if err != nil {
			return err
		}
		if same {
			return outcome.Stall(v1alpha1.UserConflictReason,
				"%s already rotates the access hash of %s on this server, which keeps only one; delete one of the two objects",
				called("AccessHashRotation", other, obj), obj.Spec.User).RetryAfter(conflictRetry)
		}
	}
	return nil
}

// precedes tells which of two objects rotates the hash: one that has published it already, because consumers use it, and
// otherwise the older one. Times of creation are whole seconds, so the UID decides between objects of one manifest.
func precedes(a, b *v1alpha1.AccessHashRotation) bool {
	if published := a.Status.Revision > 0; published != (b.Status.Revision > 0) {
		return published
	}
	if a.CreationTimestamp.Equal(&b.CreationTimestamp) {
		return a.UID < b.UID
	}
	return a.CreationTimestamp.Before(&b.CreationTimestamp)
}

func (n neighbours) sameServer(
	ctx context.Context, other *v1alpha1.AccessHashRotation, server v1alpha1.Server,
) (bool, error) {
	its := &v1alpha1.WHMServer{}
	key := client.ObjectKey{Namespace: other.GetNamespace(), Name: other.Spec.ServerRef.Name}
	if err := n.reader.Get(ctx, key, its); err != nil {
		return false, client.IgnoreNotFound(err)
	}
	return concerns(its, server), nil
}

// concerns tells whether two server objects stand for one server. One of another namespace counts only if the server has
// ever let it in: otherwise anybody could hold up the rotations of others with an object that names their server.
func concerns(other, server v1alpha1.Server) bool {
	return strings.EqualFold(upstream.Endpoint(other), upstream.Endpoint(server)) &&
		(other.GetNamespace() == server.GetNamespace() || other.ServerStatus().User != "")
}

// called names another object, unless it is of another namespace, whose objects are nobody else's business.
func called(kind string, other, obj client.Object) string {
	if other.GetNamespace() != obj.GetNamespace() {
		return kind + " of another namespace"
	}
	return fmt.Sprintf("%s %s/%s", kind, other.GetNamespace(), other.GetName())
}

// noLockOut stalls if a server object logs in with the hash that would be replaced, from anywhere but the Secret that
// gets the new one.
func (n neighbours) noLockOut(
	ctx context.Context, obj *v1alpha1.AccessHashRotation, server v1alpha1.Server,
) error {
	all, err := n.references.Servers(ctx)
	if err != nil {
		return err
	}
	for _, other := range all {
		if !concerns(other, server) || !logsInWithHashOf(other, obj.Spec.User) {
			continue
		}
		ref := other.ServerSpec().Auth.AccessHash.SecretRef
		if other.AuthSecretNamespace() == obj.Namespace && ref.Name == obj.Spec.Secret.Name && publishesHashUnder(obj, ref.Key) {
			continue
		}
		return outcome.Stall(v1alpha1.WouldLockOutReason,
			"%s logs in with the access hash of %s from %s, which would not get the new hash under the "+
				"key that it reads; publish into that Secret and key, or let it log in with something else",
			called(string(other.ServerKind()), other, obj), obj.Spec.User, calledSecret(other, obj, ref.Name)).RetryAfter(conflictRetry)
	}
	return nil
}

// keepsLogins stalls if the Secret is what a server object logs in with and would get something else under the key that
// it reads.
func (n neighbours) keepsLogins(
	ctx context.Context, obj *v1alpha1.AccessHashRotation, server v1alpha1.Server,
) error {
	all, err := n.references.Servers(ctx,
		client.MatchingFields{AuthSecretField: secretKey(obj.Namespace, obj.Spec.Secret.Name)})
	if err != nil {
		return err
	}
	data := sampleData(obj)
	for _, other := range all {
		own := concerns(other, server) && logsInWithHashOf(other, obj.Spec.User)
		for _, ref := range upstream.AuthReferences(other) {
			if _, written := data[ref.Key]; ref.Name != obj.Spec.Secret.Name || own || !written {
				continue
			}
			return outcome.Stall(v1alpha1.WouldLockOutReason,
				"%s %s logs in with the key %s of the Secret %s, which this rotation would overwrite with another "+
					"credential; publish under another name", other.ServerKind(), other.GetName(), ref.Key, ref.Name).RetryAfter(conflictRetry)
		}
	}
	return nil
}

func calledSecret(server v1alpha1.Server, obj client.Object, name string) string {
	if server.AuthSecretNamespace() != obj.GetNamespace() {
		return "a Secret there"
	}
	return "the Secret " + name
}

// publishesHashUnder tells whether the Secret holds the bare hash under the key; the default one if it is empty.
func publishesHashUnder(obj *v1alpha1.AccessHashRotation, key string) bool {
	return string(sampleData(obj)[cmp.Or(key, upstream.AccessHashKey)]) == (&accessHashDriver{}).Sample()[accessHashKey]
}

// sampleData returns what the rotation would write, with a made-up hash; nothing if its template does not render.
func sampleData(obj *v1alpha1.AccessHashRotation) map[string][]byte {
	set, err := parseTemplate(obj.CredentialSpec())
	if err != nil {
		return nil
	}
	data, err := trySample(&accessHashDriver{}, obj, set, &v1alpha1.WHMServer{})
	if err != nil {
		return nil
	}
	return data
}
