// SPDX-License-Identifier: Apache-2.0

package controller_test

import (
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

// fleetInSession is 20 rotations of a server that the operator works with inside a session, at rest.
func fleetInSession(how serverChange, changes ...inventoryChange) (*site, *gateway, *operator) {
	GinkgoHelper()
	const objects = 20
	virtual := newTimeline()
	namespace := newNamespace()
	s := &site{Server: simulate(siteOptions{users: userNames(objects), time: virtual}), namespace: namespace, name: "whm"}
	s.addSecondFactor(changes...)
	way := startGateway(s.Server, "127.0.0.1")
	Expect(admin.Create(ctx, s.authSecret(strongPassword))).To(Succeed())
	s.putAuth(map[string]string{"otp": otpSecret})
	server := s.object()
	server.Spec.Endpoint = "https://" + way.Addr().String()
	how(server)
	Expect(admin.Create(ctx, server)).To(Succeed())
	for _, user := range userNames(objects) {
		create(newRotation(s, user))
	}
	o := startOperator(namespace, virtual)
	o.runFor(2 * time.Minute)
	expectRevisions(namespace, objects, 1)
	Expect(logins(s)).To(Equal(1))
	return s, way, o
}

// A session dies in many ways. Whichever it is, one login replaces it, whatever the number of objects that notice, and every
// change that was asked for is made once.
var _ = DescribeTable("A login session is renewed once when it",
	func(die func(s *site, way *gateway, o *operator), how serverChange, changes ...inventoryChange) {
		s, way, o := fleetInSession(how, changes...)
		for death := range 3 {
			before, made := logins(s), generated(s)
			die(s, way, o)
			rotateAll(s.namespace, fmt.Sprint("death-", death))
			o.runFor(2 * time.Minute)
			expectRevisions(s.namespace, 20, int64(2+death))
			Expect(logins(s)-before).To(Equal(1), "logins after death %d", death)
			Expect(generated(s) - made).To(Equal(20))
			Expect(serverCondition(s, v1alpha1.ReadyCondition)).To(Equal(serverReady))
		}
		expectNoGuess(s)
		Expect(s.get().Status.Authentication.FailedLogins).To(BeEmpty())
		AddReportEntry("calls with an ended session", len(s.Ledger().FailedLogins))
	},
	Entry("was idle", idleAway, unprobed(withOTP(true)), codesForAPI, codesOnlyOnce),
	Entry("was idle and the login page comes instead of an answer", idleAway, unprobed(withSession),
		withoutSecondFactor, loginPages),
	Entry("was ended on the server", killSessions, withSession, withoutSecondFactor),
	Entry("was ended on the server, with codes", killSessions, withOTP(true), codesForAPI, loginPages),
	Entry("was ended on the server, with codes that are good once", killSessions, withOTP(true), codesOnlyOnce),
	Entry("is used from another address", moveAway, withSession, withoutSecondFactor),
	Entry("is used from another address, which ends it", moveAway, withOTP(true), codesOnlyOnce, func(inv *simulator.Inventory) {
		inv.Unverified.CookieFromElsewhere = "purge"
	}),
)

// unprobed keeps probes from keeping a session alive.
func unprobed(how serverChange) serverChange {
	return func(w *v1alpha1.WHMServer) {
		how(w)
		probedDaily(w)
	}
}

func loginPages(inv *simulator.Inventory) { inv.Unverified.SessionDeniedForm = "html" }

func idleAway(_ *site, _ *gateway, o *operator) {
	GinkgoHelper()
	o.runFor(20 * time.Minute)
}

func killSessions(s *site, _ *gateway, _ *operator) {
	GinkgoHelper()
	s.passwd(strongPassword)
}

func moveAway(_ *site, way *gateway, _ *operator) {
	way.mu.Lock()
	next := map[string]string{"127.0.0.1": "127.0.0.2", "127.0.0.2": "127.0.0.3", "127.0.0.3": "127.0.0.4"}[way.source]
	way.mu.Unlock()
	way.move(next)
}

var _ = Describe("A password inside a session", func() {
	It("that is changed on the server costs three failed logins at most, and none once the Secret has it", func() {
		s, _, o := fleetInSession(withOTP(true), codesOnlyOnce)
		const other = "canary-Other.Lantern-41-marsh"
		s.passwd(other)
		rotateAll(s.namespace, "with the old password")
		o.runFor(24 * time.Hour)
		Expect(serverCondition(s, v1alpha1.StalledCondition)).To(Equal("True/" + v1alpha1.AuthenticationFailedReason))
		wrong := guesses(s)
		Expect(wrong).To(And(BeNumerically(">", 0), BeNumerically("<=", 3)))

		before := logins(s)
		s.putAuth(map[string]string{"password": other})
		Eventually(serverCondition).WithArguments(s, v1alpha1.ReadyCondition).Should(Equal(serverReady))
		o.runFor(5 * time.Minute)
		expectRevisions(s.namespace, 20, 2)
		Expect(guesses(s)).To(Equal(wrong))
		Expect(logins(s) - before).To(Equal(1))
	})

	It("is not given again for a new label of its Secret", func() {
		s, _, o := fleetInSession(withOTP(true))
		version := touchAuth(s)
		Eventually(func() string { return s.get().Status.Authentication.Credential }).Should(ContainSubstring(version))
		rotateAll(s.namespace, "after the touch")
		o.runFor(5 * time.Minute)
		expectRevisions(s.namespace, 20, 2)
		Expect(logins(s)).To(Equal(1))
	})

	It("waits for the next code if the session ends within the step of the code that opened it", func() {
		s, _, o := fleetInSession(withOTP(true), codesOnlyOnce)
		for death := range 2 {
			o.runToNextCode()
			for within := range 2 {
				killSessions(s, nil, nil)
				rotateAll(s.namespace, fmt.Sprint("death-", death, "-", within))
				o.runFor(12 * time.Second)
				Expect(logins(s)).To(Equal(2+2*death), "the second death of a step costs no login")
			}
			o.runFor(time.Minute)
			expectRevisions(s.namespace, 20, int64(3+2*death))
			Expect(serverCondition(s, v1alpha1.ReadyCondition)).To(Equal(serverReady))
			Expect(logins(s)).To(Equal(3 + 2*death))
		}
		expectNoGuess(s)
		Expect(s.get().Status.Authentication.FailedLogins).To(BeEmpty())
	})

	It("is given again after a restart within one step of codes, on a server that takes a code once", func() {
		s, _, o := fleetInSession(withOTP(true), codesOnlyOnce)
		o.runToNextCode()
		o = o.restart()
		o.runFor(10 * time.Second)
		Expect(logins(s)).To(Equal(2))
		Expect(s.get().Status.Authentication.FailedLogins).To(BeEmpty())

		o = o.restart()
		o.runFor(5 * time.Second)
		Expect(serverCondition(s, v1alpha1.StalledCondition)).To(Equal("True/" + v1alpha1.TwoFactorRequiredReason))
		o.runFor(2 * time.Minute)
		Expect(serverCondition(s, v1alpha1.ReadyCondition)).To(Equal(serverReady))
		Expect(logins(s)).To(Equal(4))
		Expect(s.get().Status.Authentication.FailedLogins).To(HaveLen(1))
	})
})

// guesses counts the failed logins with a password.
func guesses(s *site) (n int) {
	for _, f := range s.Ledger().FailedLogins {
		if f.Kind == simulator.KindPassword {
			n++
		}
	}
	return n
}
