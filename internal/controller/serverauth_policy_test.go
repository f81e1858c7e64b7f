// SPDX-License-Identifier: Apache-2.0

package controller_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

var _ = Describe("A security policy that is switched on while the operator works", func() {
	const stalled = "True/" + v1alpha1.TwoFactorRequiredReason

	// working is a server that the operator works with, and a rotation on it.
	working := func(how serverChange, changes ...inventoryChange) (*site, *operator, *v1alpha1.AccessHashRotation) {
		GinkgoHelper()
		virtual := newTimeline()
		namespace := newNamespace()
		s := newLoginSite(namespace, siteOptions{users: []string{"billing"}, time: virtual, server: how}, changes...)
		r := create(newRotation(s, "billing"))
		o := startOperator(namespace, virtual)
		o.runFor(time.Minute)
		Expect(serverCondition(s, v1alpha1.ReadyCondition)).To(Equal(serverReady))
		expectReady(r)
		return s, o, r
	}
	switchOn := func(s *site) {
		GinkgoHelper()
		Expect(s.Update(codesForAPI)).To(Succeed())
	}

	DescribeTable("stops tokens and hashes only where it asks them for codes", func(how serverChange, changes ...inventoryChange) {
		s, o, r := working(how, changes...)
		switchOn(s)
		o.runFor(6 * time.Minute)
		asked := len(changes) > 0
		if !asked {
			Expect(serverCondition(s, v1alpha1.ReadyCondition)).To(Equal(serverReady))
			return
		}
		Expect(serverCondition(s, v1alpha1.StalledCondition)).To(Equal(stalled))
		Expect(serverMessage(s, v1alpha1.StalledCondition)).To(ContainSubstring("security policies leave API requests out"))
		expectPublished(s, r)

		By("switching it off again")
		Expect(s.SetPolicies(func(p *simulator.Policies) { p.RequireTwoFactorForAPI = false })).To(Succeed())
		o.runFor(13 * time.Hour)
		Expect(serverCondition(s, v1alpha1.ReadyCondition)).To(Equal(serverReady))
		Expect(s.Ledger().FailedLogins).To(BeEmpty())
	},
		Entry("a token that is not asked", withToken),
		Entry("a token that is asked", withToken, codesForTokens),
		Entry("a hash that is not asked", loginWithHash),
		Entry("a hash that is asked", loginWithHash, codesForTokens),
	)

	It("stops a password without codes until it has an otpSecretRef", func() {
		s, o, r := working(nil)
		switchOn(s)
		o.runFor(6 * time.Minute)
		Expect(serverCondition(s, v1alpha1.StalledCondition)).To(Equal(stalled))
		edit(s.get(), withOTP(false))
		Eventually(serverCondition).WithArguments(s, v1alpha1.ReadyCondition).Should(Equal(serverReady))
		expectPublished(s, r)
		Expect(s.Ledger().FailedLogins).To(BeEmpty())
	})

	It("stops a session that began without a code until it has an otpSecretRef", func() {
		s, o, _ := working(withSession, withoutSecondFactor)
		Expect(s.Update(func(inv *simulator.Inventory) {
			root := inv.Users["root"]
			root.TOTPSecret = otpSecret
			inv.Users["root"] = root
		})).To(Succeed())
		switchOn(s)
		o.runFor(6 * time.Minute)
		Expect(serverCondition(s, v1alpha1.StalledCondition)).To(Equal(stalled))
		Expect(serverMessage(s, v1alpha1.StalledCondition)).To(ContainSubstring("have an otpSecretRef"))
		edit(s.get(), withOTP(true))
		Eventually(serverCondition).WithArguments(s, v1alpha1.ReadyCondition).Should(Equal(serverReady))
		Expect(logins(s)).To(Equal(2))
	})

	It("does not disturb passwords with codes, inside a session or not", func() {
		for _, session := range []bool{false, true} {
			s, o, _ := working(withOTP(session))
			switchOn(s)
			o.runFor(time.Hour)
			Expect(serverCondition(s, v1alpha1.ReadyCondition)).To(Equal(serverReady))
			Expect(s.Ledger().FailedLogins).To(BeEmpty())
		}
	})
})

