// SPDX-License-Identifier: Apache-2.0

package controller_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

// The operator makes its codes from what is published. Whatever is unverified and whatever is lost, it gets in again by
// itself, with no wrong code but what the server object sends in a probe while the new secret is not published yet.
var _ = DescribeTable("The operator's own two-factor secret", func(session bool, lost, probes int, o factorOptions) {
	g, r := ownFactor(session, o)
	if lost > 0 {
		addFault(g.site, simulator.Fault{Kind: simulator.FaultReset, Function: setFactor, After: true, Max: lost})
	}
	Expect(admin.Create(ctx, r)).To(Succeed())
	g.o.runFor(20 * time.Minute)
	g.expectFactor(r, 1)
	Expect(g.lastingTokens()).To(BeEmpty(), "the lifeline is closed")

	if lost > 0 {
		addFault(g.site, simulator.Fault{Kind: simulator.FaultReset, Function: setFactor, After: true, Max: lost})
	}
	askForRotation(r, "now")
	g.o.runFor(20 * time.Minute)
	g.expectFactor(r, 2)
	Expect(g.lastingTokens()).To(BeEmpty(), "the lifeline is closed")
	Expect(len(g.Ledger().FailedLogins)).To(BeNumerically("<=", probes), "%v", g.Ledger().FailedLogins)
},
	Entry("replaces itself with every call", false, 0, 0, factorOptions{secondFactor: factorFirstSecret}),
	Entry("replaces itself with a session", true, 0, 0, factorOptions{secondFactor: factorFirstSecret}),
	Entry("replaces itself where API requests need codes", false, 0, 0, factorOptions{
		secondFactor: factorFirstSecret, policies: simulator.Policies{RequireTwoFactorForAPI: true},
	}),
	Entry("survives lost answers", false, 2, 3, factorOptions{
		secondFactor: factorFirstSecret, policies: simulator.Policies{RequireTwoFactorForAPI: true},
	}),
	Entry("survives lost answers where tokens are asked for codes", false, 2, 3, factorOptions{
		secondFactor: factorFirstSecret, policies: simulator.Policies{RequireTwoFactorForAPI: true},
		unverified: simulator.Unverified{OTPAskedOfTokens: "true"},
	}),
	Entry("survives lost answers with a session where a code is good once", true, 1, 3, factorOptions{
		secondFactor: factorFirstSecret, policies: simulator.Policies{RequireTwoFactorForAPI: true},
		unverified: simulator.Unverified{CodeTwice: "refuse"},
	}),
	// Two for each rotation: the secret that was lost is refused before another one is made.
	Entry("survives a lost answer where only new secrets of the server are taken", false, 1, 4, factorOptions{
		secondFactor: factorFirstSecret, policies: simulator.Policies{RequireTwoFactorForAPI: true},
		unverified: simulator.Unverified{OwnTOTPSecret: "refuse"},
	}),
	Entry("begins with a made-up secret", false, 1, 3, factorOptions{
		policies: simulator.Policies{RequireTwoFactorForAPI: true},
	}),
	Entry("begins with a made-up secret and a session", true, 0, 0, factorOptions{
		policies: simulator.Policies{RequireTwoFactorForAPI: true}, unverified: simulator.Unverified{CodeTwice: "refuse"},
	}),
	Entry("begins with a made-up secret where tokens are asked for codes", false, 1, 3, factorOptions{
		policies: simulator.Policies{RequireTwoFactorForAPI: true}, unverified: simulator.Unverified{OTPAskedOfTokens: "true"},
	}),
)

