// SPDX-License-Identifier: Apache-2.0

package controller_test

import (
	"bytes"
	"image/png"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/pquerna/otp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

var _ = Describe("A two-factor secret", func() {
	var withSecondFactor factorOptions

	BeforeEach(func() { withSecondFactor = factorOptions{secondFactor: factorFirstSecret, server: withFactorToken} })

	It("is published with its URL and QR code, and replaced on schedule and on request", func() {
		options := withSecondFactor
		options.server = withFactorTokenDaily
		g := newFactorRig(options)
		r := g.publish(g.newFactor())
		data := secretOf(r).Data
		Expect(data).To(HaveLen(8))
		Expect(string(data["username"])).To(Equal("root"))
		Expect(string(data["issuer"])).To(Equal("server.example.com"))
		key, err := otp.NewKeyFromURL(string(data["otpauth"]))
		Expect(err).NotTo(HaveOccurred())
		Expect(key.Secret()).To(Equal(string(data["secret"])), "the URL has the secret")
		image, err := png.Decode(bytes.NewReader(data["qr.png"]))
		Expect(err).NotTo(HaveOccurred())
		Expect(image.Bounds().Dx()).To(Equal(256))
		Expect(factorCondition(r, v1alpha1.ReadyCondition)).To(ContainSubstring("took a one-time code that was made from it"))

		first := string(data["secret"])
		g.o.runFor(30 * 24 * time.Hour)
		r = g.expectFactor(r, 2)
		Expect(string(secretOf(r).Data["secret"])).NotTo(Equal(first))
		askForRotation(r, "now")
		g.o.runFor(time.Minute)
		g.expectFactor(r, 3)
		Expect(g.applied(setFactor)).To(Equal(3))
		Expect(g.Ledger().FailedLogins).To(BeEmpty())
	})

	It("costs a handful of calls and writes, and nothing after a restart", func() {
		options := withSecondFactor
		options.server = withFactorTokenDaily
		g := newFactorRig(options)
		r := g.publish(g.newFactor())
		calls := len(g.Ledger().Calls)
		g.o.requests.reset()
		askForRotation(r, "now")
		g.o.runFor(time.Minute)
		r = g.expectFactor(r, 2)
		Expect(describeAll(g.callsSince(calls))).To(Equal([]string{
			"twofactorauth_get_user_configs as root", "twofactorauth_generate_tfa_config as root", setFactor + " as root",
		}))
		Expect(g.o.requests.writes()).To(Equal([]request{
			{verb: "update", resource: "secrets", name: journalKey(r).Name},
			{verb: "update", resource: "secrets", name: journalKey(r).Name},
			{verb: "update", resource: "secrets", name: factorSecretName},
			{verb: "patch", resource: "twofactorrotations/status", name: r.Name},
		}), g.o.requests.String())

		calls = len(g.Ledger().Calls)
		g.o = g.o.restart()
		g.o.runFor(time.Hour)
		Expect(g.o.requests.writes()).To(BeEmpty(), g.o.requests.String())
		Expect(g.o.requests.secretReads(g.authName())).To(BeEmpty(), g.o.requests.String())
		Expect(mutations(g.callsSince(calls))).To(BeEmpty())
	})

	It("is set again, the same, as often as the answer is lost", func() {
		g := newFactorRig(withSecondFactor)
		addFault(g.site, simulator.Fault{Kind: simulator.FaultReset, Function: setFactor, After: true, Max: 2})
		Expect(admin.Create(ctx, g.newFactor())).To(Succeed())
		g.o.runFor(10 * time.Minute)
		r := g.expectFactor(g.newFactor(), 1)
		Expect(r.Status.Recoveries).To(BeEquivalentTo(2))
		Expect(g.applied(setFactor)).To(Equal(3))
		Expect(g.applied("twofactorauth_generate_tfa_config")).To(BeZero(), "it changes nothing")
	})

	It("is another one after a lost answer if the server takes only what it made up and not yet set", func() {
		options := withSecondFactor
		options.unverified.OwnTOTPSecret = "refuse"
		g := newFactorRig(options)
		addFault(g.site, simulator.Fault{Kind: simulator.FaultReset, Function: setFactor, After: true, Max: 1})
		Expect(admin.Create(ctx, g.newFactor())).To(Succeed())
		g.o.runFor(time.Hour)
		g.expectFactor(g.newFactor(), 1)
		Expect(g.applied(setFactor)).To(Equal(2))
	})

	DescribeTable("is not given up for a wrong code", func(how simulator.Choice) {
		options := withSecondFactor
		options.skew, options.unverified.WrongSetupCode = 192*time.Second, how
		g := newFactorRig(options)
		r := g.newFactor()
		Expect(admin.Create(ctx, r)).To(Succeed())
		g.o.runFor(10 * time.Minute)
		Expect(factorCondition(r, v1alpha1.StalledCondition)).To(And(
			HavePrefix("True/"+v1alpha1.ClockSkewReason+": "), ContainSubstring("its clock is 3m12s ahead of the operator's")))
		Expect(g.Authenticates("root", simulator.KindTOTP, factorFirstSecret)).To(BeTrue(), "nothing has changed")
		Expect(g.asked(setFactor)).To(Equal(1), "it waits")
		Expect(g.Update(func(inv *simulator.Inventory) { inv.ClockSkew = 0 })).To(Succeed())
		g.o.runFor(20 * time.Minute)
		g.expectFactor(r, 1)
	},
		Entry("that is refused", simulator.Choice("refuse")),
		Entry("that is answered with success 0", simulator.Choice("success0")),
	)

	It("is refused where two-factor authentication is off, with the server's reason", func() {
		options := withSecondFactor
		options.policies.TwoFactorOff = true
		g := newFactorRig(options)
		r := g.newFactor()
		Expect(admin.Create(ctx, r)).To(Succeed())
		g.o.runFor(time.Minute)
		Expect(factorCondition(r, v1alpha1.StalledCondition)).To(And(
			HavePrefix("True/"+v1alpha1.RefusedReason+": "), ContainSubstring("Two-factor authentication is disabled")))
		Expect(g.Update(func(inv *simulator.Inventory) { inv.Policies.TwoFactorOff = false })).To(Succeed())
		g.o.runFor(20 * time.Minute)
		g.expectFactor(r, 1)
	})

	It("cannot be had from a server that is too old", func() {
		options := withSecondFactor
		options.version, options.server = "11.52.0.5", nil
		options.secondFactor = ""
		g := newFactorRig(options)
		r := g.newFactor()
		Expect(admin.Create(ctx, r)).To(Succeed())
		g.o.runFor(time.Minute)
		Expect(factorCondition(r, v1alpha1.StalledCondition)).To(And(
			HavePrefix("True/"+v1alpha1.UnsupportedReason+": "), ContainSubstring("it is too old for it")))
	})

	It("survives the loss of its Secret without a call, and of its journal with the same secret", func() {
		g := newFactorRig(withSecondFactor)
		r := g.publish(g.newFactor())
		before := secretOf(r)
		calls := len(g.Ledger().Calls)
		Expect(admin.Delete(ctx, secretOf(r))).To(Succeed())
		g.o.runFor(time.Minute)
		Expect(secretOf(r).Data["qr.png"]).To(Equal(before.Data["qr.png"]))
		edit(secretOf(r), func(s *corev1.Secret) { s.Data["qr.png"] = []byte("scribble") })
		g.o.runFor(time.Minute)
		Expect(secretOf(r).Data["qr.png"]).To(Equal(before.Data["qr.png"]))

		Expect(admin.Delete(ctx, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{
			Namespace: g.namespace, Name: journalKey(r).Name,
		}})).To(Succeed())
		Expect(mutations(g.callsSince(calls))).To(BeEmpty())
		g.o.runFor(10 * time.Minute)
		Expect(secretOf(r).Data).To(Equal(before.Data))
		Expect(g.applied(setFactor)).To(Equal(2), "nothing else tells what the server has")
		g.expectFactor(r, 1)
		askForRotation(r, "now")
		g.o.runFor(time.Minute)
		g.expectFactor(r, 2)
	})

	It("renders through a template, byte for byte", func() {
		g := newFactorRig(withSecondFactor)
		r := g.publish(g.newFactor(func(r *v1alpha1.TwoFactorRotation) {
			r.Spec.Secret.Template = &v1alpha1.SecretTemplate{Data: map[string]v1alpha1.TemplateSource{
				"code.png": `{{ index . "qr.png" }}`, "secret": "{{ .secret }}", "who": "{{ .issuer }}/{{ .username }}",
			}}
		}))
		data := secretOf(r).Data
		Expect(data).To(HaveLen(3))
		Expect(string(data["who"])).To(Equal("server.example.com/root"))
		_, err := png.Decode(bytes.NewReader(data["code.png"]))
		Expect(err).NotTo(HaveOccurred())
		calls := len(g.o.requests.writes())
		g.o.runFor(2 * time.Hour)
		Expect(g.o.requests.writes()).To(HaveLen(calls), "what is published counts as it should be")
	})

	DescribeTable("stays in force when its object goes, and so does the Secret that knows it", func(policy *v1alpha1.DeletionPolicy) {
		g := newFactorRig(withSecondFactor)
		r := g.publish(g.newFactor(func(r *v1alpha1.TwoFactorRotation) { r.Spec.DeletionPolicy = policy }))
		secret := string(secretOf(r).Data["secret"])
		Expect(admin.Delete(ctx, r)).To(Succeed())
		g.o.runFor(time.Minute)
		Expect(gone(r)()).To(BeTrue())
		Expect(secretOf(r).Labels).NotTo(HaveKey(v1alpha1.ManagedByLabel))
		Expect(g.Authenticates("root", simulator.KindTOTP, string(secretOf(r).Data["secret"]))).To(BeTrue())
		expectSecret(secretOf(r).Data["secret"], secret, "the second factor")
	},
		Entry("whatever the spec leaves open", nil),
		Entry("also if it speaks of the server only", &v1alpha1.DeletionPolicy{Upstream: v1alpha1.RetainUpstream}),
	)

	It("leaves nothing else when its object goes, if the spec says so", func() {
		g := newFactorRig(withSecondFactor)
		r := g.publish(g.newFactor(func(r *v1alpha1.TwoFactorRotation) {
			r.Spec.DeletionPolicy = &v1alpha1.DeletionPolicy{Secret: v1alpha1.DeleteSecret}
		}))
		secret := string(secretOf(r).Data["secret"])
		key := journalKey(r)
		Expect(admin.Delete(ctx, r)).To(Succeed())
		g.o.runFor(time.Minute)
		Expect(gone(r)()).To(BeTrue())
		for _, name := range []types.NamespacedName{key, {Namespace: g.namespace, Name: factorSecretName}} {
			// The garbage collector takes the journal.
			Eventually(gone(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: name.Namespace, Name: name.Name}})).Should(BeTrue())
		}
		Expect(g.Authenticates("root", simulator.KindTOTP, secret)).To(BeTrue(), "nobody gets in without a code")
	})

	It("rests while it is suspended", func() {
		g := newFactorRig(withSecondFactor)
		r := g.newFactor(func(r *v1alpha1.TwoFactorRotation) { r.Spec.Suspend = true })
		Expect(admin.Create(ctx, r)).To(Succeed())
		g.o.runFor(time.Hour)
		Expect(mutations(g.Ledger().Calls)).To(BeEmpty())
		edit(r, func(r *v1alpha1.TwoFactorRotation) { r.Spec.Suspend = false })
		g.o.runFor(time.Minute)
		g.expectFactor(r, 1)
	})
})
