// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"errors"
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/names"
	"github.com/whm-credentials/operator/internal/controller/outcome"
	"github.com/whm-credentials/operator/internal/controller/tokens"
)

// revokeUpstream revokes every credential that a deleted object made, unless its policy keeps them. The names tell them, so
// a journal that was deleted first is not missed.
func (r *CredentialReconciler) revokeUpstream(ctx context.Context, s *scope) error {
	o, ok := r.driver.(overlapper)
	if !ok || s.record != nil && !s.record.Exists() && s.status().Revision == 0 {
		return nil
	}
	if policy := s.spec().DeletionPolicy; policy != nil && policy.Upstream == v1alpha1.RetainUpstream {
		return r.keepTokens(ctx, s, o)
	}
	bounded, cancel := context.WithTimeout(ctx, deletionGrace)
	defer cancel()
	err := r.revokeAll(bounded, s, o)
	switch {
	case err == nil || errors.Is(err, errNothingMade):
		return nil
	case s.status().Revision == 0 && definite(err):
		// The server says that there is no such account, or none that the operator may reach, so nothing was made there.
		return nil
	case r.Clock.Since(s.obj.GetDeletionTimestamp().Time) < deletionGrace:
		// The cause is not wrapped: it may be one that waits for an event, and there may be none before the grace is over.
		return outcome.Retry(v1alpha1.UnavailableReason, "revoke the credentials: %v", err)
	}
	return r.leaveTokens(ctx, s, o, err)
}

// errNothingMade ends the clean-up of an object that never was allowed to make anything.
var errNothingMade = errors.New("the object was never allowed to make a credential")

func (r *CredentialReconciler) revokeAll(ctx context.Context, s *scope, o overlapper) error {
	if err := r.findServer(ctx, s); err != nil {
		return err
	}
	if err := r.permit(ctx, s); err != nil && s.status().Revision == 0 {
		// Nobody may have the operator look into accounts by deleting objects that are refused.
		return errNothingMade
	}
	release, ok := r.Pool.TrySlot(s.server)
	if !ok {
		return errBusy
	}
	defer release()
	keep, err := r.keptID(ctx, s)
	if err != nil {
		return err
	}
	mine := r.isMine(s)
	if keep != "" {
		if err := r.recordRetained(ctx, s.server, keep); err != nil {
			return err
		}
	}
	return r.withHolder(ctx, s, func(holder tokens.Holder) error {
		found, _, err := tokens.Purge(ctx, holder, func(t tokens.Info) bool { return t.Name != keep && mine(t.Name) })
		if len(found) > 0 {
			ctrl.LoggerFrom(ctx).Info("Revoked the credentials of a deleted object", "ids", found,
				"user", o.Account(s.obj, s.server).User)
		}
		return err
	})
}

// isMine returns a function that tells which names are of credentials that the object made or took over.
func (r *CredentialReconciler) isMine(s *scope) func(string) bool {
	own := r.namesOf(s.obj)
	return func(name string) bool {
		of, ok := names.Parse(name)
		return ok && (of == own || s.record != nil && s.record.Knows(name))
	}
}

// keptID returns the name of the credential that a server object logs in with; empty if none does.
func (r *CredentialReconciler) keptID(ctx context.Context, s *scope) (string, error) {
	kept, err := r.logsSomebodyIn(ctx, s)
	if err != nil || !kept {
		return "", err
	}
	secret, err := r.writer.Read(ctx, s.owner, s.spec().Secret.Name)
	if err != nil || secret == nil {
		return "", err
	}
	return secret.Annotations[v1alpha1.CredentialIDAnnotation], nil
}

// leaveTokens lets the object go and writes down at the server what is left there.
func (r *CredentialReconciler) leaveTokens(ctx context.Context, s *scope, o overlapper, cause error) error {
	mark := r.namesOf(s.obj).String()
	ctrl.LoggerFrom(ctx).Info("Leaving credentials on the server", "names", mark, "server", s.spec().ServerRef.Name,
		"reason", cause.Error())
	s.note("CredentialsLeft", "Delete", fmt.Sprintf("Tokens with %s in their names may be left on the server; they are revoked "+
		"when %s %s lets the operator do that: %v", mark, s.spec().ServerRef.Kind, s.spec().ServerRef.Name, cause))
	if s.server == nil {
		return nil
	}
	return r.recordLeftover(ctx, s.server, r.leftover(s, o))
}

// keepTokens writes down at the server that the tokens of a deleted object are to be kept: they would be orphans otherwise.
// A server object that is gone or on its way has nobody who would look for orphans, and nobody looks among the tokens of other users than the operator's.
func (r *CredentialReconciler) keepTokens(ctx context.Context, s *scope, o overlapper) error {
	err := r.findServer(ctx, s)
	if err != nil || !s.server.GetDeletionTimestamp().IsZero() || !r.probed(s, o) {
		return ignoreStalled(err)
	}
	return r.recordRetained(ctx, s.server, r.madeIDs(s)...)
}

// madeIDs returns the names of what the object has made, by its journal and by its status.
func (r *CredentialReconciler) madeIDs(s *scope) []string {
	var ids []string
	if s.record != nil {
		ids = idsIn(s.record)
	}
	for _, id := range s.status().IDs() {
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

func (r *CredentialReconciler) leftover(s *scope, o overlapper) v1alpha1.Leftover {
	account := o.Account(s.obj, s.server)
	now := metav1.NewTime(r.Clock.Now())
	return v1alpha1.Leftover{
		User: account.User, AccountType: account.Type, Names: r.namesOf(s.obj).String(),
		Object: fmt.Sprintf("%s %s/%s", s.owner.Kind, s.owner.Namespace, s.owner.Name), Since: &now,
	}
}
