// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"time"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/outcome"
	"github.com/whm-credentials/operator/internal/rotation"
)

// holdBack lets some time pass before what became of an attempt is looked at, or it is repeated without a look. Each begins
// with a write to the journal, whose event wakes the object up at once. A hash is read at once, and then it is the settle time
// that lets some pass.
func (r *CredentialReconciler) holdBack(s *scope, err error) error {
	if r.driver.Class() == rotation.Replacing {
		return err
	}
	return r.pace(s, s.attempted, s.entry().Attempt, err)
}

// pace lets more time pass with each attempt that came to nothing, if the next one could be made at once.
func (r *CredentialReconciler) pace(s *scope, of string, attempt int, err error) error {
	failed := outcome.AsTransient(err)
	if failed == nil {
		return err
	}
	now := r.Clock.Now()
	r.unanswered.begin(s.obj.GetUID(), pause{
		fingerprint: of, until: now.Add(attemptPause(attempt)), message: failed.Message, waiting: failed.Reason,
	}, now)
	return err
}

// attemptPause is how long after an attempt the next one is made: twice as long each time.
func attemptPause(attempt int) time.Duration {
	const first, doublings = 500 * time.Millisecond, 7
	return min(first<<min(max(attempt-1, 0), doublings), conflictRetry)
}

// mayLook tells whether it may be found out now what became of an attempt. A hash is always looked at, because also one that
// was refused may have been made, but not through a lifeline that the server has just rejected.
func (r *CredentialReconciler) mayLook(s *scope) error {
	switch {
	case r.lifelineOpen(s):
		return r.unaccepted.repeated(s.obj.GetUID(), lifelineKey(s), r.Clock.Now())
	case s.refusal == nil && r.driver.Class() != rotation.Replacing:
		return r.pausedAttempt(s)
	}
	return nil
}

// pausedAttempt repeats what was found of the newest attempt while it is left alone.
func (r *CredentialReconciler) pausedAttempt(s *scope) error {
	uid, key, now := s.obj.GetUID(), r.attemptKey(s), r.Clock.Now()
	if err := r.refused.repeated(uid, key, now); err != nil {
		return err
	}
	return r.paced(s, key)
}

// paced tells whether an attempt still waits for the one before. A deletion has no time for that.
func (r *CredentialReconciler) paced(s *scope, of string) error {
	if !s.obj.GetDeletionTimestamp().IsZero() {
		return nil
	}
	return r.unanswered.repeated(s.obj.GetUID(), of, r.Clock.Now())
}

// inTime ends a run that took so long to write an attempt down that it must not be made any more. The next one would hardly
// be faster, so it is not written at once.
func (r *CredentialReconciler) inTime(s *scope) error {
	took, most := r.Clock.Since(s.entry().IntendedAt), s.timeout()
	if took < most || r.driver.Class() == rotation.OneShot {
		return nil
	}
	s.attempted = r.attemptKey(s)
	return r.holdBack(s, outcome.Retry(v1alpha1.UnavailableReason, "the API server took %s to write an attempt down, longer than "+
		"the timeout of the server object (%s), so it was not made; if that goes on, find out why it is slow or raise spec.timeout",
		took.Round(time.Second/10), most))
}

// mayRetry tells whether another attempt may be made. Where an attempt may have replaced what is published, it has to be
// brought to its end even if it would not be begun now.
func (r *CredentialReconciler) mayRetry(ctx context.Context, s *scope) error {
	class := r.driver.Class()
	// What is looked at was held back at that look; a wait here would forget what it found.
	if class != rotation.Replacing && !class.Overlaps() {
		if err := r.pausedAttempt(s); err != nil {
			return err
		}
	}
	err := r.driver.Admit(ctx, s.obj, s.server)
	if class == rotation.Replacing || class == rotation.Chosen && !r.refusedAtOnce(s) {
		return nil // see above
	}
	return err
}
