// SPDX-License-Identifier: Apache-2.0

package controller_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/journal"
)

var _ = Describe("The cost of a rotation", func() {
	It("is one change upstream and four writes", func() {
		virtual := newTimeline()
		namespace := newNamespace()
		// Probes are out of the way, so that what is counted is the rotation.
		s := newSite(namespace, "whm", siteOptions{version: "11.136.0.4", users: []string{"billing"}, time: virtual, server: probedDaily})
		r := create(newRotation(s, "billing", every(time.Hour)))
		o := startOperator(namespace, virtual)
		o.runFor(time.Minute)
		first := expectReady(r)
		Expect(first.Status.Revision).To(BeEquivalentTo(1))

		expectNoSecretCache(o)
		calls := len(s.Ledger().Calls)
		o.requests.reset()
		o.runFor(time.Hour)

		Expect(refreshed(r).Status.Revision).To(BeEquivalentTo(2))
		expectPublished(s, r)
		AddReportEntry("upstream calls", describeAll(s.callsSince(calls)))
		AddReportEntry("API requests", o.requests.String())
		Expect(describeAll(s.callsSince(calls))).To(Equal([]string{
			"accesshash of billing, generate=0, as root",
			"accesshash of billing, generate=1, as root",
			"myprivs as billing",
		}))
		key := journal.Key(r).Name
		Expect(o.requests.writes()).To(Equal([]request{
			{verb: "update", resource: "secrets", name: key},
			{verb: "update", resource: "secrets", name: key},
			{verb: "update", resource: "secrets", name: r.Spec.Secret.Name},
			{verb: "patch", resource: "accesshashrotations/status", name: r.Name},
		}), o.requests.String())
	})
})

// expectNoSecretCache checks that every Secret is read live: nothing lists or watches their content.
func expectNoSecretCache(o *operator) {
	GinkgoHelper()
	Expect(o.requests.where(func(q request) bool {
		return q.resource == "secrets" && !q.metadata && (q.verb == "list" || q.verb == "watch")
	})).To(BeEmpty(), o.requests.String())
	Expect(o.requests.secretReads()).NotTo(BeEmpty())
}

// probedDaily keeps probes out of what is counted.
func probedDaily(w *v1alpha1.WHMServer) {
	w.Spec.ProbeInterval = &metav1.Duration{Duration: 24 * time.Hour}
}

// every sets the interval of a rotation.
func every(d time.Duration) func(*v1alpha1.AccessHashRotation) {
	return func(r *v1alpha1.AccessHashRotation) { r.Spec.Rotation.Every.Duration = d }
}
