// SPDX-License-Identifier: Apache-2.0

package controller_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/whm-credentials/operator/api/v1alpha1"
)

var _ = Describe("An idle fleet of 100 objects on two servers", Ordered, func() {
	const (
		objects   = 100
		intervals = 5
		probe     = 5 * time.Minute
	)
	var (
		virtual *timeline
		sites   [2]*site
		first   *v1alpha1.AccessHashRotation
	)

	BeforeAll(func() {
		virtual = newTimeline()
		namespace := newNamespace()
		for i, name := range []string{"north", "south"} {
			sites[i] = newSite(namespace, name, siteOptions{version: "11.54.0.36", users: userNames(objects / 2), time: virtual})
			for _, user := range userNames(objects / 2) {
				first = create(newRotation(sites[i], user))
			}
		}
		o := startOperator(namespace, virtual)
		DeferCleanup(func() { o.stop() })
		o.runFor(2 * time.Minute)
		expectAllReady(namespace, objects)
		o.stop()
	})

	It("costs nothing but its probes after a restart and for five intervals", func() {
		o := startOperator(sites[0].namespace, virtual)
		before := [2]int{len(sites[0].Ledger().Calls), len(sites[1].Ledger().Calls)}
		o.runFor(time.Minute)
		AddReportEntry("API requests of a restart", o.requests.String())
		Expect(o.requests.writes()).To(BeEmpty())
		Expect(o.requests.secretReads("north-auth", "south-auth")).To(BeEmpty())
		for i, s := range sites {
			AddReportEntry("upstream calls of a restart to "+s.name, describeAll(s.callsSince(before[i])))
			Expect(mutations(s.callsSince(before[i]))).To(BeEmpty())
			before[i] = len(s.Ledger().Calls)
		}

		o.requests.reset()
		o.runFor(intervals * probe)
		AddReportEntry("API requests of five intervals", o.requests.String())
		Expect(o.requests.writes()).To(BeEmpty())
		Expect(o.requests.secretReads("north-auth", "south-auth")).To(BeEmpty())
		Expect(len(o.requests.secretReads())).To(BeNumerically("<=", 2*intervals), "one read of the auth Secret for each probe")
		for i, s := range sites {
			Expect(describeAll(s.callsSince(before[i]))).To(HaveExactElements(
				"myprivs as root", "myprivs as root", "myprivs as root", "myprivs as root", "myprivs as root"))
		}
		Expect(refreshed(first).Status.Revision).To(BeEquivalentTo(1))
	})

	It("does not rotate when every status was lost", func() {
		namespace := sites[0].namespace
		var all v1alpha1.AccessHashRotationList
		Expect(admin.List(ctx, &all, inNamespace(namespace))).To(Succeed())
		const wiped = 10
		for i := range all.Items[:wiped] {
			wipeStatus(&all.Items[i])
		}
		before := len(sites[0].Ledger().Calls) + len(sites[1].Ledger().Calls)
		o := startOperator(namespace, virtual)
		o.runFor(time.Minute)
		expectAllReady(namespace, objects)
		Expect(mutations(sites[0].Ledger().Calls)).To(HaveLen(objects / 2))
		Expect(mutations(sites[1].Ledger().Calls)).To(HaveLen(objects / 2))
		Expect(refreshed(first).Status.Revision).To(BeEquivalentTo(1))
		Expect(len(sites[0].Ledger().Calls)+len(sites[1].Ledger().Calls)-before).To(BeNumerically("<=", 8+10),
			"the probes of a restart, and one login with each hash whose record was lost")
	})
})

// expectAllReady checks that a namespace has so many rotations and that all of them are published.
func expectAllReady(namespace string, count int) {
	GinkgoHelper()
	var all v1alpha1.AccessHashRotationList
	Expect(admin.List(ctx, &all, inNamespace(namespace))).To(Succeed())
	Expect(all.Items).To(HaveLen(count))
	for i := range all.Items {
		Expect(all.Items[i].Status.Revision).To(BeEquivalentTo(1), "%s: %v", all.Items[i].Name, all.Items[i].Status.Conditions)
		Expect(condition(&all.Items[i], v1alpha1.ReadyCondition)).To(Equal("True/" + v1alpha1.PublishedReason))
	}
}
