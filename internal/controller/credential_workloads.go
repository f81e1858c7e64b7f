// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/outcome"
	"github.com/whm-credentials/operator/internal/controller/restart"
)

// rollouts is what the workloads in spec.restart are doing.
type rollouts struct {
	// pending is true if a workload was not told yet.
	pending bool
	// problems are workloads that cannot be restarted and why; progress are those that are under way; missing are those that
	// do not exist, so nothing of theirs uses the credential before.
	problems, progress, missing []string
}

// observeWorkloads finds out whether a workload does not carry the published fingerprint yet.
func (r *CredentialReconciler) observeWorkloads(ctx context.Context, s *scope) error {
	e := s.record.Current()
	if len(s.spec().Restart) == 0 || e == nil {
		return nil
	}
	key := restart.AnnotationKey(s.spec().Secret.Name)
	s.restartPending, s.rollouts = false, &rollouts{}
	for _, ref := range s.spec().Restart {
		w, err := restart.Get(ctx, r.Client, s.obj.GetNamespace(), ref)
		switch {
		case apierrors.IsNotFound(err):
			// It starts with the newest credential once it exists.
			s.rollouts.missing = append(s.rollouts.missing, fmt.Sprintf("%s %s does not exist", ref.Kind, ref.Name))
		case err != nil:
			return err
		case !w.Carries(key, e.Fingerprint):
			s.restartPending, s.rollouts.pending = true, true
		default:
			s.rollouts.add(ref, w.Rollout())
		}
	}
	return nil
}

// complete tells whether every workload that exists runs with the published credential. One that cannot be restarted may
// still use the one before.
func (o *rollouts) complete() bool {
	return o == nil || len(o.problems)+len(o.progress) == 0 && !o.pending
}

func (o *rollouts) add(ref v1alpha1.WorkloadReference, state restart.Rollout) {
	name := fmt.Sprintf("%s %s", ref.Kind, ref.Name)
	switch {
	case state.Problem != "":
		o.problems = append(o.problems, name+" "+state.Problem)
	case !state.Complete:
		o.progress = append(o.progress, name+": "+state.Progress)
	}
}

// restartWorkloads annotates every workload that does not carry the fingerprint. One that refuses does not keep the
// others from being restarted.
func (r *CredentialReconciler) restartWorkloads(ctx context.Context, s *scope) error {
	e := s.entry()
	key := restart.AnnotationKey(s.spec().Secret.Name)
	var failed []error
	for _, ref := range s.spec().Restart {
		w, err := restart.Get(ctx, r.Client, s.obj.GetNamespace(), ref)
		if apierrors.IsNotFound(err) {
			continue
		}
		if err == nil && !w.Carries(key, e.Fingerprint) {
			if err = w.Annotate(ctx, r.Client, key, e.Fingerprint); err == nil {
				s.note("Restarted", "Restart", fmt.Sprintf("Restarted %s %s for revision %d", ref.Kind, ref.Name, e.Revision))
			}
		}
		failed = append(failed, err)
	}
	if err := errors.Join(failed...); err != nil {
		return outcome.Retry(v1alpha1.RolloutFailedReason, "restart workloads: %w", err)
	}
	return r.observeWorkloads(ctx, s)
}

// settle is reached by a run that came to rest.
func (r *CredentialReconciler) settle(_ context.Context, s *scope) error {
	s.settled = true
	return nil
}

// pollAfter returns when to look at the workloads again: soon while they roll out, and now and then if they cannot.
func (o *rollouts) pollAfter() time.Duration {
	switch {
	case o == nil:
		return 0
	case len(o.progress) > 0:
		return rolloutPoll
	case len(o.problems)+len(o.missing) > 0:
		return conflictRetry
	}
	return 0
}

// summary returns the condition that the roll-outs are worth.
func (o *rollouts) summary() (complete bool, reason, message string) {
	switch {
	case len(o.problems)+len(o.missing) > 0:
		return false, v1alpha1.RolloutFailedReason, strings.Join(slices.Concat(o.missing, o.problems), "; ")
	case len(o.progress) > 0:
		return false, v1alpha1.RolloutInProgressReason, strings.Join(o.progress, "; ")
	}
	return true, v1alpha1.RolloutCompleteReason, "All workloads run with the published credential"
}
