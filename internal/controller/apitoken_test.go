// SPDX-License-Identifier: Apache-2.0

package controller_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/journal"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

var _ = Describe("An APITokenRotation", func() {
	It("rotates with overlap, at the cost of two calls and four writes, and revokes the old token", func() {
		virtual := newTimeline()
		namespace := newNamespace()
		s := newSite(namespace, "whm", siteOptions{time: virtual, server: probedDaily})
		r := createToken(newTokenRotation(s, "billing", everyToken(4*time.Hour, time.Hour)))
		o := startOperator(namespace, virtual)
		o.runFor(time.Minute)
		first := expectTokenRevision(s, r, 1)
		Expect(liveTokens(s)).To(Equal([]string{first.Status.Current.ID}))

		calls := len(s.Ledger().Calls)
		o.requests.reset()
		o.runFor(4 * time.Hour)
		second := expectTokenRevision(s, r, 2)
		AddReportEntry("upstream calls", describeAll(s.callsSince(calls)))
		AddReportEntry("API requests", o.requests.String())
		Expect(describeAll(s.callsSince(calls))).To(Equal([]string{"api_token_create as root", "api_token_get_details as root"}))
		key := journal.Key(r).Name
		Expect(o.requests.writes()).To(Equal([]request{
			{verb: "update", resource: "secrets", name: key},
			{verb: "update", resource: "secrets", name: key},
			{verb: "update", resource: "secrets", name: r.Spec.Secret.Name},
			{verb: "patch", resource: "apitokenrotations/status", name: r.Name},
		}), o.requests.String())
		Expect(liveTokens(s)).To(ConsistOf(first.Status.Current.ID, second.Status.Current.ID))
		Expect(second.Status.Retiring).To(ConsistOf(HaveField("ID", first.Status.Current.ID)))

		calls = len(s.Ledger().Calls)
		o.runFor(time.Hour + time.Minute)
		Expect(describeAll(s.callsSince(calls))).To(Equal([]string{"api_token_revoke as root", "api_token_list as root"}))
		Expect(liveTokens(s)).To(Equal([]string{second.Status.Current.ID}))
		Expect(expectTokenRevision(s, r, 2).Status.Retiring).To(BeEmpty())
	})

	It("serves a reseller and a cPanel account", func() {
		virtual := newTimeline()
		namespace := newNamespace()
		s := newSite(namespace, "whm", siteOptions{time: virtual, server: probedDaily, users: []string{"seller"}})
		Expect(s.Update(func(inv *simulator.Inventory) {
			seller := inv.Users["seller"]
			seller.ACLs = []string{"list-accts", "manage-api-tokens", "create-acct"}
			inv.Users["seller"] = seller
			inv.Accounts = map[string]simulator.Account{"shop": {Domain: "shop.example.com"}}
		})).To(Succeed())
		edit(s.get(), func(w *v1alpha1.WHMServer) { w.Spec.CPanelEndpoint = s.CPanelURL() })
		seller := createToken(newTokenRotation(s, "seller", everyToken(4*time.Hour, time.Hour), func(r *v1alpha1.APITokenRotation) {
			r.Spec.Account = &v1alpha1.TokenAccount{User: "seller"}
		}))
		shop := createToken(newTokenRotation(s, "shop", everyToken(4*time.Hour, time.Hour), func(r *v1alpha1.APITokenRotation) {
			r.Spec.Account = &v1alpha1.TokenAccount{Type: v1alpha1.CPanelAccount, User: "shop"}
			r.Spec.ACLs = nil
		}))
		o := startOperator(namespace, virtual)
		o.runFor(time.Minute)
		expectTokenRevision(s, seller, 1)
		expectTokenRevision(s, shop, 1)
		o.runFor(4 * time.Hour)
		expectTokenRevision(s, seller, 2)
		expectTokenRevision(s, shop, 2)
		Expect(liveTokens(s)).To(HaveLen(4))
		o.runFor(2 * time.Hour)
		Expect(liveTokens(s)).To(HaveLen(2))
		AddReportEntry("upstream calls", describeAll(s.callsSince(0)))
	})
})
