// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/outcome"
)

// report turns the outcome of a run into the status.
func (r *ServerReconciler) report(s *serverScope, err error) {
	st := s.obj.ServerStatus()
	st.ObservedGeneration = s.obj.GetGeneration()
	if s.conn != nil {
		st.Authentication = r.Pool.Gate(s.obj).Status()
	}
	c := conditions{generation: s.obj.GetGeneration(), now: r.now(), list: &st.Conditions}
	c.progress(err)
	c.setOrRemove(s.obj.ServerSpec().Suspend, v1alpha1.SuspendedCondition, v1alpha1.SuspendedReason,
		"spec.suspend stops every call to the server")
	switch {
	case err != nil:
		c.set(v1alpha1.ReadyCondition, metav1.ConditionFalse, reasonOf(err), messageOf(err))
	case s.obj.ServerSpec().Suspend:
		c.set(v1alpha1.ReadyCondition, metav1.ConditionFalse, v1alpha1.SuspendedReason, "The server is not called while it is suspended")
	case s.probed:
		c.set(v1alpha1.ReadyCondition, metav1.ConditionTrue, v1alpha1.AvailableReason, available(st))
	}
	c.setOrRemove(st.Orphans != nil, v1alpha1.OrphansFoundCondition, v1alpha1.UnknownTokensReason, orphansMessage(s.obj))
	c.setOrRemove(len(st.Leftovers) > 0, v1alpha1.LeftoversFoundCondition, v1alpha1.RevocationPendingReason,
		leftoversMessage(st.Leftovers))
	if s.users > 0 {
		c.progress(outcome.Wait(0, v1alpha1.InUseReason, "%d objects refer to this server; it goes when they are gone", s.users))
	}
	observeServer(s, err)
	observeTokens(s.obj)
}

func available(st *v1alpha1.WHMServerStatus) string {
	if st.Version == "" {
		return "The server accepts the credential of " + st.User
	}
	return fmt.Sprintf("WHM %s accepts the credential of %s", st.Version, st.User)
}

// writeStatus patches the status if it changed. The time of a probe alone is no change.
func (r *ServerReconciler) writeStatus(ctx context.Context, s *serverScope) error {
	if equality.Semantic.DeepEqual(s.before.ServerStatus(), s.obj.ServerStatus()) {
		return nil
	}
	if s.probed {
		now := r.now()
		s.obj.ServerStatus().LastProbeTime = &now
	}
	err := client.IgnoreNotFound(r.Client.Status().Patch(ctx, s.obj, client.MergeFrom(s.before)))
	if err != nil {
		// What the probe found is not known to anybody else, so it has to be found again.
		s.record.failed = true
		r.remember(s.obj, s.record)
		return err
	}
	r.written.remember(s.obj)
	return nil
}

func sendAvailable(recorder events.EventRecorder, server v1alpha1.Server) {
	recorder.Eventf(server, nil, corev1.EventTypeNormal, v1alpha1.AvailableReason, "Probe", "%s", available(server.ServerStatus()))
}
