// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"time"

	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/outcome"
	"github.com/whm-credentials/operator/internal/controller/upstream"
	"github.com/whm-credentials/operator/internal/rotation"
	"github.com/whm-credentials/operator/internal/whm"
)

func (r *CredentialReconciler) intend(ctx context.Context, s *scope, step rotation.Step) error {
	if err := r.driver.Admit(ctx, s.obj, s.server); err != nil {
		return err
	}
	if step.Trigger == rotation.TriggerDrift {
		if back, err := r.renameBack(ctx, s); back || err != nil {
			return err
		}
	}
	plan, err := r.plan(ctx, s, step.Revision)
	if err != nil {
		return err
	}
	if step.Trigger == rotation.TriggerSpec {
		r.leaveAlone(s)
	}
	// What was refused of another revision says nothing about attempts at this one: their names may be the same.
	r.refused.end(s.obj.GetUID())
	s.record.Supersede(r.facts(s).PublishedAt)
	e := s.record.Intend(r.driver.Class(), step, plan, r.Clock.Now())
	if r.needsLifeline(s) {
		e.Lifeline = r.planLifeline(s, 1)
	}
	if err := r.journals.Save(ctx, s.record); err != nil {
		return err
	}
	s.run = rotation.Run{Fresh: true}
	return nil
}

// plan returns what the first attempt at a revision is going to be.
func (r *CredentialReconciler) plan(ctx context.Context, s *scope, revision int64) (rotation.Plan, error) {
	plan := rotation.Plan{ID: r.driver.ID(s.obj, revision, 1), Account: r.accountName(s)}
	c, done, err := r.call(ctx, s)
	if err != nil {
		return plan, err
	}
	defer done()
	switch d := r.driver.(type) {
	case overlapper:
		wanted, digest := d.Wanted(s.obj, plan.ID, r.Clock.Now())
		plan.Spec, plan.ExpiresAt = digest, wanted.ExpiresAt
	case replacer:
		plan.Baseline, err = d.Prepare(ctx, c, s.record.Newest() == nil)
	case chooser:
		plan.Spec = d.Policy(s.obj)
		plan.Value, err = d.Choose(ctx, c)
	case lender:
		plan.Spec = d.Lend(s.obj).Spec
	case exchanger:
		plan.Baseline = s.input.Fingerprint()
		plan.ID = plan.Baseline
	}
	return plan, upstream.Outcome(err)
}

// planAgain returns what the next attempt at the newest revision is going to be.
func (r *CredentialReconciler) planAgain(ctx context.Context, s *scope) (rotation.Plan, error) {
	e := s.entry()
	plan := rotation.Plan{ID: e.ID, Baseline: e.Baseline, Spec: e.Spec, Value: e.Value}
	switch d := r.driver.(type) {
	case overlapper:
		plan.ID = r.driver.ID(s.obj, e.Revision, e.Attempt+1)
		wanted, digest := d.Wanted(s.obj, plan.ID, r.Clock.Now())
		plan.Spec, plan.ExpiresAt = digest, wanted.ExpiresAt
	case chooser:
		return r.chooseAgain(ctx, s, d, plan)
	case lender:
		plan.ID, plan.Spec = r.driver.ID(s.obj, e.Revision, e.Attempt+1), d.Lend(s.obj).Spec
	case exchanger:
		plan.Baseline = s.input.Fingerprint()
		plan.ID = plan.Baseline
	}
	return plan, nil
}

// chooseAgain keeps the value that was chosen, because the attempt before may still be applied: then both set the same. One
// that the server has refused, or that was chosen by another policy, is replaced once nothing can come of it any more. One
// that may let the operator in as nothing else does is tried first, and kept while it cannot be tried.
func (r *CredentialReconciler) chooseAgain(ctx context.Context, s *scope, d chooser, plan rotation.Plan) (rotation.Plan, error) {
	e := s.entry()
	settled := e.Settled(r.Clock.Now(), s.timeout()) || r.refusedAtOnce(s)
	if !settled || !r.wasRefused(s) && e.Spec == d.Policy(s.obj) {
		return plan, nil
	}
	c, done, err := r.call(ctx, s)
	if err != nil {
		return plan, err
	}
	defer done()
	if r.mayBeInForce(s) {
		if gone, err := r.guess(ctx, s); !gone || err != nil {
			return plan, err
		}
	}
	plan.Spec = d.Policy(s.obj)
	plan.Value, err = d.Choose(ctx, c)
	return plan, upstream.Outcome(err)
}

// wasRefused tells whether the server has said no to the newest attempt, as far as this process knows.
func (r *CredentialReconciler) wasRefused(s *scope) bool {
	return r.refused.about(s.obj.GetUID(), s.entry().ID+" ")
}

// refusedAtOnce tells whether the newest revision was certainly not applied, because the only attempt was refused.
func (r *CredentialReconciler) refusedAtOnce(s *scope) bool {
	return s.entry().Attempt == 1 && r.wasRefused(s)
}

