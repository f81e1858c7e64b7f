// SPDX-License-Identifier: Apache-2.0

package controller_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

var _ = Describe("A server that hangs", func() {
	const objects = 40

	It("is left alone and does not slow the objects of another server", func() {
		namespace := newNamespace()
		bad := newSite(namespace, "bad", siteOptions{users: userNames(objects), server: impatient})
		good := newSite(namespace, "good", siteOptions{users: userNames(5), server: impatient})
		o := startOperator(namespace, nil)
		for _, s := range []*site{bad, good} {
			Eventually(serverCondition).WithArguments(s, v1alpha1.ReadyCondition).Should(Equal("True/" + v1alpha1.AvailableReason))
		}

		addFault(bad, simulator.Fault{Kind: simulator.FaultHang})
		var stuck []*v1alpha1.AccessHashRotation
		for _, user := range userNames(objects) {
			stuck = append(stuck, create(newRotation(bad, user)))
		}
		Eventually(bad.Faults).Should(ContainElement(HaveField("Hits", BeNumerically(">=", 3))))
		began := time.Now()
		for _, user := range userNames(5) {
			expectReady(create(newRotation(good, user)))
		}
		AddReportEntry("five rotations on the good server took", time.Since(began).String())

		By("looking at the breaker")
		Eventually(func() []string { return messages(stuck) }).Should(And(
			HaveLen(objects), HaveEach(ContainSubstring("the server is unavailable"))))
		hits := bad.Faults()[0].Hits
		AddReportEntry("calls that hung", hits)
		Expect(hits).To(BeNumerically("<", objects/4), "all objects know it, but few have tried")
		Expect(mutations(bad.Ledger().Calls)).To(BeEmpty())

		By("letting the server answer again")
		bad.ClearFaults()
		for _, r := range stuck {
			Eventually(func() int64 { return refreshed(r).Status.Revision }).Should(BeEquivalentTo(1))
		}
		Expect(mutations(bad.Ledger().Calls)).To(HaveLen(objects))
		Expect(o.log.String()).NotTo(ContainSubstring("panic"))
	})
})

// impatient shortens what the operator waits for an answer, and for the effect of a lost one.
func impatient(w *v1alpha1.WHMServer) { w.Spec.Timeout = &metav1.Duration{Duration: time.Second} }

// messages are what the objects say of their readiness.
func messages(all []*v1alpha1.AccessHashRotation) (texts []string) {
	GinkgoHelper()
	for _, r := range all {
		texts = append(texts, message(r, v1alpha1.ReadyCondition))
	}
	return texts
}
