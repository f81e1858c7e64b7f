// SPDX-License-Identifier: Apache-2.0

package controller_test

import (
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/journal"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

var _ = Describe("A LoginSession that is kept fresh", func() {
	It("holds a session that stands at every moment of hours, at a small cost", func() {
		g := newSessionRig(withServer(probedDaily))
		r := g.kept(sessionFor(g.site, "sso"))
		now := refreshed(r)
		Expect(now.Status.NextRotationTime.Sub(now.Status.LastRotationTime.Time)).To(Equal(10 * time.Minute))
		calls := len(g.Ledger().Calls)
		g.o.requests.reset()
		g.watch(r)
		g.pass(time.Hour)
		g.watch(nil)
		g.o.runFor(2 * time.Hour)
		expectSession(r, 19, v1alpha1.PublishedReason)
		Expect(describeAll(g.callsSince(calls))).To(HaveLen(18))
		Expect(describeAll(g.callsSince(calls))).To(HaveEach("create_user_session as root"))
		writes := g.o.requests.writes()
		Expect(writes).To(HaveLen(18*4), g.o.requests.String())
		key := journal.Key(r).Name
		Expect(writes[:4]).To(Equal([]request{
			{verb: "update", resource: "secrets", name: key},
			{verb: "update", resource: "secrets", name: key},
			{verb: "update", resource: "secrets", name: "sso"},
			{verb: "patch", resource: "loginsessions/status", name: "sso"},
		}))
		Expect(g.Ledger().FailedLogins).To(BeEmpty())
	})

	DescribeTable("never has more than three sessions on the server",
		func(ttl time.Duration) {
			g := newSessionRig(withServer(probedDaily))
			r := g.kept(sessionFor(g.site, "sso", livingFor(ttl)))
			g.watch(r)
			for range 22 {
				g.pass(time.Minute)
				Expect(liveSessions(g.site)).To(BeNumerically("<=", 3))
			}
		},
		Entry("5m", 5*time.Minute), Entry("7m", 7*time.Minute), Entry("12m", 12*time.Minute),
	)

	It("replaces the session at once on request and when something else is asked for", func() {
		g := newSessionRig()
		r := g.kept(sessionFor(g.site, "sso"))
		askForRotation(r, "now")
		g.o.runFor(time.Second)
		expectSession(r, 2, v1alpha1.PublishedReason)
		edit(refreshed(r), func(o *v1alpha1.LoginSession) { o.Spec.App = "Email_Accounts" })
		g.o.runFor(time.Second)
		expectSession(r, 3, v1alpha1.PublishedReason)
		Expect(sessionData(r)["url"]).To(ContainSubstring("app=Email_Accounts"))
		edit(refreshed(r), func(o *v1alpha1.LoginSession) { o.Spec.PreferredDomain = "shop.example.com" })
		g.o.runFor(time.Second)
		expectSession(r, 4, v1alpha1.PublishedReason)
		Expect(sessionData(r)["url"]).To(HavePrefix("https://shop.example.com:"))
		g.o.runFor(time.Minute)
		Expect(sessionsMade(g.Ledger().Calls)).To(Equal(4))
	})

	It("costs nothing when the operator is restarted", func() {
		g := newSessionRig(withServer(probedDaily))
		r := g.kept(sessionFor(g.site, "sso"))
		calls := len(g.Ledger().Calls)
		g.restart()
		g.o.runFor(5 * time.Minute)
		Expect(mutations(g.callsSince(calls))).To(BeEmpty())
		Expect(g.o.requests.secretReads(g.authName())).To(BeEmpty(), g.o.requests.String())
		g.watch(r)
		g.pass(15 * time.Minute)
	})

	It("publishes a new session at once when the old one ended while the operator was down", func() {
		g := newSessionRig()
		r := g.kept(sessionFor(g.site, "sso"))
		g.o.stop()
		g.virtual.moveTo(g.virtual.Now().Add(time.Hour))
		g.restart()
		g.o.runFor(0)
		expectSession(r, 2, v1alpha1.PublishedReason)
		Expect(g.stands(r)).To(BeTrue())
	})

	It("never publishes a session that ended before it could be", func() {
		g := newSessionRig()
		r := sessionFor(g.site, "sso", keptFresh)
		blocked := foreignSecret(g.namespace, "sso")
		var taken []error
		g.OnCall(func(c simulator.Call) {
			if c.Function == "create_user_session" && len(taken) == 0 {
				taken = append(taken, admin.Create(ctx, blocked))
			}
		})
		Expect(admin.Create(ctx, r)).To(Succeed())
		g.o.runFor(time.Hour)
		Expect(condition(r, v1alpha1.StalledCondition)).To(Equal("True/" + v1alpha1.SecretConflictReason))
		Expect(taken).To(Equal([]error{nil}))
		made := sessionsMade(g.Ledger().Calls)
		Expect(admin.Delete(ctx, blocked)).To(Succeed())
		g.o.runFor(2 * time.Minute)
		Expect(condition(r, v1alpha1.ReadyCondition)).To(Equal("True/" + v1alpha1.PublishedReason))
		Expect(g.stands(r)).To(BeTrue())
		Expect(sessionsMade(g.Ledger().Calls)).To(Equal(made + 1))
		Expect(strings.Contains(g.o.log.String(), "Published revision 1 ")).To(BeFalse())
	})

	It("is replaced at once when journal, Secret or both are lost", func() {
		g := newSessionRig()
		r := g.kept(sessionFor(g.site, "sso"))
		Expect(admin.Delete(ctx, secretAt(journal.Key(refreshed(r))))).To(Succeed())
		g.o.runFor(time.Minute)
		expectSession(r, 2, v1alpha1.PublishedReason)
		before := sessionData(r)
		Expect(admin.Delete(ctx, secretAt(secretKey(r)))).To(Succeed())
		g.o.runFor(time.Minute)
		Expect(sessionData(r)).To(HaveKeyWithValue("session", before["session"]))
		Expect(admin.Delete(ctx, secretAt(journal.Key(refreshed(r))))).To(Succeed())
		Expect(admin.Delete(ctx, secretAt(secretKey(r)))).To(Succeed())
		g.o.runFor(time.Minute)
		Expect(refreshed(r).Status.Revision).To(BeNumerically(">", 2))
		Expect(g.stands(r)).To(BeTrue())
	})

	DescribeTable("takes the server's word for when a session ends, unless its clock is wrong",
		func(skew time.Duration) {
			g := newSessionRig()
			Expect(g.Update(func(inv *simulator.Inventory) { inv.ClockSkew = simulator.Skew(skew) })).To(Succeed())
			r := g.kept(sessionFor(g.site, "sso"))
			g.watch(r)
			g.pass(30 * time.Minute)
			Expect(sessionsMade(g.Ledger().Calls)).To(BeNumerically("<=", 12))
		},
		Entry("behind", -time.Hour), Entry("a little behind", -9*time.Minute), Entry("ahead", time.Hour),
	)

	It("leaves the last session alone when the object is deleted, and takes it out of the cluster", func() {
		g := newSessionRig()
		r := g.kept(sessionFor(g.site, "sso"))
		calls := len(g.Ledger().Calls)
		Expect(admin.Delete(ctx, refreshed(r))).To(Succeed())
		g.o.runFor(time.Minute)
		Expect(gone(r)()).To(BeTrue())
		Expect(sessionData(r)).To(BeNil())
		Expect(mutations(g.callsSince(calls))).To(BeEmpty())
	})
})

// liveSessions counts the sessions that have not ended, opened or not.
func liveSessions(s *site) (n int) {
	for _, c := range s.Ledger().Credentials {
		if c.Kind == simulator.KindSession && c.RevokedAt.IsZero() && c.ExpiresAt.After(s.Now()) {
			n++
		}
	}
	return n
}
