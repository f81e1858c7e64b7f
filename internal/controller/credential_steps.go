// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"fmt"

	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/whm-credentials/operator/internal/rotation"
)

// mostSteps bounds the steps of one run; a rotation of the operator's own credential takes nine.
const mostSteps = 24

// advance asks what to do next and does it until there is nothing to do.
func (r *CredentialReconciler) advance(ctx context.Context, s *scope) error {
	for range mostSteps {
		step := rotation.Next(r.state(s))
		if step.Kind == rotation.StepRest {
			s.rest = step
			return r.missing(ctx, s, step.Why)
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
	st := rotation.State{
		Class:          r.driver.Class(),
		Journal:        s.record.Journal,
		Now:            r.Clock.Now(),
		Suspended:      s.spec().Suspend && s.obj.GetDeletionTimestamp().IsZero(),
		Request:        rotateRequest(s.obj),
		Seed:           string(s.obj.GetUID()),
		FirstRevision:  max(s.status().Revision, publishedRevision(s)) + 1,
		NeedsLifeline:  r.needsLifeline(s) && !s.lifelineWaived,
		Settle:         s.timeout(),
		Proven:         s.proven,
		RestartPending: s.restartPending,
		Published:      publishedRevision(s),
		Run:            s.run,
	}
	if s.schedule != nil {
		st.Schedule = s.schedule
	}
	switch d := r.driver.(type) {
	case overlapper:
		st.Overlapping = r.overlapping(s, d)
	case chooser:
		st.Spec = d.Policy(s.obj)
	case lender:
		lend(&st, s, d)
	case exchanger:
		st.Input = s.input.Fingerprint()
	}
	return st
}

// needsLifeline tells whether the operator logs in with a credential that its successor replaces at once.
func (r *CredentialReconciler) needsLifeline(s *scope) bool {
	_, replaced := r.driver.(insider)
	return replaced && r.driver.Own(s.obj, s.server)
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
		rotation.StepWithdraw:      r.withdraw,
	}
}
