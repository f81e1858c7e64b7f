// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/outcome"
	"github.com/whm-credentials/operator/internal/controller/publish"
	"github.com/whm-credentials/operator/internal/controller/upstream"
	"github.com/whm-credentials/operator/internal/rotation"
	"github.com/whm-credentials/operator/internal/whm"
)

// verifyRetryMax is the longest time between two logins with a new credential that the server does not accept yet.
const verifyRetryMax = time.Hour

// lockOutRetry is when a credential is tried again that would lock the operator out: three failed logins a day.
const lockOutRetry = 8 * time.Hour

// Times between logins with a chosen value of the operator's own that the server rejects: it may take a while to accept it,
// and together these are no more than three failed logins in any 24 hours.
const (
	ownFirstRetry = time.Minute
	ownRetry      = 12 * time.Hour
)

// mostAgain is how often the server may reject a value before it is left at waiting: until then it is set again each time.
const mostAgain = 3

// publishedRevision returns the revision in the Secret, or zero.
func publishedRevision(s *scope) int64 {
	if s.secret == nil || !publish.OwnedBy(s.secret, s.owner) {
		return 0
	}
	return publish.Revision(s.secret)
}

// publishedID returns the name under which upstream knows what is in the Secret; empty if the Secret does not say.
func publishedID(s *scope) string {
	if publishedRevision(s) == 0 {
		return ""
	}
	return s.secret.Annotations[v1alpha1.CredentialIDAnnotation]
}

// desired returns the Secret as it should be for a revision.
func (r *CredentialReconciler) desired(s *scope, e *rotation.Entry) (*corev1.Secret, error) {
	content, err := r.content(s, e)
	if err != nil {
		return nil, err
	}
	return publish.Desired(s.owner, s.spec().Secret, content, s.secret), nil
}

// intact tells whether the Secret is what would be published now of a revision. A template that does not render was
// found before.
func (r *CredentialReconciler) intact(s *scope, e *rotation.Entry) bool {
	if e == nil || e.Phase != rotation.Issued || s.secret == nil {
		return false
	}
	desired, err := r.desired(s, e)
	return err == nil && publish.Intact(s.secret, desired)
}

// lost tells whether a revision is under way and the Secret is not what was published of the one before.
func (r *CredentialReconciler) lost(s *scope) bool {
	newest, current := s.record.Newest(), s.record.Current()
	return newest != nil && current != nil && newest != current && !r.intact(s, current)
}

func (r *CredentialReconciler) verify(ctx context.Context, s *scope) error {
	e := s.record.Newest()
	if e.Withdrawn {
		s.proven = e.Revision
		return nil
	}
	if r.driver.Class().Overlaps() && isNew(s) && e.Spec != r.facts(s).Spec {
		// It is what an earlier spec asked for, which nobody wants any more.
		return r.discardNewest(ctx, s)
	}
	if err := r.unaccepted.repeated(s.obj.GetUID(), e.Fingerprint, r.Clock.Now()); err != nil {
		return err
	}
	if err := r.tooSoon(s); err != nil {
		return err
	}
	c, err := r.passiveCall(ctx, s)
	if err != nil {
		return err
	}
	found, err := r.driver.Verify(ctx, c, e)
	switch {
	case err == nil && found.Assumed && !isNew(s) && !s.answered:
		// The status was lost, or journal and Secret are of different times, so the answer may have been to another value.
		return r.setAgain(ctx, s)
	case err == nil:
		return r.accept(ctx, s, found)
	case whm.IsUnauthenticated(err), whm.IsTwoFactorRequired(err), errors.Is(err, errNotAccepted):
		return r.reject(ctx, s, err)
	}
	return upstream.Outcome(err)
}

// isNew tells whether the newest credential was never published. One to fall back to is not new, and may be all that there
// is to log in with.
func isNew(s *scope) bool {
	e := s.entry()
	return publishedRevision(s) != e.Revision && e.Trigger != rotation.TriggerFallBack
}

