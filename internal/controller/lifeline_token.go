// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/outcome"
	"github.com/whm-credentials/operator/internal/controller/upstream"
	"github.com/whm-credentials/operator/internal/rotation"
	"github.com/whm-credentials/operator/internal/whm"
)

// lifelineNames returns what the names of all lifeline tokens of an object begin with. The UID makes it the object's own,
// so that whatever bears such a name may be revoked.
func lifelineNames(obj Credential) string {
	uid := sha256.Sum256([]byte(obj.GetUID()))
	return lifelinePrefix + "-" + hex.EncodeToString(uid[:])[:12] + "-"
}

// openToken opens a lifeline token. Where the server refuses that, a session is tried.
func (r *CredentialReconciler) openToken(ctx context.Context, s *scope, c call) error {
	l := s.entry().Lifeline
	if !s.run.Fresh {
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
		return upstream.Outcome(err)
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
	s.entry().Lifeline = &rotation.Lifeline{Kind: rotation.LifelineSession, Attempt: s.entry().Lifeline.Attempt + 1}
	return r.journals.Save(ctx, s.record)
}

// dropLostTokens revokes what earlier attempts left. again is true if the planned name was among them: then the next
// name is planned, so that a late answer to the lost call cannot be mistaken for the new one.
func (r *CredentialReconciler) dropLostTokens(ctx context.Context, s *scope, client *whm.Client) (again bool, err error) {
	l := s.entry().Lifeline
	revoked, err := revokeLifelines(ctx, client, lifelineNames(s.obj))
	if err != nil || !slices.Contains(revoked, l.ID) {
		return false, err
	}
	s.entry().Lifeline = r.planLifeline(s, l.Attempt+1)
	return true, r.journals.Save(ctx, s.record)
}

// revokeLifelines revokes all tokens whose names begin with the prefix, and lists again, because only the list proves
// that they are gone. It returns the names that it found.
func revokeLifelines(ctx context.Context, client *whm.Client, prefix string) ([]string, error) {
	found, err := listLifelines(ctx, client, prefix)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	var refused error
	for _, name := range found {
		if err := client.APITokenRevoke(ctx, name); err != nil {
			refused = err
		}
	}
	left, err := listLifelines(ctx, client, prefix)
	switch {
	case err != nil:
		return nil, err
	case len(left) > 0 && refused != nil:
		return nil, upstream.LoginOutcome(refused)
	case len(left) > 0:
		return nil, outcome.Retry(v1alpha1.UnavailableReason, "the server still lists the token %s after it was revoked", left[0])
	}
	return found, nil
}

func listLifelines(ctx context.Context, client *whm.Client, prefix string) ([]string, error) {
	tokens, err := client.APITokenList(ctx)
	if whm.IsUnsupported(err) {
		// A server from before tokens has none, whatever was planned.
		return nil, nil
	}
	if err != nil {
		return nil, upstream.LoginOutcome(err)
	}
	var names []string
	for name := range tokens {
		if strings.HasPrefix(name, prefix) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}
