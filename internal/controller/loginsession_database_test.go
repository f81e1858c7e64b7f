// SPDX-License-Identifier: Apache-2.0

package controller_test

import (
	"maps"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

var _ = Describe("A LoginSession with a temporary database user", func() {
	It("publishes user, cookie and session, and keeps the session alive for hours", func() {
		g := newSessionRig(withServer(probedDaily))
		r := g.kept(sessionFor(g.site, "sso", withDatabaseUser, livingFor(2*time.Hour)))
		data := sessionData(r)
		Expect(data["databaseUser"]).To(HavePrefix("cpses_sh"))
		Expect(data["cookie"]).To(HavePrefix("cpsession="))
		Expect(data).NotTo(HaveKey("url"))
		Expect(condition(r, v1alpha1.AddressBoundCondition)).To(Equal("True/" + v1alpha1.CookieAddressCheckReason))
		calls := len(g.Ledger().Calls)
		g.o.requests.reset()
		g.watch(r)
		g.pass(59 * time.Minute)
		Expect(sessionData(r)["databaseUser"]).To(Equal(data["databaseUser"]))
		Expect(g.Authenticates("shop", simulator.KindTempUser, data["databaseUser"])).To(BeTrue())
		Expect(describeAll(g.callsSince(calls))).To(And(HaveLen(11), HaveEach("Tokens::list as shop")))
		Expect(g.o.requests.writes()).To(BeEmpty(), g.o.requests.String())
		g.watch(nil)
		g.o.runFor(2 * time.Hour)
		expectSession(r, 2, v1alpha1.PublishedReason)
		Expect(sessionData(r)["databaseUser"]).NotTo(Equal(data["databaseUser"]))
		Expect(g.Authenticates("shop", simulator.KindTempUser, data["databaseUser"])).To(BeFalse())
	})

	It("is replaced soon when the session was ended on the server", func() {
		g := newSessionRig()
		r := g.kept(sessionFor(g.site, "sso", withDatabaseUser, livingFor(2*time.Hour)))
		Expect(g.Update(func(inv *simulator.Inventory) { inv.Policies.SessionIdle = simulator.Duration(time.Second) })).To(Succeed())
		g.o.runFor(11 * time.Minute)
		Expect(refreshed(r).Status.Revision).To(BeNumerically(">", 1))
	})

	It("is replaced when something else is asked for, even if what there is cannot be used", func() {
		g := newSessionRig()
		r := g.kept(sessionFor(g.site, "sso", withDatabaseUser, livingFor(2*time.Hour)))
		edit(refreshed(r), func(o *v1alpha1.LoginSession) { o.Spec.Suspend = true })
		g.o.runFor(6 * time.Minute)
		// More in a row, and the server would be left alone for a while in real time.
		addFault(g.site, simulator.Fault{Kind: simulator.FaultStatus, Status: 503, Function: "Tokens::list", Max: 1})
		edit(refreshed(r), func(o *v1alpha1.LoginSession) { o.Spec.Suspend, o.Spec.Locale = false, "de" })
		g.o.runFor(0)
		expectSession(r, 2, v1alpha1.PublishedReason)
	})

	It("on request lives to its end when the next one shall be another, and describes itself", func() {
		g := newSessionRig()
		r := g.asked(sessionFor(g.site, "sso", withDatabaseUser, livingFor(time.Hour)))
		before := sessionData(r)
		edit(refreshed(r), func(o *v1alpha1.LoginSession) { o.Spec.User, o.Spec.Locale = "other", "de" })
		g.watch(r)
		g.pass(50 * time.Minute)
		g.watch(nil)
		expectSession(r, 1, v1alpha1.PublishedReason)
		Expect(maps.Equal(sessionData(r), before)).To(BeTrue())
		g.o.runFor(11 * time.Minute)
		expectSession(r, 1, v1alpha1.WithdrawnReason)
		Expect(purged(g.site)).To(Equal(1))
	})

	It("is withdrawn at its end while the server is down", func() {
		g := newSessionRig()
		r := g.asked(sessionFor(g.site, "sso", withDatabaseUser))
		addFault(g.site, simulator.Fault{Kind: simulator.FaultStatus, Status: 503})
		g.o.runFor(12 * time.Minute)
		Expect(sessionData(r)).To(BeEmpty())
		Expect(condition(r, v1alpha1.ReadyCondition)).To(Equal("True/" + v1alpha1.WithdrawnReason))
		Expect(refreshed(r).Status.Current).To(BeNil())
	})

	It("is signed out of when it is withdrawn and when the object is deleted", func() {
		g := newSessionRig()
		r := g.asked(sessionFor(g.site, "sso", withDatabaseUser, livingFor(time.Hour)))
		g.watch(r)
		g.pass(50 * time.Minute)
		g.watch(nil)
		g.o.runFor(11 * time.Minute)
		expectSession(r, 1, v1alpha1.WithdrawnReason)
		Expect(purged(g.site)).To(Equal(1))
		askForRotation(r, "second")
		g.o.runFor(time.Minute)
		expectSession(r, 2, v1alpha1.PublishedReason)
		Expect(admin.Delete(ctx, refreshed(r))).To(Succeed())
		g.o.runFor(time.Minute)
		Expect(gone(r)()).To(BeTrue())
		Expect(purged(g.site)).To(Equal(2))
		Expect(liveSessions(g.site)).To(BeZero())
	})

	It("survives a restart of the operator without another session", func() {
		g := newSessionRig(withServer(probedDaily))
		r := g.kept(sessionFor(g.site, "sso", withDatabaseUser, livingFor(2*time.Hour)))
		g.o.runFor(4 * time.Minute)
		calls := len(g.Ledger().Calls)
		g.restart()
		g.o.runFor(time.Minute)
		Expect(g.o.requests.secretReads(g.authName())).To(BeEmpty(), g.o.requests.String())
		Expect(mutations(g.callsSince(calls))).To(BeEmpty())
		g.watch(r)
		g.pass(30 * time.Minute)
		expectSession(r, 1, v1alpha1.PublishedReason)
	})

	It("says that the server asks for a code inside sessions, and does not try that often", func() {
		g := newSessionRig()
		Expect(g.Update(func(inv *simulator.Inventory) {
			inv.Policies.RequireTwoFactorForAPI = true
			inv.Unverified.OTPAskedOfCreatedSessions = "true"
			shop := inv.Accounts["shop"]
			shop.TOTPSecret = "JBSWY3DPEHPK3PXP"
			inv.Accounts["shop"] = shop
		})).To(Succeed())
		r := sessionFor(g.site, "sso", withDatabaseUser, keptFresh)
		Expect(admin.Create(ctx, r)).To(Succeed())
		g.o.runFor(30 * time.Minute)
		Expect(condition(r, v1alpha1.StalledCondition)).To(Equal("True/" + v1alpha1.TwoFactorRequiredReason))
		Expect(sessionsMade(g.Ledger().Calls)).To(BeNumerically("<=", 3))
	})

	It("needs a server that has the function", func() {
		g := newSessionRig(ofVersion("11.52.0.4"))
		r := sessionFor(g.site, "sso", withDatabaseUser, keptFresh)
		Expect(admin.Create(ctx, r)).To(Succeed())
		g.o.runFor(time.Minute)
		Expect(condition(r, v1alpha1.StalledCondition)).To(Equal("True/" + v1alpha1.UnsupportedReason))
		Expect(sessionsMade(g.Ledger().Calls)).To(BeZero())
	})

	It("is asked for again when an answer on the way is lost", func() {
		g := newSessionRig()
		for _, function := range []string{"create_user_session", "session_url", "Session::create_temp_user"} {
			addFault(g.site, simulator.Fault{Kind: simulator.FaultReset, Function: function, After: true, Max: 1})
		}
		r := sessionFor(g.site, "sso", withDatabaseUser, keptFresh)
		Expect(admin.Create(ctx, r)).To(Succeed())
		g.o.runFor(5 * time.Minute)
		expectSession(r, 1, v1alpha1.PublishedReason)
		Expect(refreshed(r).Status.Recoveries).To(BeNumerically(">", 1))
		Expect(g.stands(r)).To(BeTrue())
	})

	for _, setting := range simulator.Matrix("tempUserAgain", "tempUserOutsideSession", "sessionDeniedForm", "sessionBoundTo",
		"sessionURLSingleUse", "expiresAsString") {
		It("works with "+setting.Name, func() {
			g := newSessionRig()
			Expect(g.SetUnverified(setting.Unverified)).To(Succeed())
			r := g.kept(sessionFor(g.site, "sso", withDatabaseUser, livingFor(time.Hour)))
			g.watch(r)
			g.pass(12 * time.Minute)
			g.watch(nil)
			Expect(g.Update(func(inv *simulator.Inventory) { inv.Policies.SessionIdle = simulator.Duration(time.Second) })).To(Succeed())
			g.o.runFor(11 * time.Minute)
			Expect(refreshed(r).Status.Revision).To(BeNumerically(">", 1))
		})
	}
})

// purged counts the sessions that were signed out of, by the server's own log.
func purged(s *site) (n int) {
	for _, line := range s.Ledger().SessionLog {
		if strings.Contains(line, " PURGE ") && strings.HasSuffix(line, " logout") {
			n++
		}
	}
	return n
}
