// SPDX-License-Identifier: Apache-2.0

package controller_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/whm"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

// lostAnswers are those to an exchange that may have been made.
var lostAnswers = map[string]simulator.Fault{
	"cut off":                 {Kind: simulator.FaultReset, After: true},
	"cut off before the call": {Kind: simulator.FaultReset},
	"truncated":               {Kind: simulator.FaultTruncate},
	"a page":                  {Kind: simulator.FaultHTML, After: true},
	"an error of a proxy":     {Kind: simulator.FaultStatus, Status: 502, After: true},
	"empty": {
		Kind: simulator.FaultStatus, Status: 200, After: true,
		Body: `{"metadata":{"command":"validate_login_token","reason":"OK","result":1,"version":1},"data":{}}`,
	},
	"refused":                     {Kind: simulator.FaultDeny, Reason: "API failure: (XID abc123) the login token is invalid"},
	"denied in the store's words": {Kind: simulator.FaultDeny, Reason: "API failure: (XID abc123) access denied by the store"},
	"like a rejected login":       {Kind: simulator.FaultDeny, Reason: "API failure: (XID abc123) the login is invalid"},
}

var _ = Describe("A login token", func() {
	It("is never used again when the answer was lost or refused, nine times in a row and through restarts", func() {
		random := rand.New(rand.NewPCG(uint64(GinkgoRandomSeed()), 5))
		AddReportEntry("seed", GinkgoRandomSeed())
		g := newStoreRig()
		r := g.begin(newStoreLogin(g.site, "store"))
		kinds := slices.Sorted(maps.Keys(lostAnswers))
		losses := len(kinds)
		for i := range losses {
			fault := lostAnswers[kinds[i%len(kinds)]]
			fault.Function, fault.Max = exchange, 1
			addFault(g.site, fault)
			By(fmt.Sprintf("%d: %s", i, kinds[i%len(kinds)]))
			g.logIn(r)
			g.o.runFor(10 * time.Minute)
			// The breaker follows the real clock, so that three lost answers in a row would end what happens in virtual time.
			if i%2 == 1 || random.IntN(3) == 0 {
				g.restart()
				g.o.runFor(time.Minute)
			}
			Expect(condition(r, v1alpha1.StalledCondition)).To(Equal("True/" + v1alpha1.LoginTokenConsumedReason))
			Expect(refreshed(r).Status.LoginURL).NotTo(BeEmpty())
			Expect(g.exchanges()).To(Equal(i + 1))
			g.ClearFaults()
		}
		Expect(message(r, v1alpha1.StalledCondition)).To(ContainSubstring("was used once and is never used again"))
		Expect(message(r, v1alpha1.StalledCondition)).To(ContainSubstring("open status.loginURL"))
		Eventually(storeNotes(r, v1alpha1.LoginTokenConsumedReason)).ShouldNot(BeEmpty())
		g.logIn(r)
		g.o.runFor(time.Minute)
		Expect(g.exchanges()).To(Equal(losses + 1))
		Expect(condition(r, v1alpha1.ReadyCondition)).To(Equal("True/" + v1alpha1.PublishedReason))
		Expect(secretOf(r).Data).To(HaveKey("accessToken"))
	})

	for name, fault := range map[string]simulator.Fault{
		"the operator lacks a privilege": {Kind: simulator.FaultDeny, Reason: "Permission denied: you do not have permission"},
		"the server does not know the function": {Kind: simulator.FaultStatus, Status: 200, Body: `{"metadata":{"version":1,` +
			`"result":0,"reason":"Unknown app (\"validate_login_token\") requested","command":"validate_login_token"}}`},
	} {
		It("is used later if it was not used because "+name, func() {
			g := newStoreRig()
			r := g.begin(newStoreLogin(g.site, "store"))
			fault.Function, fault.Max = exchange, 1
			addFault(g.site, fault)
			g.logIn(r)
			Expect(condition(r, v1alpha1.StalledCondition)).NotTo(Equal("True/" + v1alpha1.LoginTokenConsumedReason))
			g.ClearFaults()
			g.restart()
			g.o.runFor(20 * time.Hour)
			g.expectPublished(r, 1)
		})
	}

	for name, fault := range map[string]simulator.Fault{
		"refuses for good":     {Kind: simulator.FaultDeny, Reason: "Permission denied: you do not have permission"},
		"does not know it yet": {Kind: simulator.FaultDeny, Reason: "Unknown app (\"validate_login_token\") requested"},
	} {
		It("is not sent again and again to a server that "+name, func() {
			g := newStoreRig()
			r := g.begin(newStoreLogin(g.site, "store"))
			fault.Function = exchange
			addFault(g.site, fault)
			writes := len(g.o.requests.writes())
			g.logIn(r)
			g.o.runFor(time.Hour)
			Expect(condition(r, v1alpha1.StalledCondition)).NotTo(Equal("True/" + v1alpha1.LoginTokenConsumedReason))
			Expect(g.exchanges()).To(BeNumerically("<=", 10))
			Expect(len(g.o.requests.writes())-writes).To(BeNumerically("<=", 45), g.o.requests.String())
			g.ClearFaults()
			g.o.runFor(time.Hour)
			g.expectPublished(r, 1)
		})
	}

	It("is used later if the server has just rejected the operator when it was to be sent", func() {
		g := newStoreRig()
		r := g.begin(newStoreLogin(g.site, "store"))
		g.o.stop()
		const other = "canary-set-by-somebody"
		reject := sync.OnceValue(func() error {
			g.changeRootPassword(other)
			edit(g.get(), func(w *v1alpha1.WHMServer) { w.Spec.ProbeInterval.Duration -= time.Hour })
			return wait.PollUntilContextTimeout(ctx, 10*time.Millisecond, time.Minute, true, func(context.Context) (bool, error) {
				return len(g.Ledger().FailedLogins) > 0 && g.get().Status.Authentication.Rejected, nil
			})
		})
		g.o.between = func(next http.RoundTripper) http.RoundTripper {
			return roundTripper(func(h *http.Request) (*http.Response, error) {
				if q, _ := parseRequest(h); q.resource == "secrets" && q.verb == "create" {
					defer GinkgoRecover()
					if err := reject(); err != nil {
						return nil, err
					}
				}
				return next.RoundTrip(h)
			})
		}
		g.restart()
		g.o.runFor(time.Minute)
		g.logIn(r)
		Expect(g.Ledger().FailedLogins).To(HaveLen(1))
		Expect(condition(r, v1alpha1.ReconcilingCondition)).To(Equal("True/" + v1alpha1.WaitingForServerReason))
		g.putPassword(other)
		g.o.runFor(time.Hour)
		g.expectPublished(r, 1)
		Expect(g.exchanges()).To(Equal(1))
	})

	It("is not used again for a journal that comes from an old backup", func() {
		g := newStoreRig()
		r := g.publish(newStoreLogin(g.site, "store"))
		old := secretAt(journalKey(r))
		Expect(admin.Get(ctx, client.ObjectKeyFromObject(old), old)).To(Succeed())
		token := g.logIn(r)
		g.expectPublished(r, 2)
		g.o.stop()
		now := old.DeepCopy()
		Expect(admin.Get(ctx, client.ObjectKeyFromObject(now), now)).To(Succeed())
		now.Data = old.Data
		Expect(admin.Update(ctx, now)).To(Succeed())
		Expect(admin.Delete(ctx, secretOf(r))).To(Succeed())
		g.restart()
		g.o.runFor(time.Minute)
		g.bring(r, token)
		g.o.runFor(time.Hour)
		Expect(g.exchanges()).To(Equal(2))
	})

	It("waits for a server that is suspended", func() {
		g := newStoreRig()
		r := g.begin(newStoreLogin(g.site, "store"))
		edit(g.get(), func(w *v1alpha1.WHMServer) { w.Spec.Suspend = true })
		g.o.runFor(time.Minute)
		g.logIn(r)
		g.o.runFor(time.Hour)
		Expect(condition(r, v1alpha1.ReconcilingCondition)).To(Equal("True/" + v1alpha1.WaitingForServerReason))
		edit(g.get(), func(w *v1alpha1.WHMServer) { w.Spec.Suspend = false })
		g.o.runFor(time.Hour)
		g.expectPublished(r, 1)
		Expect(g.exchanges()).To(Equal(1))
	})

	for _, single := range []string{"true", "false"} {
		for _, payload := range []string{"array", "object"} {
			It(fmt.Sprintf("is used once whether or not the server would take it twice (%s, %s)", single, payload), func() {
				g := newStoreRig()
				Expect(g.Update(func(inv *simulator.Inventory) {
					inv.Unverified.LoginTokenSingleUse, inv.Unverified.StorePayload = simulator.Choice(single), simulator.Choice(payload)
				})).To(Succeed())
				r := g.publish(newStoreLogin(g.site, "store"))
				g.o.stop()
				Expect(admin.Delete(ctx, secretAt(journalKey(r)))).To(Succeed())
				Expect(admin.Delete(ctx, secretOf(r))).To(Succeed())
				g.restart()
				g.o.runFor(time.Hour)
				Expect(condition(r, v1alpha1.StalledCondition)).To(Equal("True/" + v1alpha1.LoginTokenConsumedReason))
				Expect(g.exchanges()).To(Equal(1))
				g.logIn(r)
				g.expectPublished(r, 2)
			})
		}
	}
})

