// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/names"
	"github.com/whm-credentials/operator/internal/controller/outcome"
	"github.com/whm-credentials/operator/internal/controller/upstream"
	"github.com/whm-credentials/operator/internal/rotation"
	"github.com/whm-credentials/operator/internal/whm"
)

// unknownToObjects returns the candidates that no object made or shows in its status, by the cache alone. Whatever else an
// object has made is for itself to clean up; what a leftover stands for is revoked as such; what was retained stays.
func (r *ServerReconciler) unknownToObjects(ctx context.Context, server v1alpha1.Server, candidates []string) ([]string, error) {
	makers, known := map[names.Object]bool{}, map[string]bool{}
	err := r.eachCredential(ctx, nil, func(o Credential) error {
		makers[names.Of(r.ClusterID, o.GetUID())] = true
		for _, id := range o.CredentialStatus().IDs() {
			known[id] = true
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	left := map[string]bool{}
	twins, err := r.twins(ctx, server)
	for _, twin := range twins {
		for _, name := range retainedTokens(twin) {
			known[name] = true
		}
		for _, l := range twin.ServerStatus().Leftovers {
			left[l.Names] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(candidates), func(name string) bool {
		maker, _ := names.Parse(name)
		return makers[maker] || known[name] || left[maker.String()]
	}), err
}

// unknownToSecrets returns the candidates that no Secret knows either: neither one that was published, nor one that
// somebody logs in to the server with, nor a journal. Objects that were restored from a backup have another UID than those
// that made their tokens, so the names alone do not tell.
func (r *ServerReconciler) unknownToSecrets(ctx context.Context, s *serverScope, candidates []string) ([]string, error) {
	known := map[string]bool{}
	for _, find := range []func(context.Context, *serverScope, map[string]bool) error{
		r.addPublished, r.addLogins, r.addJournaled,
	} {
		if err := find(ctx, s, known); err != nil {
			return nil, err
		}
	}
	return slices.DeleteFunc(slices.Clone(candidates), func(name string) bool { return known[name] }), nil
}

// addPublished adds the tokens in the Secrets that the operator made, by the cached metadata.
func (r *ServerReconciler) addPublished(ctx context.Context, _ *serverScope, known map[string]bool) error {
	var list metav1.PartialObjectMetadataList
	list.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("SecretList"))
	if err := r.Metadata.List(ctx, &list, client.UnsafeDisableDeepCopy); err != nil {
		return fmt.Errorf("list metadata of published Secrets: %w", err)
	}
	for i := range list.Items {
		known[list.Items[i].Annotations[v1alpha1.CredentialIDAnnotation]] = true
	}
	return nil
}

// addInherited adds the tokens that objects show in their status or have published.
func (r *ServerReconciler) addInherited(ctx context.Context, s *serverScope, known map[string]bool) error {
	if err := r.eachCredential(ctx, nil, func(o Credential) error {
		if current := o.CredentialStatus().Current; current != nil {
			known[current.ID] = true
		}
		return nil
	}); err != nil {
		return err
	}
	return r.addPublished(ctx, s, known)
}

// addLogins adds the tokens that server objects log in to the same server with. One whose object was deleted is in nobody's
// journal.
func (r *ServerReconciler) addLogins(ctx context.Context, s *serverScope, known map[string]bool) error {
	twins, err := r.twins(ctx, s.obj)
	if err != nil {
		return err
	}
	for _, server := range twins {
		for _, key := range authSecretKeys(server) {
			id, err := r.credentialIn(ctx, key)
			if err != nil {
				return err
			}
			known[id] = true
		}
	}
	return r.addOwnLogin(ctx, s, known)
}

// credentialIn returns the name that the operator wrote on a Secret; empty if none.
func (r *ServerReconciler) credentialIn(ctx context.Context, key client.ObjectKey) (string, error) {
	secret := &metav1.PartialObjectMetadata{}
	secret.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Secret"))
	if err := r.Client.Get(ctx, key, secret); client.IgnoreNotFound(err) != nil {
		return "", fmt.Errorf("read metadata of auth Secret: %w", err)
	}
	return secret.Annotations[v1alpha1.CredentialIDAnnotation], nil
}

// addOwnLogin asks the server which token the operator uses, because a Secret that is a copy has no name on it. A server
// that does not tell has nothing revoked.
func (r *ServerReconciler) addOwnLogin(ctx context.Context, s *serverScope, known map[string]bool) error {
	own, err := s.conn.OwnToken(ctx)
	switch {
	case whm.IsUnavailable(err):
		return err
	case err != nil:
		ctrl.LoggerFrom(ctx).Info("The server does not tell which token the operator uses", "reason", err.Error())
		s.loginUnknown = true
	}
	known[own] = true
	return nil
}

// addJournaled adds what stands in the journals of objects that refer to the same server. They are read live.
func (r *ServerReconciler) addJournaled(ctx context.Context, s *serverScope, known map[string]bool) error {
	twins, err := r.twins(ctx, s.obj)
	if err != nil {
		return err
	}
	for _, server := range twins {
		err := r.eachCredential(ctx, server, func(o Credential) error {
			record, err := r.journals.Load(ctx, o)
			if outcome.AsStalled(err) != nil {
				return fmt.Errorf("journal of %s/%s: %w", o.GetNamespace(), o.GetName(), err)
			}
			if err == nil {
				addIDs(record.Journal, known)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func addIDs(j *rotation.Journal, known map[string]bool) {
	for _, stray := range j.Strays {
		known[stray.ID] = true
	}
	for i := range j.Entries {
		known[j.Entries[i].ID] = true
		if l := j.Entries[i].Lifeline; l != nil {
			known[l.ID] = true
		}
	}
}

// twins returns the server objects, the given one among them, that stand for the same user of the same server.
func (r *ServerReconciler) twins(ctx context.Context, server v1alpha1.Server) ([]v1alpha1.Server, error) {
	all, err := r.References.Servers(ctx)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(other v1alpha1.Server) bool {
		named := server.ServerStatus().Hostname
		return upstream.User(other) != upstream.User(server) ||
			upstream.Endpoint(other) != upstream.Endpoint(server) && (named == "" || other.ServerStatus().Hostname != named)
	}), nil
}

// eachCredential calls look for every credential object, or for those that refer to a server. The objects must not be
// changed.
func (o Options) eachCredential(ctx context.Context, server v1alpha1.Server, look func(Credential) error) error {
	options := []client.ListOption{client.UnsafeDisableDeepCopy}
	if server != nil {
		options = append(options, referringTo(server)...)
	}
	for _, kind := range CredentialKinds() {
		list := kind.newList()
		if err := o.Client.List(ctx, list, options...); err != nil {
			return fmt.Errorf("list %ss: %w", kind.Name, err)
		}
		if err := meta.EachListItem(list, func(item runtime.Object) error {
			return look(item.(Credential)) //nolint:forcetypeassert // it came from a list of them
		}); err != nil {
			return err
		}
	}
	return nil
}
