// SPDX-License-Identifier: Apache-2.0

package controller_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

// tokenChanges are changes of a spec that WHM can apply to the token that is published.
var tokenChanges = map[string]struct {
	change func(*v1alpha1.APITokenRotation)
	expect func(simulator.Token, time.Time)
}{
	"acls": {
		func(r *v1alpha1.APITokenRotation) { r.Spec.ACLs = []v1alpha1.ACLName{"create-acct", "list-accts"} },
		func(t simulator.Token, _ time.Time) { Expect(t.ACLs).To(ConsistOf("create-acct", "list-accts")) },
	},
	"allowedIPs": {
		func(r *v1alpha1.APITokenRotation) { r.Spec.AllowedIPs = []v1alpha1.AddressRange{"127.0.0.0/8", "::1"} },
		func(t simulator.Token, _ time.Time) { Expect(t.WhitelistIPs).To(HaveLen(2)) },
	},
	"expiresAfter": {
		func(r *v1alpha1.APITokenRotation) { r.Spec.ExpiresAfter = &metav1.Duration{Duration: 1000 * time.Hour} },
		func(t simulator.Token, issued time.Time) {
			Expect(t.ExpiresAt).To(BeTemporally("==", issued.Add(1000*time.Hour)))
		},
	},
}

var _ = Describe("A change of the spec of an APITokenRotation", func() {
	for name, c := range tokenChanges {
		for account, of := range map[string]func(*v1alpha1.APITokenRotation){"the operator's user": ofRoot, "a reseller": ofSeller} {
			It("of "+name+" is applied to the token of "+account+" that is published", func() {
				g := newTokenRig(withServer(probedDaily))
				r := g.publish(newTokenRotation(g.site, "billing", of, func(r *v1alpha1.APITokenRotation) {
					r.Spec.AllowedIPs = []v1alpha1.AddressRange{"127.0.0.1"}
					r.Spec.ExpiresAfter = &metav1.Duration{Duration: 800 * time.Hour}
				}))
				before, value := g.upstreamToken(r), secretOf(r).Data["token"]
				calls := len(g.Ledger().Calls)
				edit(r, c.change)
				g.o.runFor(time.Minute)
				now := expectTokenRevision(g.site, r, 1)
				Expect(mutationsOf(g.callsSince(calls), "api_token_update")).To(HaveLen(1))
				Expect(mutationsOf(g.callsSince(calls), "api_token_create")).To(BeEmpty())
				Expect(string(secretOf(r).Data["token"])).To(Equal(string(value)))
				t := g.upstreamToken(r)
				issued := now.Status.Current.IssuedAt.Time
				c.expect(t, issued)
				// What was not changed is still there, although WHM resets what is left out.
				for other, unchanged := range map[string][2]any{
					"acls":       {before.ACLs, t.ACLs},
					"allowedIPs": {before.WhitelistIPs, t.WhitelistIPs},
				} {
					if other != name {
						Expect(unchanged[1]).To(Equal(unchanged[0]), other)
					}
				}
				Expect(now.Status.Current.ExpiresAt.Time).To(BeTemporally("==", t.ExpiresAt))
				Expect(string(secretOf(r).Data["expiresAt"])).To(Equal(t.ExpiresAt.UTC().Format(time.RFC3339)))
				By("coming to rest")
				calls = len(g.Ledger().Calls)
				g.o.requests.reset()
				g.restart()
				g.o.runFor(26 * time.Hour)
				Expect(changesOf(g.callsSince(calls))).To(BeEmpty())
				Expect(g.o.requests.writes()).To(BeEmpty(), g.o.requests.String())
			})
		}
	}

	It("is applied by a rotation to the token of a cPanel account", func() {
		g := newTokenRig(withServer(probedDaily))
		r := g.publish(newTokenRotation(g.site, "shop", ofShop))
		edit(r, tokenChanges["expiresAfter"].change)
		g.o.runFor(time.Minute)
		now := expectTokenRevision(g.site, r, 2)
		tokenChanges["expiresAfter"].expect(g.upstreamToken(r), now.Status.Current.IssuedAt.Time)
		g.o.runFor(2 * time.Hour)
		Expect(liveTokens(g.site)).To(Equal([]string{now.Status.Current.ID}))
	})

	It("waits for a window where it takes a rotation", func() {
		g := newTokenRig(withServer(probedDaily))
		r := g.publish(newTokenRotation(g.site, "shop", ofShop, func(r *v1alpha1.APITokenRotation) {
			opens := g.virtual.Now().Add(6 * time.Hour).UTC()
			r.Spec.Rotation.Windows = []v1alpha1.RotationWindow{{
				Cron: opens.Format("4 15 * * *"), Duration: metav1.Duration{Duration: time.Hour},
			}}
		}))
		edit(r, tokenChanges["expiresAfter"].change)
		g.o.runFor(4 * time.Hour)
		Expect(refreshed(r).Status.Revision).To(BeEquivalentTo(1))
		g.o.runFor(4 * time.Hour)
		expectTokenRevision(g.site, r, 2)
	})

	It("that the server is too old for stalls and names its version, and touches nothing", func() {
		g := newTokenRig(withServer(probedDaily), ofVersion("11.64.0.36"))
		r := g.publish(newTokenRotation(g.site, "billing", func(r *v1alpha1.APITokenRotation) {
			r.Spec.ACLs, r.Spec.AllPrivileges = nil, true
		}))
		for _, change := range []func(*v1alpha1.APITokenRotation){
			func(r *v1alpha1.APITokenRotation) {
				r.Spec.ACLs, r.Spec.AllPrivileges = []v1alpha1.ACLName{"list-accts"}, false
			},
			func(r *v1alpha1.APITokenRotation) {
				r.Spec.ACLs, r.Spec.AllPrivileges = nil, true
				r.Spec.AllowedIPs = []v1alpha1.AddressRange{"127.0.0.1"}
			},
		} {
			calls := len(g.Ledger().Calls)
			edit(r, change)
			g.o.runFor(time.Minute)
			stalled := finding(r, v1alpha1.StalledCondition)
			Expect(stalled).NotTo(BeNil(), "%v", refreshed(r).Status.Conditions)
			Expect(stalled.Reason).To(Equal(v1alpha1.UnsupportedReason))
			Expect(stalled.Message).To(ContainSubstring("11.64.0.36"))
			Expect(changesOf(g.callsSince(calls))).To(BeEmpty())
			expectTokenWorks(g.site, r)
		}
	})

	It("is applied once the server has been upgraded", func() {
		g := newTokenRig(withServer(probedDaily), ofVersion("11.64.0.36"))
		r := g.publish(newTokenRotation(g.site, "billing", func(r *v1alpha1.APITokenRotation) {
			r.Spec.ACLs, r.Spec.AllPrivileges = nil, true
		}))
		Expect(g.SetVersion("11.136.0.4")).To(Succeed())
		edit(r, func(r *v1alpha1.APITokenRotation) {
			r.Spec.ACLs, r.Spec.AllPrivileges = []v1alpha1.ACLName{"list-accts"}, false
		})
		By("knowing the new version after the next discovery")
		edit(g.get(), func(w *v1alpha1.WHMServer) { w.Spec.Timeout = &metav1.Duration{Duration: 6 * time.Second} })
		g.o.runFor(2 * time.Minute)
		expectTokenRevision(g.site, r, 1)
		Expect(g.upstreamToken(r).ACLs).To(ConsistOf("list-accts"))
	})
})

// changesOf are the calls that asked for a change, sessions apart, which the operator opens to look.
func changesOf(calls []simulator.Call) (names []string) {
	for _, c := range calls {
		if c.Mutating && c.Function != "create_user_session" && c.Function != "login" && c.Function != "logout" {
			names = append(names, describe(c))
		}
	}
	return names
}
