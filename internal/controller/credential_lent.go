// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"fmt"
	"time"

	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/outcome"
	"github.com/whm-credentials/operator/internal/controller/upstream"
	"github.com/whm-credentials/operator/internal/rotation"
)

// endGrace is how long a deletion tries to end what would end by itself. It is part of deletionGrace.
const endGrace = 3 * time.Second

// refreshed is the schedule of a credential that is kept fresh: at a time after it was issued, without windows.
type refreshed time.Duration

// At returns when the next one is due.
func (f refreshed) At(last, now time.Time, _ string) time.Time {
	if at := last.Add(time.Duration(f)); at.After(now) {
		return at
	}
	return now
}

// NextPermitted permits any time.
func (refreshed) NextPermitted(t time.Time) time.Time { return t }

// lend fills in the part of the state that concerns credentials which end by themselves.
func lend(st *rotation.State, s *scope, d lender) {
	of := d.Lend(s.obj)
	st.OnDemand, st.Spec, st.Drift = of.Refresh == 0, of.Spec, s.drift
	if of.Refresh > 0 {
		st.Schedule, st.RenewBefore = refreshed(of.Refresh), of.Margin
	}
}

// lentEntry stands for a credential whose journal was lost, and with it the knowledge of when it ends. One that is kept fresh
// is replaced at once; one that was given on demand is withdrawn.
func lentEntry(d lender, obj Credential, e *rotation.Entry) *rotation.Entry {
	if d.Lend(obj).Refresh > 0 {
		return nil
	}
	e.Withdrawn, e.Value, e.Fingerprint = true, nil, ""
	return e
}

// keepAlive uses a credential that ends when it is not used, and finds out whether it still works. What has ended is of no
// use, and needs no server to be taken out of the Secret.
func (r *CredentialReconciler) keepAlive(ctx context.Context, s *scope, d lender) error {
	e, due, now := s.record.Current(), r.lookDue(s), r.Clock.Now()
	if e == nil || e.Withdrawn || publishedRevision(s) != e.Revision || due.IsZero() || now.Before(due) ||
		!e.ExpiresAt.IsZero() && !now.Before(e.ExpiresAt) {
		return nil
	}
	err := r.use(ctx, s, d, e)
	switch of := d.Lend(s.obj); {
	case err == nil:
		return nil
	case of.Refresh == 0:
		return noLaterThan(err, min(conflictRetry, e.ExpiresAt.Sub(now)))
	case of.Spec != e.Spec:
		// It is replaced at once by what the spec asks for now, which what is wrong with it must not hold up.
		ctrl.LoggerFrom(ctx).Info("Not using credential that is to be replaced", "revision", e.Revision, "reason", err.Error())
		return nil
	}
	return err
}

// noLaterThan has an object looked at again after a time, whatever the back-off has grown to.
func noLaterThan(err error, after time.Duration) error {
	if stalled := outcome.AsStalled(err); stalled != nil {
		return stalled.RetryAfter(after)
	}
	if reason := reasonOf(err); reason != v1alpha1.InternalErrorReason {
		return outcome.Wait(after, reason, "%s", messageOf(err))
	}
	return err
}

func (r *CredentialReconciler) use(ctx context.Context, s *scope, d lender, e *rotation.Entry) error {
	c, err := r.passiveCall(ctx, s)
	if err != nil {
		return err
	}
	at := r.Clock.Now()
	alive, err := d.Alive(ctx, c, e)
	if err != nil {
		return upstream.LoginOutcome(err)
	}
	r.looks.change(s.obj.GetUID(), func(s *sighting) { s.at = at })
	if !alive {
		s.drift = rotation.DriftMissing
	}
	return nil
}

// aliveDue returns when a credential has to be used again; zero if it need not.
func (r *CredentialReconciler) aliveDue(s *scope, d lender) time.Time {
	every := d.Lend(s.obj).KeepAlive
	if every == 0 || s.status().Current == nil {
		return time.Time{}
	}
	if r.looks.get(s.obj.GetUID()).at.IsZero() {
		// The operator has just started, or the object is new. It was fine when it was last reported.
		r.looks.change(s.obj.GetUID(), func(s *sighting) { s.at = r.Clock.Now() })
	}
	return r.looks.get(s.obj.GetUID()).at.Add(every)
}

// withdrawalDue returns when what was given on demand has to be taken out of the Secret, as far as the status tells; zero if
// it has not.
func (r *CredentialReconciler) withdrawalDue(s *scope) time.Time {
	d, ok := r.driver.(lender)
	current := s.status().Current
	if !ok || s.spec().Suspend || current == nil || current.ExpiresAt == nil || d.Lend(s.obj).Refresh > 0 {
		return time.Time{}
	}
	// The status has whole seconds, and nothing has ended before the journal says so.
	return current.ExpiresAt.Add(time.Second)
}

// lentDue returns when a lent credential has to be used or withdrawn whatever else an object waits for; zero if it has not. What
// could not be done in time is tried again a little later.
func (r *CredentialReconciler) lentDue(s *scope) time.Time {
	if _, ok := r.driver.(lender); !ok {
		return time.Time{}
	}
	due := earliest(r.lookDue(s), r.withdrawalDue(s))
	if now := r.Clock.Now(); !due.IsZero() && !due.After(now) {
		return now.Add(conflictRetry)
	}
	return due
}

// withdrawn tells whether the Secret is empty because what it held has ended.
func (r *CredentialReconciler) withdrawn(s *scope) bool {
	if s.record == nil {
		return false
	}
	e := s.record.Current()
	return e != nil && e.Withdrawn && r.intact(s, e)
}

// withdraw takes a credential that has ended out of the journal, and so out of the Secret.
func (r *CredentialReconciler) withdraw(ctx context.Context, s *scope) error {
	e := s.record.Current()
	r.end(ctx, s)
	s.record.Withdraw()
	if err := r.journals.Save(ctx, s.record); err != nil {
		return err
	}
	s.drift = rotation.DriftNone
	s.note("Withdrawn", "Withdraw", fmt.Sprintf("The time of revision %d is over, so it is taken out of Secret %s", e.Revision, s.spec().Secret.Name))
	return nil
}

// end ends the newest credential before its time. What cannot be ended ends by itself.
func (r *CredentialReconciler) end(ctx context.Context, s *scope) {
	d, ok := r.driver.(lender)
	if !ok || s.record == nil {
		return
	}
	e := s.record.Current()
	if e == nil || e.Withdrawn {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, endGrace)
	defer cancel()
	c, err := r.passiveCall(ctx, s)
	if err == nil {
		err = d.End(ctx, c, e)
	}
	if err != nil {
		ctrl.LoggerFrom(ctx).Info("Leaving credential to end by itself", "revision", e.Revision, "reason", err.Error())
	}
}

// endLent ends what a deleted object has lent.
func (r *CredentialReconciler) endLent(ctx context.Context, s *scope) error {
	if _, ok := r.driver.(lender); !ok {
		return nil
	}
	if err := r.findServer(ctx, s); err != nil {
		return ignoreStalled(err)
	}
	r.end(ctx, s)
	return nil
}
