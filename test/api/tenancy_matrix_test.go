// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

// grant is one value of one part of a policy, and what is said to whom it does not suffice.
type grant[T any] struct {
	name  string
	value T
	// refused is what is said to everybody; empty if it suffices.
	refused string
	// refuses is what is said to those who ask for something, by the name of that.
	refuses map[string]string
}

// wish is something that a tenant can ask a server for.
type wish struct {
	name string
	make func(name, user string, server v1alpha1.Server) client.Object
}

// wishes are everything that refers to a server.
var wishes = []wish{
	{"hash", func(name, user string, server v1alpha1.Server) client.Object {
		r := &v1alpha1.AccessHashRotation{}
		r.Name, r.Spec.User, r.Spec.ServerRef, r.Spec.Secret.Name = name, user, on(server), name
		return r
	}},
	{"narrow", func(name, user string, server v1alpha1.Server) client.Object {
		r := newToken(name, user, server)
		r.Spec.ACLs = []v1alpha1.ACLName{"acct-summary", "list-accts"}
		return r
	}},
	{"all", func(name, user string, server v1alpha1.Server) client.Object {
		r := newToken(name, user, server)
		r.Spec.AllPrivileges = true
		return r
	}},
	{"account", func(name, user string, server v1alpha1.Server) client.Object {
		r := newToken(name, user, server)
		r.Spec.Account.Type = v1alpha1.CPanelAccount
		return r
	}},
	{"password", func(name, user string, server v1alpha1.Server) client.Object {
		return newPassword(name, v1alpha1.PasswordTarget{Type: v1alpha1.AccountPassword, Account: v1alpha1.UserName(user)}, server)
	}},
	{"mailbox", func(name, user string, server v1alpha1.Server) client.Object {
		return newPassword(name, v1alpha1.PasswordTarget{
			Type: v1alpha1.MailboxPassword, Account: v1alpha1.UserName(user), User: mailboxOf(user),
		}, server)
	}},
	{"session", func(name, user string, server v1alpha1.Server) client.Object {
		return newSession(name, user, v1alpha1.CPanelService, server)
	}},
	{"whm-session", func(name, user string, server v1alpha1.Server) client.Object {
		return newSession(name, user, v1alpha1.WHMService, server)
	}},
}

// newPassword returns a PasswordRotation.
func newPassword(name string, target v1alpha1.PasswordTarget, server v1alpha1.Server) *v1alpha1.PasswordRotation {
	r := &v1alpha1.PasswordRotation{Spec: v1alpha1.PasswordRotationSpec{Target: target}}
	r.Name, r.Spec.ServerRef, r.Spec.Secret.Name = name, on(server), name
	return r
}

// mailboxOf is a mailbox of an account of the plan.
func mailboxOf(user string) string { return "info@" + user + ".example.com" }

// newSession returns a LoginSession that is always there.
func newSession(name, user string, service v1alpha1.SessionService, server v1alpha1.Server) *v1alpha1.LoginSession {
	r := &v1alpha1.LoginSession{Spec: v1alpha1.LoginSessionSpec{
		Service: service, User: user, Mode: v1alpha1.SessionKeepFresh,
	}}
	r.Name, r.Spec.ServerRef, r.Spec.Secret.Name = name, on(server), name
	return r
}

// newToken returns an APITokenRotation without privileges.
func newToken(name, user string, server v1alpha1.Server) *v1alpha1.APITokenRotation {
	r := &v1alpha1.APITokenRotation{}
	r.Name, r.Spec.ServerRef, r.Spec.Secret.Name = name, on(server), name
	r.Spec.Account = &v1alpha1.TokenAccount{Type: v1alpha1.WHMUser, User: v1alpha1.UserName(user)}
	return r
}

const (
	notAll      = "does not allow credentials that can do everything that their user may; "
	addAll      = ", or ask whoever runs the cluster to add all to its maxACLs"
	notPassword = "does not allow passwords of accounts, because they open what the privileges passwd do; ask whoever runs the " +
		"cluster to add those to its maxACLs"
)

// refusing is what is said where tokens may have only these privileges to those who ask for everything, and to others.
func refusing(instead string, others map[string]string) map[string]string {
	for _, wish := range []string{"hash", "all", "whm-session"} {
		others[wish] = notAll + instead + addAll
	}
	return others
}

// privileges are the values of maxACLs. A token asks for acct-summary and list-accts where it does not ask for all.
var privileges = []grant[[]v1alpha1.ACLName]{
	{name: "none", refuses: refusing("it allows tokens of cPanel accounts only", map[string]string{
		"narrow":   "does not allow the privileges acct-summary, list-accts; take them out of spec.acls, or ask whoever runs the cluster to add them to its maxACLs; it allows none",
		"password": notPassword,
	})},
	{name: "some", value: []v1alpha1.ACLName{"list-accts"}, refuses: refusing("use an APITokenRotation whose spec.acls are among list-accts", map[string]string{
		"narrow":   "does not allow the privileges acct-summary; take them out of spec.acls, or ask whoever runs the cluster to add them to its maxACLs; it allows list-accts",
		"password": notPassword,
	})},
	{name: "enough", value: []v1alpha1.ACLName{"passwd", "list-accts", "acct-summary"}, refuses: refusing(
		"use an APITokenRotation whose spec.acls are among acct-summary, list-accts, passwd", map[string]string{})},
	{name: "all", value: []v1alpha1.ACLName{"all"}},
}