func (r *CredentialReconciler) issue(ctx context.Context, s *scope) error {
	c, done, err := r.call(ctx, s)
	if err != nil {
		return r.notAsked(ctx, s, err)
	}
	defer done()
	s.run.Fresh = false
	// What it is given for may change while the call is under way.
	s.attempted = r.attemptKey(s)
	ctrl.LoggerFrom(ctx).Info("Issuing credential", "revision", s.record.Newest().Revision)
	s.held, err = r.driver.Issue(ctx, c, s.record.Newest())
	if err == nil {
		s.run.Held, s.recovered = true, false
		return nil
	}
	return r.holdBack(s, r.notIssued(ctx, s, err))
}

// notAsked takes note of an issue that could not be asked for. What would have been used up for it may be used again.
func (r *CredentialReconciler) notAsked(ctx context.Context, s *scope, cause error) error {
	if r.driver.Class() != rotation.OneShot {
		return cause
	}
	s.record.Forgo()
	if err := r.journals.Save(ctx, s.record); err != nil {
		return err
	}
	return cause
}

// notIssued tells what a failed issue means. What became of it is found out where it is not known.
func (r *CredentialReconciler) notIssued(ctx context.Context, s *scope, err error) error {
	class := r.driver.Class()
	switch {
	case mayHaveIssued(err) && outcome.AsTransient(err) != nil:
		return err
	case mayHaveIssued(err):
		return outcome.Retry(v1alpha1.UnavailableReason, "the answer was lost, so it is to be found out what became of it: %w", err)
	case class == rotation.OneShot:
		return r.notExchanged(ctx, s, err)
	case class == rotation.Chosen && whm.IsUnauthenticated(err) && r.lifelineOpen(s):
		return r.abandonLifeline(ctx, s)
	case definite(err) && class.Overlaps():
		// There may be one of that name: what an answer that was lost had made, or what came too late.
		s.refusal = err
		return nil
	case definite(err):
		s.refusal = err
		return r.refuse(s)
	}
	return upstream.Outcome(err)
}

// definite tells whether the server has said no.
func definite(err error) bool {
	return whm.IsRefused(err) || whm.IsForbidden(err) || whm.IsInvalidInput(err) || whm.IsUnsupported(err)
}

// recover finds out what became of an issue without an answer.
func (r *CredentialReconciler) recover(ctx context.Context, s *scope) error {
	if err := r.mayLook(s); err != nil {
		return err
	}
	c, done, err := r.call(ctx, s)
	if err != nil {
		return err
	}
	defer done()
	switch d := r.driver.(type) {
	case overlapper:
		return r.dropLost(ctx, s, d, c)
	case replacer:
		return r.readBack(ctx, s, d, c)
	}
	return nil
}

// readBack reads what upstream holds: it is the new value exactly if it is another than before.
func (r *CredentialReconciler) readBack(ctx context.Context, s *scope, d replacer, c call) error {
	issued, differs, err := d.Recover(ctx, c, s.record.Newest().Baseline)
	switch {
	case whm.IsUnauthenticated(err) && r.lifelineOpen(s):
		return r.abandonLifeline(ctx, s)
	case err != nil:
		return upstream.Outcome(err)
	case differs:
		s.held, s.recovered, s.run.Held = issued, true, true
	default:
		s.run.Absent = true
		return r.refused.repeated(s.obj.GetUID(), r.attemptKey(s), r.Clock.Now())
	}
	return nil
}

func (r *CredentialReconciler) retry(ctx context.Context, s *scope) error {
	if err := r.mayRetry(ctx, s); err != nil {
		return err
	}
	// An attempt that cannot be made is not written down, or an operator that has just started would write one each time that
	// it looks whether the server is ready.
	_, done, err := r.call(ctx, s)
	if err != nil {
		return r.orGuess(ctx, s, err)
	}
	done()
	plan, err := r.planAgain(ctx, s)
	if err != nil || s.run.Held {
		return err
	}
	s.record.Retry(plan, r.Clock.Now())
	if err := r.journals.Save(ctx, s.record); err != nil {
		return err
	}
	// What was refused is over with that attempt: this one may be lost.
	r.refused.end(s.obj.GetUID())
	s.run.Fresh, s.run.Absent, s.run.Dropped = true, false, false
	return r.inTime(s)
}

func (r *CredentialReconciler) stage(ctx context.Context, s *scope) error {
	s.record.Stage(r.driver.Class(), s.held, r.Clock.Now(), s.recovered)
	if s.letIn = s.guessed; s.guessed {
		// That login has proven it.
		s.guessed, s.proven = false, s.entry().Revision
		s.entry().Refusals, s.entry().RefusedAt = 0, time.Time{}
	}
	if err := r.journals.Save(ctx, s.record); err != nil {
		return err
	}
	s.held, s.run, s.answered = rotation.Credential{}, rotation.Run{}, true
	// What was seen upstream was said of the one before.
	s.drift, s.difference = rotation.DriftNone, ""
	switch r.driver.(type) {
	case overlapper:
		r.Pool.TouchTokens(s.server)
	case lender:
		now := r.Clock.Now()
		r.looks.change(s.obj.GetUID(), func(s *sighting) { s.at = now })
	}
	return nil
}
