// SPDX-License-Identifier: Apache-2.0

package controller_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

const serverReady = "True/" + v1alpha1.AvailableReason

type (
	serverChange    = func(*v1alpha1.WHMServer)
	inventoryChange = func(*simulator.Inventory)
)

// Every way in which a password can log in works with every policy that leaves it a way, without one failed login.
var _ = DescribeTable("A password logs in", func(how serverChange, changes ...inventoryChange) {
	virtual := newTimeline()
	namespace := newNamespace()
	s := newLoginSite(namespace, siteOptions{users: []string{"billing"}, time: virtual, server: how}, changes...)
	r := create(newRotation(s, "billing"))
	o := startOperator(namespace, virtual)
	// Codes change twice a minute; probes and a rotation come long after the first one.
	o.runFor(12 * time.Minute)
	Expect(serverCondition(s, v1alpha1.ReadyCondition)).To(Equal(serverReady))
	edit(r, func(r *v1alpha1.AccessHashRotation) {
		r.Annotations = map[string]string{v1alpha1.RotateAnnotation: "now"}
	})
	o.runFor(time.Minute)
	Expect(expectReady(r).Status.Revision).To(BeEquivalentTo(2))
	expectPublished(s, r)
	Expect(s.Ledger().FailedLogins).To(BeEmpty())
	Expect(logins(s)).To(BeNumerically("<=", 1), "one session does")
	expectNoPage(s, o)
},
	Entry("with every call", nil, withoutSecondFactor),
	Entry("with every call, while API requests need no code", nil),
	Entry("with every call and a code", withOTP(false), codesForAPI),
	Entry("with every call and a code, where pages come with 401", withOTP(false), codesForAPI, func(inv *simulator.Inventory) {
		inv.Unverified.TwoFactorPageStatus = "401"
	}),
	Entry("with every call and a code that nobody asks for", withOTP(false)),
	Entry("with every call and a code of a user without second factor", withOTP(false), withoutSecondFactor, codesForAPI),
	Entry("with a session", withSession, withoutSecondFactor),
	Entry("with a session, where API requests need codes", withSession, withoutSecondFactor, codesForAPI),
	Entry("with a session while two-factor authentication is off", withSession, func(inv *simulator.Inventory) {
		inv.Policies.TwoFactorOff = true
	}),
	Entry("with a session and a code", withOTP(true)),
	Entry("with a session and a code, where API requests need codes", withOTP(true), codesForAPI),
	Entry("with a session and a code that is good once", withOTP(true), codesForAPI, codesOnlyOnce),
	Entry("with a session and a code that nobody asks for", withOTP(true), withoutSecondFactor),
	Entry("with a session and a redirect of another kind", withOTP(true), func(inv *simulator.Inventory) {
		inv.Unverified.LoginRedirectStatus = "302"
	}),
	Entry("with a code while the server's clock is a little behind", withOTP(false), codesForAPI, clockSkew(-20*time.Second)),
)

