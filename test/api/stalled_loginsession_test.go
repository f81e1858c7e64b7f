// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

// withShop gives the server a cPanel account with a mailbox.
func withShop(i *simulator.Inventory) {
	i.Accounts = map[string]simulator.Account{"shop": {
		Domain: "shop.example.com", Mailboxes: map[string]simulator.Mailbox{"info@shop.example.com": {Password: "mail password"}},
	}}
}

func sessionBench(ctx SpecContext, change ...func(*simulator.Inventory)) *bench {
	GinkgoHelper()
	b := newBench(ctx, append([]func(*simulator.Inventory){withShop}, change...)...)
	DeferCleanup(func(ctx SpecContext) {
		Expect(admin.DeleteAllOf(ctx, &v1alpha1.LoginSession{}, client.InNamespace(b.namespace))).To(Succeed())
	})
	b.readyServer()
	return b
}

// session makes a LoginSession for the account that is kept fresh in the Secret "target", unless edit changes that.
func (b *bench) session(edit ...func(*v1alpha1.LoginSession)) *v1alpha1.LoginSession {
	GinkgoHelper()
	r := &v1alpha1.LoginSession{ObjectMeta: b.meta("sso"), Spec: v1alpha1.LoginSessionSpec{
		Service: v1alpha1.CPanelService, User: "shop", Mode: v1alpha1.SessionKeepFresh,
		CredentialSpec: v1alpha1.CredentialSpec{
			ServerRef: v1alpha1.ServerReference{Name: "server"}, Secret: v1alpha1.SecretTarget{Name: targetName},
		},
	}}
	for _, f := range edit {
		f(r)
	}
	b.create(r)
	return r
}

