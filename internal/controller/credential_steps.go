// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/outcome"
	"github.com/whm-credentials/operator/internal/controller/publish"
	"github.com/whm-credentials/operator/internal/controller/upstream"
	"github.com/whm-credentials/operator/internal/rotation"
	"github.com/whm-credentials/operator/internal/whm"
)

// mostSteps bounds the steps of one run; a rotation of the operator's own credential takes nine.
const mostSteps = 24

// verifyRetryMax is the longest time between two logins with a new credential that the server does not accept yet.
const verifyRetryMax = time.Hour

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
		Suspended:      s.spec().Suspend,
		Request:        s.obj.GetAnnotations()[v1alpha1.RotateAnnotation],
		Seed:           string(s.obj.GetUID()),
		FirstRevision:  s.status().Revision + 1,
		NeedsLifeline:  r.driver.Own(s.obj, s.server) && !s.lifelineWaived,
		Settle:         s.timeout(),
		Intact:         r.intact(s),
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

// publishedRevision returns the revision in the Secret, or zero.
func publishedRevision(s *scope) int64 {
	if s.secret == nil || !publish.OwnedBy(s.secret, s.owner) {
		return 0
	}
	return publish.Revision(s.secret)
}

// desired returns the Secret as it should be for the newest revision.
func (r *CredentialReconciler) desired(s *scope) (*corev1.Secret, error) {
	content, err := r.content(s, s.record.Newest())
	if err != nil {
		return nil, err
	}
	return publish.Desired(s.owner, s.spec().Secret, content, s.secret), nil
}

// intact tells whether the Secret is what would be published now. A template that does not render was found before.
func (r *CredentialReconciler) intact(s *scope) bool {
	e := s.record.Newest()
	if e == nil || e.Phase != rotation.Issued || s.secret == nil {
		return false
	}
	desired, err := r.desired(s)
	return err == nil && publish.Intact(s.secret, desired)
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
	case rotation.StepStage:
		return r.stage(ctx, s)
	case rotation.StepVerify:
		return r.verify(ctx, s)
	case rotation.StepPublish:
		return r.publish(ctx, s)
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

func (r *CredentialReconciler) verify(ctx context.Context, s *scope) error {
	e := s.record.Newest()
	c, done, err := r.passiveCall(s)
	if err != nil {
		return err
	}
	defer done()
	client, err := c.login(r.driver.Login(s.obj, e.Value))
	if err != nil {
		return err
	}
	defer client.Close()
	err = r.driver.Verify(ctx, c, client)
	switch {
	case err == nil:
		s.proven = e.Revision
		return nil
	case whm.IsUnauthenticated(err), whm.IsTwoFactorRequired(err):
		return r.reread(ctx, s, err)
	}
	return upstream.Outcome(err)
}

// reread asks whether upstream holds another value by now than the one that was staged and does not work: somebody may
// have replaced it. Otherwise the server may take a while to accept it.
func (r *CredentialReconciler) reread(ctx context.Context, s *scope, rejection error) error {
	e := s.record.Newest()
	c, done, err := r.call(ctx, s)
	if err == nil {
		defer done()
		issued, differs, rerr := r.driver.Recover(ctx, c, e.Fingerprint)
		if rerr == nil && differs {
			s.held, s.recovered = issued, true
			return r.stage(ctx, s)
		}
	}
	after := min(max(r.Clock.Since(e.IssuedAt), rolloutPoll), verifyRetryMax)
	return outcome.Wait(after, v1alpha1.VerificationFailedReason,
		"the server does not accept the new credential (yet), so it is not published: %v", rejection)
}

func (r *CredentialReconciler) publish(ctx context.Context, s *scope) error {
	e := s.record.Newest()
	desired, err := r.desired(s)
	if err != nil {
		return err
	}
	renewed := publishedRevision(s) < e.Revision && s.status().Revision < e.Revision
	if err := r.writer.Write(ctx, desired); err != nil {
		return err
	}
	s.secret = desired
	if renewed {
		s.note("Rotated", "Publish", fmt.Sprintf("Published revision %d in Secret %s", e.Revision, desired.Name))
	} else {
		s.note("Restored", "Publish", fmt.Sprintf("Restored revision %d in Secret %s from the journal", e.Revision, desired.Name))
	}
	return r.observeWorkloads(ctx, s)
}
