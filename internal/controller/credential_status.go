// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"errors"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/outcome"
	"github.com/whm-credentials/operator/internal/rotation"
)

// finish writes the status, sends events and turns the outcome into a result. It is the only place that does.
func (r *CredentialReconciler) finish(ctx context.Context, s *scope, err error) (ctrl.Result, error) {
	if isConflict(err) {
		r.sendNotices(s)
		return ctrl.Result{RequeueAfter: busyRetry}, nil
	}
	if errors.Is(err, errBusy) {
		return ctrl.Result{RequeueAfter: busyRetry}, nil
	}
	countFailure(s.owner.Kind, err)
	r.report(s, err)
	if werr := r.writeStatus(ctx, s); werr != nil {
		return ctrl.Result{}, werr
	}
	r.sendEvents(s)
	return r.result(s, err)
}

// report turns the facts of the scope into the status.
func (r *CredentialReconciler) report(s *scope, err error) {
	st := s.status()
	st.ObservedGeneration = s.obj.GetGeneration()
	if s.record != nil {
		r.reportJournal(s)
	}
	c := conditions{generation: s.obj.GetGeneration(), now: metav1.NewTime(r.Clock.Now()), list: &st.Conditions}
	c.progress(err)
	switch {
	case err == nil && s.record == nil:
		// The run was quiet: what the status says still holds.
	case err == nil:
		r.reportRest(s, c)
	case outcome.AsStalled(err) != nil:
		stalled := outcome.AsStalled(err)
		c.set(v1alpha1.ReadyCondition, metav1.ConditionFalse, stalled.Reason, stalled.Message)
	case st.Revision == 0 || reasonOf(err) == v1alpha1.VerificationFailedReason ||
		!meta.IsStatusConditionTrue(st.Conditions, v1alpha1.ReadyCondition):
		c.set(v1alpha1.ReadyCondition, metav1.ConditionFalse, reasonOf(err), messageOf(err))
	case r.withdrawn(s):
		c.set(v1alpha1.ReadyCondition, metav1.ConditionTrue, v1alpha1.WithdrawnReason, withdrawnMessage)
	}
	r.reportSideConditions(s, c)
}

// reportRest reports a run that came to rest: the Secret holds what it should, unless the object is suspended before
// anything was published.
func (r *CredentialReconciler) reportRest(s *scope, c conditions) {
	switch {
	case s.rest.Why == rotation.RestSuspended && s.status().Revision == 0:
		c.set(v1alpha1.ReadyCondition, metav1.ConditionFalse, v1alpha1.SuspendedReason, "Suspended before a credential was issued")
	case s.rest.Why == rotation.RestSuspended && !r.intact(s, s.entry()):
		c.set(v1alpha1.ReadyCondition, metav1.ConditionFalse, v1alpha1.SuspendedReason,
			"The Secret is not as it should be, and is not restored while the object is suspended")
	case s.rest.Why == rotation.RestSuspended:
		// What was published is there, and nothing new is known of it.
	case s.rest.Why == rotation.RestSettle:
		if s.status().Revision == 0 {
			c.set(v1alpha1.ReadyCondition, metav1.ConditionFalse, v1alpha1.ProgressingReason, "No credential was issued yet")
		}
		c.set(v1alpha1.ReconcilingCondition, metav1.ConditionTrue, v1alpha1.ProgressingReason, s.settleMessage())
	case s.entry() == nil:
		c.set(v1alpha1.ReadyCondition, metav1.ConditionTrue, v1alpha1.WaitingForRequestReason,
			"Nothing was asked for yet; annotate the object with "+v1alpha1.RotateAnnotation)
	case s.entry().Withdrawn:
		c.set(v1alpha1.ReadyCondition, metav1.ConditionTrue, v1alpha1.WithdrawnReason, withdrawnMessage)
	default:
		c.set(v1alpha1.ReadyCondition, metav1.ConditionTrue, v1alpha1.PublishedReason, r.publishedMessage(s))
	}
	if s.rest.Why == rotation.RestOverlap {
		c.set(v1alpha1.ReconcilingCondition, metav1.ConditionTrue, v1alpha1.OverlapReason,
			"A rotation is due, and as many credentials as there may be still work; waits until one of them is revoked, which a "+
				"shorter spec.rotation.overlap brings forward")
	}
	if s.rest.Why == rotation.RestWindow {
		c.set(v1alpha1.ReconcilingCondition, metav1.ConditionTrue, v1alpha1.WaitingForWindowReason,
			"A rotation was asked for and begins at "+s.rest.Until.UTC().Format(time.RFC3339))
	}
}