// accept takes a credential that was used for proven, unless it is other than was asked for. One that is published already
// is corrected.
func (r *CredentialReconciler) accept(ctx context.Context, s *scope, found verified) error {
	e := s.record.Newest()
	s.unproven = found.Unproven
	if found.Mismatch != "" && isNew(s) {
		return outcome.Stall(v1alpha1.VerificationFailedReason, "the server made %s other than was asked for, so it is not "+
			"published: %s", e.ID, found.Mismatch).RetryAfter(conflictRetry)
	}
	if found.Unproven != "" && r.driver.Own(s.obj, s.server) {
		return r.leaveUnaccepted(s, lockOutRetry, v1alpha1.WouldLockOutReason, fmt.Sprintf("%s %s logs in with this credential, "+
			"so it is not published: %s", s.server.ServerKind(), s.server.GetName(), found.Unproven))
	}
	s.proven, s.letIn = e.Revision, true
	if found.Mismatch != "" {
		s.drift, s.difference = rotation.DriftChanged, found.Mismatch
	}
	if e.Refusals > 0 {
		e.Refusals, e.RefusedAt = 0, time.Time{}
		return r.journals.Save(ctx, s.record)
	}
	if !r.driver.Class().Overlaps() || found.ExpiresAt.Equal(e.ExpiresAt) || found.Mismatch != "" {
		return nil
	}
	s.note("ExpiryDiffers", "Verify", "The server gave "+e.ID+" another expiry than it was asked for")
	e.ExpiresAt = found.ExpiresAt
	return r.journals.Save(ctx, s.record)
}

// notAcceptedYet says why a credential is left alone.
const notAcceptedYet = "the server does not accept the new credential (yet), so it is not published: %v"

// reject finds out why a credential that was staged does not work.
func (r *CredentialReconciler) reject(ctx context.Context, s *scope, rejection error) error {
	e := s.record.Newest()
	if err := r.countRefusal(ctx, s); err != nil {
		return err
	}
	if r.ownChosen(s) {
		return r.rejectOwn(ctx, s, rejection)
	}
	c, done, err := r.call(ctx, s)
	if err != nil && r.lockedOut(s) {
		return r.fallBack(ctx, s)
	}
	if err == nil {
		defer done()
		var settled bool
		switch d := r.driver.(type) {
		case replacer:
			settled, err = r.reread(ctx, s, d, c)
		case overlapper:
			settled, err = r.discard(ctx, s, d, c)
		case chooser:
			settled, err = r.again(ctx, s)
		}
		if settled {
			return err
		}
	}
	// The server may take a while to accept it.
	after := min(max(r.Clock.Since(e.IssuedAt), rolloutPoll), verifyRetryMax)
	return r.leaveUnaccepted(s, after, "", fmt.Sprintf(notAcceptedYet, rejection))
}

// leaveUnaccepted leaves the newest credential alone for a while, and says why: each login with it fails. stalled is the
// reason if a person has to act.
func (r *CredentialReconciler) leaveUnaccepted(s *scope, after time.Duration, stalled, why string) error {
	now := r.Clock.Now()
	p := pause{fingerprint: s.entry().Fingerprint, until: now.Add(after), message: why, stalled: stalled}
	r.unaccepted.begin(s.obj.GetUID(), p, now)
	return p.outcome(after)
}

// reread asks whether upstream holds another value by now than the one that was staged and does not work: somebody may
// have replaced it.
func (r *CredentialReconciler) reread(ctx context.Context, s *scope, d replacer, c call) (settled bool, err error) {
	issued, differs, err := d.Recover(ctx, c, s.record.Newest().Fingerprint)
	if err != nil || !differs {
		return false, err
	}
	s.held, s.recovered = issued, true
	return true, r.stage(ctx, s)
}

// again takes a value that the server does not accept for one that is to be set once more: somebody may have replaced it.
func (r *CredentialReconciler) again(ctx context.Context, s *scope) (settled bool, err error) {
	if s.entry().Refusals >= mostAgain {
		return false, nil
	}
	return true, r.setAgain(ctx, s)
}

