// SPDX-License-Identifier: Apache-2.0

package controller_test

import (
	"maps"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/journal"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

var _ = Describe("A LoginSession on request", func() {
	It("waits for the first request, and issues nothing before", func() {
		g := newSessionRig()
		r := sessionFor(g.site, "sso")
		Expect(admin.Create(ctx, r)).To(Succeed())
		g.o.runFor(time.Hour)
		expectSession(r, 0, v1alpha1.WaitingForRequestReason)
		Expect(sessionData(r)).To(BeNil())
		Expect(sessionsMade(g.Ledger().Calls)).To(BeZero())
	})

	It("that nothing was asked of yet costs nothing when the operator is restarted", func() {
		g := newSessionRig(withServer(probedDaily))
		r := sessionFor(g.site, "sso")
		Expect(admin.Create(ctx, r)).To(Succeed())
		g.o.runFor(time.Minute)
		g.restart()
		g.o.runFor(time.Minute)
		expectSession(r, 0, v1alpha1.WaitingForRequestReason)
		Expect(g.o.requests.secretReads(g.authName())).To(BeEmpty(), g.o.requests.String())
		Expect(g.o.requests.writes()).To(BeEmpty(), g.o.requests.String())
		askForRotation(r, "first")
		g.o.runFor(time.Minute)
		expectSession(r, 1, v1alpha1.PublishedReason)
	})

	It("describes the session it holds, and not the one that is asked for next", func() {
		g := newSessionRig()
		r := g.asked(sessionFor(g.site, "sso"))
		before := sessionData(r)
		edit(refreshed(r), func(o *v1alpha1.LoginSession) { o.Spec.Service, o.Spec.User = v1alpha1.WHMService, "seller" })
		g.o.runFor(time.Minute)
		Expect(maps.Equal(sessionData(r), before)).To(BeTrue())
		askForRotation(r, "second")
		g.o.runFor(time.Minute)
		expectSession(r, 2, v1alpha1.PublishedReason)
		after := sessionData(r)
		Expect(after).To(HaveKeyWithValue("username", "seller"))
		Expect(after).To(HaveKeyWithValue("service", "whm"))
		Expect(after).To(HaveKeyWithValue("endpoint", g.WHMURL()))
	})

	It("issues one session for each new value, and withdraws it at its end", func() {
		g := newSessionRig(withServer(probedDaily))
		r := g.asked(sessionFor(g.site, "sso", livingFor(5*time.Minute)))
		now := refreshed(r)
		Expect(now.Status.Current.ID).To(Equal("shop-r1a1"))
		Expect(now.Status.Current.ExpiresAt.Sub(now.Status.LastRotationTime.Time)).To(Equal(5 * time.Minute))
		Expect(now.Status.NextRotationTime).To(BeNil())
		first := sessionData(r)
		Expect(first).To(HaveKeyWithValue("username", "shop"))
		Expect(first).To(HaveKeyWithValue("endpoint", g.CPanelURL()))
		Expect(first["url"]).To(HavePrefix("https://server.example.com:"))
		Expect(first["url"]).To(ContainSubstring(first["securityToken"] + "/login"))
		Expect(first).NotTo(Or(HaveKey("cookie"), HaveKey("form"), HaveKey("databaseUser")))
		g.watch(r)
		g.pass(4*time.Minute + 30*time.Second)
		g.watch(nil)
		expectSession(r, 1, v1alpha1.PublishedReason)
		g.pass(time.Minute)
		gone := expectSession(r, 1, v1alpha1.WithdrawnReason)
		Expect(gone.Status.Current).To(BeNil())
		Expect(sessionData(r)).To(BeEmpty())
		Expect(journalText(g.namespace)).NotTo(ContainSubstring("cpsess"))
		g.o.runFor(3 * time.Hour)
		Expect(sessionsMade(g.Ledger().Calls)).To(Equal(1))

		askForRotation(r, "second")
		g.o.runFor(time.Minute)
		expectSession(r, 2, v1alpha1.PublishedReason)
		Expect(sessionData(r)["session"]).NotTo(BeEmpty())
		Expect(sessionData(r)["session"]).NotTo(Equal(first["session"]))
		Expect(refreshed(r).Status.LastHandledRotate).To(Equal("second"))
	})

	It("replaces a session by another request before its end", func() {
		g := newSessionRig()
		r := g.asked(sessionFor(g.site, "sso"))
		askForRotation(r, "second")
		g.o.runFor(time.Minute)
		expectSession(r, 2, v1alpha1.PublishedReason)
		g.o.runFor(time.Hour)
		expectSession(r, 2, v1alpha1.WithdrawnReason)
		Expect(sessionsMade(g.Ledger().Calls)).To(Equal(2))
	})

	for name, obstacle := range map[string]func(*sessionRig){
		"the mailbox's password is missing": func(g *sessionRig) {
			Expect(admin.Delete(ctx, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: g.namespace, Name: "mail"}})).To(Succeed())
		},
		"the server is suspended": func(g *sessionRig) {
			edit(g.get(), func(w *v1alpha1.WHMServer) { w.Spec.Suspend = true })
		},
		"the server refuses it": func(g *sessionRig) {
			addFault(g.site, simulator.Fault{
				Kind: simulator.FaultDeny, Function: "Session::create_webmail_session_for_mail_user_check_password", Reason: "not now",
			})
		},
		"the server does not answer": func(g *sessionRig) {
			addFault(g.site, simulator.Fault{
				Kind: simulator.FaultReset, Function: "Session::create_webmail_session_for_mail_user_check_password",
			})
		},
	} {
		It("withdraws a session in time also while another one was asked for and "+name, func() {
			g := newSessionRig()
			Expect(admin.Create(ctx, &corev1.Secret{
				ObjectMeta: metav1.ObjectMeta{Namespace: g.namespace, Name: "mail"}, Data: map[string][]byte{"password": []byte(mailPassword)},
			})).To(Succeed())
			r := g.asked(sessionFor(g.site, "sso", ofMailbox, func(r *v1alpha1.LoginSession) {
				r.Spec.Mailbox.PasswordSecretRef = &v1alpha1.SecretKeyReference{Name: "mail"}
			}))
			obstacle(g)
			g.o.runFor(time.Second)
			askForRotation(r, "second")
			g.o.runFor(9 * time.Minute)
			Expect(sessionData(r)).To(HaveKey("session"))
			g.o.runFor(3 * time.Minute)
			Expect(sessionData(r)).To(BeEmpty())
			Expect(refreshed(r).Status.Current).To(BeNil())
			Expect(condition(r, v1alpha1.ReadyCondition)).NotTo(Equal("True/" + v1alpha1.PublishedReason))
			writes := len(g.o.requests.writes())
			g.o.runFor(10 * time.Minute)
			Expect(len(g.o.requests.writes())-writes).To(BeNumerically("<=", 25), g.o.requests.String())
		})
	}

	It("outlives restarts of the operator, which cost nothing", func() {
		g := newSessionRig(withServer(probedDaily))
		r := g.asked(sessionFor(g.site, "sso"))
		calls := len(g.Ledger().Calls)
		g.restart()
		g.o.runFor(time.Minute)
		Expect(mutations(g.callsSince(calls))).To(BeEmpty())
		Expect(g.o.requests.secretReads(g.authName())).To(BeEmpty(), g.o.requests.String())
		expectSession(r, 1, v1alpha1.PublishedReason)
		g.o.runFor(10 * time.Minute)
		expectSession(r, 1, v1alpha1.WithdrawnReason)
		Expect(sessionData(r)).To(BeEmpty())

		g.restart()
		g.o.runFor(time.Hour)
		Expect(g.o.requests.secretReads(g.authName())).To(BeEmpty(), g.o.requests.String())
		Expect(g.o.requests.writes()).To(BeEmpty(), g.o.requests.String())
		Expect(mutations(g.callsSince(calls))).To(BeEmpty())
	})

	It("withdraws at once what ended while the operator was down", func() {
		g := newSessionRig()
		r := g.asked(sessionFor(g.site, "sso"))
		g.o.stop()
		g.virtual.moveTo(g.virtual.Now().Add(2 * time.Hour))
		g.restart()
		g.o.runFor(0)
		expectSession(r, 1, v1alpha1.WithdrawnReason)
		Expect(sessionData(r)).To(BeEmpty())
		Expect(sessionsMade(g.Ledger().Calls)).To(Equal(1))
	})

	It("withdraws a session whose journal was deleted, because nobody knows when it ends", func() {
		g := newSessionRig()
		r := g.asked(sessionFor(g.site, "sso"))
		Expect(admin.Delete(ctx, secretAt(journal.Key(refreshed(r))))).To(Succeed())
		g.o.runFor(time.Minute)
		expectSession(r, 1, v1alpha1.WithdrawnReason)
		Expect(sessionData(r)).To(BeEmpty())
		askForRotation(r, "second")
		g.o.runFor(time.Minute)
		expectSession(r, 2, v1alpha1.PublishedReason)
	})

	It("writes a Secret again that somebody has deleted or edited, with the same session", func() {
		g := newSessionRig()
		r := g.asked(sessionFor(g.site, "sso"))
		before := sessionData(r)
		Expect(admin.Delete(ctx, secretAt(secretKey(r)))).To(Succeed())
		g.o.runFor(time.Minute)
		Expect(sessionData(r)).To(HaveKeyWithValue("session", before["session"]))
		edit(secretAt(secretKey(r)), meddle)
		g.o.runFor(time.Minute)
		Expect(sessionData(r)).To(HaveKeyWithValue("session", before["session"]))
		g.o.runFor(time.Hour)
		Expect(admin.Delete(ctx, secretAt(secretKey(r)))).To(Succeed())
		g.o.runFor(time.Minute)
		Expect(secretAt(secretKey(r)).Data).To(BeEmpty())
		expectSession(r, 1, v1alpha1.WithdrawnReason)
		Expect(sessionsMade(g.Ledger().Calls)).To(Equal(1))
	})

	It("does nothing while it is suspended, and withdraws afterwards what has ended", func() {
		g := newSessionRig()
		r := g.asked(sessionFor(g.site, "sso"))
		edit(refreshed(r), func(o *v1alpha1.LoginSession) { o.Spec.Suspend = true })
		askForRotation(r, "second")
		g.o.runFor(time.Hour)
		Expect(condition(r, v1alpha1.SuspendedCondition)).To(Equal("True/" + v1alpha1.SuspendedReason))
		Expect(sessionsMade(g.Ledger().Calls)).To(Equal(1))
		edit(refreshed(r), func(o *v1alpha1.LoginSession) {
			o.Spec.Suspend = false
			metav1.SetMetaDataAnnotation(&o.ObjectMeta, v1alpha1.RotateAnnotation, "first")
		})
		g.o.runFor(time.Minute)
		expectSession(r, 1, v1alpha1.WithdrawnReason)
	})

	It("can become one that is kept fresh after it has ended early", func() {
		g := newSessionRig()
		r := g.asked(sessionFor(g.site, "sso", withDatabaseUser, livingFor(20*time.Hour)))
		Expect(g.Update(func(inv *simulator.Inventory) { inv.Policies.SessionIdle = simulator.Duration(time.Second) })).To(Succeed())
		g.o.runFor(11 * time.Minute)
		expectSession(r, 1, v1alpha1.WithdrawnReason)
		Expect(g.Update(func(inv *simulator.Inventory) { inv.Policies.SessionIdle = 0 })).To(Succeed())
		edit(refreshed(r), keptFresh)
		g.o.runFor(time.Minute)
		expectSession(r, 2, v1alpha1.PublishedReason)
		Expect(g.stands(r)).To(BeTrue())
	})

	It("can become one that is kept fresh, and back", func() {
		g := newSessionRig()
		r := g.asked(sessionFor(g.site, "sso"))
		g.o.runFor(time.Hour)
		edit(refreshed(r), keptFresh)
		g.o.runFor(time.Minute)
		expectSession(r, 2, v1alpha1.PublishedReason)
		g.watch(r)
		g.pass(20 * time.Minute)
		g.watch(nil)
		edit(refreshed(r), func(o *v1alpha1.LoginSession) { o.Spec.Mode = v1alpha1.SessionOnRequest })
		made := sessionsMade(g.Ledger().Calls)
		g.o.runFor(time.Hour)
		Expect(condition(r, v1alpha1.ReadyCondition)).To(Equal("True/" + v1alpha1.WithdrawnReason))
		Expect(sessionsMade(g.Ledger().Calls)).To(Equal(made))
	})
})
