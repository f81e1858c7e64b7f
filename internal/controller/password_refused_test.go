// SPDX-License-Identifier: Apache-2.0

package controller_test

import (
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

var _ = Describe("A PasswordRotation that the server does not like", func() {
	It("stalls with few calls while its policy is too weak, and goes on when that changes", func() {
		g := newPasswordRig()
		demand := func(least int) {
			Expect(g.SetPolicies(func(p *simulator.Policies) { p.PasswordStrength = map[string]int{"pop": least} })).To(Succeed())
		}
		demand(100)
		r := g.password(v1alpha1.MailboxPassword, func(r *v1alpha1.PasswordRotation) {
			r.Spec.Policy = &v1alpha1.PasswordPolicy{
				Length: 24, Digits: new(int32(0)), Symbols: new(int32(0)), Exclude: "ghijklmnopqrstuvwxyzGHIJKLMNOPQRSTUVWXYZ",
			}
		})
		Expect(admin.Create(ctx, r)).To(Succeed())
		g.o.runFor(14 * time.Minute)
		g.expectStalled(r, v1alpha1.PasswordTooWeakReason, "the server demands a strength of 100 for pop passwords",
			"rates the best of 5 passwords by spec.policy", "make spec.policy.length larger or exclude less")
		Expect(withoutProbes(g.callsSince(0))).To(HaveLen(6))
		Expect(g.sets(r)).To(BeZero())
		edit(refreshed(r), func(r *v1alpha1.PasswordRotation) { r.Spec.Policy.Exclude = "" })
		g.o.runFor(time.Minute)
		g.expectRevision(r, 1)
	})

	It("stalls when the server refuses in the end what it had rated well, and draws another one later", func() {
		g := newPasswordRig()
		r := g.publish(g.password(v1alpha1.AccountPassword))
		addFault(g.site, simulator.Fault{
			Kind: simulator.FaultDeny, Function: "passwd", Max: 1, Reason: "Sorry, the password cannot be used because it is too weak " +
				"and would be too easy to crack. Please select a password with strength rating of 100 or higher.",
		})
		askForRotation(r, "now")
		g.o.runFor(5 * time.Minute)
		g.expectStalled(r, v1alpha1.PasswordTooWeakReason, "make spec.policy.length larger", "passwd passwords")
		Expect(g.works(r)).To(BeTrue(), "the old one")
		g.o.runFor(15 * time.Minute)
		g.expectRevision(r, 2)
	})

	It("does not take an answer that was lost later for a refusal, and sets the same password again", func() {
		g := newPasswordRig()
		fault := simulator.Fault{Kind: simulator.FaultDeny, Function: "Mysql::set_password", Max: 1, Reason: "not now"}
		addFault(g.site, fault)
		r := g.password(v1alpha1.MySQLPassword)
		Expect(admin.Create(ctx, r)).To(Succeed())
		g.o.runFor(20 * time.Minute)
		g.expectRevision(r, 1)
		addFault(g.site, simulator.Fault{Kind: simulator.FaultReset, Function: "Mysql::set_password", After: true, Max: 1})
		askForRotation(r, "now")
		g.o.runFor(20 * time.Minute)
		g.expectRevision(r, 2)
		Expect(g.valuesOf(r)).To(Equal(2), "one for each revision")
	})

	It("keeps a password whose answer was lost after one that was refused", func() {
		g := newPasswordRig()
		r := g.publish(g.password(v1alpha1.MySQLPassword))
		addFault(g.site, simulator.Fault{Kind: simulator.FaultDeny, Function: "Mysql::set_password", Max: 1, Reason: "not now"})
		addFault(g.site, simulator.Fault{Kind: simulator.FaultReset, Function: "Mysql::set_password", After: true, Skip: 1, Max: 1})
		lost := false
		g.OnCall(func(c simulator.Call) {
			if c.Function == "Mysql::set_password" && c.Applied && !lost {
				lost = true
				edit(g.get(), func(w *v1alpha1.WHMServer) { w.Spec.Suspend = true })
			}
		})
		askForRotation(r, "now")
		g.o.runFor(30 * time.Minute)
		Expect(lost).To(BeTrue())
		edit(g.get(), func(w *v1alpha1.WHMServer) { w.Spec.Suspend = false })
		g.o.runFor(30 * time.Minute)
		g.expectRevision(r, 2)
		Expect(g.valuesOf(r)).To(Equal(2), "one for each revision")
	})

	It("is not asked again for a password that would lock the operator out by now", func() {
		g := newPasswordRig(func(o *siteOptions) { o.users = []string{"seller"} })
		addFault(g.site, simulator.Fault{Kind: simulator.FaultDeny, Function: "passwd", Max: 1, Reason: "not now"})
		r := g.password(v1alpha1.AccountPassword, func(r *v1alpha1.PasswordRotation) { r.Spec.Target.Account = "seller" })
		Expect(admin.Create(ctx, r)).To(Succeed())
		g.o.runFor(time.Minute)
		g.expectStalled(r, v1alpha1.RefusedReason)
		other := g.object()
		other.Name, other.Spec.Auth.Password.User = "other", "seller"
		other.Spec.Auth.Password.SecretRef.Name = "other-auth"
		Expect(admin.Create(ctx, other)).To(Succeed())
		g.o.runFor(20 * time.Minute)
		g.expectStalled(r, v1alpha1.WouldLockOutReason)
		By("not forgetting that when another object is refused")
		Expect(admin.Create(ctx, g.password(v1alpha1.MySQLPassword, func(r *v1alpha1.PasswordRotation) {
			r.Spec.Target.User = "shop_none"
		}))).To(Succeed())
		g.o.runFor(time.Hour)
		g.expectStalled(r, v1alpha1.WouldLockOutReason)
		Expect(g.sets(r)).To(BeZero())
	})

	for _, c := range []struct {
		name, reason string
		of           v1alpha1.PasswordTargetType
		change       func(*v1alpha1.PasswordRotation)
		words        []string
	}{
		{
			"an account that does not exist", v1alpha1.RefusedReason, v1alpha1.AccountPassword,
			func(r *v1alpha1.PasswordRotation) { r.Spec.Target.Account = "nobody" },
			[]string{"create the account nobody on the server, or let the operator log in as a user that owns it"},
		},
		{
			"a mailbox of an account that does not exist", v1alpha1.RefusedReason, v1alpha1.MailboxPassword,
			func(r *v1alpha1.PasswordRotation) { r.Spec.Target.Account = "nobody" },
			[]string{"create the account nobody on the server"},
		},
		{
			"a mailbox that does not exist", v1alpha1.RefusedReason, v1alpha1.MailboxPassword,
			func(r *v1alpha1.PasswordRotation) { r.Spec.Target.User = "sales@shop.example.com" },
			[]string{"if the account shop has no mailbox sales@shop.example.com, create it"},
		},
		{
			"a database user that does not exist", v1alpha1.RefusedReason, v1alpha1.MySQLPassword,
			func(r *v1alpha1.PasswordRotation) { r.Spec.Target.User = "shop_none" },
			[]string{"if the account shop has no MySQL user shop_none, create it"},
		},
	} {
		It("stalls for "+c.name+", and goes on when it is there", func() {
			g := newPasswordRig()
			r := g.password(c.of, c.change)
			Expect(admin.Create(ctx, r)).To(Succeed())
			g.o.runFor(10 * time.Minute)
			g.expectStalled(r, c.reason, c.words...)
			Expect(len(withoutProbes(g.callsSince(0)))).To(BeNumerically("<=", 6))
			Expect(g.Update(func(inv *simulator.Inventory) {
				shop := inv.Accounts["shop"]
				shop.Mailboxes["sales@shop.example.com"] = simulator.Mailbox{}
				shop.MySQLUsers["shop_none"] = simulator.DatabaseUser{}
				inv.Accounts["shop"] = shop
				nobody := simulator.Account{Domain: "nobody.example.com"}
				if r.Spec.Target.Account == "nobody" && c.of == v1alpha1.MailboxPassword {
					nobody.Domain, shop.Domain = "shop.example.com", "other.example.com"
					nobody.Mailboxes, shop.Mailboxes = shop.Mailboxes, nil
					shop.FTPUsers, shop.WebDiskUsers = nil, nil
					inv.Accounts["shop"] = shop
				}
				inv.Accounts["nobody"] = nobody
			})).To(Succeed())
			g.o.runFor(20 * time.Minute)
			g.expectRevision(r, 1)
		})
	}

	It("stalls while the server has the service switched off", func() {
		g := newPasswordRig()
		roles := func(off ...string) {
			Expect(g.SetPolicies(func(p *simulator.Policies) { p.DisabledRoles = off })).To(Succeed())
		}
		roles("FTP")
		r := g.password(v1alpha1.FTPPassword)
		Expect(admin.Create(ctx, r)).To(Succeed())
		g.o.runFor(10 * time.Minute)
		g.expectStalled(r, v1alpha1.UnsupportedReason, "enable the server role FTP")
		roles()
		g.o.runFor(20 * time.Minute)
		g.expectRevision(r, 1)
	})

	It("stalls while the operator's user lacks the privilege", func() {
		g := newPasswordRig()
		fault := addFault(g.site, simulator.Fault{
			Kind: simulator.FaultDeny, Function: "passwd", Reason: "You do not have permission to call “passwd”.",
		})
		r := g.password(v1alpha1.AccountPassword)
		Expect(admin.Create(ctx, r)).To(Succeed())
		g.o.runFor(10 * time.Minute)
		Expect(finding(r, v1alpha1.StalledCondition)).NotTo(BeNil())
		Expect(g.RemoveFault(fault)).To(BeTrue())
		g.o.runFor(20 * time.Minute)
		g.expectRevision(r, 1)
	})

	It("does without the server's rating where it may not ask for it", func() {
		g := newPasswordRig()
		for _, function := range []string{
			"get_password_strength", "getminimumpasswordstrengths", "PasswdStrength::get_required_strength", "Email::verify_password",
		} {
			addFault(g.site, simulator.Fault{Kind: simulator.FaultDeny, Function: function, Reason: "not for you"})
		}
		for _, of := range passwordTypes {
			g.publish(g.password(of))
		}
	})

	It("waits while a mailbox does not open, and costs one counted failure", func() {
		g := newPasswordRig()
		Expect(g.SetUnverified(simulator.Unverified{VerifyFeedsCPHulk: "true"})).To(Succeed())
		r := g.publish(g.password(v1alpha1.MailboxPassword))
		suspend := func(on bool) {
			Expect(g.Update(func(inv *simulator.Inventory) {
				shop := inv.Accounts["shop"]
				box := shop.Mailboxes["info@shop.example.com"]
				box.SuspendedLogin = on
				shop.Mailboxes["info@shop.example.com"] = box
				inv.Accounts["shop"] = shop
			})).To(Succeed())
		}
		suspend(true)
		askForRotation(r, "now")
		g.o.runFor(30 * time.Minute)
		c := finding(r, v1alpha1.ReconcilingCondition)
		Expect(c).NotTo(BeNil())
		Expect(c.Reason).To(Equal(v1alpha1.VerificationFailedReason))
		Expect(c.Message).To(ContainSubstring("does not open the mailbox info@shop.example.com; see whether its login"))
		Expect(g.sets(r)).To(BeNumerically("<=", 4))
		suspend(false)
		g.o.runFor(time.Hour)
		g.expectRevision(r, 2)
	})

	It("does not take a published password for good that the server has disowned, whatever is lost, and sets it again", func() {
		g, r := publishedAfterLostAnswers()
		Expect(g.Update(func(inv *simulator.Inventory) {
			inv.Accounts["shop"].Mailboxes["info@shop.example.com"] = simulator.Mailbox{
				Password: "canary-of-somebody-else", SuspendedLogin: true,
			}
		})).To(Succeed())
		wipeStatus(r)
		g.o = g.o.restart()
		g.o.runFor(10 * time.Minute)
		for round := range 3 {
			edit(refreshed(r), func(r *v1alpha1.PasswordRotation) {
				r.Spec.Secret.Template = &v1alpha1.SecretTemplate{Labels: map[string]v1alpha1.LabelValue{"round": v1alpha1.LabelValue(fmt.Sprint(round))}}
			})
			g.o.runFor(2 * time.Hour)
			c := finding(r, v1alpha1.ReadyCondition)
			Expect(c.Status).To(Equal(metav1.ConditionFalse), "%v", c)
			Expect(c.Reason).To(Equal(v1alpha1.VerificationFailedReason))
		}
		Expect(g.sets(r)).To(Equal(3+2), "twice again")
		Expect(g.Update(func(inv *simulator.Inventory) {
			box := inv.Accounts["shop"].Mailboxes["info@shop.example.com"]
			box.SuspendedLogin = false
			inv.Accounts["shop"].Mailboxes["info@shop.example.com"] = box
		})).To(Succeed())
		g.o.runFor(2 * time.Hour)
		g.expectRevision(r, 2)
	})

	It("sets a published password again that the server has disowned, however many answers were lost before", func() {
		g, r := publishedAfterLostAnswers()
		g.foreign(r)
		wipeStatus(r)
		g.o = g.o.restart()
		g.o.runFor(2 * time.Hour)
		g.expectRevision(r, 1)
	})

	It("takes a password that works late or whose predecessor dies late", func() {
		g := newPasswordRig()
		Expect(g.SetUnverified(simulator.Unverified{
			NewPasswordUsableAfter: simulator.Duration(5 * time.Second), OldPasswordDiesAfter: simulator.Duration(2 * time.Minute),
			SetPasswordData: "null",
		})).To(Succeed())
		for _, of := range passwordTypes {
			Expect(admin.Create(ctx, g.password(of))).To(Succeed())
		}
		g.o.runFor(5 * time.Minute)
		for _, of := range passwordTypes {
			g.expectRevision(g.password(of), 1)
		}
	})

	It("is not issued twice by two objects", func() {
		g := newPasswordRig()
		first := g.publish(g.password(v1alpha1.MailboxPassword))
		second := g.password(v1alpha1.MailboxPassword, func(r *v1alpha1.PasswordRotation) {
			r.Name, r.Spec.Secret.Name, r.Spec.Target.User = "second", "second", "Info@shop.example.com"
		})
		Expect(admin.Create(ctx, second)).To(Succeed())
		g.o.runFor(time.Minute)
		g.expectStalled(second, v1alpha1.UserConflictReason, "PasswordRotation "+g.namespace+"/mailbox already rotates the password of "+
			"mailbox info@shop.example.com on this server, which keeps only one")
		Expect(g.works(first)).To(BeTrue())
		Expect(g.sets(first)).To(Equal(1))
	})

	It("is told from that of a database user whose name differs in case", func() {
		g := newPasswordRig()
		Expect(g.Update(func(inv *simulator.Inventory) {
			inv.Accounts["shop"].MySQLUsers["shop_Web"] = simulator.DatabaseUser{Password: "canary-first-password-A1"}
		})).To(Succeed())
		first := g.publish(g.password(v1alpha1.MySQLPassword))
		g.publish(g.password(v1alpha1.MySQLPassword, func(r *v1alpha1.PasswordRotation) {
			r.Name, r.Spec.Secret.Name, r.Spec.Target.User = "second", "second", "shop_Web"
		}))
		Expect(g.works(first)).To(BeTrue())
	})
})

// publishedAfterLostAnswers is a mailbox whose password was set three times until there was an answer, and an operator that
// is down since.
func publishedAfterLostAnswers() (*passwordRig, *v1alpha1.PasswordRotation) {
	GinkgoHelper()
	g := newPasswordRig()
	addFault(g.site, simulator.Fault{Kind: simulator.FaultReset, Function: "Email::passwd_pop", After: true, Max: 2})
	r := g.password(v1alpha1.MailboxPassword)
	Expect(admin.Create(ctx, r)).To(Succeed())
	g.o.runFor(10 * time.Minute)
	g.expectRevision(r, 1)
	g.o.stop()
	return g, r
}
