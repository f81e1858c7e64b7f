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

// lostOnce loses an answer to the change of a password, and then has the server refuse every further one.
func lostOnce(g *passwordRig) {
	GinkgoHelper()
	addFault(g.site, simulator.Fault{Kind: simulator.FaultReset, Function: "passwd", After: true, Max: 1})
	addFault(g.site, simulator.Fault{Kind: simulator.FaultDeny, Function: "passwd", Reason: "the same as before"})
}

// An answer was lost, so only the journal knows what lets the operator in by now.
var _ = Describe("A password of the operator that may be in force", func() {
	It("is not given up for another one when the server refuses to set it again", func() {
		g := newPasswordRig()
		r := g.publish(g.password(v1alpha1.AccountPassword, ofOperator))
		lostOnce(g)
		askForRotation(r, "now")
		g.o.runFor(time.Hour)
		g.expectRevision(r, 2)
		Expect(serverCondition(g.site, v1alpha1.ReadyCondition)).To(Equal("True/" + v1alpha1.AvailableReason))
		Expect(lifelines(g.site)).To(BeEmpty())
		Expect(g.guesses()).To(BeNumerically("<=", 3), "%v", g.Ledger().FailedLogins)
	})

	It("is not given up where nothing else lets the operator in", func() {
		g := newPasswordRig()
		for _, function := range []string{"api_token_create", "create_user_session"} {
			addFault(g.site, simulator.Fault{Kind: simulator.FaultDeny, Function: function, Reason: "not for you"})
		}
		r := g.publish(g.password(v1alpha1.AccountPassword, ofOperator, func(r *v1alpha1.PasswordRotation) {
			r.Spec.AcceptRisks = []v1alpha1.Risk{v1alpha1.RiskSelfRotationWithoutLifeline}
		}))
		lostOnce(g)
		askForRotation(r, "now")
		g.o.runFor(3 * time.Hour)
		g.expectRevision(r, 2)
		Expect(serverCondition(g.site, v1alpha1.ReadyCondition)).To(Equal("True/" + v1alpha1.AvailableReason))
		Expect(g.guesses()).To(BeNumerically("<=", 3), "%v", g.Ledger().FailedLogins)
	})

	It("is given up for another one if the server says that it is not in force", func() {
		g := newPasswordRig()
		r := g.publish(g.password(v1alpha1.AccountPassword, ofOperator))
		addFault(g.site, simulator.Fault{Kind: simulator.FaultReset, Function: "passwd", Max: 1})
		addFault(g.site, simulator.Fault{Kind: simulator.FaultDeny, Function: "passwd", Max: 1, Reason: "a word of the dictionary"})
		askForRotation(r, "now")
		g.o.runFor(time.Hour)
		g.expectRevision(r, 2)
		Expect(g.guesses()).To(Equal(1), "%v", g.Ledger().FailedLogins)
	})

	It("is published when the object is deleted while it may not be set again", func() {
		// A deletion goes by the clock of the API server.
		g := &passwordRig{site: newSite(newNamespace(), "whm", siteOptions{server: probedDaily})}
		startOperator(g.namespace, nil)
		r := g.password(v1alpha1.AccountPassword, ofOperator)
		Expect(admin.Create(ctx, r)).To(Succeed())
		Eventually(func() string { return condition(r, v1alpha1.ReadyCondition) }).Should(Equal("True/" + v1alpha1.PublishedReason))
		old := string(secretOf(r).Data["password"])
		lostOnce(g)
		askForRotation(r, "now")
		Eventually(func() string { return condition(r, v1alpha1.StalledCondition) }).Should(Equal("True/" + v1alpha1.RefusedReason))
		Expect(string(secretOf(r).Data["password"])).To(Equal(old))
		Expect(admin.Delete(ctx, refreshed(r))).To(Succeed())
		Eventually(gone(r)).WithTimeout(deletionBound).Should(BeTrue())
		Expect(g.works(r)).To(BeTrue())
		Expect(lifelines(g.site)).To(BeEmpty())
	})

	It("costs three failed logins a day when a person has replaced it before its lifeline is closed", func() {
		g := newPasswordRig(withServer(func(w *v1alpha1.WHMServer) { w.Spec.ProbeInterval = &metav1.Duration{Duration: time.Hour} }))
		r := g.publish(g.password(v1alpha1.AccountPassword, ofOperator))
		addFault(g.site, simulator.Fault{Kind: simulator.FaultDeny, Function: "api_token_revoke", Reason: "not now"})
		askForRotation(r, "now")
		g.o.runFor(2 * time.Minute)
		Expect(g.works(r)).To(BeTrue())
		Expect(lifelines(g.site)).To(HaveLen(1))
		g.changeRootPassword("canary-set-by-somebody")
		g.ClearFaults()
		for range 6 {
			g.o.runFor(2 * time.Minute)
			g.restart()
		}
		g.o.runFor(23 * time.Hour)
		Expect(len(g.Ledger().FailedLogins)).To(And(BeNumerically(">", 0), BeNumerically("<=", 3)), "%v", g.Ledger().FailedLogins)
		g.putPassword("canary-set-by-somebody")
		g.o.runFor(24 * time.Hour)
		Expect(serverCondition(g.site, v1alpha1.ReadyCondition)).To(Equal("True/" + v1alpha1.AvailableReason))
		Expect(g.works(r)).To(BeTrue())
		Expect(lifelines(g.site)).To(BeEmpty())
	})
})
