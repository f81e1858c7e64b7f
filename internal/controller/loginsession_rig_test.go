// SPDX-License-Identifier: Apache-2.0

package controller_test

import (
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

// mailPassword opens the mailbox of the account.
const mailPassword = "canary-mailbox-password"

// sessionRig is one server with a reseller and an account, and an operator on virtual time.
type sessionRig struct {
	*site
	virtual *timeline
	o       *operator

	mu sync.Mutex
	// watched is the object whose published session has to stand at every moment; nil for none.
	watched  *v1alpha1.LoginSession
	problems []string
}

func newSessionRig(changes ...func(*siteOptions)) *sessionRig {
	GinkgoHelper()
	g := &sessionRig{virtual: newTimeline()}
	o := siteOptions{time: g.virtual, users: []string{"seller"}}
	for _, change := range changes {
		change(&o)
	}
	g.site = newSite(newNamespace(), "whm", o)
	Expect(g.Update(func(inv *simulator.Inventory) {
		inv.Accounts = map[string]simulator.Account{"shop": {
			Domain:    "shop.example.com",
			Mailboxes: map[string]simulator.Mailbox{"info@shop.example.com": {Password: mailPassword}},
		}}
	})).To(Succeed())
	edit(g.get(), func(w *v1alpha1.WHMServer) { w.Spec.CPanelEndpoint = g.CPanelURL() })
	g.OnCall(func(simulator.Call) { g.judge() })
	g.o = startOperator(g.namespace, g.virtual)
	DeferCleanup(func() { Expect(g.problems).To(BeEmpty(), "seen by the watch over the server") })
	return g
}

// judge looks whether the watched session stands.
func (g *sessionRig) judge() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.watched != nil && !g.stands(g.watched) {
		g.problems = append(g.problems, "the Secret holds a session that has ended at "+g.virtual.Now().Format(time.TimeOnly))
	}
}

// watch has the published session of an object looked at from now on.
func (g *sessionRig) watch(r *v1alpha1.LoginSession) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.watched = r
}

// pass lets time pass in small steps, and looks after each whether the watched session stands.
func (g *sessionRig) pass(d time.Duration) {
	GinkgoHelper()
	const step = time.Minute
	for ; d > 0; d -= step {
		g.o.runFor(min(d, step))
		g.judge()
	}
}

// stands tells whether the session in the Secret is worth handing out.
func (g *sessionRig) stands(r *v1alpha1.LoginSession) bool {
	s := &corev1.Secret{}
	if admin.Get(ctx, secretKey(r), s) != nil {
		return false
	}
	user := r.Spec.User
	if r.Spec.Mailbox != nil {
		user = r.Spec.Mailbox.Login + "@" + r.Spec.Mailbox.Domain
	}
	return g.SessionStands(user, string(s.Data["session"]))
}

// restart ends the operator's run and begins another one.
func (g *sessionRig) restart() { g.o = g.o.restart() }

// sessionFor returns a session of cPanel for the account, on request.
func sessionFor(g *site, name string, changes ...func(*v1alpha1.LoginSession)) *v1alpha1.LoginSession {
	r := &v1alpha1.LoginSession{
		ObjectMeta: metav1.ObjectMeta{Namespace: g.namespace, Name: name},
		Spec: v1alpha1.LoginSessionSpec{
			Service: v1alpha1.CPanelService, User: "shop",
			CredentialSpec: v1alpha1.CredentialSpec{
				ServerRef: v1alpha1.ServerReference{Name: g.name}, Secret: v1alpha1.SecretTarget{Name: name},
			},
		},
	}
	for _, change := range changes {
		change(r)
	}
	return r
}

func keptFresh(r *v1alpha1.LoginSession) { r.Spec.Mode = v1alpha1.SessionKeepFresh }

func withDatabaseUser(r *v1alpha1.LoginSession) { r.Spec.TemporaryDatabaseUser = true }

func livingFor(ttl time.Duration) func(*v1alpha1.LoginSession) {
	return func(r *v1alpha1.LoginSession) { r.Spec.TTL = &metav1.Duration{Duration: ttl} }
}

// ofMailbox makes it a session of the account's mailbox.
func ofMailbox(r *v1alpha1.LoginSession) {
	r.Spec.Service = v1alpha1.WebmailService
	r.Spec.Mailbox = &v1alpha1.WebmailMailbox{Login: "info", Domain: "shop.example.com"}
}

// asked creates an object that asks for a session at once, and lets it be published.
func (g *sessionRig) asked(r *v1alpha1.LoginSession) *v1alpha1.LoginSession {
	GinkgoHelper()
	metav1.SetMetaDataAnnotation(&r.ObjectMeta, v1alpha1.RotateAnnotation, "first")
	Expect(admin.Create(ctx, r)).To(Succeed())
	g.o.runFor(time.Second)
	return expectSession(r, 1, v1alpha1.PublishedReason)
}

// kept creates an object that is kept fresh, and lets it be published.
func (g *sessionRig) kept(r *v1alpha1.LoginSession) *v1alpha1.LoginSession {
	GinkgoHelper()
	keptFresh(r)
	Expect(admin.Create(ctx, r)).To(Succeed())
	g.o.runFor(time.Second)
	return expectSession(r, 1, v1alpha1.PublishedReason)
}

// expectSession checks that the object is ready for a reason, and at rest, with a revision.
func expectSession(r *v1alpha1.LoginSession, revision int64, reason string) *v1alpha1.LoginSession {
	GinkgoHelper()
	now := expectAtRest(r, revision)
	Expect(condition(now, v1alpha1.ReadyCondition)).To(Equal("True/" + reason))
	return now
}

// sessionData is what the Secret holds; nil if there is none.
func sessionData(r *v1alpha1.LoginSession) map[string]string {
	GinkgoHelper()
	s := &corev1.Secret{}
	if err := admin.Get(ctx, secretKey(r), s); err != nil {
		Expect(client.IgnoreNotFound(err)).To(Succeed())
		return nil
	}
	data := map[string]string{}
	for key, value := range s.Data {
		data[key] = string(value)
	}
	return data
}

// meddle puts something else into a Secret in place of the session.
func meddle(s *corev1.Secret) { s.Data = map[string][]byte{"session": []byte("theirs")} }

// sessionsMade are the sessions that calls made.
func sessionsMade(calls []simulator.Call) int {
	return len(mutationsOf(calls, "create_user_session")) +
		len(mutationsOf(calls, "Session::create_webmail_session_for_mail_user")) +
		len(mutationsOf(calls, "Session::create_webmail_session_for_mail_user_check_password"))
}
