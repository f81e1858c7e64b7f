// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/events"

	"github.com/whm-credentials/operator/api/v1alpha1"
)

// sendEvents sends what the run has to tell, after the status was written.
func (r *CredentialReconciler) sendEvents(s *scope) {
	r.sendNotices(s)
	sendTransitions(r.Recorder, s.obj, s.before.CredentialStatus().Conditions, s.status().Conditions)
}

func (r *CredentialReconciler) sendNotices(s *scope) {
	for _, n := range s.notices {
		r.Recorder.Eventf(s.obj, nil, n.kind, n.reason, n.action, "%s", fitNote(n.message))
	}
}

// sendTransitions sends an event for each failure that is new or different from before.
func sendTransitions(recorder events.EventRecorder, obj runtime.Object, before, after []metav1.Condition) {
	for _, kind := range []string{v1alpha1.StalledCondition, v1alpha1.ReconcilingCondition} {
		now := meta.FindStatusCondition(after, kind)
		if now == nil || expected(now.Reason) {
			continue
		}
		if old := meta.FindStatusCondition(before, kind); old == nil || old.Reason != now.Reason || old.Message != now.Message {
			recorder.Eventf(obj, nil, corev1.EventTypeWarning, now.Reason, "Reconcile", "%s", fitNote(now.Message))
		}
	}
}

// expected tells whether a reason is part of ordinary life and not worth a warning.
func expected(reason string) bool {
	switch reason {
	case v1alpha1.ProgressingReason, v1alpha1.WaitingForWindowReason, v1alpha1.WaitingForServerReason,
		v1alpha1.SuspendedReason, v1alpha1.InternalErrorReason, v1alpha1.RolloutInProgressReason,
		v1alpha1.OverlapReason, v1alpha1.InUseReason, v1alpha1.WaitingForLoginTokenReason:
		return true
	}
	return false
}

// longestNote is how many bytes the API server takes in an event; one that is longer is lost.
const longestNote = 1024

func fitNote(message string) string {
	if len(message) <= longestNote {
		return message
	}
	const mark = "…"
	return strings.ToValidUTF8(message[:longestNote-len(mark)], "") + mark
}
