// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"time"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/outcome"
	"github.com/whm-credentials/operator/internal/rotation"
)

// farewellGrace is how long a deletion tries to bring a rotation to its end whose Secret is kept. It is part of
// deletionGrace.
const farewellGrace = 8 * time.Second

// finishKept publishes what an interrupted rotation may have issued if the Secret outlives the object, for consumers or for
// a server to log in with: the journal, which holds it or the only way to it, goes with the object.
func (r *CredentialReconciler) finishKept(ctx context.Context, s *scope) error {
	left := farewellGrace - r.Clock.Since(s.obj.GetDeletionTimestamp().Time)
	if kept, err := r.keepsSecret(ctx, s); err != nil || !kept || left <= 0 {
		return err
	}
	bounded, cancel := context.WithTimeout(ctx, left)
	defer cancel()
	// A journal is in the hands of whoever may write Secrets there, so it asks for no more than the object may.
	err := r.runPhases(bounded, s,
		r.findServer, r.permit, r.digestSpec, r.checkSpec, r.loadJournal, r.readSecret, r.heedHand, r.publishRest)
	if err != nil && outcome.AsStalled(err) == nil {
		// Not wrapped, for the same reason as in leave.
		return outcome.Retry(v1alpha1.UnavailableReason, "publish what was issued: %v", err)
	}
	return nil
}

// publishRest takes the steps that need no new credential, unless the Secret was let go already.
func (r *CredentialReconciler) publishRest(ctx context.Context, s *scope) error {
	if s.secret != nil && s.status().Revision > 0 && s.secret.Labels[v1alpha1.ManagedByLabel] == "" {
		return nil
	}
	if r.mayBeInForce(s) {
		// The journal goes with the object, and nothing else knows the value.
		if _, err := r.guess(ctx, s); err != nil {
			return err
		}
	}
	for range mostSteps {
		step := rotation.Next(r.state(s))
		if !r.bringsToEnd(s, step.Kind) {
			return nil
		}
		if err := r.take(ctx, s, step); err != nil {
			return err
		}
	}
	return nil
}

// bringsToEnd tells whether a step belongs to the end of a rotation that was begun. A value that the operator chose may be in
// force already, so it is set.
func (r *CredentialReconciler) bringsToEnd(s *scope, step rotation.StepKind) bool {
	switch step {
	case rotation.StepRecover, rotation.StepStage, rotation.StepVerify, rotation.StepPublish, rotation.StepRestore:
		return true
	case rotation.StepRetry, rotation.StepIssue, rotation.StepOpenLifeline, rotation.StepProveLifeline:
		return r.driver.Class() == rotation.Chosen && s.entry() != nil && s.entry().Phase == rotation.Intended
	}
	return false
}