func namespaceGrants(tenant string) []grant[v1alpha1.NamespaceGrant] {
	return []grant[v1alpha1.NamespaceGrant]{
		{name: "named", value: named("default", tenant)},
		{name: "selected", value: selected("example.com/tier", "gold")},
		{name: "neither", value: v1alpha1.NamespaceGrant{
			Names: named("default").Names, Selector: selected("example.com/tier", "silver").Selector,
		}, refused: "does not let this namespace use it; ask whoever runs the cluster to allow " + tenant + " by name or label (allowedNamespaces)"},
	}
}

func userGrants(user string) []grant[[]v1alpha1.UserPattern] {
	return []grant[[]v1alpha1.UserPattern]{
		{name: "exact", value: []v1alpha1.UserPattern{"root", v1alpha1.UserPattern(user)}},
		{name: "pattern", value: []v1alpha1.UserPattern{v1alpha1.UserPattern(user[:4] + "*")}},
		{name: "other", value: []v1alpha1.UserPattern{v1alpha1.UserPattern(user[:4]), "root", "x*"},
			refused: "does not allow credentials of " + user + "; ask whoever runs the cluster to add that user to its allowedUsers"},
	}
}

// trial is one wish under one policy.
type trial struct {
	what    string
	wish    string
	user    string
	object  client.Object
	server  string
	refused string
}

// plan makes a server for every combination of grants and an object for every wish of it, each server with a user of its
// own, because of an access hash there is one for each user.
func (p *platform) plan() (trials []trial) {
	GinkgoHelper()
	for _, namespaces := range namespaceGrants(p.namespace) {
		for i := range userGrants("user") {
			for _, acls := range privileges {
				user := fmt.Sprintf("u%03d-shop", len(trials)/len(wishes))
				users := userGrants(user)[i]
				server := p.newShared(user, func(s *v1alpha1.ClusterWHMServer) {
					s.Spec.Policy = v1alpha1.ServerPolicy{
						AllowedNamespaces: namespaces.value, AllowedUsers: users.value, MaxACLs: acls.value,
					}
				})
				for _, w := range wishes {
					t := trial{
						what: fmt.Sprintf("%s; namespace %s, user %s, privileges %s", w.name, namespaces.name, users.name, acls.name),
						wish: w.name, user: user, server: server.Name, object: w.make(user+"-"+w.name, user, server),
					}
					for _, refused := range []string{acls.refuses[w.name], users.refused, namespaces.refused} {
						if refused != "" {
							t.refused = refused
						}
					}
					p.create(t.object)
					trials = append(trials, t)
				}
			}
		}
	}
	return trials
}

// resellers are the users of the plan. They hold the privileges that tokens ask for and the one to make tokens, and are
// cPanel accounts too.
func resellers(i *simulator.Inventory) {
	i.Accounts = map[string]simulator.Account{}
	for n := range 3 * 3 * len(privileges) {
		user := fmt.Sprintf("u%03d-shop", n)
		i.Users[user] = simulator.User{AccessHash: rootHash + user, ACLs: []string{"acct-summary", "list-accts", "manage-api-tokens"}}
		i.Accounts[user] = simulator.Account{
			Domain: user + ".example.com", Mailboxes: map[string]simulator.Mailbox{mailboxOf(user): {}},
		}
	}
}

// kindOf is what the server calls the credential that a wish is for. Sessions are left out: the operator opens some itself, to
// make tokens of resellers.
var kindOf = map[string]simulator.Kind{
	"hash": simulator.KindHash, "narrow": simulator.KindToken, "all": simulator.KindToken, "account": simulator.KindAccountToken,
	"password": simulator.KindPassword, "mailbox": simulator.KindMailbox,
}

// Every wish under every combination of grants. What is permitted is issued and published; what is not is said in the
// words for its first fault, and nothing is made of it, neither on the server nor in the namespace.
var _ = Describe("the policy of a ClusterWHMServer", func() {
	It("decides every wish under every grant", func(ctx SpecContext) {
		p := newPlatform(ctx, resellers)
		p.label("example.com/tier", `"gold"`)
		trials := p.plan()
		issued := map[string]int{}
		for _, t := range trials {
			By(t.what)
			secret := &corev1.Secret{}
			key := client.ObjectKeyFromObject(t.object)
			if t.refused == "" {
				p.awaitReady(t.object)
				Expect(admin.Get(ctx, key, secret)).To(Succeed())
				user := t.user
				if t.wish == "mailbox" {
					user = mailboxOf(user)
				}
				Expect(secret.Data).To(HaveKeyWithValue("username", []byte(user)))
				if kind, counts := kindOf[t.wish]; counts {
					issued[user+" "+string(kind)]++
				}
				continue
			}
			p.awaitStalled(t.object, v1alpha1.NotPermittedReason, "the policy of ClusterWHMServer "+t.server+" "+t.refused)
			Expect(apierrors.IsNotFound(admin.Get(ctx, key, secret))).To(BeTrue(), "a Secret was made")
		}
		made := map[string]int{}
		for _, c := range p.whm.Ledger().Credentials {
			if c.IssuedByCall > 0 && c.Kind != simulator.KindSession {
				made[c.User+" "+string(c.Kind)]++
			}
		}
		Expect(made).To(Equal(issued))
		Expect(len(issued)).To(BeNumerically(">=", 4), "too little was permitted to show anything")
	}, SpecTimeout(15*minute))
})