// What people choose for a password, and how apps show the secret of a second factor, arrives unchanged.
var _ = DescribeTable("A server object logs in with", func(password, inSecret, factorInSecret string) {
	for _, session := range []bool{false, true} {
		namespace := newNamespace()
		s := newLoginSite(namespace, siteOptions{server: withOTP(session)}, codesForAPI, func(inv *simulator.Inventory) {
			root := inv.Users["root"]
			root.Password = password
			inv.Users["root"] = root
		})
		s.putAuth(map[string]string{"password": inSecret, "otp": factorInSecret})
		o := startOperator(namespace, nil)
		Eventually(serverCondition).WithArguments(s, v1alpha1.ReadyCondition).Should(Equal(serverReady))
		Expect(s.Ledger().FailedLogins).To(BeEmpty())
		Expect(o.log.String()).NotTo(ContainSubstring(password))
		o.stop()
	}
},
	Entry("marks that mean something in a URL or header", `canary:@%&+=?#/\"'<x>;,`, `canary:@%&+=?#/\"'<x>;,`, otpSecret),
	Entry("what looks like an escape already", "canary%3A%25+%2B", "canary%3A%25+%2B\n", otpSecret),
	Entry("letters beyond ASCII", "canary-Gr\u00fc\u00dfe-\u043f\u0430\u0440\u043e\u043b\u044c-\u5bc6\u7801-\U0001f511", "canary-Gr\u00fc\u00dfe-\u043f\u0430\u0440\u043e\u043b\u044c-\u5bc6\u7801-\U0001f511\r\n", otpSecret),
	Entry("spaces around and inside", "  canary with spaces ", "\n  canary with spaces \n", otpSecret),
	Entry("a two-factor secret in small groups", strongPassword, strongPassword, "jbsw y3dp ehpk 3pxp jbsw y3dp ehpk 3pxp\n"),
	Entry("a two-factor secret that is padded", strongPassword, strongPassword, otpSecret+"======"),
)

var _ = Describe("A cluster server that logs in with a password, a code and a session", func() {
	It("works, renews its session, and tells of a clock that is wrong", func() {
		virtual := newTimeline()
		namespace, apart := newNamespace(), newNamespace()
		s := &site{
			Server: simulate(siteOptions{users: []string{"billing"}, time: virtual}), namespace: apart, name: "shared-" + apart,
		}
		s.addSecondFactor(codesForAPI, codesOnlyOnce)
		Expect(admin.Create(ctx, s.authSecret(strongPassword))).To(Succeed())
		s.putAuth(map[string]string{"otp": otpSecret})
		like := s.object()
		withOTP(true)(like)
		shared := s.inCluster(like.Spec, namespace)
		r := newRotation(s, "billing", func(r *v1alpha1.AccessHashRotation) {
			r.Namespace, r.Spec.ServerRef.Kind = namespace, v1alpha1.ClusterWHMServerKind
		})
		create(r)
		o := startOperator(namespace, virtual, apart)
		o.runFor(time.Minute)
		Expect(expectReady(r).Status.Revision).To(BeEquivalentTo(1))

		s.passwd(strongPassword)
		rotateAll(namespace, "again")
		o.runFor(time.Minute)
		Expect(expectReady(r).Status.Revision).To(BeEquivalentTo(2))
		Expect(logins(s)).To(Equal(2))
		expectNoGuess(s)

		Expect(s.Update(clockSkew(-2 * time.Minute))).To(Succeed())
		s.passwd(strongPassword)
		o.runFor(6 * time.Minute)
		Expect(admin.Get(ctx, client.ObjectKeyFromObject(shared), shared)).To(Succeed())
		Expect(shared.Status.Conditions).To(ContainElement(And(
			HaveField("Type", v1alpha1.StalledCondition), HaveField("Reason", v1alpha1.TwoFactorRequiredReason),
			HaveField("Message", ContainSubstring("its clock is 2m0s behind the operator's")),
		)))
		Expect(len(shared.Status.Authentication.FailedLogins)).To(BeNumerically("<=", 2))
	})
})

// inCluster creates the ClusterWHMServer that a namespace may use for everybody.
func (s *site) inCluster(spec v1alpha1.WHMServerSpec, namespace string) *v1alpha1.ClusterWHMServer {
	GinkgoHelper()
	shared := &v1alpha1.ClusterWHMServer{Spec: v1alpha1.ClusterWHMServerSpec{
		WHMServerSpec: spec, AuthNamespace: v1alpha1.NamespaceName(s.namespace),
		Policy: v1alpha1.ServerPolicy{
			AllowedNamespaces: v1alpha1.NamespaceGrant{Names: []v1alpha1.NamespaceName{v1alpha1.NamespaceName(namespace)}},
			AllowedUsers:      []v1alpha1.UserPattern{"*"},
			MaxACLs:           []v1alpha1.ACLName{"all"},
		},
	}}
	shared.Name = s.name
	Expect(admin.Create(ctx, shared)).To(Succeed())
	DeferCleanup(func() {
		Expect(client.IgnoreNotFound(admin.DeleteAllOf(ctx, &v1alpha1.AccessHashRotation{}, client.InNamespace(namespace)))).To(Succeed())
		Expect(client.IgnoreNotFound(admin.Delete(ctx, shared))).To(Succeed())
	})
	return shared
}
