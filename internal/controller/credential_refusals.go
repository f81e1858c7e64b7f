// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/whm-credentials/operator/internal/rotation"
)

// doubt takes nothing for proven that the server rejected last, whatever became of the status since.
func (r *CredentialReconciler) doubt(_ context.Context, s *scope) error {
	if e := s.entry(); e != nil && e.Refusals > 0 {
		s.proven = 0
	}
	return nil
}

// countRefusal writes down that the server has just rejected what the operator chose: neither a restart nor the loss of the
// status may make it forget that. What others choose is found out upstream instead.
func (r *CredentialReconciler) countRefusal(ctx context.Context, s *scope) error {
	e := s.entry()
	if r.driver.Class() != rotation.Chosen || e.Refusals >= mostAgain && !r.ownChosen(s) {
		return nil
	}
	e.Refusals++
	e.RefusedAt = r.Clock.Now()
	return r.journals.Save(ctx, s.record)
}

// ownChosen tells whether a login with the newest value is one of the operator's user with a value that the operator chose,
// so that the server counts each that fails against the operator.
func (r *CredentialReconciler) ownChosen(s *scope) bool {
	return r.driver.Class() == rotation.Chosen && r.driver.Own(s.obj, s.server)
}

// rejectOwn leaves a value alone that is to let the operator in and does not. Setting it again would do nothing for a server
// that takes a while to accept it, unless that lets the operator in with what a person put into the Secret since.
func (r *CredentialReconciler) rejectOwn(ctx context.Context, s *scope, rejection error) error {
	r.Pool.Charge(s.server)
	if s.byHand {
		return r.setAgain(ctx, s)
	}
	return r.leaveUnaccepted(s, ownWait(s.entry()), "", fmt.Sprintf(notAcceptedYet, rejection))
}

// ownWait returns how long after it was rejected a value of the operator's own is tried again.
func ownWait(e *rotation.Entry) time.Duration {
	if e.Refusals > 1 {
		return ownRetry
	}
	return ownFirstRetry
}

// errTooSoon stands for what the server said before the operator was restarted.
var errTooSoon = errors.New("it was rejected before, and as each try is a failed login, the next one waits")

// tooSoon leaves a value of the operator's own alone until its next login is due.
func (r *CredentialReconciler) tooSoon(s *scope) error {
	e := s.entry()
	if e.Refusals == 0 || !r.ownChosen(s) {
		return nil
	}
	left := e.RefusedAt.Add(ownWait(e)).Sub(r.Clock.Now())
	if left <= 0 && r.Pool.Gate(s.server).Affords() {
		return nil
	}
	// The operator's old login may have used the budget up meanwhile.
	return r.leaveUnaccepted(s, max(left, ownFirstRetry), "", fmt.Sprintf(notAcceptedYet, errTooSoon))
}
