// SPDX-License-Identifier: Apache-2.0

package controller_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

// mint is the call that makes the token of an account.
func mint(r *v1alpha1.APITokenRotation) string {
	if isAccount(r) {
		return "Tokens::create_full_access"
	}
	return "api_token_create"
}

// brokenAnswers are what can come in place of the answer; each of them once.
var brokenAnswers = []simulator.Fault{
	{Kind: simulator.FaultReset},
	{Kind: simulator.FaultReset, After: true},
	{Kind: simulator.FaultHTML, After: true},
	{Kind: simulator.FaultStatus, Status: 502, After: true},
	{Kind: simulator.FaultTruncate},
	{
		Kind: simulator.FaultStatus, Status: 200, After: true,
		Body: `{"metadata":{"command":"api_token_create","reason":"OK","result":1,"version":1},"data":{"name":"x"}}`,
	},
	// It is made when the operator does not wait for it any more.
	{Kind: simulator.FaultDelay, Delay: simulator.Duration(1200 * time.Millisecond)},
	{Kind: simulator.FaultDeny, Reason: "API failure: (XID abc123) not today"},
}

// mangled is an answer that somebody on the way has spoilt, for good. The breaker does not mind it.
func mangled(function string) simulator.Fault {
	return simulator.Fault{Kind: simulator.FaultStatus, Status: 200, Function: function, After: true, Body: cutShort}
}

var _ = Describe("The answer to the creation of a token", func() {
	It("is asked for less and less often where it is always lost", func() {
		g := newTokenRig(withServer(probedDaily))
		r := g.publish(newTokenRotation(g.site, "billing"))
		g.watch(r)
		addFault(g.site, mangled("api_token_create"))
		g.o.requests.reset()
		askForRotation(r, "now")
		g.o.runFor(time.Hour)
		Expect(len(mutationsOf(g.Ledger().Calls, "api_token_create"))).To(BeNumerically("~", 60+7, 5))
		Expect(len(g.o.requests.writes())).To(BeNumerically("<", 5*70), g.o.requests.String())
		g.ClearFaults()
		g.o.runFor(2 * time.Minute)
		expectTokenRevision(g.site, r, 2)
	})

	for account, c := range map[string]struct {
		of     func(*v1alpha1.APITokenRotation)
		losses int
	}{
		"the operator's user": {ofRoot, 100}, "a reseller": {ofSeller, 15}, "a cPanel account": {ofShop, 15},
	} {
		It(fmt.Sprintf("can be lost %d times in a row for %s, with restarts at random points", c.losses, account), func() {
			random := rand.New(rand.NewPCG(uint64(GinkgoRandomSeed()), 3))
			AddReportEntry("seed", GinkgoRandomSeed())
			g := newTokenRig()
			r := g.publish(newTokenRotation(g.site, "billing", c.of))
			g.watch(r)
			first := refreshed(r).Status.Current.ID
			lost := addFault(g.site, simulator.Fault{
				Kind: simulator.FaultReset, Function: mint(r), After: true, Max: c.losses,
			})
			askForRotation(r, "now")
			restarts := g.restartAtRandom(random, 1.0/40, func() bool { return faultHits(g.site, lost) >= c.losses })
			AddReportEntry("restarts", restarts)
			g.o.runFor(10 * time.Minute)
			now := expectTokenRevision(g.site, r, 2)
			minted := mutationsOf(g.Ledger().Calls, mint(r))
			Expect(len(minted)).To(BeNumerically(">", c.losses))
			Expect(now.Status.Recoveries).To(BeNumerically(">=", c.losses))
			Expect(liveTokens(g.site)).To(ConsistOf(first, now.Status.Current.ID))
			g.o.runFor(2 * time.Hour)
			Expect(liveTokens(g.site)).To(ConsistOf(now.Status.Current.ID))
		})
	}

	It("can be broken in any way, and leaves no token that nobody knows", func() {
		g := newTokenRig(withServer(func(w *v1alpha1.WHMServer) { w.Spec.Timeout = &metav1.Duration{Duration: time.Second} }))
		var all []*v1alpha1.APITokenRotation
		for kind, of := range map[string]func(*v1alpha1.APITokenRotation){"root": ofRoot, "seller": ofSeller, "shop": ofShop} {
			all = append(all, g.publish(newTokenRotation(g.site, kind, of, everyToken(720*time.Hour, time.Minute))))
		}
		for i, fault := range brokenAnswers {
			By(fmt.Sprintf("%s %d %s", fault.Kind, fault.Status, fault.Body))
			var ids []string
			for _, r := range all {
				// One after the other, because a server that breaks three calls in a row is left alone for a while in real time.
				fault.Function, fault.Max = mint(r), 1
				addFault(g.site, fault)
				askForRotation(r, strconv.Itoa(i))
				g.o.runFor(16 * time.Minute)
				ids = append(ids, expectTokenRevision(g.site, r, int64(i)+2).Status.Current.ID)
			}
			Expect(liveTokens(g.site)).To(ConsistOf(ids))
			g.ClearFaults()
		}
	})

	It("is not asked for while no session of the reseller can be opened, whatever becomes of that", func() {
		g := newTokenRig()
		for _, f := range []simulator.Fault{
			{Kind: simulator.FaultReset, Function: "create_user_session", After: true, Max: 1},
			{Kind: simulator.FaultHTML, Function: "create_user_session", After: true, Max: 1},
			{Kind: simulator.FaultDeny, Function: "create_user_session", Max: 1},
			{Kind: simulator.FaultReset, Function: "login", After: true, Max: 1},
			{Kind: simulator.FaultReset, Function: "logout", After: true, Max: 1},
		} {
			addFault(g.site, f)
		}
		r := createToken(newTokenRotation(g.site, "seller", ofSeller))
		g.o.runFor(time.Hour)
		expectTokenRevision(g.site, r, 1)
		Expect(mutationsOf(g.Ledger().Calls, "api_token_create")).To(HaveLen(1))
	})
})

// restartAtRandom runs the operator until a condition holds, and restarts it in the middle of calls.
func (g *tokenRig) restartAtRandom(random *rand.Rand, chance float64, until func() bool) (restarts int) {
	GinkgoHelper()
	strike, over := make(chan struct{}, 1), false
	g.setHook(func(simulator.Call) {
		g.mu.Lock()
		defer g.mu.Unlock()
		if over || random.Float64() >= chance {
			return
		}
		select {
		case strike <- struct{}{}:
			g.o.kill()
		default:
		}
	})
	for began := g.virtual.Now(); !until(); {
		Expect(g.virtual.Now()).To(BeTemporally("<", began.Add(10*24*time.Hour)), "it gets nowhere")
		g.o.runFor(time.Minute)
		select {
		case <-strike:
			restarts++
			g.restart()
		default:
		}
	}
	// A call that was cut off may have been told of the hook already.
	g.mu.Lock()
	over = true
	g.mu.Unlock()
	g.setHook(nil)
	select {
	case <-strike:
		g.restart()
	default:
	}
	return restarts
}

// faultHits is how often a rule has broken a call.
func faultHits(s *site, id simulator.FaultID) int {
	for _, f := range s.Faults() {
		if f.ID == id {
			return f.Hits
		}
	}
	return 0
}
