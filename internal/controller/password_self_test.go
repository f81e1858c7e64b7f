// SPDX-License-Identifier: Apache-2.0

package controller_test

import (
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

// ofOperator makes it the password that the operator logs in with, published where the server object reads it.
func ofOperator(r *v1alpha1.PasswordRotation) {
	r.Name = "operator"
	r.Spec.Target = v1alpha1.PasswordTarget{Type: v1alpha1.AccountPassword, Account: "root"}
	r.Spec.Secret = v1alpha1.SecretTarget{Name: "whm-auth", Adoption: v1alpha1.AdoptIfUnowned}
}

var _ = Describe("The operator's own password", func() {
	for name, c := range map[string]struct {
		version string
		session bool
		deny    string
	}{
		"through a token": {"11.136.0.4", false, ""},
		"through a token, where it logs in to a session":                        {"11.136.0.4", true, ""},
		"through a session that the new password ends":                          {"11.136.0.4", false, "api_token_create"},
		"through a session that lives on, on a server without tokens":           {"11.62.0.1", false, ""},
		"through a session that lives on, where it logs in to a session itself": {"11.62.0.1", true, ""},
	} {
		It("rotates "+name+", whatever becomes of an answer", func() {
			g := newPasswordRig(ofVersion(c.version), withServer(func(w *v1alpha1.WHMServer) {
				probedDaily(w)
				w.Spec.Auth.Password.Session = c.session
			}))
			if c.deny != "" {
				addFault(g.site, simulator.Fault{Kind: simulator.FaultDeny, Function: c.deny, Reason: "not for you"})
			}
			r := g.publish(g.password(v1alpha1.AccountPassword, ofOperator))
			for revision, fault := range []simulator.Fault{
				{},
				{Kind: simulator.FaultReset, Function: "passwd", After: true, Max: 1},
				{Kind: simulator.FaultReset, Function: "passwd", Max: 1},
				{Kind: simulator.FaultHTML, Function: "passwd", After: true, Max: 2},
			} {
				if fault.Kind != "" {
					addFault(g.site, fault)
				}
				askForRotation(r, fmt.Sprint(revision))
				g.o.runFor(30 * time.Minute)
				g.expectRevision(r, int64(revision)+2)
				Expect(serverCondition(g.site, v1alpha1.ReadyCondition)).To(Equal("True/" + v1alpha1.AvailableReason))
			}
			Expect(lifelines(g.site)).To(BeEmpty())
			Expect(g.guesses()).To(BeNumerically("<=", 3), "%v", g.Ledger().FailedLogins)
		})
	}

	It("is not changed while the lifeline is always lost, which is asked for less and less often", func() {
		g := newPasswordRig()
		r := g.publish(g.password(v1alpha1.AccountPassword, ofOperator))
		opened, sets := len(mutationsOf(g.Ledger().Calls, "api_token_create")), g.sets(r)
		addFault(g.site, mangled("api_token_create"))
		askForRotation(r, "now")
		g.o.runFor(time.Hour)
		Expect(len(mutationsOf(g.Ledger().Calls, "api_token_create")) - opened).To(BeNumerically("~", 60+7, 5))
		Expect(g.sets(r)).To(Equal(sets))
		g.ClearFaults()
		g.o.runFor(2 * time.Minute)
		g.expectRevision(r, 2)
		Expect(lifelines(g.site)).To(BeEmpty())
	})

	It("survives the death of the operator between the change and its answer", func() {
		g := newPasswordRig()
		r := g.publish(g.password(v1alpha1.AccountPassword, ofOperator))
		killed := false
		g.OnCall(func(c simulator.Call) {
			if c.Function == "passwd" && !killed {
				killed = true
				g.o.kill()
			}
		})
		askForRotation(r, "now")
		g.o.runFor(time.Minute)
		Expect(killed).To(BeTrue())
		g.restart()
		g.o.runFor(30 * time.Minute)
		g.expectRevision(r, 2)
		Expect(serverCondition(g.site, v1alpha1.ReadyCondition)).To(Equal("True/" + v1alpha1.AvailableReason))
		Expect(lifelines(g.site)).To(BeEmpty())
	})

	for name, after := range map[string]bool{"applied": true, "not applied": false} {
		It("gets over a lifeline that has expired while nobody looked, after a change that was "+name, func() {
			g := newPasswordRig()
			r := g.publish(g.password(v1alpha1.AccountPassword, ofOperator))
			addFault(g.site, simulator.Fault{Kind: simulator.FaultReset, Function: "passwd", After: after, Max: 1})
			g.OnCall(func(c simulator.Call) {
				if c.Function == "passwd" {
					g.o.kill()
				}
			})
			askForRotation(r, "now")
			g.o.runFor(time.Minute)
			g.OnCall(nil)
			g.virtual.moveTo(g.virtual.Now().Add(80 * time.Hour))
			g.restart()
			g.o.runFor(30 * time.Hour)
			Expect(serverCondition(g.site, v1alpha1.ReadyCondition)).To(Equal("True/" + v1alpha1.AvailableReason))
			Expect(refreshed(r).Status.Revision).To(BeNumerically(">=", 2))
			Expect(meta.IsStatusConditionTrue(refreshed(r).Status.Conditions, v1alpha1.ReadyCondition)).To(BeTrue())
			Expect(lifelines(g.site)).To(BeEmpty())
			Expect(len(g.Ledger().FailedLogins)).To(BeNumerically("<=", 3), "%v", g.Ledger().FailedLogins)
		})
	}

	It("is left alone where nothing else lets the operator in, unless the risk is accepted", func() {
		g := newPasswordRig()
		for _, function := range []string{"api_token_create", "create_user_session"} {
			addFault(g.site, simulator.Fault{Kind: simulator.FaultDeny, Function: function, Reason: "not for you"})
		}
		r := g.password(v1alpha1.AccountPassword, ofOperator)
		Expect(admin.Create(ctx, r)).To(Succeed())
		g.o.runFor(10 * time.Minute)
		g.expectStalled(r, v1alpha1.LifelineUnavailableReason, "add SelfRotationWithoutLifeline to spec.acceptRisks")
		Expect(g.sets(r)).To(BeZero())
		edit(refreshed(r), func(r *v1alpha1.PasswordRotation) {
			r.Spec.AcceptRisks = []v1alpha1.Risk{v1alpha1.RiskSelfRotationWithoutLifeline}
		})
		g.o.runFor(10 * time.Minute)
		g.expectRevision(r, 1)
		addFault(g.site, simulator.Fault{Kind: simulator.FaultReset, Function: "passwd", After: true, Max: 1})
		askForRotation(r, "now")
		g.o.runFor(30 * time.Minute)
		g.expectRevision(r, 2)
		Expect(g.guesses()).To(BeNumerically("<=", 3), "%v", g.Ledger().FailedLogins)
	})
})

var _ = Describe("A password of the operator that the server is slow to accept", func() {
	It("is set once and costs no more than three failed logins a day, over a restart", func() {
		g := newPasswordRig(withServer(probedDaily))
		r := g.publish(g.password(v1alpha1.AccountPassword, ofOperator))
		// The old one works meanwhile, so that the server object's probes are no failed logins.
		const late = simulator.Duration(30 * time.Hour)
		Expect(g.SetUnverified(simulator.Unverified{NewPasswordUsableAfter: late, OldPasswordDiesAfter: late})).To(Succeed())
		askForRotation(r, "now")
		g.o.runFor(30 * time.Second)
		g.restart()
		g.o.runFor(4 * time.Hour)
		Expect(finding(r, v1alpha1.ReadyCondition).Reason).To(Equal(v1alpha1.VerificationFailedReason))
		wipeStatus(r)
		g.restart()
		g.o.runFor(20*time.Hour - time.Minute)
		Expect(g.Ledger().FailedLogins).To(HaveLen(3), "%v", g.Ledger().FailedLogins)
		Expect(g.sets(r)).To(Equal(2))
		g.o.runFor(24 * time.Hour)
		// By then the next one is under way, which is late as well.
		Expect(refreshed(r).Status.Revision).To(BeEquivalentTo(2))
	})

	for _, probes := range []time.Duration{30 * time.Second, 5 * time.Minute} {
		costsNoMoreThanThree(probes)
	}
})

// costsNoMoreThanThree describes failed logins with a new and an old password that nobody is let in with for hours.
func costsNoMoreThanThree(probes time.Duration) {
	It("costs no more than three together with the old one, if that dies at once and is tried after "+probes.String(), func() {
		g := newPasswordRig()
		r := g.publish(g.password(v1alpha1.AccountPassword, ofOperator))
		const late = simulator.Duration(20 * time.Hour)
		Expect(g.SetUnverified(simulator.Unverified{NewPasswordUsableAfter: late})).To(Succeed())
		edit(g.get(), func(w *v1alpha1.WHMServer) { w.Spec.ProbeInterval = &metav1.Duration{Duration: probes} })
		edit(refreshed(r), func(r *v1alpha1.PasswordRotation) { r.Spec.Rotation = nil })
		g.o.runFor(10 * time.Minute)
		askForRotation(r, "now")
		g.o.runFor(15 * time.Minute)
		edit(g.get(), func(w *v1alpha1.WHMServer) { w.Spec.ProbeInterval = &metav1.Duration{Duration: time.Hour} })
		g.o.runFor(19 * time.Hour)
		Expect(len(g.Ledger().FailedLogins)).To(BeNumerically("<=", 3), "%v", g.Ledger().FailedLogins)
		g.o.runFor(30 * time.Hour)
		g.expectRevision(r, 2)
		Expect(g.sets(r)).To(Equal(2))
	})
}

// guesses are the failed logins with a password. A call in a session that has ended is none.
func (g *passwordRig) guesses() (n int) {
	for _, l := range g.Ledger().FailedLogins {
		if l.Kind == simulator.KindPassword {
			n++
		}
	}
	return n
}
