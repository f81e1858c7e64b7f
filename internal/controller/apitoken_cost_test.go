// SPDX-License-Identifier: Apache-2.0

package controller_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/journal"
)

var _ = Describe("The cost of a rotation of a token", func() {
	for _, c := range []struct {
		name, version   string
		of              func(*v1alpha1.APITokenRotation)
		calls, retiring []string
	}{
		{
			"a reseller", "11.136.0.4", ofSeller,
			[]string{
				"create_user_session as root", "login as seller", "api_token_create as seller", "logout as seller",
				"api_token_get_details as seller",
			},
			[]string{
				"create_user_session as root", "login as seller", "api_token_revoke as seller", "api_token_list as seller",
				"logout as seller",
			},
		},
		{
			"a cPanel account", "11.136.0.4", ofShop,
			[]string{"Tokens::create_full_access as root", "Tokens::list as shop"},
			[]string{"Tokens::revoke as root", "Tokens::list as root"},
		},
		{
			"the operator's user on an old server", "11.78.0.5", ofRoot,
			[]string{"api_token_create as root", "myprivs as root"},
			[]string{"api_token_revoke as root", "api_token_list as root"},
		},
	} {
		It("is bounded for "+c.name, func() {
			g := newTokenRig(withServer(probedDaily), ofVersion(c.version))
			r := g.publish(newTokenRotation(g.site, "billing", c.of, everyToken(4*time.Hour, time.Hour)))
			calls := len(g.Ledger().Calls)
			g.o.requests.reset()
			g.o.runFor(4 * time.Hour)
			expectTokenRevision(g.site, r, 2)
			Expect(describeAll(g.callsSince(calls))).To(Equal(c.calls))
			key := journal.Key(r).Name
			Expect(g.o.requests.writes()).To(Equal([]request{
				{verb: "update", resource: "secrets", name: key},
				{verb: "update", resource: "secrets", name: key},
				{verb: "update", resource: "secrets", name: r.Spec.Secret.Name},
				{verb: "patch", resource: "apitokenrotations/status", name: r.Name},
			}), g.o.requests.String())
			calls = len(g.Ledger().Calls)
			g.o.requests.reset()
			g.o.runFor(time.Hour + time.Minute)
			Expect(describeAll(g.callsSince(calls))).To(Equal(c.retiring))
			Expect(g.o.requests.writes()).To(HaveLen(2), g.o.requests.String())
		})
	}
})
