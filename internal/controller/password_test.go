// SPDX-License-Identifier: Apache-2.0

package controller_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/journal"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

// passwordCosts are the calls that a rotation makes.
var passwordCosts = map[v1alpha1.PasswordTargetType][]string{
	v1alpha1.AccountPassword: {"getminimumpasswordstrengths as root", "get_password_strength as root", "passwd as root"},
	v1alpha1.MailboxPassword: {
		"PasswdStrength::get_required_strength as root", "get_password_strength as root", "Email::passwd_pop as root",
		"Email::verify_password as root",
	},
	v1alpha1.FTPPassword: {
		"PasswdStrength::get_required_strength as root", "get_password_strength as root", "Ftp::passwd as root",
	},
	v1alpha1.WebDiskPassword: {
		"PasswdStrength::get_required_strength as root", "get_password_strength as root", "WebDisk::set_password as root",
	},
	v1alpha1.MySQLPassword: {
		"PasswdStrength::get_required_strength as root", "get_password_strength as root", "Mysql::set_password as root",
	},
	v1alpha1.PostgreSQLPassword: {
		"PasswdStrength::get_required_strength as root", "get_password_strength as root", "Postgresql::set_password as root",
	},
}

var _ = Describe("A PasswordRotation", func() {
	for _, of := range passwordTypes {
		It("rotates the password of type "+string(of)+" at the cost of four writes", func() {
			g := newPasswordRig()
			r := g.publish(g.password(of))
			first := secretOf(r)
			Expect(string(first.Data["username"])).To(Equal(passwordUser(r)))
			Expect(first.Data["password"]).To(HaveLen(32))
			for _, key := range []string{"host", "port", "endpoint"} {
				Expect(first.Data).To(HaveKey(key))
			}
			calls := len(g.Ledger().Calls)
			g.o.requests.reset()
			g.o.runFor(4 * time.Hour)
			g.expectRevision(r, 2)
			Expect(withoutProbes(g.callsSince(calls))).To(Equal(passwordCosts[of]))
			key := journal.Key(r).Name
			Expect(g.writes()).To(Equal([]request{
				{verb: "update", resource: "secrets", name: key},
				{verb: "update", resource: "secrets", name: key},
				{verb: "update", resource: "secrets", name: r.Spec.Secret.Name},
				{verb: "patch", resource: "passwordrotations/status", name: r.Name},
			}), g.o.requests.String())
			Expect(g.Authenticates(passwordUser(r), passwordTargets[of].kind, string(first.Data["password"]))).To(BeFalse())
			Expect(g.Ledger().FailedLogins).To(BeEmpty())
		})
	}

	It("is set to a password by the policy, and by another one when that was changed", func() {
		g := newPasswordRig()
		r := g.publish(g.password(v1alpha1.FTPPassword, func(r *v1alpha1.PasswordRotation) {
			r.Spec.Policy = &v1alpha1.PasswordPolicy{
				Length: 20, Digits: new(int32(5)), Symbols: new(int32(3)), SymbolSet: "!#", Exclude: "0Ol1I",
			}
		}))
		for revision := int64(2); revision < 12; revision++ {
			password := string(secretOf(r).Data["password"])
			Expect(password).To(HaveLen(20))
			Expect(strings.ContainsAny(password, "0Ol1I")).To(BeFalse())
			Expect(countOf(password, "23456789")).To(Equal(5))
			Expect(countOf(password, "!#")).To(Equal(3))
			Expect(strings.ContainsAny(password[:1], "!#")).To(BeFalse())
			askForRotation(r, fmt.Sprint(revision))
			g.o.runFor(time.Minute)
			g.expectRevision(r, revision)
		}
		edit(refreshed(r), func(r *v1alpha1.PasswordRotation) {
			r.Spec.Policy = &v1alpha1.PasswordPolicy{Length: 64, Symbols: new(int32(0))}
		})
		g.o.runFor(time.Minute)
		g.expectRevision(r, 11)
		g.o.runFor(4 * time.Hour)
		password := string(secretOf(g.expectRevision(r, 12)).Data["password"])
		Expect(password).To(HaveLen(64))
		Expect(strings.ContainsAny(password, "-_.~!#")).To(BeFalse())
	})

	It("leaves the database user of the account alone unless it is told otherwise", func() {
		g := newPasswordRig()
		r := g.publish(g.password(v1alpha1.AccountPassword))
		opensDatabase := func() bool {
			return g.Authenticates("shop", simulator.KindMySQL, string(secretOf(r).Data["password"]))
		}
		Expect(opensDatabase()).To(BeFalse())
		edit(refreshed(r), func(r *v1alpha1.PasswordRotation) { r.Spec.ChangeDatabasePassword = true })
		askForRotation(r, "now")
		g.o.runFor(time.Minute)
		g.expectRevision(r, 2)
		Expect(opensDatabase()).To(BeTrue())
	})

	It("fills templates with what clients of each service read", func() {
		g := newPasswordRig()
		r := g.publish(g.password(v1alpha1.PostgreSQLPassword, func(r *v1alpha1.PasswordRotation) {
			r.Spec.Policy = &v1alpha1.PasswordPolicy{SymbolSet: "@/:"}
			r.Spec.Secret.Template = &v1alpha1.SecretTemplate{Data: map[string]v1alpha1.TemplateSource{
				"password":     "{{ .password }}",
				"DATABASE_URL": "postgresql://{{ .username | urlquery }}:{{ .password | urlquery }}@{{ .host }}:{{ .port }}/shop_web",
			}}
		}))
		url := string(secretOf(r).Data["DATABASE_URL"])
		Expect(url).To(MatchRegexp(`^postgresql://shop_web:[A-Za-z0-9%]+@127\.0\.0\.1:5432/shop_web$`))
	})

	It("changes nothing while it is suspended, and nothing after a restart", func() {
		g := newPasswordRig()
		r := g.publish(g.password(v1alpha1.MySQLPassword))
		edit(refreshed(r), func(r *v1alpha1.PasswordRotation) { r.Spec.Suspend = true })
		g.o.runFor(20 * time.Hour)
		Expect(g.sets(r)).To(Equal(1))
		edit(refreshed(r), func(r *v1alpha1.PasswordRotation) { r.Spec.Suspend = false })
		g.o.runFor(time.Minute)
		g.expectRevision(r, 2)
		calls := len(g.Ledger().Calls)
		g.restart()
		g.o.runFor(time.Hour)
		Expect(changesOf(g.callsSince(calls))).To(BeEmpty())
		Expect(g.o.requests.secretReads(g.authName())).To(BeEmpty(), g.o.requests.String())
		Expect(g.writes()).To(BeEmpty())
	})

	It("is deleted with its Secret, and leaves the password on the server", func() {
		g := newPasswordRig()
		r := g.publish(g.password(v1alpha1.WebDiskPassword))
		password := string(secretOf(r).Data["password"])
		Expect(admin.Delete(ctx, r)).To(Succeed())
		g.o.runFor(time.Minute)
		Eventually(gone(r)).Should(BeTrue())
		Expect(g.Authenticates("disk@shop.example.com", simulator.KindWebDisk, password)).To(BeTrue())
		Expect(g.sets(r)).To(Equal(1))
	})

	It("says whether the server was asked or only answered", func() {
		g := newPasswordRig()
		for of, text := range map[v1alpha1.PasswordTargetType]string{
			v1alpha1.MailboxPassword: "which the server says opens the mailbox", v1alpha1.MySQLPassword: "which the server took",
		} {
			r := g.publish(g.password(of))
			Expect(meta.FindStatusCondition(r.Status.Conditions, v1alpha1.ReadyCondition).Message).To(ContainSubstring(text))
		}
	})
})

// withoutProbes leaves out what the server object asks.
func withoutProbes(calls []simulator.Call) (lines []string) {
	for _, c := range calls {
		if !slices.Contains([]string{"myprivs", "version", "applist", "gethostname", "api_token_list"}, c.Function) {
			lines = append(lines, describe(c))
		}
	}
	return lines
}

// countOf counts the characters of a text that are in a set.
func countOf(text, set string) (n int) {
	for _, r := range text {
		if strings.ContainsRune(set, r) {
			n++
		}
	}
	return n
}