var _ = Describe("a LoginSession that cannot be stalls", func() {
	DescribeTable("because of what it asks for, and is mended by another spec:",
		func(ctx SpecContext, change func(*v1alpha1.LoginSession), reason, words string) {
			b := sessionBench(ctx)
			b.secret("journal", map[string]string{"password": "mail password"}, journalType)
			r := b.session(change)
			b.awaitStalled(r, reason, words)
			b.expectOneWarning(r, reason)
			edit(b, r, func(r *v1alpha1.LoginSession) {
				name, mode := r.Spec.ServerRef.Name, r.Spec.Mode
				r.Spec = v1alpha1.LoginSessionSpec{
					Service: v1alpha1.CPanelService, User: "shop", Mode: mode,
					CredentialSpec: v1alpha1.CredentialSpec{
						ServerRef: v1alpha1.ServerReference{Name: name}, Secret: v1alpha1.SecretTarget{Name: targetName},
					},
				}
			})
			b.awaitReady(r)
			Expect(b.whm.SessionStands("shop", string(b.read(targetName).Data["session"]))).To(BeTrue())
		},

		Entry("an account that there is not", func(r *v1alpha1.LoginSession) { r.Spec.User = "nobody" }, v1alpha1.RefusedReason,
			`You do not have a user named "nobody".; correct the spec, or what it names on the server`),
		Entry("WHM for an account", func(r *v1alpha1.LoginSession) { r.Spec.Service = v1alpha1.WHMService }, v1alpha1.RefusedReason,
			`You do not have a user named "shop"`),
		Entry("a mailbox that there is not", func(r *v1alpha1.LoginSession) {
			r.Spec.Service = v1alpha1.WebmailService
			r.Spec.Mailbox = &v1alpha1.WebmailMailbox{Login: "other", Domain: "shop.example.com"}
		}, v1alpha1.RefusedReason, `has no mailbox "other@shop.example.com"`),
		Entry("a password that is not there", func(r *v1alpha1.LoginSession) {
			r.Spec.Service = v1alpha1.WebmailService
			r.Spec.Mailbox = &v1alpha1.WebmailMailbox{
				Login: "info", Domain: "shop.example.com", PasswordSecretRef: &v1alpha1.SecretKeyReference{Name: "missing"},
			}
		}, v1alpha1.SecretNotFoundReason,
			"the Secret missing of spec.mailbox.passwordSecretRef does not exist; create it with the key password"),
		Entry("a password under another key", func(r *v1alpha1.LoginSession) {
			r.Spec.Service = v1alpha1.WebmailService
			r.Spec.Mailbox = &v1alpha1.WebmailMailbox{
				Login: "info", Domain: "shop.example.com", PasswordSecretRef: &v1alpha1.SecretKeyReference{Name: authName, Key: "mail"},
			}
		}, v1alpha1.SecretInvalidReason,
			"the key mail of the Secret auth of spec.mailbox.passwordSecretRef is missing or empty; the Secret has the keys "+
				"accesshash, password"),
		Entry("a journal as password", func(r *v1alpha1.LoginSession) {
			r.Spec.Service = v1alpha1.WebmailService
			r.Spec.Mailbox = &v1alpha1.WebmailMailbox{
				Login: "info", Domain: "shop.example.com", PasswordSecretRef: &v1alpha1.SecretKeyReference{Name: "journal"},
			}
		}, v1alpha1.SecretInvalidReason, "the Secret journal of spec.mailbox.passwordSecretRef is a journal of the operator"),
		Entry("a wrong password", func(r *v1alpha1.LoginSession) {
			r.Spec.Service = v1alpha1.WebmailService
			r.Spec.Mailbox = &v1alpha1.WebmailMailbox{
				Login: "info", Domain: "shop.example.com", PasswordSecretRef: &v1alpha1.SecretKeyReference{Name: authName},
			}
		}, v1alpha1.RefusedReason, "put the mailbox's password under the key password of the Secret auth"),
		Entry("a template that does not render", func(r *v1alpha1.LoginSession) {
			r.Spec.Secret.Template = &v1alpha1.SecretTemplate{Data: map[string]v1alpha1.TemplateSource{"a": "{{ .token }}"}}
		}, v1alpha1.TemplateFailedReason, "spec.secret.template.data"),
	)

	It("because the account is suspended", func(ctx SpecContext) {
		b := sessionBench(ctx, func(i *simulator.Inventory) {
			shop := i.Accounts["shop"]
			shop.Suspended = true
			i.Accounts["shop"] = shop
		})
		r := b.session()
		b.awaitStalled(r, v1alpha1.RefusedReason, `The account "shop" is suspended.`)
		b.expectOneWarning(r, v1alpha1.RefusedReason)
	})

	It("because the operator's credential lacks the privilege", func(ctx SpecContext) {
		b := sessionBench(ctx, func(i *simulator.Inventory) {
			root := i.Users["root"]
			root.Tokens = map[string]simulator.Token{"limited": {Value: "LIMITEDTOKEN0000", ACLs: []string{"list-accts"}}}
			i.Users["root"] = root
		})
		b.secret("token", map[string]string{"token": "LIMITEDTOKEN0000"})
		server := &v1alpha1.WHMServer{ObjectMeta: b.meta("server")}
		edit(b, server, withToken)
		b.awaitReady(server)
		r := b.session()
		b.awaitStalled(r, v1alpha1.ForbiddenReason, `requires the privilege "create-user-session"`, "give the operator's user that privilege")
	})

	It("because the server is too old for a temporary database user", func(ctx SpecContext) {
		b := sessionBench(ctx, func(i *simulator.Inventory) { i.Version = "11.52.0.4" })
		r := b.session(func(r *v1alpha1.LoginSession) { r.Spec.TemporaryDatabaseUser = true })
		b.awaitStalled(r, v1alpha1.UnsupportedReason, "spec.temporaryDatabaseUser needs WHM 54 or later, and the server has 11.52.0.4")
	})

	It("because the Secret is what a server object logs in with", func(ctx SpecContext) {
		b := sessionBench(ctx)
		r := b.session(func(r *v1alpha1.LoginSession) {
			r.Spec.Secret = v1alpha1.SecretTarget{
				Name: authName, Adoption: v1alpha1.AdoptIfUnowned,
				Template: &v1alpha1.SecretTemplate{Data: map[string]v1alpha1.TemplateSource{"password": "{{ .session }}"}},
			}
		})
		b.awaitStalled(r, v1alpha1.WouldLockOutReason, "WHMServer server logs in with the key password of the Secret auth")
		Expect(b.read(authName).Data).To(HaveKeyWithValue("password", []byte(rootPassword)))
	})

	It("because the Secret is somebody else's", func(ctx SpecContext) {
		b := sessionBench(ctx)
		b.secret(targetName, map[string]string{"theirs": "kept"}, func(*corev1.Secret) {})
		r := b.session()
		b.awaitStalled(r, v1alpha1.SecretConflictReason)
		Expect(b.whm.Ledger().SessionLog).To(BeEmpty())
	})
})
