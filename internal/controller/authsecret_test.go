// SPDX-License-Identifier: Apache-2.0

package controller_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

var _ = Describe("The auth Secret of a server", func() {
	const available = "True/" + v1alpha1.AvailableReason

	It("is used at once when it changes", func() {
		namespace := newNamespace()
		s := newSite(namespace, "whm", siteOptions{users: []string{"billing"}})
		startOperator(namespace, nil)
		Eventually(serverCondition).WithArguments(s, v1alpha1.ReadyCondition).Should(Equal(available))
		before := s.get().Status.Authentication.Credential
		s.changeRootPassword("canary-other-password")
		s.putPassword("canary-other-password")
		Eventually(func() string { return s.get().Status.Authentication.Credential }).ShouldNot(Equal(before))
		Eventually(serverCondition).WithArguments(s, v1alpha1.ReadyCondition).Should(Equal(available))
		r := expectReady(create(newRotation(s, "billing")))
		expectPublished(s, r)
		Expect(s.Ledger().FailedLogins).To(BeEmpty())
	})

	It("may be created after the server object, and after it was deleted", func() {
		namespace := newNamespace()
		s := &site{Server: simulate(siteOptions{users: []string{"billing"}}), namespace: namespace, name: "whm"}
		Expect(admin.Create(ctx, s.object())).To(Succeed())
		startOperator(namespace, nil)
		missing := "True/" + v1alpha1.SecretNotFoundReason
		Eventually(serverCondition).WithArguments(s, v1alpha1.StalledCondition).Should(Equal(missing))
		r := create(newRotation(s, "billing"))

		Expect(admin.Create(ctx, s.authSecret(rootPassword))).To(Succeed())
		Eventually(serverCondition).WithArguments(s, v1alpha1.ReadyCondition).Should(Equal(available))
		expectReady(r)

		Expect(admin.Delete(ctx, s.authSecret(""))).To(Succeed())
		Eventually(serverCondition).WithArguments(s, v1alpha1.StalledCondition).Should(Equal(missing))
		Expect(admin.Create(ctx, s.authSecret(rootPassword))).To(Succeed())
		Eventually(serverCondition).WithArguments(s, v1alpha1.ReadyCondition).Should(Equal(available))
	})

	It("is reported when the key is missing, and used once it is there", func() {
		namespace := newNamespace()
		s := newSite(namespace, "whm", siteOptions{})
		secret := s.authSecret("")
		edit(secret, func(x *corev1.Secret) { x.Data = map[string][]byte{"passwort": []byte("canary-misplaced-password")} })
		o := startOperator(namespace, nil)
		Eventually(serverCondition).WithArguments(s, v1alpha1.StalledCondition).Should(Equal("True/" + v1alpha1.SecretInvalidReason))
		s.putPassword(rootPassword)
		Eventually(serverCondition).WithArguments(s, v1alpha1.ReadyCondition).Should(Equal(available))
		Expect(o.log.String()).NotTo(ContainSubstring("canary-misplaced-password"))
	})

	It("may be shared by servers and is watched once", func() {
		namespace := newNamespace()
		s := newSite(namespace, "whm", siteOptions{})
		for _, name := range []string{"second", "third"} {
			other := s.object()
			other.Name = name
			Expect(admin.Create(ctx, other)).To(Succeed())
		}
		o := startOperator(namespace, nil)
		all := []*site{s, {Server: s.Server, namespace: namespace, name: "second"}, {Server: s.Server, namespace: namespace, name: "third"}}
		for _, one := range all {
			Eventually(serverCondition).WithArguments(one, v1alpha1.ReadyCondition).Should(Equal(available))
		}
		watches := func() []request {
			return o.requests.where(func(q request) bool { return q.verb == "watch" && q.resource == "secrets" })
		}
		Expect(watches()).To(HaveLen(2), "the operator's own Secrets, and the auth Secret")
		s.putPassword("canary-wrong-password")
		for _, one := range all {
			Eventually(serverCondition).WithArguments(one, v1alpha1.StalledCondition).
				Should(Equal("True/" + v1alpha1.AuthenticationFailedReason))
		}
	})
})

const otpSecret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"

// withOTP lets the server object log in with a password and one-time codes.
func withOTP(session bool) func(*v1alpha1.WHMServer) {
	return func(w *v1alpha1.WHMServer) {
		w.Spec.Auth.Password.Session = session
		w.Spec.Auth.Password.OTPSecretRef = &v1alpha1.SecretKeyReference{Name: w.Spec.Auth.Password.SecretRef.Name, Key: "otp"}
	}
}

var _ = DescribeTable("A server object logs in", func(policy simulator.Policies, how func(*v1alpha1.WHMServer)) {
	namespace := newNamespace()
	s := newSite(namespace, "whm", siteOptions{users: []string{"billing"}, server: how})
	Expect(s.SetUser("root", simulator.User{Password: rootPassword, TOTPSecret: otpSecret})).To(Succeed())
	Expect(s.SetPolicies(func(p *simulator.Policies) { p.RequireTwoFactorForAPI = policy.RequireTwoFactorForAPI })).To(Succeed())
	edit(s.authSecret(""), func(x *corev1.Secret) { x.Data["otp"] = []byte(otpSecret) })
	startOperator(namespace, nil)
	r := expectReady(create(newRotation(s, "billing")))
	expectPublished(s, r)
	Expect(s.Ledger().FailedLogins).To(BeEmpty())
},
	Entry("with a password and one-time codes", simulator.Policies{RequireTwoFactorForAPI: true}, withOTP(false)),
	Entry("with a session that a password and a one-time code open", simulator.Policies{}, withOTP(true)),
)
