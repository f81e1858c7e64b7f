// SPDX-License-Identifier: Apache-2.0

package controller_test

import (
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/whm"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

const (
	// strongPassword is one that the server's own functions accept too.
	strongPassword = "canary-Wide.Lantern-40-marsh"
	consoleToken   = "CANARYCONSOLETOKENOFTHEOPERATORS"
)

// withSession lets the server object work inside a login session.
func withSession(w *v1alpha1.WHMServer) { w.Spec.Auth.Password.Session = true }

// withToken lets the server object log in with an API token instead.
func withToken(w *v1alpha1.WHMServer) {
	w.Spec.Auth = v1alpha1.ServerAuth{APIToken: &v1alpha1.APITokenAuth{
		SecretRef: v1alpha1.SecretKeyReference{Name: w.Name + "-auth", Key: "console"},
	}}
}

// newLoginSite is newSite with a root that has a second factor, unless change takes it away, and a token by which people
// work on the server.
func newLoginSite(namespace string, o siteOptions, change ...func(*simulator.Inventory)) *site {
	GinkgoHelper()
	s := newSite(namespace, "whm", o)
	s.addSecondFactor(change...)
	s.putAuth(map[string]string{"password": strongPassword, "otp": otpSecret, "console": consoleToken})
	return s
}

func (s *site) addSecondFactor(change ...func(*simulator.Inventory)) {
	GinkgoHelper()
	Expect(s.Update(func(inv *simulator.Inventory) {
		root := inv.Users["root"]
		root.Password, root.TOTPSecret = strongPassword, otpSecret
		root.Tokens = map[string]simulator.Token{"console": {Value: consoleToken}}
		inv.Users["root"] = root
		for _, f := range change {
			f(inv)
		}
	})).To(Succeed())
}

// putAuth changes values in the auth Secret.
func (s *site) putAuth(values map[string]string) {
	GinkgoHelper()
	edit(s.authSecret(""), func(x *corev1.Secret) {
		for key, value := range values {
			x.Data[key] = []byte(value)
		}
	})
}

// Changes of the simulated server.

func withoutSecondFactor(inv *simulator.Inventory) {
	root := inv.Users["root"]
	root.TOTPSecret = ""
	inv.Users["root"] = root
}

func codesForAPI(inv *simulator.Inventory) { inv.Policies.RequireTwoFactorForAPI = true }

func codesForTokens(inv *simulator.Inventory) { inv.Unverified.OTPAskedOfTokens = "true" }

func codesOnlyOnce(inv *simulator.Inventory) { inv.Unverified.CodeTwice = "refuse" }

func clockSkew(d time.Duration) func(*simulator.Inventory) {
	return func(inv *simulator.Inventory) { inv.ClockSkew = simulator.Skew(d) }
}

// console returns a client of people who work on the server.
func (s *site) console() *whm.Client {
	GinkgoHelper()
	c, err := whm.New(whm.Options{Endpoint: s.WHMURL(), TLS: whm.TLSOptions{CABundle: s.CA()}},
		whm.WithAPIToken("root", whm.NewSecret(consoleToken)))
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(c.Close)
	return c
}

// passwd sets root's password, which ends the sessions of root.
func (s *site) passwd(password string) {
	GinkgoHelper()
	_, err := s.console().Passwd(ctx, "root", whm.NewSecret(password), false)
	Expect(err).NotTo(HaveOccurred())
}

// logins counts the login forms that were sent, however they ended.
func logins(s *site) int { return callsOf(s.Ledger().Calls, "login") }

// generated counts the access hashes that were made.
func generated(s *site) int { return len(mutationsOf(s.Ledger().Calls, "accesshash")) }

// expectNoGuess checks that nothing was tried that counts against the operator: only sessions were found to have ended.
func expectNoGuess(s *site) {
	GinkgoHelper()
	Expect(s.Ledger().FailedLogins).NotTo(ContainElement(Or(HaveField("Counted", true), HaveField("Cause", Not(Equal("noSession"))))))
}

// expectNoPage checks that neither log, status nor events hold what a page of the server says, nor a secret.
func expectNoPage(s *site, o *operator) {
	GinkgoHelper()
	for _, c := range s.get().Status.Conditions {
		Expect(c.Message).NotTo(ContainSubstring("<"))
	}
	var events corev1.EventList
	Expect(admin.List(ctx, &events, inNamespace(s.namespace))).To(Succeed())
	for i := range events.Items {
		Expect(events.Items[i].Message).NotTo(ContainSubstring("<"))
	}
	for _, secret := range []string{strongPassword, otpSecret, consoleToken, "tfa_login_form", "<html", "SECRETONPAGE"} {
		Expect(strings.Contains(o.log.String(), secret)).To(BeFalse(), "in the log")
	}
}

// rotateAll asks every rotation of a namespace for a new hash.
func rotateAll(namespace, value string) {
	GinkgoHelper()
	var all v1alpha1.AccessHashRotationList
	Expect(admin.List(ctx, &all, inNamespace(namespace))).To(Succeed())
	for i := range all.Items {
		edit(&all.Items[i], func(r *v1alpha1.AccessHashRotation) {
			metav1.SetMetaDataAnnotation(&r.ObjectMeta, v1alpha1.RotateAnnotation, value)
		})
	}
}

// expectRevisions checks that all rotations of a namespace are ready with a revision.
func expectRevisions(namespace string, count int, revision int64) {
	GinkgoHelper()
	var all v1alpha1.AccessHashRotationList
	Expect(admin.List(ctx, &all, inNamespace(namespace))).To(Succeed())
	Expect(all.Items).To(HaveLen(count))
	for i := range all.Items {
		Expect(all.Items[i].Status.Revision).To(Equal(revision), "%s: %v", all.Items[i].Name, all.Items[i].Status.Conditions)
		Expect(condition(&all.Items[i], v1alpha1.ReadyCondition)).To(Equal("True/" + v1alpha1.PublishedReason))
	}
}

// runToNextCode lets virtual time pass until another one-time code is due.
func (o *operator) runToNextCode() {
	GinkgoHelper()
	const step = 30 * time.Second
	o.runFor(o.time.Now().Truncate(step).Add(step).Sub(o.time.Now()))
}
