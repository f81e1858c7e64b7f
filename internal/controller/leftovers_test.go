// SPDX-License-Identifier: Apache-2.0

package controller_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/types"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/names"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

// An object that was deleted, two of its tokens, and one of another cluster.
const deletedObject = types.UID("lost")

var (
	leftToken  = names.Of(testCluster, deletedObject).Token("whm", 1, 1)
	leftAsWell = names.Of(testCluster, deletedObject).Token("other", 2, 1)
	notOurs    = names.Of("other", deletedObject).Token("whm", 1, 1)
)

var _ = Describe("What deleted objects left on a server", func() {
	// tokens are those that each account of the spec has.
	tokens := func(at time.Time) map[string]simulator.Token {
		all := map[string]simulator.Token{}
		for _, name := range []string{leftToken, leftAsWell, notOurs} {
			all[name] = simulator.Token{Value: "planted-" + name, CreatedAt: at}
		}
		return all
	}
	// left counts what is left of it.
	left := func(of map[string]simulator.Token) (n int) {
		for _, name := range []string{leftToken, leftAsWell} {
			if _, still := of[name]; still {
				n++
			}
		}
		return n
	}
	record := func(s *site, accounts ...v1alpha1.Leftover) {
		GinkgoHelper()
		server := s.get()
		for _, l := range accounts {
			l.Names, l.Object = names.Of(testCluster, deletedObject).String(), "APITokenRotation a/b"
			server.Status.Leftovers = append(server.Status.Leftovers, l)
		}
		Expect(admin.Status().Update(ctx, server)).To(Succeed())
	}

	It("is revoked for every kind of account when the server answers again, and nothing else is", func() {
		virtual := newTimeline()
		namespace := newNamespace()
		s := newSite(namespace, "whm", siteOptions{time: virtual})
		now := virtual.Now()
		Expect(s.Update(func(inv *simulator.Inventory) {
			root := inv.Users["root"]
			root.Tokens = tokens(now)
			inv.Users["root"] = root
			inv.Users["shop"] = simulator.User{ACLs: []string{"manage-api-tokens"}, Tokens: tokens(now)}
			inv.Accounts = map[string]simulator.Account{"alice": {Tokens: tokens(now)}}
		})).To(Succeed())
		o := startOperator(namespace, virtual)
		o.runFor(time.Minute)
		record(s,
			v1alpha1.Leftover{User: "root", AccountType: v1alpha1.WHMUser},
			v1alpha1.Leftover{User: "shop", AccountType: v1alpha1.WHMUser},
			v1alpha1.Leftover{User: "alice", AccountType: v1alpha1.CPanelAccount},
			v1alpha1.Leftover{User: "deleted", AccountType: v1alpha1.CPanelAccount},
		)
		fault := addFault(s, simulator.Fault{Kind: simulator.FaultReset, Function: "create_user_session"})
		o.runFor(6 * time.Minute)
		Expect(serverCondition(s, v1alpha1.ReadyCondition)).To(Equal("True/" + v1alpha1.AvailableReason))
		Expect(serverCondition(s, v1alpha1.LeftoversFoundCondition)).To(Equal("True/" + v1alpha1.RevocationPendingReason))
		Expect(s.get().Status.Leftovers).To(HaveExactElements(HaveField("User", "shop")))
		Expect(gauge(s, "whm_leftover_credentials")).To(BeEquivalentTo(1))
		Expect(left(s.Inventory().Users["root"].Tokens)).To(BeZero())
		Expect(left(s.Inventory().Accounts["alice"].Tokens)).To(BeZero())
		Expect(left(s.Inventory().Users["shop"].Tokens)).To(Equal(2))

		o.requests.reset()
		o.runFor(25 * time.Minute)
		Expect(o.requests.writes()).To(BeEmpty(), "trying again in vain is no news")

		Expect(s.RemoveFault(fault)).To(BeTrue())
		o.runFor(6 * time.Minute)
		Expect(left(s.Inventory().Users["shop"].Tokens)).To(BeZero())
		Expect(s.get().Status.Leftovers).To(BeEmpty())
		Expect(serverCondition(s, v1alpha1.LeftoversFoundCondition)).To(Equal("absent"))
		Expect(gauge(s, "whm_leftover_credentials")).To(BeZero())
		for _, of := range []map[string]simulator.Token{
			s.Inventory().Users["root"].Tokens, s.Inventory().Users["shop"].Tokens, s.Inventory().Accounts["alice"].Tokens,
		} {
			Expect(of).To(HaveKey(notOurs))
		}
		Eventually(eventsOf).WithArguments(namespace).Should(ContainElement("LeftoversRevoked"))
	})

	It("is written down when an object had to go without its server, and revoked when that is back", func() {
		namespace := newNamespace()
		s := newSite(namespace, "whm", siteOptions{server: probedOften})
		o := startOperator(namespace, nil)
		r := createToken(newTokenRotation(s, "billing"))
		Eventually(func() int64 { return refreshed(r).Status.Revision }).Should(BeEquivalentTo(1))
		addFault(s, simulator.Fault{Kind: simulator.FaultReset})
		Expect(admin.Delete(ctx, r)).To(Succeed())
		Eventually(gone(r)).WithTimeout(deletionBound).Should(BeTrue())
		Expect(s.get().Status.Leftovers).To(HaveExactElements(And(HaveField("User", "root"),
			HaveField("Object", "APITokenRotation "+namespace+"/billing"))))
		Expect(plantedTokens(s)).To(HaveLen(1))
		o.stop()
		s.ClearFaults()
		startOperator(namespace, nil)
		Eventually(func() []string { return plantedTokens(s) }).Should(BeEmpty())
		Eventually(func() []v1alpha1.Leftover { return s.get().Status.Leftovers }).Should(BeEmpty())
		Expect(s.get().Finalizers).To(BeEmpty())
	})
})
