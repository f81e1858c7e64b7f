// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/journal"
	"github.com/whm-credentials/operator/internal/rotation"
)

// skipIfQuiet settles the run without reading any Secret if the status says that all was well and the cached metadata
// says that nothing has changed since. This is what makes a restart of the operator cost no reads.
func (r *CredentialReconciler) skipIfQuiet(ctx context.Context, s *scope) error {
	if !quiet(s, r.Clock.Now()) || r.turnedAway(s) || r.strange(s) || r.inputChanged(s) {
		return nil
	}
	if same, err := r.undisturbed(ctx, s); err != nil || !same {
		return err
	}
	s.settled = true
	s.rest = rotation.Step{Kind: rotation.StepRest, Why: rotation.RestIdle}
	if !s.spec().Suspend {
		// What is suspended waits for no time: one that has passed would wake it up again at once, for ever.
		s.rest.Until = earliest(s.status().NextTime(), r.withdrawalDue(s))
	}
	return nil
}

// undisturbed tells whether Secret and journal are as the status says, which is neither if nothing was ever asked for.
func (r *CredentialReconciler) undisturbed(ctx context.Context, s *scope) (bool, error) {
	secret, err := r.secretMetadata(ctx, types.NamespacedName{Namespace: s.obj.GetNamespace(), Name: s.spec().Secret.Name})
	if err != nil {
		return false, err
	}
	kept, err := r.secretMetadata(ctx, journal.Key(s.obj))
	recorded := s.status().Secret
	switch {
	case err != nil:
		return false, err
	case recorded == nil:
		return secret == nil && kept == nil, nil
	case secret == nil || kept == nil:
		return false, nil
	}
	return string(secret.UID) == recorded.UID && secret.ResourceVersion == recorded.ResourceVersion, nil
}

// earliest returns the earlier of two times, of which a zero one stands for never.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// quiet tells whether the object itself gives no reason to act.
func quiet(s *scope, now time.Time) bool {
	st := s.status()
	switch {
	case st.ObservedGeneration != s.obj.GetGeneration():
		return false
	case !meta.IsStatusConditionTrue(st.Conditions, v1alpha1.ReadyCondition):
		return false
	case present(st.Conditions, v1alpha1.ReconcilingCondition), present(st.Conditions, v1alpha1.StalledCondition):
		return false
	case meta.IsStatusConditionFalse(st.Conditions, v1alpha1.RestartedCondition):
		return false
	case !unasked(st) && !recorded(s):
		return false
	case present(st.Conditions, v1alpha1.SuspendedCondition) != s.spec().Suspend:
		return false
	case s.spec().Suspend:
		return true
	}
	request := rotateRequest(s.obj)
	next := st.NextTime()
	due := !next.IsZero() && !now.Before(next)
	return !due && (request == "" || request == st.LastHandledRotate)
}

// unasked tells whether nothing was published because nothing was asked for yet.
func unasked(st *v1alpha1.CredentialStatus) bool {
	ready := meta.FindStatusCondition(st.Conditions, v1alpha1.ReadyCondition)
	return st.Revision == 0 && st.Secret == nil && ready != nil && ready.Reason == v1alpha1.WaitingForRequestReason
}

// recorded tells whether the status describes what is published as the spec wants it.
func recorded(s *scope) bool {
	st := s.status()
	return st.Revision > 0 && st.Secret != nil && st.Secret.Name == s.spec().Secret.Name && st.Secret.Inputs == s.inputs
}

func present(conditions []metav1.Condition, kind string) bool {
	return meta.FindStatusCondition(conditions, kind) != nil
}

// turnedAway tells whether the server rejected the operator with what this object has published.
func (r *CredentialReconciler) turnedAway(s *scope) bool {
	a, current := s.server.ServerStatus().Authentication, s.status().Current
	return a != nil && a.Rejected && current != nil && strings.HasPrefix(a.Credential, current.Fingerprint+"@") &&
		r.driver.Class().Overlaps() && r.driver.Own(s.obj, s.server)
}

// secretMetadata returns the cached metadata of a managed Secret, or nil if there is none.
func (r *CredentialReconciler) secretMetadata(
	ctx context.Context, key types.NamespacedName,
) (*metav1.PartialObjectMetadata, error) {
	m := &metav1.PartialObjectMetadata{}
	m.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Secret"))
	if err := r.Metadata.Get(ctx, key, m); err != nil {
		return nil, client.IgnoreNotFound(err)
	}
	return m, nil
}
