// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"time"

	"github.com/whm-credentials/operator/internal/controller/upstream"
	"github.com/whm-credentials/operator/internal/rotation"
	"github.com/whm-credentials/operator/internal/whm"
)

// mayBeInForce tells whether the newest value in the journal is one that the operator chose for its own login and that may be in
// force: nobody else knows it then.
func (r *CredentialReconciler) mayBeInForce(s *scope) bool {
	if s.record == nil || !r.ownChosen(s) {
		return false
	}
	e := s.entry()
	return e != nil && e.Phase == rotation.Intended && e.Value != nil && !r.valueRefusedAtOnce(s)
}

// valueRefusedAtOnce tells whether the newest value is certainly not in force, because the only attempt to set it was refused.
func (r *CredentialReconciler) valueRefusedAtOnce(s *scope) bool {
	e := s.entry()
	return e.Attempt == max(e.ChosenFor, 1) && r.wasRefused(s)
}

// shutOut tells whether the server rejects the operator while a part of its login is being replaced that it chose itself.
func (r *CredentialReconciler) shutOut(s *scope) bool {
	a := s.server.ServerStatus().Authentication
	return a != nil && a.Rejected && r.mayBeInForce(s)
}

// orGuess goes on where the operator is shut out: what is about to be set may be in force already, and nothing else lets it in
// any more.
func (r *CredentialReconciler) orGuess(ctx context.Context, s *scope, cause error) error {
	if !r.shutOut(s) {
		return cause
	}
	if _, err := r.guess(ctx, s); err != nil || s.run.Held {
		return err
	}
	return cause
}

// guess logs in with the newest value, of which it is not known whether it is in force. If that lets the operator in, it is
// what was issued. wrong tells that the server has just said that it is not in force; nobody is asked in vain for a while.
func (r *CredentialReconciler) guess(ctx context.Context, s *scope) (wrong bool, err error) {
	e := s.entry()
	value := r.driver.Secret(e.Value)
	paused := r.guesses.left(s.obj.GetUID(), value.Fingerprint(), r.Clock.Now()) > 0
	if paused || s.server.ServerSpec().Suspend || !r.Pool.Gate(s.server).Affords() {
		return false, nil
	}
	client, err := r.Pool.Rehearse(ctx, s.server, partOf(r.driver), value)
	if err != nil {
		return false, err
	}
	defer client.Close()
	_, err = client.MyPrivs(ctx)
	switch {
	case tolerate(err) == nil:
		s.held = rotation.Credential{Value: e.Value, Fingerprint: value.Fingerprint()}
		s.recovered, s.run.Held, s.guessed = true, true, true
		return false, nil
	case !whm.IsUnauthenticated(err) && !whm.IsTwoFactorRequired(err):
		return false, upstream.LoginOutcome(err)
	}
	r.wrongGuess(s, lockOutRetry)
	// Without a code that the server takes, something else may be wrong with the login.
	return partOf(r.driver) != upstream.OTPPart || whm.IsTwoFactorRequired(err), nil
}

// wrongGuess takes note of a failed login with the newest value, which is not repeated for a while.
func (r *CredentialReconciler) wrongGuess(s *scope, again time.Duration) {
	r.Pool.Charge(s.server)
	now := r.Clock.Now()
	fingerprint := r.driver.Secret(s.entry().Value).Fingerprint()
	r.guesses.begin(s.obj.GetUID(), pause{fingerprint: fingerprint, until: now.Add(again)}, now)
}
