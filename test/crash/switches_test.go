// SPDX-License-Identifier: Apache-2.0

package crash_test

import (
	"slices"

	. "github.com/onsi/ginkgo/v2"

	"github.com/whm-credentials/operator/internal/whm/simulator"
	"github.com/whm-credentials/operator/test/crash"
)

// Nobody could verify how a real server behaves in these respects, so every way has to be right. Each case crashes once;
// the rotation that every run ends with shows that an undisturbed one works too.
var _ = Describe("Whichever way an unverified behaviour goes", func() {
	It("a crash is recovered from with one regeneration", func(ctx SpecContext) {
		playAll(ctx, slices.Concat(
			settings(crash.ForeignFirst, callSwitches, hashIssued),
			settings(noHash, []string{"hashReadWhenNone"}, hashIssued, hashNotIssued),
			settings(ownHash, []string{"aclDeniedForm", "versionDeniedWithoutACL"}, hashIssued),
			settings(crash.SelfToken, callSwitches, hashIssued),
			settings(crash.SelfToken, tokenSwitches, tokenCreated, tokenRevoked),
			settings(oldTokens, nil, tokenCreated),
			settings(crash.SelfSession, callSwitches, hashIssued),
			settings(crash.SelfSession, sessionSwitches, sessionCreated, sessionOpened),
		))
	})
})

var (
	noHash    = crash.Scenario{Name: "first hash of all", Version: "11.136.0.4", NoHash: true}
	ownHash   = crash.Scenario{Name: "reseller", Version: "11.136.0.4", Reseller: true}
	oldTokens = crash.Scenario{Name: "self-rotation with token that never expires", Version: "11.70.0.1", Self: true}

	callSwitches = []string{
		"oldHashDiesAfter", "newHashUsableAfter", "unauthenticatedStatus", "badKeysFeedCPHulk", "versionOldEnvelope",
		"myprivsShows", "resultAsString",
	}
	tokenSwitches = []string{
		"tokenUsableAfter", "revokedTokenDiesAfter", "emptyTokenList", "nullsInTokenList", "revokeUnknownToken",
	}
	sessionSwitches = []string{"sessionURLSingleUse", "sessionBoundTo", "sessionDeniedForm", "expiresAsString"}

	hashIssued     = at(crash.After, "accesshash")
	hashNotIssued  = at(crash.Before, "accesshash")
	tokenCreated   = at(crash.After, "api_token_create")
	tokenRevoked   = at(crash.After, "api_token_revoke")
	sessionCreated = at(crash.After, "create_user_session")
	sessionOpened  = at(crash.After, crash.SessionURL)
)

func at(moment crash.Moment, call string) crash.Point {
	return crash.Point{Request: crash.Request{Side: crash.WHM, What: call, Nth: 1}, Moment: moment}
}

func settings(sc crash.Scenario, switches []string, points ...crash.Point) []crashed {
	servers := []simulator.Setting{{Name: "defaults"}}
	if len(switches) > 0 {
		servers = simulator.Matrix(switches...)
	}
	var all []crashed
	for _, server := range servers {
		for _, point := range points {
			all = append(all, crashed{scenario: sc.With(server), points: []crash.Point{point}})
		}
	}
	return all
}
