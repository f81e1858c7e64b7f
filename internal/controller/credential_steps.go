// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"fmt"

	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/outcome"
	"github.com/whm-credentials/operator/internal/controller/upstream"
	"github.com/whm-credentials/operator/internal/rotation"
	"github.com/whm-credentials/operator/internal/whm"
)

// mostSteps bounds the steps of one run; a rotation of the operator's own credential takes nine.
const mostSteps = 24

// advance asks what to do next and does it until there is nothing to do.
func (r *CredentialReconciler) advance(ctx context.Context, s *scope) error {
	for range mostSteps {
		step := rotation.Next(r.state(s))
		if step.Kind == rotation.StepRest {
			s.rest = step
			return nil
		}
		ctrl.LoggerFrom(ctx).V(1).Info("Taking step", "step", step.Kind)
		if err := r.take(ctx, s, step); err != nil {
			return err
		}
	}
	return fmt.Errorf("did not come to rest after %d steps", mostSteps)
}

func (r *CredentialReconciler) state(s *scope) rotation.State {
	st := r.facts(s)
	st.Intact = r.intact(s, s.record.Newest())
	st.Lost = !s.byHand && r.lost(s)
	return st
}

// facts is the state without what has to be compared with what would be published, which depends on it.
func (r *CredentialReconciler) facts(s *scope) rotation.State {
	replacing := r.driver.Class() == rotation.Replacing
	st := rotation.State{
		Class:          r.driver.Class(),
		Journal:        s.record.Journal,
		Now:            r.Clock.Now(),
		Suspended:      s.spec().Suspend && s.obj.GetDeletionTimestamp().IsZero(),
		Request:        rotateRequest(s.obj),
		Seed:           string(s.obj.GetUID()),
		FirstRevision:  max(s.status().Revision, publishedRevision(s)) + 1,
		NeedsLifeline:  replacing && r.driver.Own(s.obj, s.server) && !s.lifelineWaived,
		Settle:         s.timeout(),
		Proven:         s.proven,
		RestartPending: s.restartPending,
		Published:      publishedRevision(s),
		Run:            s.run,
	}
	if s.schedule != nil {
		st.Schedule = s.schedule
	}
	if o, ok := r.driver.(overlapper); ok {
		st.Overlapping = r.overlapping(s, o)
	}
	return st
}

func (r *CredentialReconciler) take(ctx context.Context, s *scope, step rotation.Step) error {
	if step.Kind == rotation.StepIntend {
		return r.intend(ctx, s, step)
	}
	take, known := r.steps()[step.Kind]
	if !known {
		return fmt.Errorf("unknown step %s", step.Kind)
	}
	return take(ctx, s)
}

// steps returns what takes each step but that of beginning a revision, which needs to be told more.
func (r *CredentialReconciler) steps() map[rotation.StepKind]phase {
	return map[rotation.StepKind]phase{
		rotation.StepOpenLifeline:  r.openLifeline,
		rotation.StepProveLifeline: r.proveLifeline,
		rotation.StepIssue:         r.issue,
		rotation.StepRecover:       r.recover,
		rotation.StepRetry:         r.retry,
		rotation.StepRestore:       r.restore,
		rotation.StepStage:         r.stage,
		rotation.StepVerify:        r.verify,
		rotation.StepPublish:       r.publishNewest,
		rotation.StepCloseLifeline: r.closeLifeline,
		rotation.StepRestart:       r.restartWorkloads,
		rotation.StepFallBack:      r.fallBack,
		rotation.StepAdopt:         r.adopt,
		rotation.StepUpdate:        r.update,
		rotation.StepRetire:        r.retire,
	}
}

func (r *CredentialReconciler) intend(ctx context.Context, s *scope, step rotation.Step) error {
	if err := r.driver.Admit(ctx, s.obj, s.server); err != nil {
		return err
	}
	if step.Trigger == rotation.TriggerDrift {
		if back, err := r.renameBack(ctx, s); back || err != nil {
			return err
		}
	}
	plan, err := r.plan(ctx, s, step.Revision, 1)
	if err != nil {
		return err
	}
	if step.Trigger == rotation.TriggerSpec {
		r.leaveAlone(s)
	}
	s.record.Supersede(r.facts(s).PublishedAt)
	e := s.record.Intend(r.driver.Class(), step, plan, r.Clock.Now())
	if r.driver.Class() == rotation.Replacing && r.driver.Own(s.obj, s.server) {
		e.Lifeline = r.planLifeline(s, 1)
	}
	if err := r.journals.Save(ctx, s.record); err != nil {
		return err
	}
	s.run = rotation.Run{Fresh: true}
	return nil
}