const withdrawnMessage = "The time of what was asked for last is over, so it was taken out of the Secret; on the server it ends " +
	"by itself"

// settleMessage tells what a lost answer is waited for.
func (s *scope) settleMessage() string {
	if e := s.entry(); e != nil && e.Phase == rotation.Issued {
		return "An earlier call whose answer was lost may still have its effect, so the next rotation begins at " +
			s.rest.Until.UTC().Format(time.RFC3339)
	}
	return "It is not known yet whether the server makes the new credential; waits before it is asked again"
}

func (r *CredentialReconciler) publishedMessage(s *scope) string {
	if of, ok := r.driver.(reporter); ok {
		return of.Published(s.obj)
	}

	if s.unproven != "" || s.proven == s.before.CredentialStatus().Revision &&
		meta.IsStatusConditionTrue(s.status().Conditions, v1alpha1.UnprovenCondition) {
		return "The Secret holds the newest credential, which the server knows and the operator could not use from here"
	}
	return "The Secret holds the newest credential, which was proven to work"
}

// reportJournal reports what the journal and the published Secret say.
func (r *CredentialReconciler) reportJournal(s *scope) {
	st := s.status()
	st.LastHandledRotate = s.record.HandledRequest
	st.Recoveries = s.record.Recoveries
	st.Retiring = r.retiring(s)
	r.reportInput(s)
	if r.withdrawn(s) {
		st.Current = nil
	}
	e := s.entry()
	if e == nil || e.Phase != rotation.Issued || publishedRevision(s) != e.Revision {
		return
	}
	st.Revision = e.Revision
	st.LastRotationTime = seconds(e.IssuedAt)
	st.Current = nil
	if !e.Withdrawn {
		st.Current = credentialInfo(e)
	}
	st.Secret = &v1alpha1.PublishedSecret{
		Name: s.secret.Name, UID: string(s.secret.UID), ResourceVersion: s.secret.ResourceVersion, Inputs: s.inputs,
	}
	st.NextRotationTime = r.nextRotation(s, e)
}

// nextRotation stays what it is when it is missed, so that an overdue object does not write at every retry.
func (r *CredentialReconciler) nextRotation(s *scope, e *rotation.Entry) *metav1.Time {
	var next time.Time
	st := r.facts(s)
	switch {
	case s.schedule != nil:
		next = s.schedule.Next(e.IssuedAt, string(s.obj.GetUID()))
	case st.Schedule != nil:
		next = st.Schedule.At(e.IssuedAt, e.IssuedAt, "")
	}
	if next.Before(e.NotBefore) && !next.IsZero() {
		next = e.NotBefore
	}
	if renewal := st.Renewal(e); !renewal.IsZero() && (next.IsZero() || renewal.Before(next)) {
		next = renewal
	}
	return seconds(next)
}

// retiring describes what was replaced and still works.
func (r *CredentialReconciler) retiring(s *scope) []v1alpha1.CredentialInfo {
	if !r.driver.Class().Overlaps() || s.server == nil {
		return nil
	}
	var all []v1alpha1.CredentialInfo
	for _, old := range r.facts(s).Replaced() {
		info := v1alpha1.CredentialInfo{ID: old.ID, RetiresAt: seconds(old.RetiresAt), ExpiresAt: seconds(old.ExpiresAt)}
		if old.Entry != nil {
			info.Fingerprint, info.IssuedAt = old.Entry.Fingerprint, seconds(old.Entry.IssuedAt)
		}
		all = append(all, info)
	}
	return all[:min(len(all), mostRetiring)]
}

// mostRetiring is how many the status takes.
const mostRetiring = 8

func credentialInfo(e *rotation.Entry) *v1alpha1.CredentialInfo {
	return &v1alpha1.CredentialInfo{
		ID: e.ID, Fingerprint: e.Fingerprint, IssuedAt: seconds(e.IssuedAt), ExpiresAt: seconds(e.ExpiresAt),
	}
}

// seconds returns a time as the API has it; nil if it is zero.
func seconds(t time.Time) *metav1.Time {
	if t.IsZero() {
		return nil
	}
	at := metav1.NewTime(t.Truncate(time.Second))
	return &at
}

