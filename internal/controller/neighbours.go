// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/outcome"
	"github.com/whm-credentials/operator/internal/controller/reference"
	"github.com/whm-credentials/operator/internal/controller/upstream"
)

// neighbours looks at other objects in the cluster that have to do with the same credential. It reads the cache.
type neighbours struct {
	reader     client.Reader
	references *reference.Resolver
}

func neighboursOf(o Options) neighbours {
	return neighbours{reader: o.Client, references: o.References}
}

// sole is a driver of a credential that upstream keeps once: two objects would make each other's Secret worthless.
type sole interface {
	insider

	// Subject says in words which credential it is, such as "the access hash of root". Only what the server object itself
	// decides may differ between objects of one server object with the same spec.
	Subject(obj Credential, server v1alpha1.Server) string
}

// kindOf returns the kind of an object.
func kindOf(obj Credential) CredentialKind {
	kinds := CredentialKinds()
	return kinds[slices.IndexFunc(kinds, func(k CredentialKind) bool { return reflect.TypeOf(k.newObject()) == reflect.TypeOf(obj) })]
}

// subjectKey is how the index knows what a credential object is about, as far as the object alone tells.
func subjectKey(d sole, obj Credential) string { return d.Subject(obj, &v1alpha1.WHMServer{}) }

// soleRotation stalls if another object of the kind with precedence replaces the same credential on the same server.
func (n neighbours) soleRotation(ctx context.Context, d sole, obj Credential, server v1alpha1.Server) error {
	kind := kindOf(obj)
	all := kind.newList()
	if err := n.reader.List(ctx, all, client.MatchingFields{SubjectField: subjectKey(d, obj)}); err != nil {
		return fmt.Errorf("list %ss: %w", kind.Name, err)
	}
	return meta.EachListItem(all, func(item runtime.Object) error {
		other := item.(Credential) //nolint:forcetypeassert // it came from a list of them
		if other.GetUID() == obj.GetUID() || !other.GetDeletionTimestamp().IsZero() || !precedes(other, obj) {
			return nil
		}
		same, err := n.sameSubject(ctx, d, other, server, d.Subject(obj, server))
		if err != nil || !same {
			return err
		}
		return outcome.Stall(v1alpha1.UserConflictReason,
			"%s already rotates %s on this server, which keeps only one; delete one of the two objects",
			called(kind.Name, other, obj), d.Subject(obj, server)).RetryAfter(conflictRetry)
	})
}

// precedes tells which of two objects rotates the credential: one that has published it already, because consumers use it,
// and otherwise the older one. Times of creation are whole seconds, so the UID decides between objects of one manifest.
func precedes(a, b Credential) bool {
	if published := a.CredentialStatus().Revision > 0; published != (b.CredentialStatus().Revision > 0) {
		return published
	}
	created, than := a.GetCreationTimestamp(), b.GetCreationTimestamp()
	if created.Equal(&than) {
		return a.GetUID() < b.GetUID()
	}
	return created.Before(&than)
}

// sameSubject tells whether another object is about the subject on the same server.
func (n neighbours) sameSubject(
	ctx context.Context, d sole, other Credential, server v1alpha1.Server, subject string,
) (bool, error) {
	its, err := n.references.Server(ctx, other.GetNamespace(), other.CredentialSpec().ServerRef)
	if err == nil {
		err = n.references.Permit(ctx, other.GetNamespace(), its, d.Ask(other, its))
	}
	if err != nil {
		// One that is not permitted does not rotate, and must not hold up those that are.
		return false, ignoreStalled(err)
	}
	return concerns(its, server) && d.Subject(other, its) == subject, nil
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
