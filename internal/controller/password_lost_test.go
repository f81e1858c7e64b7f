// SPDX-License-Identifier: Apache-2.0

package controller_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

var _ = Describe("The answer to the setting of a password", func() {
	for _, of := range []v1alpha1.PasswordTargetType{
		v1alpha1.AccountPassword, v1alpha1.MailboxPassword, v1alpha1.PostgreSQLPassword,
	} {
		It(fmt.Sprintf("can be lost ten times for type %s, with restarts, and no password is guessed", of), func() {
			// The breaker opens after three in a row, in real time.
			const rounds, losses = 5, 2
			random := rand.New(rand.NewPCG(uint64(GinkgoRandomSeed()), 17))
			AddReportEntry("seed", GinkgoRandomSeed())
			g := newPasswordRig()
			Expect(g.SetUnverified(simulator.Unverified{VerifyFeedsCPHulk: "true"})).To(Succeed())
			r := g.publish(g.password(of))
			for round := range int64(rounds) {
				addFault(g.site, simulator.Fault{
					Kind: simulator.FaultReset, Function: passwordTargets[of].set, After: true, Max: losses,
				})
				askForRotation(r, fmt.Sprint(round))
				if random.IntN(2) == 0 {
					g.o.runFor(0)
					g.restart()
				}
				g.o.runFor(10 * time.Minute)
				now := g.expectRevision(r, round+2)
				Expect(now.Status.Recoveries).To(BeEquivalentTo(losses * (round + 1)))
			}
			Expect(g.sets(r)).To(Equal(1 + rounds*(losses+1)))
			Expect(g.valuesOf(r)).To(Equal(1+rounds), "the same password is set again")
			Expect(g.Ledger().FailedLogins).To(BeEmpty())
		})
	}

	It("can be broken in any way", func() {
		g := newPasswordRig(withServer(func(w *v1alpha1.WHMServer) { w.Spec.Timeout = &metav1.Duration{Duration: time.Second} }))
		all := []*v1alpha1.PasswordRotation{g.publish(g.password(v1alpha1.AccountPassword)), g.publish(g.password(v1alpha1.MySQLPassword))}
		for i, fault := range []simulator.Fault{
			{Kind: simulator.FaultReset},
			{Kind: simulator.FaultHTML, After: true},
			{Kind: simulator.FaultStatus, Status: 502, After: true},
			{Kind: simulator.FaultTruncate},
			{Kind: simulator.FaultDelay, Delay: simulator.Duration(1200 * time.Millisecond)},
			{Kind: simulator.FaultDeny, Reason: "API failure: (XID abc123) not today"},
		} {
			By(fmt.Sprintf("%s %d", fault.Kind, fault.Status))
			for _, r := range all {
				fault.Function, fault.Max = passwordTargets[r.Spec.Target.Type].set, 1
				addFault(g.site, fault)
				askForRotation(r, strconv.Itoa(i))
				g.o.runFor(20 * time.Minute)
				g.expectRevision(r, int64(i)+2)
			}
			g.ClearFaults()
		}
	})

	It("is not waited for in vain when the API server is slow to write attempts down", func() {
		g := newPasswordRig()
		r := g.publish(g.password(v1alpha1.AccountPassword))
		g.o.stop()
		var slow atomic.Int64
		slow.Store(6)
		g.o.between = func(next http.RoundTripper) http.RoundTripper {
			return roundTripper(func(h *http.Request) (*http.Response, error) {
				if q, _ := parseRequest(h); q.verb == "update" && q.name == journalKey(r).Name && slow.Add(-1) >= 0 {
					g.virtual.Step(6 * time.Second) // the server's time-out is five
				}
				return next.RoundTrip(h)
			})
		}
		g.restart()
		askForRotation(r, "now")
		g.o.runFor(12 * time.Second)
		Expect(condition(r, v1alpha1.ReconcilingCondition)).To(Equal("True/" + v1alpha1.UnavailableReason))
		Expect(message(r, v1alpha1.ReconcilingCondition)).To(ContainSubstring("took 6s to write an attempt down"))
		Expect(g.sets(r)).To(Equal(1))
		g.o.runFor(10 * time.Minute)
		Expect(slow.Load()).To(BeNumerically("<", 0))
		g.expectRevision(r, 2)
		Expect(g.sets(r)).To(Equal(2))
		Expect(g.valuesOf(r)).To(Equal(2))
	})

	It("can say that some hosts did not take it, and then it is set until they have", func() {
		g := newPasswordRig()
		r := g.publish(g.password(v1alpha1.MySQLPassword))
		addFault(g.site, simulator.Fault{
			Kind: simulator.FaultStatus, Status: 200, After: true, Function: "Mysql::set_password", Max: 2, Body: `{"metadata":{"result":1},` +
				`"data":{"uapi":{"status":1,"errors":null,"data":{"failures":[{"host":"10.0.0.9","error":"gone away"}]}}}}`,
		})
		askForRotation(r, "now")
		g.o.runFor(time.Second)
		c := finding(r, v1alpha1.ReconcilingCondition)
		Expect(c.Reason).To(Equal(v1alpha1.RefusedReason))
		Expect(c.Message).To(And(ContainSubstring("10.0.0.9: gone away"), ContainSubstring("the same password is set again")))
		g.o.runFor(10 * time.Minute)
		g.expectRevision(r, 2)
		Expect(g.valuesOf(r)).To(Equal(2))
	})
})

