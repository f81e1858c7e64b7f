// SPDX-License-Identifier: Apache-2.0

package controller_test

import (
	"fmt"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

var _ = Describe("A LoginSession", func() {
	DescribeTable("signs in to any service",
		func(service v1alpha1.SessionService, user string, port func(*site) string) {
			g := newSessionRig()
			r := g.asked(sessionFor(g.site, "sso", func(r *v1alpha1.LoginSession) {
				r.Spec.Service, r.Spec.User, r.Spec.Locale = service, user, "de"
			}))
			Expect(g.stands(r)).To(BeTrue())
			data := sessionData(r)
			Expect(data).To(HaveKeyWithValue("service", string(service)))
			Expect(data["url"]).To(HavePrefix("https://server.example.com:" + port(g.site) + data["securityToken"]))
			Expect(data["url"]).To(ContainSubstring("locale=de"))
			Expect(data).To(HaveKeyWithValue("expiresAt", refreshed(r).Status.Current.ExpiresAt.UTC().Format(time.RFC3339)))
			Expect(condition(r, v1alpha1.AddressBoundCondition)).To(Equal("absent"))
		},
		Entry("cPanel", v1alpha1.CPanelService, "shop", func(s *site) string { return portOf(s.CPanelURL()) }),
		Entry("WHM for a reseller", v1alpha1.WHMService, "seller", func(s *site) string { return portOf(s.WHMURL()) }),
		Entry("WHM for root", v1alpha1.WHMService, "root", func(s *site) string { return portOf(s.WHMURL()) }),
		Entry("Webmail of an account", v1alpha1.WebmailService, "shop", func(s *site) string { return portOf(s.WebmailURL()) }),
		Entry("Webmail of an address", v1alpha1.WebmailService, "info@shop.example.com",
			func(s *site) string { return portOf(s.WebmailURL()) }),
	)

	It("for a mailbox gives URL and form to post, and says where it works", func() {
		g := newSessionRig()
		r := g.asked(sessionFor(g.site, "sso", ofMailbox))
		Expect(g.stands(r)).To(BeTrue())
		data := sessionData(r)
		Expect(data["url"]).To(Equal("https://127.0.0.1:2096" + data["securityToken"] + "/login"))
		Expect(data["form"]).To(HavePrefix("session=info%40shop.example.com"))
		Expect(data).To(HaveKeyWithValue("username", "info@shop.example.com"))
		Expect(refreshed(r).Status.Current.ID).To(Equal("info@shop.example.com-r1a1"))
		Expect(condition(r, v1alpha1.AddressBoundCondition)).To(Equal("True/" + v1alpha1.CookieAddressCheckReason))
		Expect(message(r, v1alpha1.AddressBoundCondition)).To(ContainSubstring("spec.mailbox.remoteAddress"))
		edit(refreshed(r), func(o *v1alpha1.LoginSession) { o.Spec.Mailbox.RemoteAddress = "203.0.113.7" })
		askForRotation(r, "for somebody else")
		g.o.runFor(time.Minute)
		expectSession(r, 2, v1alpha1.PublishedReason)
		Expect(condition(r, v1alpha1.AddressBoundCondition)).To(Equal("absent"))
	})

	It("renders templates, before and after a session is withdrawn", func() {
		g := newSessionRig()
		r := g.asked(sessionFor(g.site, "sso", ofMailbox, func(r *v1alpha1.LoginSession) {
			r.Spec.Secret.Template = &v1alpha1.SecretTemplate{
				Labels: map[string]v1alpha1.LabelValue{"team": "support"},
				Data:   map[string]v1alpha1.TemplateSource{"curl": `--data {{ .form }} {{ .url }}{{ .cookie }}`},
			}
		}))
		Expect(sessionData(r)).To(HaveLen(1))
		Expect(sessionData(r)["curl"]).To(MatchRegexp(`^--data session=info%40.* https://127.0.0.1:2096/cpsess[0-9]+/login$`))
		g.o.runFor(time.Hour)
		expectSession(r, 1, v1alpha1.WithdrawnReason)
		Expect(sessionData(r)).To(BeEmpty())
		Expect(secretAt(secretKey(r)).Labels).To(HaveKeyWithValue("team", "support"))
	})

	It("with the mailbox's password does not try a wrong one again until it changes", func() {
		g := newSessionRig()
		const check = "Session::create_webmail_session_for_mail_user_check_password"
		r := sessionFor(g.site, "sso", ofMailbox, keptFresh, func(r *v1alpha1.LoginSession) {
			r.Spec.Mailbox.PasswordSecretRef = &v1alpha1.SecretKeyReference{Name: "mail"}
		})
		Expect(admin.Create(ctx, r)).To(Succeed())
		g.o.runFor(time.Minute)
		Expect(condition(r, v1alpha1.StalledCondition)).To(Equal("True/" + v1alpha1.SecretNotFoundReason))
		secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: g.namespace, Name: "mail"}}
		Expect(admin.Create(ctx, secret)).To(Succeed())
		stalled := func() string { return condition(r, v1alpha1.StalledCondition) }
		Eventually(stalled).Should(Equal("True/" + v1alpha1.SecretInvalidReason))
		Expect(callsOf(g.Ledger().Calls, check)).To(BeZero())

		edit(secret, func(s *corev1.Secret) { s.Data = map[string][]byte{"password": []byte("canary-wrong-password")} })
		Eventually(stalled).Should(Equal("True/" + v1alpha1.RefusedReason))
		g.o.runFor(20 * time.Minute)
		askForRotation(r, "please")
		g.o.runFor(20 * time.Minute)
		Expect(condition(r, v1alpha1.StalledCondition)).To(Equal("True/" + v1alpha1.RefusedReason))
		Expect(message(r, v1alpha1.StalledCondition)).To(ContainSubstring("put the mailbox's password under the key password"))
		Expect(callsOf(g.Ledger().Calls, check)).To(Equal(1))
		g.o.runFor(8 * time.Hour)
		Expect(callsOf(g.Ledger().Calls, check)).To(Equal(2))

		edit(secret, func(s *corev1.Secret) { s.Data["password"] = []byte(mailPassword + "\n") })
		Eventually(func() string { return condition(r, v1alpha1.ReadyCondition) }).
			Should(Equal("True/" + v1alpha1.PublishedReason))
		g.watch(r)
		g.pass(20 * time.Minute)
		Expect(strings.Contains(g.o.log.String(), "canary-")).To(BeFalse())
	})

	DescribeTable("that the server refuses is asked for again after a while, and at once when the spec changes",
		func(breakIt func(*simulator.Inventory), service v1alpha1.SessionService, user, want string) {
			g := newSessionRig()
			Expect(g.Update(breakIt)).To(Succeed())
			r := sessionFor(g.site, "sso", keptFresh, func(r *v1alpha1.LoginSession) { r.Spec.Service, r.Spec.User = service, user })
			Expect(admin.Create(ctx, r)).To(Succeed())
			g.o.runFor(time.Hour)
			Expect(message(r, v1alpha1.StalledCondition)).To(ContainSubstring(want))
			Expect(callsOf(g.Ledger().Calls, "create_user_session")).To(BeNumerically("<=", 5))
			Expect(sessionData(r)).To(BeNil())
			edit(refreshed(r), func(o *v1alpha1.LoginSession) { o.Spec.Service, o.Spec.User = v1alpha1.WHMService, "root" })
			g.o.runFor(time.Second)
			expectSession(r, 1, v1alpha1.PublishedReason)
		},
		Entry("an unknown account", func(*simulator.Inventory) {}, v1alpha1.CPanelService, "nobody",
			"You do not have a user named \"nobody\""),
		Entry("an unknown address", func(*simulator.Inventory) {}, v1alpha1.WebmailService, "info@elsewhere.example",
			"You do not have a user named \"info@elsewhere.example\""),
		Entry("a suspended account", func(inv *simulator.Inventory) {
			shop := inv.Accounts["shop"]
			shop.Suspended = true
			inv.Accounts["shop"] = shop
		}, v1alpha1.CPanelService, "shop", "suspended"),
		Entry("an account in WHM", func(*simulator.Inventory) {}, v1alpha1.WHMService, "shop", "You do not have a user named \"shop\""),
	)

	for _, function := range []string{"create_user_session", "Session::create_webmail_session_for_mail_user"} {
		It("is asked for once more for each answer of "+function+" that is lost", func() {
			g := newSessionRig()
			r := sessionFor(g.site, "sso", keptFresh)
			if function != "create_user_session" {
				ofMailbox(r)
			}
			Expect(admin.Create(ctx, r)).To(Succeed())
			g.o.runFor(time.Second)
			expectSession(r, 1, v1alpha1.PublishedReason)
			const losses, rounds = 2, 3
			made := sessionsMade(g.Ledger().Calls)
			for i := range rounds {
				// Not more in a row, because then a server is left alone for a while in real time.
				addFault(g.site, simulator.Fault{Kind: simulator.FaultReset, Function: function, After: true, Max: losses})
				g.o.runFor(10*time.Minute + 5*time.Second)
				expectSession(r, int64(i)+2, v1alpha1.PublishedReason)
				Expect(g.stands(r)).To(BeTrue())
			}
			Expect(refreshed(r).Status.Recoveries).To(BeEquivalentTo(losses * rounds))
			Expect(sessionsMade(g.Ledger().Calls)).To(Equal(made + (losses+1)*rounds))
		})
	}

	It("is asked for at a slow pace while the server cannot be reached", func() {
		g := newSessionRig(withServer(probedDaily))
		r := g.kept(sessionFor(g.site, "sso"))
		addFault(g.site, simulator.Fault{Kind: simulator.FaultReset})
		g.o.runFor(9 * time.Minute)
		g.o.requests.reset()
		g.o.runFor(31 * time.Minute)
		Expect(condition(r, v1alpha1.ReconcilingCondition)).To(Equal("True/" + v1alpha1.UnavailableReason))
		Expect(len(g.o.requests.writes())).To(BeNumerically("<", 80), g.o.requests.String())
	})

	It("needs a ClusterWHMServer that permits its user, and everything for WHM", func() {
		g := newSessionRig()
		shared := g.object()
		cluster := &v1alpha1.ClusterWHMServer{
			ObjectMeta: metav1.ObjectMeta{Name: g.namespace},
			Spec: v1alpha1.ClusterWHMServerSpec{
				WHMServerSpec: shared.Spec, AuthNamespace: v1alpha1.NamespaceName(g.namespace),
				Policy: v1alpha1.ServerPolicy{
					AllowedNamespaces: v1alpha1.NamespaceGrant{Names: []v1alpha1.NamespaceName{v1alpha1.NamespaceName(g.namespace)}},
					AllowedUsers:      []v1alpha1.UserPattern{"shop", "info*", "root"},
				},
			},
		}
		Expect(admin.Create(ctx, cluster)).To(Succeed())
		DeferCleanup(func() { Expect(admin.Delete(ctx, cluster)).To(Succeed()) })
		for i, c := range []struct {
			service v1alpha1.SessionService
			user    string
			want    string
		}{
			{v1alpha1.CPanelService, "shop", ""},
			{v1alpha1.CPanelService, "seller", "does not allow credentials of seller"},
			{v1alpha1.WHMService, "root", "does not allow credentials that can do everything"},
			{v1alpha1.WebmailService, "info@shop.example.com", "set spec.user to the account and spec.mailbox to the mailbox"},
		} {
			r := sessionFor(g.site, fmt.Sprintf("sso-%d", i), keptFresh, func(r *v1alpha1.LoginSession) {
				r.Spec.ServerRef = v1alpha1.ServerReference{Kind: v1alpha1.ClusterWHMServerKind, Name: cluster.Name}
				r.Spec.Service, r.Spec.User = c.service, c.user
			})
			Expect(admin.Create(ctx, r)).To(Succeed())
			g.o.runFor(time.Minute)
			if c.want == "" {
				expectSession(r, 1, v1alpha1.PublishedReason)
				continue
			}
			Expect(condition(r, v1alpha1.StalledCondition)).To(Equal("True/" + v1alpha1.NotPermittedReason))
			Expect(message(r, v1alpha1.StalledCondition)).To(ContainSubstring(c.want))
		}
	})
})

func portOf(address string) string { return address[strings.LastIndex(address, ":")+1:] }
