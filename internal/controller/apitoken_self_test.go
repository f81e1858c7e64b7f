// SPDX-License-Identifier: Apache-2.0

package controller_test

import (
	"fmt"
	"math/rand/v2"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

// newSelfRig bootstraps with a password and goes over to a token that rotates itself.
func newSelfRig(changes ...func(*v1alpha1.APITokenRotation)) (*tokenRig, *v1alpha1.APITokenRotation) {
	GinkgoHelper()
	g := newTokenRig()
	r := newTokenRotation(g.site, "operator", everyToken(4*time.Hour, time.Hour), func(r *v1alpha1.APITokenRotation) {
		r.Spec.ACLs = []v1alpha1.ACLName{"manage-api-tokens", "list-accts"}
	})
	for _, change := range changes {
		change(r)
	}
	r = g.publish(r)
	edit(g.get(), func(w *v1alpha1.WHMServer) { logInWith(w, r) })
	g.o.runFor(time.Minute)
	Expect(serverCondition(g.site, v1alpha1.ReadyCondition)).To(Equal("True/" + v1alpha1.AvailableReason))
	g.setHook(g.judgeSelf(r))
	return g, r
}

func logInWith(w *v1alpha1.WHMServer, r *v1alpha1.APITokenRotation) {
	w.Spec.Auth = v1alpha1.ServerAuth{APIToken: &v1alpha1.APITokenAuth{
		SecretRef: v1alpha1.SecretKeyReference{Name: r.Spec.Secret.Name},
	}}
}

// judgeSelf sees to it that a token is only revoked by a login with the one that is published.
func (g *tokenRig) judgeSelf(r *v1alpha1.APITokenRotation) func(simulator.Call) {
	return func(c simulator.Call) {
		published := tokenSecretQuietly(r).Annotations[v1alpha1.FingerprintAnnotation]
		if c.Function == "api_token_revoke" && c.Credential != published {
			g.problem("revoked by a login with another token than the published one")
		}
	}
}

var _ = Describe("The operator's own token", func() {
	It("rotates itself, and is revoked only once the server object is ready with the new one", func() {
		g, r := newSelfRig()
		g.watch(r)
		for revision := int64(2); revision < 5; revision++ {
			g.o.runFor(4 * time.Hour)
			expectTokenRevision(g.site, r, revision)
		}
		g.o.runFor(90 * time.Minute)
		Expect(liveTokens(g.site)).To(Equal([]string{refreshed(r).Status.Current.ID}))
		Expect(g.Ledger().FailedLogins).To(BeEmpty())
		Expect(serverCondition(g.site, v1alpha1.ReadyCondition)).To(Equal("True/" + v1alpha1.AvailableReason))
	})

	It("is kept while the server object cannot try the new one", func() {
		g, r := newSelfRig()
		g.watch(r)
		first := refreshed(r).Status.Current.ID
		g.setHook(func(c simulator.Call) {
			if c.Function != "api_token_create" {
				return
			}
			// The verification needs neither of them, and the server object has to ask one.
			for _, function := range []string{"myprivs", "api_token_list"} {
				if _, err := g.AddFault(simulator.Fault{Kind: simulator.FaultStatus, Status: 503, Function: function}); err != nil {
					g.problem(err.Error())
				}
			}
		})
		g.o.runFor(6 * time.Hour)
		Expect(liveTokens(g.site)).To(ConsistOf(first, secretOf(r).Annotations[v1alpha1.CredentialIDAnnotation]))
		Expect(refreshed(r).Status.Current.ID).NotTo(Equal(first))
		Expect(mutationsOf(g.Ledger().Calls, "api_token_revoke")).To(BeEmpty())
		g.setHook(nil)
		g.ClearFaults()
		g.restart()
		g.o.runFor(time.Hour)
		Expect(liveTokens(g.site)).To(Equal([]string{expectTokenRevision(g.site, r, 2).Status.Current.ID}))
	})

	It("falls back to the one before if the new one does not work, and is tried again after a quarter of an hour", func() {
		g, r := newSelfRig()
		first := string(secretOf(r).Data["token"])
		killed := false
		g.setHook(func(c simulator.Call) {
			if c.Function != "api_token_get_details" || killed {
				return
			}
			killed = true
			if err := g.Update(func(inv *simulator.Inventory) {
				for name, t := range inv.Users["root"].Tokens {
					if t.Value != first {
						delete(inv.Users["root"].Tokens, name)
					}
				}
			}); err != nil {
				g.problem(err.Error())
			}
		})
		askForRotation(r, "now")
		g.o.runFor(time.Minute)
		Expect(killed).To(BeTrue())
		now := expectTokenRevision(g.site, r, 3)
		expectSecret(secretOf(r).Data["token"], first, "the previous token")
		Eventually(func() []string { return eventReasons(now) }).Should(ContainElement("FellBack"))
		Expect(serverCondition(g.site, v1alpha1.ReadyCondition)).To(Equal("True/" + v1alpha1.AvailableReason))
		Expect(len(g.Ledger().FailedLogins)).To(BeNumerically("<=", 3))
		g.o.runFor(13 * time.Minute)
		Expect(refreshed(r).Status.Revision).To(BeEquivalentTo(3))
		g.o.runFor(4 * time.Hour)
		expectTokenRevision(g.site, r, 4)
		g.o.runFor(2 * time.Hour)
		Expect(liveTokens(g.site)).To(Equal([]string{refreshed(r).Status.Current.ID}))
		Expect(len(g.Ledger().FailedLogins)).To(BeNumerically("<=", 3))
	})

	It("survives restarts at random points, slow acceptance and lost answers", func() {
		random := rand.New(rand.NewPCG(uint64(GinkgoRandomSeed()), 9))
		AddReportEntry("seed", GinkgoRandomSeed())
		g, r := newSelfRig()
		Expect(g.SetUnverified(simulator.Unverified{
			TokenUsableAfter: simulator.Duration(5 * time.Second), RevokedTokenDiesAfter: simulator.Duration(2 * time.Minute),
		})).To(Succeed())
		g.watch(nil)
		for revision := int64(2); revision < 5; revision++ {
			addFault(g.site, simulator.Fault{
				Kind: simulator.FaultReset, Function: "api_token_create", After: true, Max: random.IntN(2) + 1,
			})
			askForRotation(r, fmt.Sprint(revision))
			restarts := g.restartAtRandom(random, 1.0/6, func() bool { return refreshed(r).Status.Revision >= revision })
			AddReportEntry("restarts", restarts)
			g.ClearFaults()
			g.o.runFor(2 * time.Hour)
			now := expectTokenRevision(g.site, r, revision)
			Expect(liveTokens(g.site)).To(Equal([]string{now.Status.Current.ID}))
			Expect(serverCondition(g.site, v1alpha1.ReadyCondition)).To(Equal("True/" + v1alpha1.AvailableReason))
		}
		Expect(len(g.Ledger().FailedLogins)).To(BeNumerically("<=", 3*3))
	})

	It("is not issued if the operator would lock itself out with it", func() {
		g, r := newSelfRig()
		for _, change := range []func(*v1alpha1.APITokenRotation){
			func(r *v1alpha1.APITokenRotation) { r.Spec.ACLs = []v1alpha1.ACLName{"list-accts"} },
			func(r *v1alpha1.APITokenRotation) {
				r.Spec.ACLs = []v1alpha1.ACLName{"manage-api-tokens"}
				r.Spec.Secret.Template = &v1alpha1.SecretTemplate{Data: map[string]v1alpha1.TemplateSource{"other": "{{ .token }}"}}
			},
			func(r *v1alpha1.APITokenRotation) {
				r.Spec.Secret.Template = &v1alpha1.SecretTemplate{Data: map[string]v1alpha1.TemplateSource{"token": "{{ .username }}"}}
			},
		} {
			calls := len(g.Ledger().Calls)
			edit(refreshed(r), change)
			g.o.runFor(5 * time.Minute)
			askForRotation(r, fmt.Sprint(calls))
			g.o.runFor(5 * time.Minute)
			Expect(condition(r, v1alpha1.StalledCondition)).To(Equal("True/"+v1alpha1.WouldLockOutReason),
				"%v", refreshed(r).Status.Conditions)
			Expect(changesOf(g.callsSince(calls))).To(BeEmpty())
			Expect(serverCondition(g.site, v1alpha1.ReadyCondition)).To(Equal("True/" + v1alpha1.AvailableReason))
			Expect(g.Authenticates("root", simulator.KindToken, string(secretOf(r).Data["token"]))).To(BeTrue())
		}
		edit(refreshed(r), func(r *v1alpha1.APITokenRotation) { r.Spec.Secret.Template = nil })
		g.o.runFor(10 * time.Minute)
		expectTokenRevision(g.site, r, 2)
	})
})
