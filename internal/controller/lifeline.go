// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"fmt"
	"slices"
	"time"

	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/names"
	"github.com/whm-credentials/operator/internal/controller/outcome"
	"github.com/whm-credentials/operator/internal/controller/upstream"
	"github.com/whm-credentials/operator/internal/rotation"
	"github.com/whm-credentials/operator/internal/whm"
)

const (
	// lifelineLife is how long a lifeline token lives if nobody closes it, on servers that know expiry. It outlasts a
	// weekend on which the operator is down between the loss of an answer and its recovery.
	lifelineLife = 72 * time.Hour

	// lifelineGrace is how long a server may take to accept a lifeline before a rejection counts.
	lifelineGrace = 5 * time.Minute

	// Parts of a lifeline's value.
	lifelineUser   = "user"
	lifelineToken  = "token"
	lifelineCookie = "cookie"
	lifelinePath   = "securityToken"
)

// planLifeline returns the lifeline that is going to be opened: a token where the server has them, and a session of the
// same user otherwise.
func (r *CredentialReconciler) planLifeline(s *scope, attempt int) *rotation.Lifeline {
	if !slices.Contains(s.server.ServerStatus().Features, FeatureAPITokens) {
		return sessionLifeline(s, attempt)
	}
	return &rotation.Lifeline{
		Kind: rotation.LifelineToken, Attempt: attempt, User: upstream.User(s.server),
		ID: r.namesOf(s.obj).Token(names.LifelinePrefix, s.entry().Revision, attempt),
	}
}

func sessionLifeline(s *scope, attempt int) *rotation.Lifeline {
	return &rotation.Lifeline{Kind: rotation.LifelineSession, Attempt: attempt, User: upstream.User(s.server)}
}

// openLifeline opens the lifeline that the journal plans. Its answer can be lost too, so a token of that name that
// exists already is one whose value nobody knows: it is revoked, and the next name is tried.
func (r *CredentialReconciler) openLifeline(ctx context.Context, s *scope) error {
	e := s.entry()
	if e.Lifeline == nil {
		e.Lifeline = r.planLifeline(s, 1)
		return r.journals.Save(ctx, s.record)
	}
	c, done, err := r.call(ctx, s)
	if err != nil {
		return r.orGuess(ctx, s, err)
	}
	defer done()
	if e.Lifeline.Kind == rotation.LifelineToken {
		err = r.openToken(ctx, s, c)
	} else {
		err = r.openSession(ctx, s, c)
	}
	return err
}

func (r *CredentialReconciler) openSession(ctx context.Context, s *scope, c call) error {
	user := upstream.User(s.server)
	ctrl.LoggerFrom(ctx).Info("Opening lifeline session", "user", user)
	session, err := c.client.CreateUserSession(ctx, whm.CreateUserSessionInput{User: user, Service: whm.ServiceWHM})
	var live whm.LiveSession
	if err == nil {
		live, err = c.client.OpenUserSession(ctx, session)
	}
	switch {
	case whm.IsForbidden(err), whm.IsRefused(err), whm.IsUnsupported(err), whm.IsUnauthenticated(err) && !session.URL.IsZero():
		return r.noLifeline(s, err)
	case err != nil:
		return upstream.Outcome(err)
	}
	s.entry().Lifeline.Value = rotation.Value{
		lifelineUser: user, lifelineCookie: live.Cookie.Reveal(), lifelinePath: live.SecurityToken.Reveal(),
	}
	return r.keepLifeline(ctx, s)
}

func (r *CredentialReconciler) keepLifeline(ctx context.Context, s *scope) error {
	s.entry().Lifeline.Open, s.entry().Lifeline.OpenedAt = true, r.Clock.Now()
	return r.journals.Save(ctx, s.record)
}

// noLifeline goes on without a lifeline if the spec accepts that by name, and stalls otherwise.
func (r *CredentialReconciler) noLifeline(s *scope, cause error) error {
	if accepts(s.obj, v1alpha1.RiskSelfRotationWithoutLifeline) {
		s.lifelineWaived = true
		return nil
	}
	return outcome.Stall(v1alpha1.LifelineUnavailableReason,
		"the operator logs in with this credential, and the server let it open neither a token nor a session to "+
			"fall back on, so a lost answer would lock it out (%w); let %s %s log in with something else, or add "+
			"%s to spec.acceptRisks", cause, s.server.ServerKind(), s.server.GetName(), v1alpha1.RiskSelfRotationWithoutLifeline).
		RetryAfter(hashLoginRetry)
}

func accepts(obj Credential, risk v1alpha1.Risk) bool {
	of, ok := obj.(interface{ AcceptedRisks() []v1alpha1.Risk })
	return ok && slices.Contains(of.AcceptedRisks(), risk)
}

// proveLifeline uses the lifeline before anything depends on it.
func (r *CredentialReconciler) proveLifeline(ctx context.Context, s *scope) error {
	if err := r.unaccepted.repeated(s.obj.GetUID(), lifelineKey(s), r.Clock.Now()); err != nil {
		return err
	}
	c, done, err := r.call(ctx, s)
	if err != nil {
		return err
	}
	defer done()
	_, err = c.client.MyPrivs(ctx)
	switch {
	case whm.IsUnauthenticated(err) && r.mayHaveEnded(s):
		return r.replaceLifeline(ctx, s)
	case whm.IsUnauthenticated(err):
		return r.waitForLifeline(s)
	case whm.IsTwoFactorRequired(err) && s.entry().Lifeline.Kind == rotation.LifelineToken:
		// Nobody knows whether every server lets a token in without a code. A session has passed the second factor.
		s.entry().Lifeline = sessionLifeline(s, s.entry().Lifeline.Attempt+1)
		return r.journals.Save(ctx, s.record)
	case whm.IsTwoFactorRequired(err):
		// Neither does the session. What was opened is closed with the rest.
		s.entry().Lifeline.Open, s.entry().Lifeline.Value = false, nil
		return r.noLifeline(s, err)
	case err != nil:
		return upstream.Outcome(err)
	}
	s.run.LifelineProven = true
	return nil
}

