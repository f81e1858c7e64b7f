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
	its, err := n.references.Server(ctx, other.Namespace, other.Spec.ServerRef)
	if err == nil {
		err = n.references.Permit(ctx, other.Namespace, its, (&accessHashDriver{}).Ask(other, its))
	}
	if err != nil {
		// One that is not permitted does not rotate, and must not hold up those that are.
		return false, ignoreStalled(err)
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
		if other.AuthSecretNamespace() == obj.Namespace && ref.Name == obj.Spec.Secret.Name &&
			publishesUnder(&accessHashDriver{}, obj, cmp.Or(ref.Key, upstream.AccessHashKey)) {
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
// it reads. own tells whether it is this very credential that the server object logs in with.
func (n neighbours) keepsLogins(ctx context.Context, obj Credential, d driver, own func(v1alpha1.Server) bool) error {
	secret := obj.CredentialSpec().Secret.Name
	all, err := n.references.Servers(ctx, client.MatchingFields{AuthSecretField: secretKey(obj.GetNamespace(), secret)})
	if err != nil {
		return err
	}
	data := sampleData(d, obj)
	for _, other := range all {
		for _, ref := range upstream.AuthReferences(other) {
			written, touched := data[ref.Key]
			right := own(other) && string(written) == d.Secret(d.Sample(obj).Value).Reveal()
			if ref.Name != secret || !touched && !own(other) || right {
				continue
			}
			return outcome.Stall(v1alpha1.WouldLockOutReason,
				"%s %s logs in with the key %s of the Secret %s, which this rotation would overwrite with another "+
					"credential; publish under another name", other.ServerKind(), other.GetName(), ref.Key, ref.Name).
				RetryAfter(conflictRetry)
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

// publishesUnder tells whether the Secret holds the bare credential under the key.
func publishesUnder(d driver, obj Credential, key string) bool {
	return string(sampleData(d, obj)[key]) == d.Secret(d.Sample(obj).Value).Reveal()
}

// sampleData returns what the rotation would write, with a made-up credential; nothing if its template does not render.
func sampleData(d driver, obj Credential) map[string][]byte {
	set, err := parseTemplate(obj.CredentialSpec())
	if err != nil {
		return nil
	}
	data, err := trySample(d, obj, set, &v1alpha1.WHMServer{})
	if err != nil {
		return nil
	}
	return data
}