// passwordLosses are what can be taken from the operator between two runs.
var passwordLosses = map[string]func(*passwordRig, *v1alpha1.PasswordRotation){
	"the status": func(_ *passwordRig, r *v1alpha1.PasswordRotation) { wipeStatus(r) },
	"the journal": func(_ *passwordRig, r *v1alpha1.PasswordRotation) {
		Expect(admin.Delete(ctx, journalOf(r))).To(Succeed())
	},
	"the journal and the status": func(_ *passwordRig, r *v1alpha1.PasswordRotation) {
		Expect(admin.Delete(ctx, journalOf(r))).To(Succeed())
		wipeStatus(r)
	},
}

var _ = Describe("What the operator knows of a password", func() {
	for what, take := range passwordLosses {
		for _, of := range []v1alpha1.PasswordTargetType{v1alpha1.MailboxPassword, v1alpha1.FTPPassword} {
			It(fmt.Sprintf("survives the loss of %s of type %s, although the server has another one by now", what, of), func() {
				g := newPasswordRig()
				r := g.publish(g.password(of))
				before := secretOf(r)
				g.o.stop()
				g.foreign(r)
				take(g, r)
				g.o = g.o.restart()
				g.o.runFor(time.Hour)
				g.expectRevision(r, 1)
				expectSecret(secretOf(r).Data["password"], string(before.Data["password"]), "the password")
				Expect(g.sets(r)).To(Equal(2))
				Expect(secretOf(r).Annotations).To(HaveKeyWithValue(
					v1alpha1.FingerprintAnnotation, before.Annotations[v1alpha1.FingerprintAnnotation]))
			})
		}
	}

	It("puts a Secret back that was deleted or edited, without a call", func() {
		g := newPasswordRig()
		r := g.publish(g.password(v1alpha1.MailboxPassword))
		before, calls := secretOf(r), len(g.Ledger().Calls)
		Expect(admin.Delete(ctx, secretOf(r))).To(Succeed())
		g.o.runFor(time.Minute)
		expectSecret(secretOf(r).Data["password"], string(before.Data["password"]), "the password")
		edit(secretOf(r), func(s *corev1.Secret) { s.Data["password"] = []byte("by hand") })
		g.o.runFor(time.Minute)
		expectSecret(secretOf(r).Data["password"], string(before.Data["password"]), "the password")
		Expect(withoutProbes(g.callsSince(calls))).To(BeEmpty())
		g.expectRevision(r, 1)
	})

	It("is in no log, event, condition or call", func() {
		g := newPasswordRig()
		for _, of := range passwordTypes {
			r := g.publish(g.password(of))
			password := string(secretOf(r).Data["password"])
			Expect(g.o.log.String()).NotTo(ContainSubstring(password))
			Expect(fmt.Sprint(refreshed(r).Status)).NotTo(ContainSubstring(password))
			Expect(fmt.Sprint(refreshed(r).Annotations)).NotTo(ContainSubstring(password))
			for _, c := range g.Ledger().Calls {
				Expect(fmt.Sprint(c)).NotTo(ContainSubstring(password))
			}
		}
	})
})

// foreign sets another password on the server behind the operator's back.
func (g *passwordRig) foreign(r *v1alpha1.PasswordRotation) {
	GinkgoHelper()
	Expect(g.Update(func(inv *simulator.Inventory) {
		shop := inv.Accounts["shop"]
		shop.Mailboxes["info@shop.example.com"] = simulator.Mailbox{Password: "canary-of-somebody-else"}
		shop.FTPUsers["deploy@shop.example.com"] = simulator.FTPUser{Password: "canary-of-somebody-else"}
		inv.Accounts["shop"] = shop
	})).To(Succeed())
	Expect(g.works(r)).To(BeFalse())
}

// valuesOf is how many different passwords were set for the user of an object by calls.
func (g *passwordRig) valuesOf(r *v1alpha1.PasswordRotation) int {
	values := map[string]bool{}
	for _, c := range g.Ledger().Credentials {
		if c.Kind == passwordTargets[r.Spec.Target.Type].kind && c.User == passwordUser(r) && c.IssuedByCall != 0 {
			values[c.Fingerprint] = true
		}
	}
	return len(values)
}
