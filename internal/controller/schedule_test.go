// SPDX-License-Identifier: Apache-2.0

package controller_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

var _ = Describe("The schedule", func() {
	var (
		virtual *timeline
		s       *site
		o       *operator
	)

	BeforeEach(func() {
		virtual = newTimeline()
		namespace := newNamespace()
		s = newSite(namespace, "whm", siteOptions{users: []string{"billing"}, time: virtual, server: probedDaily})
		o = startOperator(namespace, virtual)
	})

	// published creates a rotation and lets it publish its first revision.
	published := func(changes ...func(*v1alpha1.AccessHashRotation)) *v1alpha1.AccessHashRotation {
		GinkgoHelper()
		r := create(newRotation(s, "billing", changes...))
		o.runFor(time.Minute)
		Expect(refreshed(r).Status.Revision).To(BeEquivalentTo(1))
		return r
	}
	revision := func(r *v1alpha1.AccessHashRotation) int64 {
		GinkgoHelper()
		return refreshed(r).Status.Revision
	}

	It("rotates when the object is due and not a second before", func() {
		r := published(every(24 * time.Hour))
		for want := int64(1); want < 4; want++ {
			next := refreshed(r).Status.NextRotationTime.Time
			Expect(next).To(BeTemporally("~", virtual.Now().Add(24*time.Hour), time.Hour+time.Minute))
			o.runFor(next.Add(-time.Second).Sub(virtual.Now()))
			Expect(revision(r)).To(Equal(want))
			o.runFor(2 * time.Second)
			Expect(revision(r)).To(Equal(want + 1))
			Expect(refreshed(r).Status.LastRotationTime.Time).To(BeTemporally("~", next, 2*time.Second))
		}
		Expect(mutations(s.Ledger().Calls)).To(HaveLen(4))
		expectPublished(s, r)
	})

	It("makes up for one rotation, not for all, after the operator was down", func() {
		r := published(every(24 * time.Hour))
		o.stop()
		virtual.moveTo(virtual.Now().Add(10 * 24 * time.Hour))
		o = startOperator(o.namespace, virtual)
		o.runFor(time.Minute)
		Expect(revision(r)).To(BeEquivalentTo(2))
		Expect(mutations(s.Ledger().Calls)).To(HaveLen(2))
	})

	It("keeps the next rotation where it is across restarts and a lost status", func() {
		r := published(every(24 * time.Hour))
		next := refreshed(r).Status.NextRotationTime
		for range 2 {
			o = o.restart()
			o.runFor(time.Hour)
			Expect(refreshed(r).Status.NextRotationTime).To(Equal(next))
		}
		o.stop()
		wipeStatus(r)
		o = startOperator(o.namespace, virtual)
		o.runFor(time.Minute)
		Expect(refreshed(r).Status.NextRotationTime).To(Equal(next))
		Expect(revision(r)).To(BeEquivalentTo(1))
	})

	It("asks a server that refuses every quarter of an hour, and says so all the time", func() {
		r := published(every(720 * time.Hour))
		refusal := addFault(s, simulator.Fault{
			Kind: simulator.FaultDeny, Function: "accesshash", Mutating: true, Reason: "Permission denied: not for you",
		})
		askForRotation(r, "now")
		for minutes := range 59 {
			o.runFor(time.Minute)
			Expect(faultHits(s, refusal)).To(BeNumerically("<=", (minutes+1)/15+1), "after %d minutes", minutes+1)
			Expect(condition(r, v1alpha1.StalledCondition)).To(HavePrefix("True/"), "after %d minutes", minutes+1)
		}
		Expect(faultHits(s, refusal)).To(Equal(4))
		s.ClearFaults()
		o.runFor(16 * time.Minute)
		Expect(revision(r)).To(BeEquivalentTo(2))
		Expect(s.Authenticates("billing", simulator.KindHash, string(secretOf(r).Data["accesshash"]))).To(BeTrue())
	})

	It("waits for a window and is woken by it", func() {
		r := published(every(2*time.Hour), withWindow("0 2 * * *", time.Hour))
		for range 3 {
			o.runFor(24 * time.Hour)
		}
		at := issuedTimes(s)
		// Less than two hours before the window it is not due yet on the first day.
		Expect(len(at)).To(BeElementOf(3, 4), "the first one does not wait, and an interval of two hours fits once into an hour's window")
		for _, t := range at[1:] {
			Expect(t.UTC().Hour()).To(Equal(2), t.String())
		}
		Expect(refreshed(r).Status.NextRotationTime.UTC().Hour()).To(Equal(2))
	})

	It("holds a request until the window opens, and says so", func() {
		// The window opens two hours from now, whatever the time of day is.
		opens := virtual.Now().UTC().Add(2 * time.Hour).Truncate(time.Hour)
		r := published(onDemand, withWindow(opens.Format("4 15 * * *"), time.Hour))
		askForRotation(r, "please")
		o.runFor(time.Minute)
		Expect(revision(r)).To(BeEquivalentTo(1))
		Expect(condition(r, v1alpha1.ReconcilingCondition)).To(Equal("True/" + v1alpha1.WaitingForWindowReason))
		Expect(condition(r, v1alpha1.ReadyCondition)).To(Equal("True/" + v1alpha1.PublishedReason))
		o.runFor(opens.Add(10 * time.Minute).Sub(virtual.Now()))
		Expect(revision(r)).To(BeEquivalentTo(2))
		Expect(issuedTimes(s)[1]).To(BeTemporally(">=", opens))
		Expect(condition(r, v1alpha1.ReconcilingCondition)).To(Equal("absent"))
	})

	It("handles a request exactly once, whatever is lost afterwards", func() {
		r := published()
		askForRotation(r, "now")
		o.runFor(time.Minute)
		Expect(revision(r)).To(BeEquivalentTo(2))
		Expect(refreshed(r).Status.LastHandledRotate).To(Equal("now"))
		o = o.restart()
		o.runFor(time.Hour)
		o.stop()
		wipeStatus(r)
		o = startOperator(o.namespace, virtual)
		o.runFor(time.Hour)
		o.stop()
		Expect(admin.Delete(ctx, journalOf(r))).To(Succeed())
		o = startOperator(o.namespace, virtual)
		o.runFor(time.Hour)
		Expect(revision(r)).To(BeEquivalentTo(2))
		Expect(mutations(s.Ledger().Calls)).To(HaveLen(2))

		askForRotation(r, "once more")
		o.runFor(time.Minute)
		Expect(revision(r)).To(BeEquivalentTo(3))
	})

	It("holds rotations, requests and repairs back while the object is suspended", func() {
		r := published(every(time.Hour))
		edit(r, func(r *v1alpha1.AccessHashRotation) { r.Spec.Suspend = true })
		o.runFor(time.Minute)
		Expect(condition(r, v1alpha1.SuspendedCondition)).To(Equal("True/" + v1alpha1.SuspendedReason))
		calls := len(s.Ledger().Calls)
		askForRotation(r, "later")
		Expect(admin.Delete(ctx, secretOf(r))).To(Succeed())
		o.runFor(5 * time.Hour)
		Expect(mutations(s.callsSince(calls))).To(BeEmpty())
		Expect(gone(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: r.Namespace, Name: r.Spec.Secret.Name}})()).To(BeTrue())

		edit(r, func(r *v1alpha1.AccessHashRotation) { r.Spec.Suspend = false })
		o.runFor(time.Minute)
		Expect(revision(r)).To(BeEquivalentTo(2))
		Expect(refreshed(r).Status.LastHandledRotate).To(Equal("later"))
		Expect(mutations(s.callsSince(calls))).To(HaveLen(1))
		expectPublished(s, r)
	})

	It("takes a changed interval at once", func() {
		r := published(every(720 * time.Hour))
		edit(r, func(r *v1alpha1.AccessHashRotation) { r.Spec.Rotation.Every = &metav1.Duration{Duration: time.Hour} })
		o.runFor(time.Hour)
		Expect(revision(r)).To(BeEquivalentTo(2))
	})
})

// withWindow lets rotations begin only in a window.
func withWindow(cron string, open time.Duration) func(*v1alpha1.AccessHashRotation) {
	return func(r *v1alpha1.AccessHashRotation) {
		if r.Spec.Rotation == nil {
			r.Spec.Rotation = &v1alpha1.RotationSchedule{}
		}
		r.Spec.Rotation.Windows = []v1alpha1.RotationWindow{{Cron: cron, Duration: metav1.Duration{Duration: open}}}
	}
}

// onDemand takes the interval away.
func onDemand(r *v1alpha1.AccessHashRotation) { r.Spec.Rotation = nil }

// issuedTimes are the times of all regenerations.
func issuedTimes(s *site) (at []time.Time) {
	for _, c := range s.Ledger().Calls {
		if c.Mutating && c.Applied {
			at = append(at, c.Time)
		}
	}
	return at
}
