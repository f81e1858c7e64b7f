// SPDX-License-Identifier: Apache-2.0

package controller_test

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

// tellingSwitches are those of the simulator that decide how a server tells of tokens.
var tellingSwitches = []string{
	"allInTokenList", "tokenNumbersAsString", "nullsInTokenList", "emptyTokenList", "myprivsShows", "detailsNeedACL",
	"detailsUnknownToken", "detailsOfOtherUsers", "versionDeniedWithoutACL", "aclDeniedForm", "resultAsString",
	"updateWithoutWhitelist", "unauthenticatedStatus", "cpanelAnswer", "accountTokenExpiry", "expiresAsString",
	"revokeUnknownToken", "revokeUnknownAccountToken", "sessionBoundTo",
}

var _ = Describe("Servers that tell of their tokens in other ways", func() {
	for _, version := range []string{"11.78.0.5", "11.94.0.5", "11.136.0.4"} {
		It("are no reason to change anything, on "+version, func() {
			g := newTokenRig(ofVersion(version))
			all := tokensOfAllKinds(g.site, version != "11.78.0.5")
			for _, r := range all {
				createToken(r)
			}
			g.o.runFor(2 * probe)
			for i, ways := range combined(tellingSwitches...) {
				By(fmt.Sprintf("combination %d: %+v", i, ways))
				Expect(g.SetUnverified(ways)).To(Succeed())
				for _, r := range all {
					askForRotation(r, strconv.Itoa(i))
				}
				g.o.runFor(2 * probe)
				for _, r := range all {
					expectTokenRevision(g.site, r, int64(i)+2)
				}
				calls := len(g.Ledger().Calls)
				g.o.requests.reset()
				g.o.runFor(10 * probe)
				Expect(changesOf(g.callsSince(calls))).To(BeEmpty())
				Expect(g.o.requests.writes()).To(BeEmpty(), g.o.requests.String())
				Expect(liveTokens(g.site)).To(HaveLen(len(all)))
			}
			Expect(g.Ledger().FailedLogins).To(BeEmpty())
		})
	}
})

// combined returns as few settings as have every value of every switch but its default.
func combined(switches ...string) (all []simulator.Unverified) {
	GinkgoHelper()
	used := map[string]int{}
	for _, setting := range simulator.Matrix(switches...)[1:] {
		name, _, _ := strings.Cut(setting.Name, "=")
		if used[name] == len(all) {
			all = append(all, simulator.Unverified{})
		}
		text, err := json.Marshal(setting.Unverified)
		Expect(err).NotTo(HaveOccurred())
		Expect(json.Unmarshal(text, &all[used[name]])).To(Succeed())
		used[name]++
	}
	return all
}

// tokensOfAllKinds are objects for every sort of token that a server has.
func tokensOfAllKinds(s *site, expiring bool) []*v1alpha1.APITokenRotation {
	briefly := func(r *v1alpha1.APITokenRotation) {
		r.Spec.Rotation.Overlap = &metav1.Duration{Duration: time.Minute}
	}
	dying := func(r *v1alpha1.APITokenRotation) { r.Spec.ExpiresAfter = &metav1.Duration{Duration: 800 * time.Hour} }
	full := func(r *v1alpha1.APITokenRotation) { r.Spec.ACLs, r.Spec.AllPrivileges = nil, true }
	all := []*v1alpha1.APITokenRotation{
		newTokenRotation(s, "root", briefly), newTokenRotation(s, "full", briefly, full),
		newTokenRotation(s, "seller", briefly, ofSeller), newTokenRotation(s, "seller-full", briefly, ofSeller, full),
	}
	if expiring {
		all = append(all, newTokenRotation(s, "dying", briefly, dying), newTokenRotation(s, "seller-dying", briefly, ofSeller, dying),
			newTokenRotation(s, "shop", briefly, ofShop), newTokenRotation(s, "shop-dying", briefly, ofShop, dying))
	}
	return all
}
