// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"encoding/json"
	"slices"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/journal"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

// token makes an APITokenRotation of root that can list accounts.
func (p *platform) token(name string, server v1alpha1.Server, edit ...func(*v1alpha1.APITokenRotation)) *v1alpha1.APITokenRotation {
	GinkgoHelper()
	r := newToken(name, "root", server)
	r.Spec.ACLs = []v1alpha1.ACLName{"list-accts"}
	for _, f := range edit {
		f(r)
	}
	p.create(r)
	return r
}

// liveTokens are the names of the tokens that the server accepts.
func (p *platform) liveTokens() (names []string) {
	for _, c := range p.whm.Ledger().Credentials {
		if c.Live && (c.Kind == simulator.KindToken || c.Kind == simulator.KindAccountToken) {
			names = append(names, c.Name)
		}
	}
	slices.Sort(names)
	return names
}

// forge changes what an object's journal says, as whoever may write Secrets in its namespace can.
func (p *platform) forge(r *v1alpha1.APITokenRotation, change func(state map[string]any)) {
	GinkgoHelper()
	secret := &corev1.Secret{}
	secret.Namespace, secret.Name = journal.Key(r).Namespace, journal.Key(r).Name
	edit(p.bench, secret, func(s *corev1.Secret) {
		state := map[string]any{}
		Expect(json.Unmarshal(s.Data["state"], &state)).To(Succeed())
		change(state)
		forged, err := json.Marshal(state)
		Expect(err).NotTo(HaveOccurred())
		s.Data["state"] = forged
	})
}

// handmade is a token that people made.
const handmade = "made-by-hand"

func withHandmade(i *simulator.Inventory) {
	root := i.Users["root"]
	root.Tokens = map[string]simulator.Token{handmade: {Value: "MADEBYHAND000000"}}
	i.Users["root"] = root
}

// strayIn adds a token to what is to be revoked.
func strayIn(state map[string]any, name string) {
	state["strays"] = []any{map[string]any{"id": name, "foundAt": time.Now().Add(-24 * time.Hour).Format(time.RFC3339)}}
}

// claimIn makes a token the published one.
func claimIn(state map[string]any, name string) {
	entries, ok := state["entries"].([]any)
	Expect(ok).To(BeTrue())
	newest, ok := entries[len(entries)-1].(map[string]any)
	Expect(ok).To(BeTrue())
	newest["id"] = name
}

// A tenant who may edit Secrets has the journals of its namespace in its hands. The operator must not do to the tokens of
// others what such a journal tells it to.
var _ = DescribeTable("a forged journal stalls, and nothing that it names is touched:",
	func(ctx SpecContext, change func(state map[string]any, name string), others bool) {
		p := newPlatform(ctx, withHandmade)
		victim := &platform{bench: &bench{ctx: ctx, namespace: newNamespace(ctx), whm: p.whm}, home: p.home}
		DeferCleanup(victim.empty)
		server := p.shared("server", func(s *v1alpha1.ClusterWHMServer) {
			s.Spec.Policy.AllowedNamespaces = named(p.namespace, victim.namespace)
		})
		theirs, own := victim.token("theirs", server), p.token("own", server)
		victim.awaitReady(theirs)
		p.awaitReady(own)
		name := handmade
		if others {
			name = theirs.Status.Current.ID
		}

		before := p.liveTokens()
		p.forge(own, func(state map[string]any) { change(state, name) })
		// An object at rest does not read its journal.
		edit(p.bench, own, func(r *v1alpha1.APITokenRotation) {
			r.Annotations = map[string]string{v1alpha1.RotateAnnotation: "now"}
			r.Spec.ACLs = append(r.Spec.ACLs, "acct-summary")
		})
		p.awaitStalled(own, v1alpha1.JournalInvalidReason, "it names a credential that is not this object's; delete it")
		Expect(p.liveTokens()).To(Equal(before))
		for _, call := range p.whm.Ledger().Calls {
			Expect(call.Function).NotTo(BeElementOf("api_token_revoke", "api_token_update"))
		}
		Expect(admin.Delete(ctx, own)).To(Succeed())
		p.awaitGone(own)
		Expect(p.liveTokens()).To(ConsistOf(handmade, theirs.Status.Current.ID))
	},
	Entry("another tenant's token to revoke", strayIn, true),
	Entry("a token that people made to revoke", strayIn, false),
	Entry("another tenant's token as its own", claimIn, true),
	Entry("a token that people made as its own", claimIn, false),
)

// A journal can be made for an object that may have nothing, before it is deleted.
var _ = DescribeTable("an object that may use no server has nothing brought to its end by a forged journal when it is deleted:",
	func(ctx SpecContext, newObject func(*platform, v1alpha1.Server) client.Object, entry map[string]any, value string) {
		p := newPlatform(ctx, func(i *simulator.Inventory) {
			i.Accounts = map[string]simulator.Account{"shop": {Domain: "shop.example.com", Password: "canary-of-the-shop"}}
		})
		server := p.shared("server", func(s *v1alpha1.ClusterWHMServer) { s.Spec.Policy.AllowedNamespaces = named("elsewhere") })
		r := newObject(p, server)
		p.create(r)
		p.awaitStalled(r, v1alpha1.NotPermittedReason)

		entry["revision"], entry["attempt"], entry["phase"] = 1, 1, "Intended"
		entry["intendedAt"] = time.Now().UTC().Format(time.RFC3339)
		state, err := json.Marshal(map[string]any{"entries": []any{entry}})
		Expect(err).NotTo(HaveOccurred())
		forged := &corev1.Secret{Type: v1alpha1.JournalSecretType, Data: map[string][]byte{"state": state}}
		forged.Namespace, forged.Name = journal.Key(r).Namespace, journal.Key(r).Name
		if value != "" {
			forged.Data["value-1"] = []byte(value)
		}
		Expect(admin.Create(ctx, forged)).To(Succeed())
		before := len(p.whm.Ledger().Calls)
		Expect(admin.Delete(ctx, r)).To(Succeed())
		p.awaitGone(r)
		for _, call := range p.whm.Ledger().Calls[before:] {
			Expect(call.Function).To(BeElementOf("version", "myprivs", "applist", "api_token_list"), "what the server object asks for")
		}
		Expect(p.whm.Authenticates("shop", simulator.KindPassword, "canary-of-the-shop")).To(BeTrue())
		Expect(admin.Get(ctx, client.ObjectKeyFromObject(forged), forged)).To(Succeed())
		Expect(forged.Data).To(HaveKeyWithValue("state", state), "nothing was added to it")
		Expect(p.secretNames()).To(ConsistOf(forged.Name))
	},
	Entry("the access hash of root read", func(p *platform, server v1alpha1.Server) client.Object {
		r := &v1alpha1.AccessHashRotation{ObjectMeta: p.meta("own")}
		r.Spec.User, r.Spec.ServerRef, r.Spec.Secret.Name = "root", on(server), "own"
		r.Spec.DeletionPolicy = &v1alpha1.DeletionPolicy{Secret: v1alpha1.RetainSecret}
		return r
	}, map[string]any{"id": "root", "baseline": "another"}, ""),
	Entry("a password of an account set", func(p *platform, server v1alpha1.Server) client.Object {
		r := newPassword("own", v1alpha1.PasswordTarget{Type: v1alpha1.AccountPassword, Account: "shop"}, server)
		r.Namespace = p.namespace
		r.Spec.DeletionPolicy = &v1alpha1.DeletionPolicy{Secret: v1alpha1.RetainSecret}
		return r
	}, map[string]any{"id": "shop"}, `{"password":"chosen-by-the-tenant-1A"}`),
)