// hidden are templates that do not tell the whole credential, or not in its own key.
var hidden = map[string]map[string]v1alpha1.TemplateSource{
	"the default keys":              nil,
	"other keys":                    {"a": "{{ .accessToken }}", "r": "{{ .refreshToken }}"},
	"the access token only":         {"a": "{{ .accessToken }}"},
	"one key for both":              {"both": "{{ .accessToken }}:{{ .refreshToken }}"},
	"no token at all":               {"store": "{{ .provider }}"},
	"an access token of both names": {"accessToken": "{{ .accessToken }}", "refreshToken": "{{ .provider }}"},
}

var _ = Describe("What is left of a store login", func() {
	for name, template := range hidden {
		It("is enough never to use the login token again, with a template of "+name, func() {
			for _, c := range []struct {
				name                    string
				journal, secret, status bool
			}{
				{"journal", true, false, false}, {"Secret", false, true, false}, {"status", false, false, true},
				{"journal and Secret", true, true, false}, {"journal and status", true, false, true},
				{"Secret and status", false, true, true},
			} {
				By("losing " + c.name)
				g := newStoreRig()
				r := g.begin(newStoreLogin(g.site, "store", func(r *v1alpha1.StoreLogin) {
					r.Spec.Secret.Template = &v1alpha1.SecretTemplate{Data: template}
				}))
				g.logIn(r)
				before := secretOf(r).Data
				g.o.stop()
				if c.journal {
					Expect(admin.Delete(ctx, secretAt(journalKey(r)))).To(Succeed())
				}
				if c.secret {
					Expect(admin.Delete(ctx, secretOf(r))).To(Succeed())
				}
				if c.status {
					wipeStatus(r)
				}
				g.restart()
				g.o.runFor(time.Hour)
				Expect(g.exchanges()).To(Equal(1))
				if !c.journal || !c.secret {
					Expect(secretOf(r).Data).To(HaveLen(len(before)))
					for key, value := range before {
						expectSecret(secretOf(r).Data[key], string(value), key)
					}
				}
				g.logIn(r)
				g.o.runFor(time.Minute)
				Expect(g.exchanges()).To(Equal(2))
				Expect(refreshed(r).Status.Revision).To(Equal(int64(2)))
				Expect(condition(r, v1alpha1.ReadyCondition)).To(Equal("True/" + v1alpha1.PublishedReason))
				g.o.stop()
			}
		})
	}

	It("is what the status says, when the journal is lost after a lost answer", func() {
		g := newStoreRig()
		r := g.publish(newStoreLogin(g.site, "store"))
		addFault(g.site, simulator.Fault{Kind: simulator.FaultReset, Function: exchange, After: true, Max: 1})
		token := g.logIn(r)
		g.o.runFor(10 * time.Minute)
		Expect(refreshed(r).Status.LoginToken.Exchanged).To(Equal(whm.NewSecret(token).Fingerprint()))
		Expect(admin.Delete(ctx, secretAt(journalKey(r)))).To(Succeed())
		g.o.runFor(time.Hour)
		Expect(condition(r, v1alpha1.StalledCondition)).To(Equal("True/" + v1alpha1.LoginTokenConsumedReason))
		Expect(g.exchanges()).To(Equal(2))
		Expect(secretOf(r).Data).To(HaveKey("accessToken"))
	})

	It("is put right when somebody edits it", func() {
		g := newStoreRig()
		r := g.publish(newStoreLogin(g.site, "store"))
		edit(secretOf(r), func(s *corev1.Secret) {
			s.Data["accessToken"] = []byte("edited")
			s.Annotations[v1alpha1.CredentialIDAnnotation] = ""
		})
		g.o.runFor(time.Minute)
		g.expectPublished(r, 1)
		Expect(g.exchanges()).To(Equal(1))
	})

	It("is not taken from a Secret that the operator publishes itself", func() {
		g := newStoreRig()
		other := g.publish(newStoreLogin(g.site, "other"))
		r := g.begin(newStoreLogin(g.site, "store", func(r *v1alpha1.StoreLogin) {
			r.Spec.LoginTokenSecretRef = v1alpha1.SecretKeyReference{Name: other.Spec.Secret.Name, Key: "accessToken"}
		}))
		Expect(message(r, v1alpha1.StalledCondition)).To(ContainSubstring("is sent to no store"))
		Expect(g.exchanges()).To(Equal(1))
	})

	It("is not asked for of a server that is too old", func() {
		g := newStoreRig(ofVersion("11.60.0.40"))
		r := g.begin(newStoreLogin(g.site, "store"))
		Expect(condition(r, v1alpha1.StalledCondition)).To(Equal("True/" + v1alpha1.UnsupportedReason))
		Expect(message(r, v1alpha1.StalledCondition)).To(HavePrefix("a store login needs WHM 62 or later, and the server has 11.60.0.40"))
		g.put(r, "canary-login-token")
		g.o.runFor(time.Hour)
		Expect(g.exchanges() + g.invitations()).To(BeZero())
	})
})