var _ = Describe("A two-factor secret that would lock out", func() {
	It("is left alone while no second way in is left", func() {
		g, r := ownFactor(false, factorOptions{
			secondFactor: factorFirstSecret, policies: simulator.Policies{RequireTwoFactorForAPI: true},
			unverified: simulator.Unverified{OTPAskedOfTokens: "true", OTPAskedOfCreatedSessions: "true"},
		})
		Expect(admin.Create(ctx, r)).To(Succeed())
		g.o.runFor(10 * time.Minute)
		Expect(factorCondition(r, v1alpha1.StalledCondition)).To(HavePrefix("True/" + v1alpha1.LifelineUnavailableReason + ": "))
		Expect(g.Authenticates("root", simulator.KindTOTP, factorFirstSecret)).To(BeTrue(), "nothing has changed")
		Expect(g.asked(setFactor)).To(BeZero())
		edit(r, func(r *v1alpha1.TwoFactorRotation) {
			r.Spec.AcceptRisks = []v1alpha1.TwoFactorRisk{v1alpha1.TwoFactorRisk(v1alpha1.RiskSelfRotationWithoutLifeline)}
		})
		g.o.runFor(10 * time.Minute)
		g.expectFactor(r, 1)
	})

	It("is not set while a server object makes codes from elsewhere, or sends none", func() {
		g := newFactorRig(factorOptions{server: withFactorToken, policies: simulator.Policies{RequireTwoFactorForAPI: true}})
		r := g.newFactor()
		Expect(admin.Create(ctx, r)).To(Succeed())
		g.o.runFor(time.Minute)
		Expect(factorCondition(r, v1alpha1.StalledCondition)).To(And(HavePrefix("True/"+v1alpha1.WouldLockOutReason+": "),
			ContainSubstring("logs in as root without one-time codes"), ContainSubstring("LoginWithoutCode to spec.acceptRisks")))
		Expect(mutations(g.Ledger().Calls)).To(BeEmpty())

		By("a login form that asks for a code in any case")
		edit(g.get(), func(w *v1alpha1.WHMServer) {
			w.Spec.Auth = g.object().Spec.Auth
			w.Spec.Auth.Password.Session = true
		})
		edit(r, func(r *v1alpha1.TwoFactorRotation) {
			r.Spec.AcceptRisks = []v1alpha1.TwoFactorRisk{v1alpha1.RiskLoginWithoutCode}
		})
		g.o.runFor(time.Minute)
		Expect(factorCondition(r, v1alpha1.StalledCondition)).To(And(HavePrefix("True/"+v1alpha1.WouldLockOutReason+": "),
			Not(ContainSubstring("acceptRisks"))))
		Expect(g.asked(setFactor)).To(BeZero())

		By("codes from another Secret")
		edit(g.authSecret(""), func(s *corev1.Secret) { s.Data["otp"] = []byte("MFRGGZDFMZTWQ2LK") })
		edit(g.get(), withOTP(false))
		g.o.runFor(time.Minute)
		Expect(factorCondition(r, v1alpha1.StalledCondition)).To(And(HavePrefix("True/"+v1alpha1.WouldLockOutReason+": "),
			ContainSubstring("logs in with the two-factor secret of root from the Secret whm-auth")))
		Expect(g.asked(setFactor)).To(BeZero())

		By("codes from the Secret that it publishes into")
		g.putFactor("MFRGGZDFMZTWQ2LK")
		edit(r, adoptFactor)
		edit(g.get(), withPublishedCodes(false))
		g.o.runFor(20 * time.Minute)
		g.expectFactor(r, 1)
	})

	It("is published all the same where the risk was accepted and the server then asks the token for codes", func() {
		g := newFactorRig(factorOptions{
			server: withFactorToken, policies: simulator.Policies{RequireTwoFactorForAPI: true},
			unverified: simulator.Unverified{OTPAskedOfTokens: "true"},
		})
		r := g.newFactor(func(r *v1alpha1.TwoFactorRotation) {
			r.Spec.AcceptRisks = []v1alpha1.TwoFactorRisk{v1alpha1.RiskLoginWithoutCode}
		})
		Expect(admin.Create(ctx, r)).To(Succeed())
		g.o.runFor(time.Hour)
		Expect(g.Authenticates("root", simulator.KindTOTP, string(secretOf(r).Data["secret"]))).To(BeTrue())
		Expect(serverCondition(g.site, v1alpha1.StalledCondition)).To(Equal("True/" + v1alpha1.TwoFactorRequiredReason))
		Expect(len(g.Ledger().FailedLogins)).To(BeNumerically("<=", 3))
		edit(g.get(), func(w *v1alpha1.WHMServer) {
			w.Spec.Auth = g.object().Spec.Auth
			withPublishedCodes(false)(w)
		})
		g.o.runFor(time.Hour)
		g.expectFactor(r, 1)
	})

	It("is not rotated by two objects", func() {
		g := newFactorRig(factorOptions{secondFactor: factorFirstSecret, server: withFactorToken})
		g.publish(g.newFactor())
		other := g.newFactor(func(r *v1alpha1.TwoFactorRotation) { r.Name, r.Spec.Secret.Name = "again", "again" })
		Expect(admin.Create(ctx, other)).To(Succeed())
		g.o.runFor(time.Minute)
		Expect(factorCondition(other, v1alpha1.StalledCondition)).To(And(HavePrefix("True/"+v1alpha1.UserConflictReason+": "),
			ContainSubstring("already rotates the two-factor secret of root")))
	})

	It("stalls when the server object logs in as somebody else", func() {
		g := newFactorRig(factorOptions{secondFactor: factorFirstSecret, server: withFactorToken})
		r := g.publish(g.newFactor())
		Expect(g.Update(func(inv *simulator.Inventory) {
			inv.Users["seller"] = simulator.User{ACLs: []string{"create-acct"}, Tokens: map[string]simulator.Token{"t": {Value: factorToken}}}
			root := inv.Users["root"]
			root.Tokens = nil
			inv.Users["root"] = root
		})).To(Succeed())
		edit(g.get(), func(w *v1alpha1.WHMServer) { w.Spec.Auth.APIToken.User = "seller" })
		askForRotation(r, "now")
		g.o.runFor(time.Minute)
		Expect(factorCondition(r, v1alpha1.StalledCondition)).To(And(HavePrefix("True/"+v1alpha1.AccountChangedReason+": "),
			ContainSubstring("belongs to root")))
		Expect(g.asked(setFactor)).To(Equal(1))
	})
})
