// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"slices"
	"time"

	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/names"
	"github.com/whm-credentials/operator/internal/controller/tokens"
	"github.com/whm-credentials/operator/internal/controller/upstream"
	"github.com/whm-credentials/operator/internal/rotation"
	"github.com/whm-credentials/operator/internal/whm"
)

// openToken opens a lifeline token. Where the server refuses that, a session is tried.
func (r *CredentialReconciler) openToken(ctx context.Context, s *scope, c call) error {
	l := s.entry().Lifeline
	if !s.run.Fresh {
		if err := r.paced(s, l.ID); err != nil {
			return err
		}
		// Earlier attempts may have left tokens whose value nobody knows.
		if again, err := r.dropLostTokens(ctx, s, c.client); again || err != nil {
			return err
		}
	}
	token, err := r.createToken(ctx, s, c.client)
	switch {
	case whm.IsForbidden(err), whm.IsRefused(err), whm.IsUnsupported(err):
		return r.tokenRefused(ctx, s, c.client, err)
	case err != nil:
		s.run.Fresh = s.run.Fresh && !whm.MayHaveApplied(err)
		return r.pace(s, l.ID, l.Attempt, upstream.Outcome(err))
	}
	l.Value = rotation.Value{lifelineUser: upstream.User(s.server), lifelineToken: token.Token.Reveal()}
	return r.keepLifeline(ctx, s)
}

func (r *CredentialReconciler) createToken(ctx context.Context, s *scope, client *whm.Client) (whm.APIToken, error) {
	l := s.entry().Lifeline
	input := whm.APITokenCreateInput{Name: l.ID, AllPrivileges: true}
	if slices.Contains(s.server.ServerStatus().Features, FeatureAPITokenExpiry) {
		l.ExpiresAt = r.Clock.Now().Add(lifelineLife).Truncate(time.Second)
		input.ExpiresAt = l.ExpiresAt
	}
	ctrl.LoggerFrom(ctx).Info("Opening lifeline token", "token", l.ID)
	return client.APITokenCreate(ctx, input)
}

// tokenRefused tries another name if the refusal is for a token of that name that was created late, and a session
// otherwise.
func (r *CredentialReconciler) tokenRefused(ctx context.Context, s *scope, client *whm.Client, refusal error) error {
	if again, err := r.dropLostTokens(ctx, s, client); again || ignoreStalled(err) != nil {
		return err
	}
	ctrl.LoggerFrom(ctx).Info("Server refused lifeline token, opening a session instead", "reason", refusal.Error())
	s.entry().Lifeline = sessionLifeline(s, s.entry().Lifeline.Attempt+1)
	return r.journals.Save(ctx, s.record)
}

// dropLostTokens revokes what earlier attempts left. again is true if the planned name was among them: then the next
// name is planned, so that a late answer to the lost call cannot be mistaken for the new one.
func (r *CredentialReconciler) dropLostTokens(ctx context.Context, s *scope, client *whm.Client) (again bool, err error) {
	l := s.entry().Lifeline
	revoked, err := revokeLifelines(ctx, client, r.namesOf(s.obj))
	if err != nil || !slices.Contains(revoked, l.ID) {
		return false, err
	}
	s.entry().Lifeline = r.planLifeline(s, l.Attempt+1)
	return true, r.journals.Save(ctx, s.record)
}

// revokeLifelines revokes all lifeline tokens of an object and proves that they are gone. It returns the names that it
// found.
func revokeLifelines(ctx context.Context, client *whm.Client, of names.Object) ([]string, error) {
	holder, err := tokens.Open(ctx, tokens.Access{Client: client}, tokens.Account{Type: v1alpha1.WHMUser})
	if err != nil {
		return nil, err
	}
	found, _, err := tokens.Purge(ctx, holder, func(t tokens.Info) bool {
		return names.IsLifeline(t.Name) && of.Owns(t.Name)
	})
	return found, upstream.LoginOutcome(err)
}