// What a server may call a second factor that is missing or wrong, each with the advice that helps.
var _ = DescribeTable("A second factor that is missing costs three attempts a day",
	func(how serverChange, attempts int, advice string, changes ...inventoryChange) {
		const objects = 20
		virtual := newTimeline()
		namespace := newNamespace()
		s := newLoginSite(namespace, siteOptions{users: userNames(objects), time: virtual, server: how}, changes...)
		for _, user := range userNames(objects) {
			create(newRotation(s, user))
		}
		o := startOperator(namespace, virtual)
		o.runFor(time.Hour)
		Expect(serverCondition(s, v1alpha1.StalledCondition)).To(Equal("True/" + v1alpha1.TwoFactorRequiredReason))
		Expect(serverMessage(s, v1alpha1.StalledCondition)).To(ContainSubstring(advice))

		o = o.restart()
		o.runFor(23 * time.Hour)
		Expect(s.Ledger().Calls).To(HaveLen(attempts), "%v", describeAll(s.Ledger().Calls))
		Expect(len(s.Ledger().FailedLogins)).To(BeNumerically("<=", 3))
		Expect(mutations(s.Ledger().Calls)).NotTo(ContainElement(Not(HavePrefix("login"))))
		Expect(serverMessage(s, v1alpha1.StalledCondition)).To(ContainSubstring(advice), "also after a restart")
		expectNoPage(s, o)

		By("letting it in")
		Expect(s.Update(func(inv *simulator.Inventory) {
			withoutSecondFactor(inv)
			inv.ClockSkew = 0
		})).To(Succeed())
		failed := len(s.Ledger().FailedLogins)
		o.runFor(13 * time.Hour)
		Expect(serverCondition(s, v1alpha1.ReadyCondition)).To(Equal(serverReady))
		expectAllReady(namespace, objects)
		Expect(s.Ledger().FailedLogins).To(HaveLen(failed))
	},
	Entry("no secret, with every call", nil, 2, "have an otpSecretRef, or use an API token", codesForAPI),
	Entry("no secret, with a session", withSession, 2, "have an otpSecretRef, or use an API token"),
	Entry("a token, where they are asked too", withToken, 2, "goes with no API token", codesForAPI, codesForTokens),
	Entry("an access hash, where they are asked too", loginWithHash, 2, "goes with no API token", codesForAPI, codesForTokens),
	Entry("a wrong secret, with every call", withOTP(false), 3, "into the Secret whm-auth, or use an API token", codesForAPI, otherFactor),
	Entry("a wrong secret, with a session", withOTP(true), 3, "did not accept the one-time code of root", otherFactor),
	Entry("a clock ahead, with every call", withOTP(false), 3, "its clock is 1m30s ahead of the operator's",
		codesForAPI, clockSkew(90*time.Second)),
	Entry("a clock behind, with a session", withOTP(true), 3, "its clock is 10m0s behind the operator's", clockSkew(-10*time.Minute)),
)

// otherFactor gives root another second factor than the operator knows.
func otherFactor(inv *simulator.Inventory) {
	root := inv.Users["root"]
	root.TOTPSecret = "KRSXG5CTMVRXEZLUKRSXG5CTMVRXEZLU"
	inv.Users["root"] = root
}

// Pages of security policies are not documented: these are faults with a page of our own.
var _ = DescribeTable("A page of a security policy", func(fault simulator.Fault, condition, want, advice string, calls int) {
	virtual := newTimeline()
	namespace := newNamespace()
	s := newLoginSite(namespace, siteOptions{users: []string{"billing"}, time: virtual, server: withSession}, withoutSecondFactor)
	id := addFault(s, fault)
	create(newRotation(s, "billing"))
	o := startOperator(namespace, virtual)
	o.runFor(11 * time.Hour)
	Expect(serverCondition(s, condition)).To(Equal(want))
	Expect(serverMessage(s, condition)).To(ContainSubstring(advice))
	expectNoPage(s, o)
	Expect(s.Ledger().FailedLogins).To(BeEmpty())
	Expect(logins(s)).To(BeNumerically("<=", calls))

	Expect(s.RemoveFault(id)).To(BeTrue())
	o.runFor(2 * time.Hour)
	Expect(serverCondition(s, v1alpha1.ReadyCondition)).To(Equal(serverReady))
	expectAllReady(namespace, 1)
},
	Entry("that wants a second factor set up is recognised after the login", simulator.Fault{
		Kind: simulator.FaultHTML, Function: "myprivs", Body: "<html>Set up Two-Factor Authentication. SECRETONPAGE</html>",
	}, v1alpha1.StalledCondition, "True/"+v1alpha1.TwoFactorRequiredReason, "wants root to set up two-factor authentication", 1),
	Entry("that wants a second factor set up is recognised at the login", simulator.Fault{
		Kind: simulator.FaultHTML, Function: "login", Status: 401, Body: "<html>Set up two-factor authentication. SECRETONPAGE</html>",
	}, v1alpha1.StalledCondition, "True/"+v1alpha1.TwoFactorRequiredReason, "wants root to set up two-factor authentication", 1),
	Entry("about the age of the password is recognised", simulator.Fault{
		Kind: simulator.FaultHTML, Function: "myprivs", Body: "<html>Your password has expired. SECRETONPAGE</html>",
	}, v1alpha1.ReconcilingCondition, "True/"+v1alpha1.UnavailableReason, "may be too old for its security policies", 1),
)
