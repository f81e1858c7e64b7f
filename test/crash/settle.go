// SPDX-License-Identifier: Apache-2.0

package crash

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller"
	"github.com/whm-credentials/operator/internal/controller/journal"
	"github.com/whm-credentials/operator/internal/rotation"
)

const (
	// Patience is how long a rig may take to settle. The longest deliberate wait of the operator is a minute, after its own new
	// password was rejected; the rest is for machines that have other things to do.
	Patience = 5 * time.Minute
	// patienceEach is how much longer it may take for each time that the manager is killed.
	patienceEach = 10 * time.Second
	pollEach     = 500 * time.Millisecond
)

// await repeats check until it succeeds. An error that wraps errGiveUp ends the wait at once.
func await(ctx context.Context, patience time.Duration, check func(context.Context) error) error {
	// The last look may take longer, so that it says what is wrong and not that there was no time left to ask.
	ctx, cancel := context.WithTimeout(ctx, patience+lookTime)
	defer cancel()
	tick, end := time.NewTicker(pollEach), time.NewTimer(patience)
	defer tick.Stop()
	defer end.Stop()
	for {
		err := check(ctx)
		if err == nil || errors.Is(err, errGiveUp) {
			return err
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-end.C:
			return fmt.Errorf("after %s: %w", patience, err)
		case <-tick.C:
		}
	}
}

var errGiveUp = errors.New("this does not end by waiting")

// Settled tells whether the objects say that the revision is published, nothing is under way and the operator can log in.
func (r *Rig) Settled(ctx context.Context, revision int64, request string) error {
	object, err := r.object(ctx)
	if err != nil {
		return err
	}
	st := object.CredentialStatus()
	ready := meta.FindStatusCondition(st.Conditions, v1alpha1.ReadyCondition)
	switch {
	case st.Revision < revision || st.LastHandledRotate != request || st.ObservedGeneration != object.GetGeneration():
		return fmt.Errorf("revision %d and request %q instead of %d and %q; %s",
			st.Revision, st.LastHandledRotate, revision, request, describe(st.Conditions))
	case !quietly(st.Conditions):
		return errors.New(describe(st.Conditions))
	case r.Scenario.Workload && !meta.IsStatusConditionTrue(st.Conditions, v1alpha1.RestartedCondition):
		return fmt.Errorf("the roll-out is not complete: %s", describe(st.Conditions))
	case ready.ObservedGeneration != object.GetGeneration():
		return errors.New("the condition Ready is out of date")
	case len(st.Retiring) > 0:
		return fmt.Errorf("%d credentials are still retiring", len(st.Retiring))
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

// journalAtRest tells whether the journal has nothing but one revision that is issued, and no lifeline is left.
func (r *Rig) journalAtRest(ctx context.Context, object controller.Credential) error {
	j, err := r.journal(ctx, object)
	if err != nil {
		return err
	}
	e := j.Newest()
	if e == nil || e.Phase != rotation.Issued || e.Lifeline != nil {
		return errors.New("the journal has a revision that is under way")
	}
	if n := len(j.Entries) + len(j.Strays); n > 1 {
		return fmt.Errorf("the journal has %d credentials that are to be revoked", n-1)
	}
	return nil
}

func (r *Rig) journal(ctx context.Context, object controller.Credential) (*rotation.Journal, error) {
	secret := &corev1.Secret{}
	if err := r.Get(ctx, journal.Key(object).Name, secret); err != nil {
		return nil, err
	}
	return rotation.Decode(secret.Data)
}

// beingReplaced tells whether the journal has begun a later revision.
func (r *Rig) beingReplaced(ctx context.Context, revision int64) error {
	object, err := r.object(ctx)
	if err != nil {
		return err
	}
	j, err := r.journal(ctx, object)
	if err != nil {
		return err
	}
	if e := j.Newest(); e == nil || e.Revision <= revision {
		return errors.New("it was not being replaced")
	}
	return nil
}

// Gone tells whether the object is gone with what belonged to it, and nothing is kept for its sake any more. A Secret that
// existed before it stays.
func (r *Rig) Gone(ctx context.Context, object controller.Credential) error {
	names := map[string]error{
		"object":  r.Get(ctx, RotationName, r.Scenario.Kind.empty()),
		"journal": r.Get(ctx, journal.Key(object).Name, &corev1.Secret{}),
	}
	if !r.Scenario.Self {
		names["Secret"] = r.Get(ctx, r.Scenario.Target(), &corev1.Secret{})
	}
	for what, err := range names {
		switch {
		case err == nil:
			return fmt.Errorf("the %s is still there", what)
		case !apierrors.IsNotFound(err):
			return err
		}
	}
	for name, kept := range map[string]client.Object{serverName: &v1alpha1.WHMServer{}, authName: &corev1.Secret{}} {
		if err := r.Get(ctx, name, kept); err != nil {
			return err
		}
		if controllerutil.ContainsFinalizer(kept, v1alpha1.InUseFinalizer) {
			return fmt.Errorf("%T %s is still in use", kept, name)
		}
	}
	return nil
}
