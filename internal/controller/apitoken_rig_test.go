// SPDX-License-Identifier: Apache-2.0

package controller_test

import (
	"fmt"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/names"
	"github.com/whm-credentials/operator/internal/rotation"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

// tokenRig is one server, an operator on virtual time and a watch over the server.
type tokenRig struct {
	*site
	virtual *timeline
	o       *operator

	mu       sync.Mutex
	problems []string
	// watched is the object whose published token has to work at every moment; nil for none.
	watched *v1alpha1.APITokenRotation
	// ending is true once objects are deleted, and their tokens with them.
	ending bool
	// hook is called at every call after the watch; nil for none.
	hook func(simulator.Call)
}

// newTokenRig starts a server with a reseller and a cPanel account beside root, and an operator.
func newTokenRig(changes ...func(*siteOptions)) *tokenRig {
	GinkgoHelper()
	g := &tokenRig{virtual: newTimeline()}
	o := siteOptions{time: g.virtual, users: []string{"seller"}}
	for _, change := range changes {
		change(&o)
	}
	g.site = newSite(newNamespace(), "whm", o)
	Expect(g.Update(func(inv *simulator.Inventory) {
		seller := inv.Users["seller"]
		seller.ACLs = []string{"list-accts", "manage-api-tokens", "create-acct"}
		inv.Users["seller"] = seller
		inv.Accounts = map[string]simulator.Account{"shop": {Domain: "shop.example.com"}}
	})).To(Succeed())
	edit(g.get(), func(w *v1alpha1.WHMServer) { w.Spec.CPanelEndpoint = g.CPanelURL() })
	g.OnCall(g.judge)
	g.o = startOperator(g.namespace, g.virtual)
	DeferCleanup(func() { Expect(g.problems).To(BeEmpty(), "seen by the watch over the server") })
	return g
}

// ofVersion starts a server of a version.
func ofVersion(version string) func(*siteOptions) {
	return func(o *siteOptions) { o.version = version }
}

// withServer changes the server object before it is created.
func withServer(change func(*v1alpha1.WHMServer)) func(*siteOptions) {
	return func(o *siteOptions) { o.server = change }
}

// judge looks at the server after each change that a call made: there are never more than three live tokens of an object,
// and nothing revokes what is published. One that was revoked does not count, although some servers let it live on for a
// while: the operator can do no more about it.
func (g *tokenRig) judge(c simulator.Call) {
	g.mu.Lock()
	hook := g.hook
	g.mu.Unlock()
	if hook != nil {
		defer hook(c)
	}
	if !c.Applied {
		return
	}
	live := map[names.Object]int{}
	for _, x := range g.Ledger().Credentials {
		if of, ours := names.Parse(x.Name); ours && x.Live && x.RevokedAt.IsZero() {
			live[of]++
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for of, n := range live {
		if n > rotation.MostLive {
			g.problems = append(g.problems, fmt.Sprintf("%s left %d live tokens of %s", c.Function, n, of))
		}
	}
	if g.watched != nil && !g.Authenticates(userOf(g.watched), kindOf(g.watched), g.value(g.watched)) {
		g.problems = append(g.problems, c.Function+" left a published token that does not work")
	}
	for _, x := range g.Ledger().Credentials {
		if x.RevokedByCall == c.ID && !g.ending && g.publishes(x.Fingerprint) {
			g.problems = append(g.problems, fmt.Sprintf("%s revoked %s, which is published", c.Function, x.Name))
		}
	}
}

// problem notes what must not be; hooks run in calls, where a spec cannot fail.
func (g *tokenRig) problem(text string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.problems = append(g.problems, text)
}

// publishes tells whether a Secret of the namespace holds the credential.
func (g *tokenRig) publishes(fingerprint string) bool {
	list := metadataList(corev1.SchemeGroupVersion.WithKind("Secret"))
	if err := admin.List(ctx, list, inNamespace(g.namespace)); err != nil {
		return false
	}
	for i := range list.Items {
		if list.Items[i].Annotations[v1alpha1.FingerprintAnnotation] == fingerprint {
			return true
		}
	}
	return false
}

// value is the published token; empty if there is none.
func (g *tokenRig) value(r *v1alpha1.APITokenRotation) string {
	s := &corev1.Secret{}
	if admin.Get(ctx, types.NamespacedName{Namespace: r.Namespace, Name: r.Spec.Secret.Name}, s) != nil {
		return ""
	}
	return string(s.Data["token"])
}

// watch has the published token of an object tried at every change upstream.
func (g *tokenRig) watch(r *v1alpha1.APITokenRotation) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.watched = r
}

// end says that the objects are about to be deleted, and their tokens with them.
func (g *tokenRig) end() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.watched, g.ending = nil, true
}

// setHook has every call from now on told to a hook; nil for none. A call that a restart cut off may still be under way.
func (g *tokenRig) setHook(hook func(simulator.Call)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.hook = hook
}

// publish creates an object and lets it publish its first revision.
func (g *tokenRig) publish(r *v1alpha1.APITokenRotation) *v1alpha1.APITokenRotation {
	GinkgoHelper()
	createToken(r)
	g.o.runFor(time.Minute)
	return expectTokenRevision(g.site, r, 1)
}

// restart ends the operator's run and begins another one.
func (g *tokenRig) restart() {
	o := g.o.restart()
	g.mu.Lock()
	defer g.mu.Unlock()
	g.o = o
}

// admin changes a token of the server behind the operator's back. It may return another name, or none to revoke it.
func (g *tokenRig) change(r *v1alpha1.APITokenRotation, change func(name string, t *simulator.Token) string) {
	GinkgoHelper()
	id := refreshed(r).Status.Current.ID
	Expect(g.Update(func(inv *simulator.Inventory) {
		all := inv.Users[userOf(r)].Tokens
		if isAccount(r) {
			all = inv.Accounts[userOf(r)].Tokens
		}
		Expect(all).To(HaveKey(id))
		t := all[id]
		delete(all, id)
		if name := change(id, &t); name != "" {
			all[name] = t
		}
	})).To(Succeed())
}

// userOf is whose token it is.
func userOf(r *v1alpha1.APITokenRotation) string {
	if a := r.Spec.Account; a != nil && a.User != "" {
		return string(a.User)
	}
	return "root"
}

func isAccount(r *v1alpha1.APITokenRotation) bool {
	return r.Spec.Account != nil && r.Spec.Account.Type == v1alpha1.CPanelAccount
}

func kindOf(r *v1alpha1.APITokenRotation) simulator.Kind {
	if isAccount(r) {
		return simulator.KindAccountToken
	}
	return simulator.KindToken
}

// upstreamToken is the published token as the server has it.
func (g *tokenRig) upstreamToken(r *v1alpha1.APITokenRotation) simulator.Token {
	GinkgoHelper()
	all := g.Tokens(userOf(r))
	if isAccount(r) {
		all = g.AccountTokens(userOf(r))
	}
	id := refreshed(r).Status.Current.ID
	Expect(all).To(HaveKey(id))
	return all[id]
}

// ofSeller and ofShop make it a token of the reseller and of the cPanel account; ofRoot leaves it the operator's user's.
func ofRoot(*v1alpha1.APITokenRotation) {}

func ofSeller(r *v1alpha1.APITokenRotation) { r.Spec.Account = &v1alpha1.TokenAccount{User: "seller"} }

func ofShop(r *v1alpha1.APITokenRotation) {
	r.Spec.Account = &v1alpha1.TokenAccount{Type: v1alpha1.CPanelAccount, User: "shop"}
	r.Spec.ACLs = nil
}

// eventReasons are the reasons of the events about an object. They are sent in the background.
func eventReasons(r *v1alpha1.APITokenRotation) (reasons []string) {
	var all eventsv1.EventList
	if admin.List(ctx, &all, inNamespace(r.Namespace)) != nil {
		return nil
	}
	for i := range all.Items {
		if all.Items[i].Regarding.Name == r.Name {
			reasons = append(reasons, all.Items[i].Reason)
		}
	}
	return reasons
}
