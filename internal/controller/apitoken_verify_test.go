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

var _ = Describe("A new token", func() {
	for _, late := range []struct {
		after  time.Duration
		logins int
	}{{5 * time.Second, 3}, {3 * time.Hour, 15}} {
		It(fmt.Sprintf("that works only after %s is published then, at a bounded number of failed logins", late.after), func() {
			g := newTokenRig(withServer(probedDaily))
			Expect(g.SetUnverified(simulator.Unverified{TokenUsableAfter: simulator.Duration(late.after)})).To(Succeed())
			r := createToken(newTokenRotation(g.site, "billing"))
			for i := range 12 {
				edit(refreshed(r), func(r *v1alpha1.APITokenRotation) {
					metav1.SetMetaDataAnnotation(&r.ObjectMeta, "example.com/note", fmt.Sprint(i))
				})
				g.o.runFor(late.after / 6)
				if g.virtual.Now().Before(g.Tokens("root")[liveOrUnborn(g.site)].CreatedAt.Add(late.after)) {
					Expect(refreshed(r).Status.Revision).To(BeZero())
					Expect(condition(r, v1alpha1.ReadyCondition)).To(Equal("False/" + v1alpha1.VerificationFailedReason))
				}
			}
			g.o.runFor(time.Hour)
			expectTokenRevision(g.site, r, 1)
			Expect(len(g.Ledger().FailedLogins)).To(BeNumerically("<=", late.logins))
			Expect(mutationsOf(g.Ledger().Calls, "api_token_create")).To(HaveLen(1))
		})
	}

	It("with other privileges than were asked for is never published", func() {
		g := newTokenRig(withServer(probedDaily))
		r := g.publish(newTokenRotation(g.site, "billing"))
		g.watch(r)
		wide := addFault(g.site, simulator.Fault{
			Kind: simulator.FaultStatus, Status: 200, Function: "api_token_get_details",
			Body: `{"metadata":{"command":"api_token_get_details","reason":"OK","result":1,"version":1},"data":{"name":"NAME",` +
				`"acls":["all"],"create_time":1,"expires_at":null,"whitelist_ips":null}}`,
		})
		askForRotation(r, "now")
		g.o.runFor(30 * time.Minute)
		Expect(refreshed(r).Status.Revision).To(BeEquivalentTo(1))
		stalled := finding(r, v1alpha1.StalledCondition)
		Expect(stalled.Reason).To(Equal(v1alpha1.VerificationFailedReason))
		Expect(mutationsOf(g.Ledger().Calls, "api_token_create")).To(HaveLen(2))
		g.RemoveFault(wide)
		g.o.runFor(2 * time.Minute)
		expectTokenRevision(g.site, r, 2)
	})

	for account, of := range map[string]func(*v1alpha1.APITokenRotation){"the operator's user": ofRoot, "a reseller": ofSeller} {
		It("of "+account+" for other addresses than the operator's is published, and that is said", func() {
			g := newTokenRig(withServer(func(w *v1alpha1.WHMServer) {
				w.Spec.ProbeInterval = &metav1.Duration{Duration: time.Hour}
			}))
			elsewhere := func(r *v1alpha1.APITokenRotation) {
				r.Spec.AllowedIPs = []v1alpha1.AddressRange{"203.0.113.0/24"}
			}
			r := g.publish(newTokenRotation(g.site, "billing", of, elsewhere, everyToken(10*time.Hour, time.Hour)))
			unproven := finding(r, v1alpha1.UnprovenCondition)
			Expect(unproven).NotTo(BeNil())
			Expect(string(unproven.Status) + "/" + unproven.Reason).To(Equal("True/" + v1alpha1.AddressNotAllowedReason))
			Expect(unproven.Message).To(ContainSubstring("allowedIPs"))
			Expect(g.Ledger().FailedLogins).To(HaveLen(1))
			By("idling, being touched and being restarted")
			for i := range 4 {
				g.o.runFor(2 * time.Hour)
				edit(refreshed(r), func(r *v1alpha1.APITokenRotation) {
					metav1.SetMetaDataAnnotation(&r.ObjectMeta, "example.com/note", fmt.Sprint(i))
				})
				g.restart()
			}
			Expect(g.Ledger().FailedLogins).To(HaveLen(1))
			g.o.runFor(2 * time.Hour)
			expectTokenRevision(g.site, r, 2)
			Expect(g.Ledger().FailedLogins).To(HaveLen(2), "one for each token")
			Expect(condition(r, v1alpha1.UnprovenCondition)).To(Equal("True/" + v1alpha1.AddressNotAllowedReason))
			By("being noticed all the same when it is revoked")
			g.change(r, revoked)
			g.o.runFor(time.Hour + time.Second)
			expectTokenRevision(g.site, r, 3)
			By("losing its limits")
			edit(refreshed(r), func(r *v1alpha1.APITokenRotation) { r.Spec.AllowedIPs = nil })
			g.o.runFor(time.Minute)
			askForRotation(r, "now")
			g.o.runFor(30 * time.Minute)
			expectTokenRevision(g.site, r, 4)
			Expect(condition(r, v1alpha1.UnprovenCondition)).To(Equal("absent"))
		})
	}
})

// liveOrUnborn is the name of the only token of root.
func liveOrUnborn(s *site) string {
	for name := range s.Tokens("root") {
		return name
	}
	return ""
}
