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
	st := rotation.State{
		Journal:        s.record.Journal,
		Now:            r.Clock.Now(),
		Suspended:      s.spec().Suspend && s.obj.GetDeletionTimestamp().IsZero(),
		Request:        rotateRequest(s.obj),
		Seed:           string(s.obj.GetUID()),
		FirstRevision:  max(s.status().Revision, publishedRevision(s)) + 1,
		NeedsLifeline:  r.driver.Own(s.obj, s.server) && !s.lifelineWaived,
		Settle:         s.timeout(),
		Intact:         r.intact(s, s.record.Newest()),
		Lost:           !s.byHand && r.lost(s),
		Proven:         s.proven,
		RestartPending: s.restartPending,
		Published:      publishedRevision(s),
		Run:            s.run,
	}
	if s.schedule != nil {
		st.Schedule = s.schedule
	}
	return st
}

func (r *CredentialReconciler) take(ctx context.Context, s *scope, step rotation.Step) error {
	switch step.Kind {
	case rotation.StepIntend:
		return r.intend(ctx, s, step)
	case rotation.StepOpenLifeline:
		return r.openLifeline(ctx, s)
	case rotation.StepProveLifeline:
		return r.proveLifeline(ctx, s)
	case rotation.StepIssue:
		return r.issue(ctx, s)
	case rotation.StepRecover:
		return r.recover(ctx, s)
	case rotation.StepRetry:
		return r.retry(ctx, s)
	case rotation.StepRestore:
		return r.publish(ctx, s, s.record.Current())
	case rotation.StepStage:
		return r.stage(ctx, s)
	case rotation.StepVerify:
		return r.verify(ctx, s)
	case rotation.StepPublish:
		return r.publish(ctx, s, s.record.Newest())
	case rotation.StepCloseLifeline:
		return r.closeLifeline(ctx, s)
	case rotation.StepRestart:
		return r.restartWorkloads(ctx, s)
	case rotation.StepRest:
	}
	return fmt.Errorf("unknown step %s", step.Kind)
}

func (r *CredentialReconciler) intend(ctx context.Context, s *scope, step rotation.Step) error {
	if err := r.driver.Admit(ctx, s.obj, s.server); err != nil {
		return err
	}
	c, done, err := r.call(ctx, s)
	if err != nil {
		return err
	}
	defer done()
	baseline, err := r.driver.Prepare(ctx, c, s.record.Newest() == nil)
	if err != nil {
		return upstream.Outcome(err)
	}
	e := s.record.Intend(step, r.driver.ID(s.obj), baseline, r.Clock.Now())
	if r.driver.Own(s.obj, s.server) {
		e.Lifeline = r.planLifeline(s, 1)
	}
	if err := r.journals.Save(ctx, s.record); err != nil {
		return err
	}
	s.run = rotation.Run{Fresh: true}
	return nil
}

func (r *CredentialReconciler) issue(ctx context.Context, s *scope) error {
	c, done, err := r.call(ctx, s)
	if err != nil {
		return err
	}
	defer done()
	s.run.Fresh = false
	ctrl.LoggerFrom(ctx).Info("Issuing credential", "revision", s.record.Newest().Revision)
	s.held, err = r.driver.Issue(ctx, c)
	if err == nil {
		s.run.Held, s.recovered = true, false
		return nil
	}
	if whm.MayHaveApplied(err) {
		return outcome.Retry(v1alpha1.UnavailableReason, "the answer was lost, so it is to be found out what became of it: %w", err)
	}
	return upstream.Outcome(err)
}

// recover finds out what became of an issue without an answer.
func (r *CredentialReconciler) recover(ctx context.Context, s *scope) error {
	c, done, err := r.call(ctx, s)
	if err != nil {
		return err
	}
	defer done()
	issued, differs, err := r.driver.Recover(ctx, c, s.record.Newest().Baseline)
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
	s.record.Retry(s.record.Newest().Baseline, r.Clock.Now())
	if err := r.journals.Save(ctx, s.record); err != nil {
		return err
	}
	s.run.Fresh, s.run.Absent = true, false
	return nil
}

func (r *CredentialReconciler) stage(ctx context.Context, s *scope) error {
	s.record.Stage(s.held, r.Clock.Now(), s.recovered)
	if err := r.journals.Save(ctx, s.record); err != nil {
		return err
	}
	s.held, s.run = rotation.Credential{}, rotation.Run{}
	return nil
}