// plan returns what an attempt at a revision is going to be.
func (r *CredentialReconciler) plan(ctx context.Context, s *scope, revision int64, attempt int) (rotation.Plan, error) {
	plan := rotation.Plan{ID: r.driver.ID(s.obj, revision, attempt)}
	c, done, err := r.call(ctx, s)
	if err != nil {
		return plan, err
	}
	defer done()
	switch d := r.driver.(type) {
	case overlapper:
		wanted, digest := d.Wanted(s.obj, plan.ID, r.Clock.Now())
		plan.Account, plan.Spec, plan.ExpiresAt = d.Account(s.obj, s.server).String(), digest, wanted.ExpiresAt
	case replacer:
		if plan.Baseline, err = d.Prepare(ctx, c, s.record.Newest() == nil); err != nil {
			return plan, upstream.Outcome(err)
		}
	}
	return plan, nil
}

func (r *CredentialReconciler) issue(ctx context.Context, s *scope) error {
	c, done, err := r.call(ctx, s)
	if err != nil {
		return err
	}
	defer done()
	s.run.Fresh = false
	ctrl.LoggerFrom(ctx).Info("Issuing credential", "revision", s.record.Newest().Revision)
	s.held, err = r.driver.Issue(ctx, c, s.record.Newest())
	switch {
	case err == nil:
		s.run.Held, s.recovered = true, false
		return nil
	case mayHaveIssued(err):
		return outcome.Retry(v1alpha1.UnavailableReason, "the answer was lost, so it is to be found out what became of it: %w", err)
	case definite(err) && r.driver.Class().Overlaps():
		// There may be one of that name: what an answer that was lost had made, or what came too late.
		s.refusal = err
		return nil
	}
	return upstream.Outcome(err)
}

// definite tells whether the server has said no.
func definite(err error) bool {
	return whm.IsRefused(err) || whm.IsForbidden(err) || whm.IsInvalidInput(err) || whm.IsUnsupported(err)
}

// recover finds out what became of an issue without an answer.
func (r *CredentialReconciler) recover(ctx context.Context, s *scope) error {
	if s.refusal == nil {
		if err := r.refused.repeated(s.obj.GetUID(), r.attemptKey(s), r.Clock.Now()); err != nil {
			return err
		}
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
	}
	return nil
}

func (r *CredentialReconciler) retry(ctx context.Context, s *scope) error {
	if err := r.driver.Admit(ctx, s.obj, s.server); err != nil && r.driver.Class().Overlaps() {
		return err
	}
	e := s.record.Newest()
	plan := rotation.Plan{ID: e.ID, Baseline: e.Baseline}
	if o, ok := r.driver.(overlapper); ok {
		plan.ID = r.driver.ID(s.obj, e.Revision, e.Attempt+1)
		wanted, digest := o.Wanted(s.obj, plan.ID, r.Clock.Now())
		plan.Spec, plan.ExpiresAt = digest, wanted.ExpiresAt
	}
	s.record.Retry(plan, r.Clock.Now())
	if err := r.journals.Save(ctx, s.record); err != nil {
		return err
	}
	s.run.Fresh, s.run.Absent, s.run.Dropped = true, false, false
	return nil
}

func (r *CredentialReconciler) stage(ctx context.Context, s *scope) error {
	s.record.Stage(r.driver.Class(), s.held, r.Clock.Now(), s.recovered)
	if err := r.journals.Save(ctx, s.record); err != nil {
		return err
	}
	s.held, s.run = rotation.Credential{}, rotation.Run{}
	// What was seen upstream was said of the one before.
	s.drift, s.difference = rotation.DriftNone, ""
	return nil
}