func (r *CredentialReconciler) reportSideConditions(s *scope, c conditions) {
	c.setOrRemove(s.spec().Suspend, v1alpha1.SuspendedCondition, v1alpha1.SuspendedReason,
		"spec.suspend holds rotations and changes of the Secret back")
	if s.server != nil {
		successor := r.driver.Successor(s.server)
		if c.setOrRemove(successor != "", v1alpha1.DeprecatedCondition, v1alpha1.APITokensAvailableReason, successor) {
			s.note("Deprecated", "Observe", successor)
		}
	}
	if s.proven > s.before.CredentialStatus().Revision || s.unproven != "" {
		c.setOrRemove(s.unproven != "", v1alpha1.UnprovenCondition, v1alpha1.AddressNotAllowedReason, s.unproven)
	}
	if d, ok := r.driver.(lender); ok {
		bound := d.Lend(s.obj).Bound
		c.setOrRemove(bound != "", v1alpha1.AddressBoundCondition, v1alpha1.CookieAddressCheckReason, bound)
	}
	switch {
	case len(s.spec().Restart) == 0:
		c.remove(v1alpha1.RestartedCondition)
	case s.rollouts != nil:
		complete, reason, message := s.rollouts.summary()
		c.set(v1alpha1.RestartedCondition, status(complete), reason, message)
		if !complete && !present(s.status().Conditions, v1alpha1.StalledCondition) {
			c.set(v1alpha1.ReconcilingCondition, metav1.ConditionTrue, reason, message)
		}
	}
}

// writeStatus patches the status if it changed. An idle object causes no writes.
func (r *CredentialReconciler) writeStatus(ctx context.Context, s *scope) error {
	if equality.Semantic.DeepEqual(s.before, s.obj) {
		return nil
	}
	// The object may be gone by now, which is nobody's problem.
	err := client.IgnoreNotFound(r.Client.Status().Patch(ctx, s.obj, client.MergeFrom(s.before)))
	if err == nil {
		r.written.remember(s.obj)
	}
	return err
}

// result says when to come back.
func (r *CredentialReconciler) result(s *scope, failed error) (ctrl.Result, error) {
	if result, done, err := resultOf(failed); done {
		if err == nil {
			result.RequeueAfter = r.notLater(s, result.RequeueAfter, failed)
		}
		return result, err
	}
	var after time.Duration
	until := s.rest.Until
	if look := r.lookDue(s); !look.IsZero() {
		if !look.After(r.Clock.Now()) {
			// There was nothing to look at yet.
			look = r.Clock.Now().Add(probeInterval(s.server))
		}
		if until.IsZero() || look.Before(until) {
			until = look
		}
	}
	if !until.IsZero() {
		after = min(max(until.Sub(r.Clock.Now()), time.Millisecond), longestRest)
	}
	if poll := s.rollouts.pollAfter(); poll > 0 {
		after = sooner(after, poll)
	}
	if left := r.corrected.left(s.obj.GetUID(), s.difference, r.Clock.Now()); s.difference != "" && left > 0 {
		after = sooner(after, left)
	}
	return ctrl.Result{RequeueAfter: after}, nil
}

// notLater bounds how long an object waits that cannot go on.
func (r *CredentialReconciler) notLater(s *scope, after time.Duration, failed error) time.Duration {
	if after == 0 && outcome.AsWaiting(failed) != nil && r.mayMissEvent(s) {
		after = longestWait
	}
	if due := r.lentDue(s); !due.IsZero() {
		after = sooner(after, max(due.Sub(r.Clock.Now()), time.Millisecond))
	}
	return after
}

// mayMissEvent tells whether an object waits although its server is ready, so that what it waits for may be over before anybody
// saw it, or for itself to let the operator in. A server that becomes ready tells.
func (r *CredentialReconciler) mayMissEvent(s *scope) bool {
	if s.server == nil {
		return false
	}
	return meta.IsStatusConditionTrue(s.server.ServerStatus().Conditions, v1alpha1.ReadyCondition) || r.shutOut(s)
}

// sooner returns the shorter of two times to wait, of which zero stands for ever.
func sooner(a, b time.Duration) time.Duration {
	if a == 0 || b < a {
		return b
	}
	return a
}

// finishDeletion ends a run of a deleted object; there is no status to write any more. What a deletion waits for is looked
// at often: the back-off may have grown to minutes while the object was still wanted, and deletionGrace is short.
func (r *CredentialReconciler) finishDeletion(ctx context.Context, s *scope, err error) (ctrl.Result, error) {
	if isConflict(err) {
		return ctrl.Result{RequeueAfter: busyRetry}, nil
	}
	r.sendEvents(s)
	if left := outcome.AsTransient(err); left != nil {
		ctrl.LoggerFrom(ctx).Info("Deletion waits", "reason", left.Message)
		return ctrl.Result{RequeueAfter: deletionRetry}, nil //nolint:nilerr // it is told, and must not add to the back-off
	}
	result, _, err := resultOf(err)
	return result, err
}
