// SPDX-License-Identifier: Apache-2.0

package controller_test

import (
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/whm"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

var _ = Describe("A StoreLogin", func() {
	It("shows where to log in, exchanges the login token once, and costs one call and four writes", func() {
		g := newStoreRig()
		r := g.begin(newStoreLogin(g.site, "store"))
		url := refreshed(r).Status.LoginURL
		Expect(url).To(ContainSubstring("provider=cPStore"))
		Expect(condition(r, v1alpha1.ReadyCondition)).To(Equal("False/" + v1alpha1.WaitingForLoginTokenReason))
		Expect(message(r, v1alpha1.ReconcilingCondition)).To(Equal("open status.loginURL in a browser, log in, and put the login " +
			"token that you come back with into the Secret store-token"))
		Eventually(storeNotes(r, "LoginURL")).Should(ConsistOf(ContainSubstring(url)))
		calls := len(g.Ledger().Calls)
		g.o.runFor(12 * time.Hour)
		Expect(describeAll(g.callsSince(calls))).To(BeEmpty(), "nobody is asked while a person is awaited")

		g.o.requests.reset()
		token := g.logIn(r)
		now := g.expectPublished(r, 1)
		Expect(describeAll(g.callsSince(calls))).To(Equal([]string{exchange + " as root"}))
		Expect(g.o.requests.writes()).To(Equal([]request{
			{verb: "create", resource: "secrets"},
			{verb: "update", resource: "secrets", name: journalKey(r).Name},
			{verb: "create", resource: "secrets"},
			{verb: "patch", resource: "storelogins/status", name: r.Name},
		}), g.o.requests.String())
		Expect(now.Status.Current.ID).To(Equal(whm.NewSecret(token).Fingerprint()))
		Expect(now.Status.LoginToken.Exchanged).To(Equal(whm.NewSecret(token).Fingerprint()))
		Expect(now.Status.NextRotationTime).To(BeNil())
		Expect(message(r, v1alpha1.ReadyCondition)).To(ContainSubstring("whether the store accepts it cannot be tried from here"))
		Expect(secretOf(r).Data).To(HaveKeyWithValue("provider", []byte("cPStore")))

		By("idling, through a restart")
		g.o.runFor(time.Hour)
		calls = len(g.Ledger().Calls)
		g.restart()
		g.o.runFor(20 * time.Hour)
		Expect(mutations(g.callsSince(calls))).To(BeEmpty())
		Expect(g.o.requests.secretReads(g.authName())).To(BeEmpty(), g.o.requests.String())
		Expect(g.o.requests.writes()).NotTo(ContainElement(HaveField("resource", "storelogins/status")), g.o.requests.String())
	})

	It("exchanges each new login token, and none that it has used before", func() {
		g := newStoreRig()
		r := g.begin(newStoreLogin(g.site, "store"))
		first := g.logIn(r)
		g.expectPublished(r, 1)
		second := g.logIn(r)
		g.expectPublished(r, 2)
		Expect(g.exchanges()).To(Equal(2))

		By("putting the first one back")
		g.bring(r, first)
		Expect(condition(r, v1alpha1.StalledCondition)).To(Equal("True/" + v1alpha1.LoginTokenConsumedReason))
		By("and the second one")
		g.bring(r, second+"\n")
		g.expectPublished(r, 2)
		By("and deleting the Secret")
		Expect(admin.Delete(ctx, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: r.Namespace, Name: "store-token"}})).To(Succeed())
		g.restart()
		g.o.runFor(time.Hour)
		g.expectPublished(r, 2)
		Expect(g.exchanges()).To(Equal(2))
	})

	It("asks a person to log in again on request, and keeps what is published meanwhile", func() {
		g := newStoreRig()
		r := g.publish(newStoreLogin(g.site, "store"))
		edit(refreshed(r), func(o *v1alpha1.StoreLogin) {
			metav1.SetMetaDataAnnotation(&o.ObjectMeta, v1alpha1.RotateAnnotation, "again")
		})
		g.o.runFor(time.Minute)
		Expect(condition(r, v1alpha1.ReconcilingCondition)).To(Equal("True/" + v1alpha1.WaitingForLoginTokenReason))
		Expect(condition(r, v1alpha1.ReadyCondition)).To(Equal("True/" + v1alpha1.PublishedReason))
		Expect(refreshed(r).Status.LoginURL).NotTo(BeEmpty())
		g.logIn(r)
		Expect(g.expectPublished(r, 2).Status.LastHandledRotate).To(Equal("again"))
		Expect(g.exchanges()).To(Equal(2))
	})

	It("asks for another URL when the spec leads elsewhere", func() {
		g := newStoreRig()
		r := g.begin(newStoreLogin(g.site, "store"))
		edit(refreshed(r), func(o *v1alpha1.StoreLogin) { o.Spec.URLAfterLogin = "https://other.example.com/?x=1" })
		g.o.runFor(time.Minute)
		Expect(refreshed(r).Status.LoginURL).To(ContainSubstring("other.example.com"))
		Expect(g.invitations()).To(Equal(2))
		r = refreshed(r)
		g.logIn(r)
		g.expectPublished(r, 1)
	})

	It("publishes by a template, and what came without a refresh token", func() {
		g := newStoreRig()
		r := g.publish(newStoreLogin(g.site, "store", func(r *v1alpha1.StoreLogin) {
			r.Spec.Secret.Template = &v1alpha1.SecretTemplate{Data: map[string]v1alpha1.TemplateSource{
				"accessToken": "{{ .accessToken }}", "refreshToken": "{{ .refreshToken }}", "store.env": "STORE={{ .provider }}",
			}}
		}))
		Expect(secretOf(r).Data).To(HaveKeyWithValue("store.env", []byte("STORE=cPStore")))
		Expect(secretOf(r).Data).NotTo(HaveKey("provider"))

		addFault(g.site, simulator.Fault{Kind: simulator.FaultStatus, Function: exchange, Status: 200, Max: 1, Body: `{"metadata":` +
			`{"command":"validate_login_token","reason":"OK","result":1,"version":1},"data":{"payload":{"access_token":"only-this"}}}`})
		lone := g.begin(newStoreLogin(g.site, "lone"))
		g.logIn(lone)
		Expect(refreshed(lone).Status.Revision).To(Equal(int64(1)))
		expectSecret(secretOf(lone).Data["accessToken"], "only-this", "the access token")
		Expect(secretOf(lone).Data).NotTo(HaveKey("refreshToken"))
	})

	It("does nothing while it is suspended", func() {
		g := newStoreRig()
		r := g.begin(newStoreLogin(g.site, "store", func(r *v1alpha1.StoreLogin) { r.Spec.Suspend = true }))
		g.put(r, "canary-not-used-yet")
		g.o.runFor(time.Hour)
		Expect(condition(r, v1alpha1.ReadyCondition)).To(Equal("False/" + v1alpha1.SuspendedReason))
		Expect(g.invitations() + g.exchanges()).To(BeZero())
		token, err := g.IssueStoreLogin(whm.ProviderStore, afterStore)
		Expect(err).NotTo(HaveOccurred())
		g.put(r, token)
		edit(refreshed(r), func(o *v1alpha1.StoreLogin) { o.Spec.Suspend = false })
		g.o.runFor(time.Minute)
		g.expectPublished(r, 1)
		Expect(g.exchanges()).To(Equal(1))
	})

	It("leaves nothing when it is deleted, in a namespace that is deleted and without a server", func() {
		g := newStoreRig()
		r := g.publish(newStoreLogin(g.site, "store"))
		waiting := g.begin(newStoreLogin(g.site, "waiting"))
		calls := len(g.Ledger().Calls)
		Expect(admin.Delete(ctx, refreshed(r))).To(Succeed())
		Expect(admin.Delete(ctx, refreshed(waiting))).To(Succeed())
		Eventually(gone(r)).Should(BeTrue())
		Eventually(gone(waiting)).Should(BeTrue())
		Eventually(gone(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: r.Namespace, Name: "store"}})).Should(BeTrue())
		Expect(mutations(g.callsSince(calls))).To(BeEmpty(), "nothing can be revoked")
		input := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: r.Namespace, Name: "store-token"}}
		Expect(gone(input)()).To(BeFalse(), "the person's Secret is theirs")

		last := g.publish(newStoreLogin(g.site, "last"))
		Expect(admin.Delete(ctx, g.get())).To(Succeed())
		Expect(admin.Delete(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: g.namespace}})).To(Succeed())
		Eventually(gone(last)).Should(BeTrue())
	})

	It("says what is wrong with a login token, and still mends the Secret", func() {
		g := newStoreRig()
		r := g.publish(newStoreLogin(g.site, "store"))
		for text, want := range map[string]string{
			"https://shop.example.com/back?code=canary-in-a-url": "holds a URL; of the URL that the store sent you back to, put only the value",
			"canary-line\ncanary-more":                           "holds line breaks or control characters",
			" canary-space":                                      "begins or ends with a space",
			"canary-is-short":                                    "holds less than 16 bytes",
			"canary-" + strings.Repeat("x", 5000):                "holds more than 4096 bytes",
		} {
			g.bring(r, text)
			Expect(condition(r, v1alpha1.StalledCondition)).To(Equal("True/" + v1alpha1.SecretInvalidReason))
			Expect(message(r, v1alpha1.StalledCondition)).To(ContainSubstring(want))
			Expect(message(r, v1alpha1.StalledCondition)).NotTo(ContainSubstring("canary"))
		}
		Expect(admin.Delete(ctx, secretOf(r))).To(Succeed())
		g.o.runFor(time.Minute)
		Expect(g.given(simulator.KindStoreAccess, string(secretOf(r).Data["accessToken"]))).To(BeTrue())
		g.logIn(r)
		g.expectPublished(r, 2)
		Expect(g.exchanges()).To(Equal(2))
	})
})
