// SPDX-License-Identifier: Apache-2.0

package controller_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

// probe is how often servers are probed unless they say otherwise.
const probe = 5 * time.Minute

// tokenDrifts are what an administrator does to a token, by account: whether it is repaired by a new revision, and by
// what it is repaired otherwise.
var tokenDrifts = []struct {
	name    string
	of      func(*v1alpha1.APITokenRotation)
	change  func(name string, t *simulator.Token) string
	rotates bool
	repair  string
}{
	{"revoked, of the operator's user", ofRoot, revoked, true, ""},
	{"revoked, of a reseller", ofSeller, revoked, true, ""},
	{"revoked, of a cPanel account", ofShop, revoked, true, ""},
	{"re-scoped, of the operator's user", ofRoot, rescoped, false, "api_token_update as root"},
	{"re-scoped, of a reseller", ofSeller, rescoped, false, "api_token_update as seller"},
	{"without its expiry, of the operator's user", ofRoot, lasting, false, "api_token_update as root"},
	{"without its expiry, of a reseller", ofSeller, lasting, false, "api_token_update as seller"},
	{"with fewer addresses, of the operator's user", ofRoot, limited, false, "api_token_update as root"},
	{"renamed, of the operator's user", ofRoot, renamed, false, "api_token_update as root"},
	{"renamed, of a reseller", ofSeller, renamed, false, "api_token_update as seller"},
	{"renamed, of a cPanel account", ofShop, renamed, true, ""},
}

func revoked(string, *simulator.Token) string { return "" }

func renamed(string, *simulator.Token) string { return "billing-2" }

func rescoped(name string, t *simulator.Token) string {
	t.ACLs = []string{"create-acct"}
	return name
}

func lasting(name string, t *simulator.Token) string {
	t.ExpiresAt = time.Time{}
	return name
}

func limited(name string, t *simulator.Token) string {
	t.WhitelistIPs = []string{"127.0.0.1"}
	return name
}

var _ = Describe("A published token that an administrator has changed", func() {
	for _, d := range tokenDrifts {
		It("is put right within a probe interval: "+d.name, func() {
			g := newTokenRig()
			r := g.publish(newTokenRotation(g.site, "billing", d.of, func(r *v1alpha1.APITokenRotation) {
				r.Spec.ExpiresAfter = &metav1.Duration{Duration: 800 * time.Hour}
			}))
			g.o.runFor(probe)
			before, value := g.upstreamToken(r), string(secretOf(r).Data["token"])
			calls := len(g.Ledger().Calls)
			g.change(r, d.change)
			g.o.runFor(probe + time.Second)
			if d.rotates {
				now := expectTokenRevision(g.site, r, 2)
				Expect(eventReasons(r)).NotTo(ContainElement("Updated"))
				g.o.runFor(2 * time.Hour)
				Expect(liveTokens(g.site)).To(ContainElement(now.Status.Current.ID))
				return
			}
			expectTokenRevision(g.site, r, 1)
			Expect(string(secretOf(r).Data["token"])).To(Equal(value))
			Expect(g.upstreamToken(r)).To(Equal(before))
			By("repairing it once")
			g.o.runFor(10 * probe)
			Expect(changesOf(g.callsSince(calls))).To(Equal([]string{d.repair}))
		})
	}

	It("is noticed also if the lists before it was made and after it was revoked are the same", func() {
		g := newTokenRig()
		r := g.publish(newTokenRotation(g.site, "billing"))
		g.change(r, revoked)
		g.o.runFor(probe)
		expectTokenRevision(g.site, r, 2)
	})

	It("is left alone for an hour when it is changed again at once, and then put right again", func() {
		g := newTokenRig()
		r := g.publish(newTokenRotation(g.site, "billing"))
		for range 2 {
			g.change(r, rescoped)
			g.o.runFor(2 * probe)
		}
		Expect(mutationsOf(g.Ledger().Calls, "api_token_update")).To(HaveLen(1))
		g.o.runFor(time.Hour)
		Expect(mutationsOf(g.Ledger().Calls, "api_token_update")).To(HaveLen(2))
		Expect(g.upstreamToken(r).ACLs).To(Equal([]string{"list-accts"}))
	})

	It("costs one list of all for many objects, and is noticed of each", func() {
		g := newTokenRig()
		var all []*v1alpha1.APITokenRotation
		for _, name := range userNames(20) {
			all = append(all, createToken(newTokenRotation(g.site, name)))
		}
		g.o.runFor(2 * probe)
		calls := len(g.Ledger().Calls)
		g.o.requests.reset()
		By("idling until the hour is over at which more is asked")
		g.o.runFor(9 * probe)
		Expect(describeAll(g.callsSince(calls))).To(HaveEach("api_token_list as root"))
		Expect(g.callsSince(calls)).To(HaveLen(9))
		Expect(g.o.requests.writes()).To(BeEmpty(), g.o.requests.String())
		Expect(g.o.requests.secretReads(g.authName())).To(BeEmpty())
		g.change(all[3], revoked)
		g.change(all[7], revoked)
		g.o.runFor(probe)
		for i, r := range all {
			expectTokenRevision(g.site, r, map[int]int64{3: 2, 7: 2}[i]+map[bool]int64{true: 0, false: 1}[i == 3 || i == 7])
		}
		By("restarting")
		g.o.stop()
		calls = len(g.Ledger().Calls)
		g.o = startOperator(g.namespace, g.virtual)
		g.o.runFor(probe)
		Expect(changesOf(g.callsSince(calls))).To(BeEmpty())
		Expect(g.o.requests.writes()).To(BeEmpty(), g.o.requests.String())
		Expect(g.o.requests.secretReads(g.authName())).To(BeEmpty(), g.o.requests.String())
	})
})