// waitForLifeline waits as long again as since it was opened, because each try is a failed login, but not past its end.
func (r *CredentialReconciler) waitForLifeline(s *scope) error {
	now := r.Clock.Now()
	age := now.Sub(s.entry().Lifeline.OpenedAt)
	after := max(age, rolloutPoll)
	if age < lifelineLife {
		after = min(after, lifelineLife-age)
	}
	after = min(after, longestRest)
	// Events come earlier, and each attempt would be written down.
	p := pause{
		fingerprint: r.attemptKey(s), until: now.Add(after), message: "waits until the server accepts the lifeline",
		waiting: v1alpha1.ProgressingReason,
	}
	r.unanswered.begin(s.obj.GetUID(), p, now)
	p.fingerprint = lifelineKey(s)
	r.unaccepted.begin(s.obj.GetUID(), p, now)
	return p.outcome(after)
}

// lifelineKey tells one lifeline from the next.
func lifelineKey(s *scope) string {
	return fmt.Sprintf("lifeline %d of revision %d", s.entry().Lifeline.Attempt, s.entry().Revision)
}

// mayHaveEnded tells whether a lifeline that is not accepted may have ended: WHM ends root's sessions with root's password,
// and a token expires while the operator is down or is revoked by somebody who does not know it. One that was never accepted
// may just need more time.
func (r *CredentialReconciler) mayHaveEnded(s *scope) bool {
	e, age := s.entry(), r.Clock.Since(s.entry().Lifeline.OpenedAt)
	switch {
	case r.driver.Class() != rotation.Chosen:
		return false
	case age >= lifelineLife:
		return true
	case r.enoughLifelines(s):
		return false
	case e.Lifeline.Kind == rotation.LifelineSession:
		return !s.run.Fresh || e.Attempt > 1
	}
	// It was proven before each attempt.
	return age >= lifelineGrace && e.Attempt > 1
}

// enoughLifelines tells whether as many were opened as may be needed: each attempt ends one at most, and where tokens are
// refused a session is the second try at a lifeline. So a server that takes none is not asked again and again.
func (r *CredentialReconciler) enoughLifelines(s *scope) bool {
	return s.entry().Lifeline.Attempt > 2*(s.entry().Attempt+1)
}

// abandonLifeline gives up a lifeline that the server no longer accepts, such as a session after 15 idle minutes, but not
// one that it may not accept yet. What is left is the operator's old credential, which still works if the lost issue was
// not applied.
func (r *CredentialReconciler) abandonLifeline(ctx context.Context, s *scope) error {
	age := r.Clock.Since(s.entry().Lifeline.OpenedAt)
	if age < lifelineGrace || age < lifelineLife && r.enoughLifelines(s) {
		return r.waitForLifeline(s)
	}
	return r.replaceLifeline(ctx, s)
}

// replaceLifeline goes back to where a lifeline is opened. After a token that is of no use a session is tried, unless it has
// expired or the value that is being set would end a session.
func (r *CredentialReconciler) replaceLifeline(ctx context.Context, s *scope) error {
	l := s.entry().Lifeline
	next := r.planLifeline(s, l.Attempt+1)
	if l.Kind == rotation.LifelineToken && r.driver.Class() == rotation.Replacing && r.Clock.Since(l.OpenedAt) < lifelineLife {
		next = sessionLifeline(s, l.Attempt+1)
	}
	s.entry().Lifeline = next
	s.run.Fresh = false
	return r.journals.Save(ctx, s.record)
}

// closeLifeline revokes a lifeline token with the new credential and proves that it is gone, or signs a session out, and
// forgets it. A session that could not be signed out ends after 15 idle minutes.
func (r *CredentialReconciler) closeLifeline(ctx context.Context, s *scope) error {
	e := s.entry()
	if r.othersLifeline(s) {
		r.reportLifeline(ctx, s)
		e.Lifeline = nil
		return r.journals.Save(ctx, s.record)
	}
	client, done, err := r.loginWithNewest(ctx, s)
	if err != nil {
		return err
	}
	defer done()
	if e.Lifeline.MayHaveToken() {
		_, err := revokeLifelines(ctx, client, r.namesOf(s.obj))
		if r.needsLifeline(s) && (whm.IsUnauthenticated(err) || whm.IsTwoFactorRequired(err)) {
			r.wrongGuess(s, ownRetry)
		}
		if err != nil {
			return err
		}
	}
	if e.Lifeline.Kind == rotation.LifelineSession && r.lifelineOpen(s) {
		if err := client.EndSession(ctx, lifelineSession(e.Lifeline)); err != nil {
			ctrl.LoggerFrom(ctx).Info("Leaving lifeline session to end by itself", "reason", err.Error())
		}
	}
	e.Lifeline = nil
	return r.journals.Save(ctx, s.record)
}

func lifelineCredential(l *rotation.Lifeline) whm.Credential {
	user := l.Value[lifelineUser]
	if l.Kind == rotation.LifelineToken {
		return whm.WithAPIToken(user, whm.NewSecret(l.Value[lifelineToken]))
	}
	return whm.WithLiveSession(lifelineSession(l))
}

func lifelineSession(l *rotation.Lifeline) whm.LiveSession {
	return whm.LiveSession{
		User:          l.Value[lifelineUser],
		Cookie:        whm.NewSecret(l.Value[lifelineCookie]),
		SecurityToken: whm.NewSecret(l.Value[lifelinePath]),
	}
}