// setAgain takes the newest revision back to where its value is set once more.
func (r *CredentialReconciler) setAgain(ctx context.Context, s *scope) error {
	e := s.entry()
	value := e.Value
	s.record.Discard()
	r.refused.end(s.obj.GetUID())
	e.Value, s.run = value, rotation.Run{}
	return r.journals.Save(ctx, s.record)
}

// discard asks whether upstream still has the credential that does not work. One that is gone or has expired is replaced:
// by its next attempt if it was not published, and by the next revision otherwise.
func (r *CredentialReconciler) discard(ctx context.Context, s *scope, o overlapper, c call) (settled bool, err error) {
	holder, err := holderOf(ctx, c, o.Account(s.obj, s.server))
	if err != nil {
		return false, err
	}
	defer holder.Close(ctx)
	all, err := holder.List(ctx)
	if err != nil {
		return false, err
	}
	e := s.record.Newest()
	info, there := all[e.ID]
	dead := !there || !info.ExpiresAt.IsZero() && !info.ExpiresAt.After(r.Clock.Now())
	switch {
	case !dead:
		return false, nil
	case publishedRevision(s) == e.Revision:
		s.drift = rotation.DriftMissing
		return true, nil
	}
	return true, r.discardNewest(ctx, s)
}

// discardNewest takes the newest revision back to where its next attempt is begun.
func (r *CredentialReconciler) discardNewest(ctx context.Context, s *scope) error {
	s.record.Discard()
	// What was seen was about the discarded credential.
	s.drift, s.run = rotation.DriftNone, rotation.Run{}
	return r.journals.Save(ctx, s.record)
}

// lockedOut tells whether the server rejects the operator with what is published, while the newest credential does not work
// either and there is an older one: then nobody can be asked why.
func (r *CredentialReconciler) lockedOut(s *scope) bool {
	a := s.server.ServerStatus().Authentication
	return r.driver.Class().Overlaps() && r.driver.Own(s.obj, s.server) && a != nil && a.Rejected &&
		s.record.CanFallBack(r.Clock.Now())
}

func (r *CredentialReconciler) publishNewest(ctx context.Context, s *scope) error {
	return r.publish(ctx, s, s.record.Newest())
}

// restore writes the Secret with the revision before the one that is under way.
func (r *CredentialReconciler) restore(ctx context.Context, s *scope) error {
	return r.publish(ctx, s, s.record.Current())
}

// publish writes the Secret with a revision.
func (r *CredentialReconciler) publish(ctx context.Context, s *scope, e *rotation.Entry) error {
	// The template may have been changed without a rotation.
	if err := r.driver.Fits(ctx, s.obj, s.server); err != nil {
		return err
	}
	desired, err := r.desired(s, e)
	if err != nil {
		return err
	}
	renewed := publishedRevision(s) < e.Revision && s.status().Revision < e.Revision
	replaced := publishedRevision(s) == e.Revision && s.secret.Annotations[v1alpha1.FingerprintAnnotation] != e.Fingerprint
	if err := r.writer.Write(ctx, desired); err != nil {
		return err
	}
	s.secret = desired
	switch {
	case e.Withdrawn:
		// Told when it was decided.
	case renewed:
		rotations.WithLabelValues(s.owner.Kind).Inc()
		s.note("Rotated", "Publish", fmt.Sprintf("Published revision %d in Secret %s", e.Revision, desired.Name))
	case replaced:
		s.note("Replaced", "Publish", fmt.Sprintf("Revision %d in Secret %s did not work any more; it holds now what the server "+
			"has", e.Revision, desired.Name))
	default:
		s.note("Restored", "Publish", fmt.Sprintf("Restored revision %d in Secret %s from the journal", e.Revision, desired.Name))
	}
	return r.observeWorkloads(ctx, s)
}
