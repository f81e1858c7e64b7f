// SPDX-License-Identifier: Apache-2.0

package crash

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/journal"
	"github.com/whm-credentials/operator/internal/rotation"
)

const (
	// Patience is how long a rig may take to settle. The longest deliberate wait of the operator is under half a minute;
	// the rest is for machines that have other things to do.
	Patience = 2 * time.Minute
	pollEach = 100 * time.Millisecond
)

// await repeats check until it succeeds. An error that wraps errGiveUp ends the wait at once.
func await(ctx context.Context, check func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	tick := time.NewTicker(pollEach)
	defer tick.Stop()
	var last error
	for {
		err := check(ctx)
		if err == nil || errors.Is(err, errGiveUp) {
			return err
		}
		if last == nil || ctx.Err() == nil && !errors.Is(err, context.DeadlineExceeded) {
			last = err // not that there was no time left to ask
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("after %s: %w", Patience, last)
		case <-tick.C:
		}
	}
}

var errGiveUp = errors.New("this does not end by waiting")

// Settled tells whether the objects say that the revision is published, nothing is under way and the operator can log in.
func (r *Rig) Settled(ctx context.Context, revision int64, request string) error {
	object := &v1alpha1.AccessHashRotation{}
	if err := r.Get(ctx, RotationName, object); err != nil {
		return err
	}
	st := object.Status
	ready := meta.FindStatusCondition(st.Conditions, v1alpha1.ReadyCondition)
	switch {
	case st.Revision < revision || st.LastHandledRotate != request || st.ObservedGeneration != object.Generation:
		return fmt.Errorf("revision %d and request %q instead of %d and %q; %s",
			st.Revision, st.LastHandledRotate, revision, request, describe(st.Conditions))
	case !quietly(st.Conditions):
		return errors.New(describe(st.Conditions))
	case r.Scenario.Workload && !meta.IsStatusConditionTrue(st.Conditions, v1alpha1.RestartedCondition):
		return fmt.Errorf("the roll-out is not complete: %s", describe(st.Conditions))
	case ready.ObservedGeneration != object.Generation:
		return errors.New("the condition Ready is out of date")
	}
	if err := r.secretUnchanged(ctx, st.Secret); err != nil {
		return err
	}
	if err := r.journalAtRest(ctx, object); err != nil {
		return err
	}
	return r.serverReady(ctx)
}

// quietly tells whether an object is ready and neither works nor is stuck, as kstatus reads it.
func quietly(all []metav1.Condition) bool {
	return meta.IsStatusConditionTrue(all, v1alpha1.ReadyCondition) &&
		!meta.IsStatusConditionTrue(all, v1alpha1.ReconcilingCondition) &&
		!meta.IsStatusConditionTrue(all, v1alpha1.StalledCondition)
}

func (r *Rig) secretUnchanged(ctx context.Context, recorded *v1alpha1.PublishedSecret) error {
	secret := &corev1.Secret{}
	if err := r.Get(ctx, recorded.Name, secret); err != nil {
		return err
	}
	if secret.ResourceVersion != recorded.ResourceVersion {
		return errors.New("the status records another version of the Secret")
	}
	return nil
}

func (r *Rig) serverReady(ctx context.Context) error {
	server := &v1alpha1.WHMServer{}
	if err := r.Get(ctx, serverName, server); err != nil {
		return err
	}
	if !quietly(server.Status.Conditions) {
		return fmt.Errorf("the server is not ready: %s", describe(server.Status.Conditions))
	}
	return nil
}

// journalAtRest tells whether every revision in the journal is issued and no lifeline is left.
func (r *Rig) journalAtRest(ctx context.Context, object *v1alpha1.AccessHashRotation) error {
	j, err := r.journal(ctx, object)
	if err != nil {
		return err
	}
	e := j.Newest()
	if e == nil || e.Phase != rotation.Issued || e.Lifeline != nil {
		return errors.New("the journal has a revision that is under way")
	}
	return nil
}

func (r *Rig) journal(ctx context.Context, object *v1alpha1.AccessHashRotation) (*rotation.Journal, error) {
	secret := &corev1.Secret{}
	if err := r.Get(ctx, journal.Key(object).Name, secret); err != nil {
		return nil, err
	}
	return rotation.Decode(secret.Data)
}
