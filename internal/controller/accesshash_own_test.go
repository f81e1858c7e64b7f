// SPDX-License-Identifier: Apache-2.0

package controller_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

var _ = Describe("The lifeline of the operator's own access hash", func() {
	for name, late := range map[string]time.Duration{"minutes": 10 * time.Minute, "days": 48 * time.Hour} {
		It("is another one where the server accepts a token only after "+name+", at the cost of a few logins", func() {
			virtual := newTimeline()
			s := newSite(newNamespace(), "whm", siteOptions{time: virtual, server: func(w *v1alpha1.WHMServer) {
				loginWithHash(w)
				probedDaily(w)
			}})
			Expect(s.SetUnverified(simulator.Unverified{TokenUsableAfter: simulator.Duration(late)})).To(Succeed())
			o := startOperator(s.namespace, virtual)
			r := create(newRotation(s, "root", intoAuthSecret))
			o.runFor(24 * time.Hour)
			Expect(string(secretOf(r).Data["accesshash"])).To(And(Equal(s.AccessHash("root")), Not(Equal(firstHash("root")))))
			Expect(condition(r, v1alpha1.ReadyCondition)).To(Equal("True/" + v1alpha1.PublishedReason))
			Expect(lifelines(s)).To(BeEmpty())
			// It is tried after twice the time each time, for five minutes.
			Expect(len(s.Ledger().FailedLogins)).To(BeNumerically("<=", 10), "%v", s.Ledger().FailedLogins)
		})
	}

	It("is told of when the operator logs in as somebody else and can neither see nor revoke it", func() {
		virtual := newTimeline()
		s := newSite(newNamespace(), "whm", siteOptions{time: virtual, server: loginWithHash, users: []string{"seller"}})
		addFault(s, simulator.Fault{Kind: simulator.FaultStatus, Function: "accesshash", Mutating: true})
		o := startOperator(s.namespace, virtual)
		r := create(newRotation(s, "root", intoAuthSecret))
		o.runFor(time.Minute)
		left := lifelines(s)
		Expect(left).To(HaveLen(1))
		Expect(s.Update(func(inv *simulator.Inventory) {
			seller := inv.Users["seller"]
			seller.Password = rootPassword
			inv.Users["seller"] = seller
		})).To(Succeed())
		edit(s.get(), func(w *v1alpha1.WHMServer) {
			w.Spec.Auth = s.object().Spec.Auth
			w.Spec.Auth.Password.User = "seller"
		})
		o.runFor(10 * time.Minute)
		Expect(admin.Delete(ctx, refreshed(r))).To(Succeed())
		o.runFor(time.Minute)
		Expect(gone(r)()).To(BeTrue())
		Expect(lifelines(s)).To(Equal(left))
		Eventually(func() []string { return eventNotes(r, "LifelineLeft") }).Should(ConsistOf(
			"The token " + left[0] + " of the user root may be left on the server; revoke it there"))
	})
})
