// SPDX-License-Identifier: Apache-2.0

package controller_test

import (
	"maps"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

// passwordTarget is a type of target with a user of the test server, and what the simulator calls what opens it.
type passwordTarget struct {
	user string
	kind simulator.Kind
	// set is the call that sets the password.
	set string
}

var passwordTargets = map[v1alpha1.PasswordTargetType]passwordTarget{
	v1alpha1.AccountPassword:    {"", simulator.KindPassword, "passwd"},
	v1alpha1.MailboxPassword:    {"info@shop.example.com", simulator.KindMailbox, "Email::passwd_pop"},
	v1alpha1.FTPPassword:        {"deploy@shop.example.com", simulator.KindFTP, "Ftp::passwd"},
	v1alpha1.WebDiskPassword:    {"disk@shop.example.com", simulator.KindWebDisk, "WebDisk::set_password"},
	v1alpha1.MySQLPassword:      {"shop_web", simulator.KindMySQL, "Mysql::set_password"},
	v1alpha1.PostgreSQLPassword: {"shop_web", simulator.KindPostgreSQL, "Postgresql::set_password"},
}

// passwordTypes are all types, in order.
var passwordTypes = slices.Sorted(maps.Keys(passwordTargets))

// passwordRig is one server with an account that has a user of every service, and an operator on virtual time.
type passwordRig struct {
	*site
	virtual *timeline
	o       *operator
}

func newPasswordRig(changes ...func(*siteOptions)) *passwordRig {
	GinkgoHelper()
	g := &passwordRig{virtual: newTimeline()}
	o := siteOptions{time: g.virtual, server: probedDaily}
	for _, change := range changes {
		change(&o)
	}
	g.site = newSite(newNamespace(), "whm", o)
	Expect(g.Update(func(inv *simulator.Inventory) {
		const first = "canary-first-password-A1"
		inv.Accounts = map[string]simulator.Account{"shop": {
			Domain: "shop.example.com", Password: first,
			Mailboxes:       map[string]simulator.Mailbox{"info@shop.example.com": {Password: first}},
			FTPUsers:        map[string]simulator.FTPUser{"deploy@shop.example.com": {Password: first}},
			WebDiskUsers:    map[string]simulator.WebDiskUser{"disk@shop.example.com": {Password: first}},
			MySQLUsers:      map[string]simulator.DatabaseUser{"shop_web": {Password: first}, "shop": {Password: first}},
			PostgreSQLUsers: map[string]simulator.DatabaseUser{"shop_web": {Password: first}},
		}}
	})).To(Succeed())
	g.o = startOperator(g.namespace, g.virtual)
	return g
}

// password returns a rotation of the password of the test server's user of a type every four hours.
func (g *passwordRig) password(of v1alpha1.PasswordTargetType, changes ...func(*v1alpha1.PasswordRotation)) *v1alpha1.PasswordRotation {
	name := map[v1alpha1.PasswordTargetType]string{
		v1alpha1.AccountPassword: "account", v1alpha1.MailboxPassword: "mailbox", v1alpha1.FTPPassword: "ftp",
		v1alpha1.WebDiskPassword: "webdisk", v1alpha1.MySQLPassword: "mysql", v1alpha1.PostgreSQLPassword: "postgresql",
	}[of]
	r := &v1alpha1.PasswordRotation{
		ObjectMeta: metav1.ObjectMeta{Namespace: g.namespace, Name: name},
		Spec: v1alpha1.PasswordRotationSpec{
			Target: v1alpha1.PasswordTarget{Type: of, Account: "shop", User: passwordTargets[of].user},
			CredentialSpec: v1alpha1.CredentialSpec{
				ServerRef: v1alpha1.ServerReference{Name: g.name},
				Secret:    v1alpha1.SecretTarget{Name: name},
				Rotation:  &v1alpha1.RotationSchedule{Every: &metav1.Duration{Duration: 4 * time.Hour}},
			},
		},
	}
	for _, change := range changes {
		change(r)
	}
	return r
}

// publish creates an object and lets it publish its first revision.
func (g *passwordRig) publish(r *v1alpha1.PasswordRotation) *v1alpha1.PasswordRotation {
	GinkgoHelper()
	Expect(admin.Create(ctx, r)).To(Succeed())
	g.o.runFor(time.Minute)
	return g.expectRevision(r, 1)
}

// expectRevision checks that a revision is published, ready and at rest, and that its password works.
func (g *passwordRig) expectRevision(r *v1alpha1.PasswordRotation, revision int64) *v1alpha1.PasswordRotation {
	GinkgoHelper()
	now := expectAtRest(r, revision)
	Expect(g.works(r)).To(BeTrue(), "the published password works")
	return now
}

// expectStalled checks the reason and the words of a stall.
func (g *passwordRig) expectStalled(r *v1alpha1.PasswordRotation, reason string, words ...string) {
	GinkgoHelper()
	c := finding(r, v1alpha1.StalledCondition)
	Expect(c).NotTo(BeNil(), "%v", refreshed(r).Status.Conditions)
	Expect(c.Reason).To(Equal(reason), c.Message)
	for _, part := range words {
		Expect(c.Message).To(ContainSubstring(part))
	}
}

// works tells whether the published password opens its target.
func (g *passwordRig) works(r *v1alpha1.PasswordRotation) bool {
	return g.Authenticates(passwordUser(r), passwordTargets[r.Spec.Target.Type].kind, string(secretOf(r).Data["password"]))
}

// sets is how often the password of an object was set, or was tried to be.
func (g *passwordRig) sets(r *v1alpha1.PasswordRotation) int {
	return len(mutationsOf(g.Ledger().Calls, passwordTargets[r.Spec.Target.Type].set))
}

// writes are what the operator wrote about credentials.
func (g *passwordRig) writes() (found []request) {
	for _, q := range g.o.requests.writes() {
		if q.resource == "secrets" || strings.HasPrefix(q.resource, "passwordrotations") {
			found = append(found, q)
		}
	}
	return found
}

func (g *passwordRig) restart() { g.o = g.o.restart() }

func passwordUser(r *v1alpha1.PasswordRotation) string {
	if r.Spec.Target.User == "" {
		return string(r.Spec.Target.Account)
	}
	return r.Spec.Target.User
}
