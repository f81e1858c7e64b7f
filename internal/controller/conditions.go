// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/outcome"
)

// conditions writes conditions of one object at one time.
type conditions struct {
	generation int64
	now        metav1.Time
	list       *[]metav1.Condition
}

func (c conditions) set(kind string, value metav1.ConditionStatus, reason, message string) {
	meta.SetStatusCondition(c.list, metav1.Condition{
		Type: kind, Status: value, Reason: reason, Message: shorten(message),
		ObservedGeneration: c.generation, LastTransitionTime: c.now,
	})
}

func (c conditions) remove(kind string) { meta.RemoveStatusCondition(c.list, kind) }

// setOrRemove sets a condition that is present only while it is true. It tells whether it was not true before.
func (c conditions) setOrRemove(on bool, kind, reason, message string) (news bool) {
	if !on {
		c.remove(kind)
		return false
	}
	news = !meta.IsStatusConditionTrue(*c.list, kind)
	c.set(kind, metav1.ConditionTrue, reason, message)
	return news
}

// progress sets Reconciling and Stalled, of which at most one is present.
func (c conditions) progress(err error) {
	stalled := outcome.AsStalled(err)
	if stalled != nil {
		c.remove(v1alpha1.ReconcilingCondition)
		c.set(v1alpha1.StalledCondition, metav1.ConditionTrue, stalled.Reason, stalled.Message)
		return
	}
	c.remove(v1alpha1.StalledCondition)
	if err == nil {
		c.remove(v1alpha1.ReconcilingCondition)
		return
	}
	c.set(v1alpha1.ReconcilingCondition, metav1.ConditionTrue, reasonOf(err), messageOf(err))
}

func status(on bool) metav1.ConditionStatus {
	if on {
		return metav1.ConditionTrue
	}
	return metav1.ConditionFalse
}

// reasonOf returns the condition reason of an error.
func reasonOf(err error) string {
	if s := outcome.AsStalled(err); s != nil {
		return s.Reason
	}
	if w := outcome.AsWaiting(err); w != nil {
		return w.Reason
	}
	if t := outcome.AsTransient(err); t != nil {
		return t.Reason
	}
	return v1alpha1.InternalErrorReason
}

// messageOf returns what people are told. The text of an internal error stays in the log: it may change from try to try,
// which would make the status change with it, and it means nothing to whoever owns the object.
func messageOf(err error) string {
	if reasonOf(err) == v1alpha1.InternalErrorReason {
		return "The operator could not do its own work and tries again; its log says why"
	}
	return err.Error()
}

// longestMessage is what fits on a screen, far below the limit of the API type.
const longestMessage = 2048

func shorten(message string) string {
	if runes := []rune(message); len(runes) > longestMessage {
		return string(runes[:longestMessage]) + "…"
	}
	return message
}

// resultOf turns an error into a result. done is false if err is nil.
func resultOf(err error) (result ctrl.Result, done bool, _ error) {
	if err == nil {
		return ctrl.Result{}, false, nil
	}
	if s := outcome.AsStalled(err); s != nil {
		return ctrl.Result{RequeueAfter: s.Retry}, true, nil //nolint:nilerr // the condition reports it; the queue must not retry
	}
	if w := outcome.AsWaiting(err); w != nil {
		return ctrl.Result{RequeueAfter: w.After}, true, nil //nolint:nilerr // waiting is no failure
	}
	return ctrl.Result{}, true, err
}

// ignoreStalled returns nil for what only a person could mend.
func ignoreStalled(err error) error {
	if outcome.AsStalled(err) != nil {
		return nil //nolint:nilerr // that is what the function is for
	}
	return err
}
