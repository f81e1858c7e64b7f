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

	It("a crash leaves one token, and no moment without one", func(ctx SpecContext) {
		playAll(ctx, slices.Concat(
			settings(crash.TokenForced, slices.Concat(callSwitches, tokenSwitches, detailSwitches), tokenCreated),
			settings(crash.TokenForced, tokenSwitches, tokenRevoked),
			settings(crash.TokenChanged, detailSwitches, tokenUpdated),
			settings(crash.TokenOld, []string{"myprivsShows", "tokenUsableAfter", "versionDeniedWithoutACL"}, tokenCreated),
			settings(crash.TokenSelf, slices.Concat(rightSwitches, tokenSwitches, detailSwitches), ownTokenPublished),
			settings(crash.TokenSelfFirst, []string{"allInTokenList", "myprivsShows", "detailsNeedACL"}, tokenCreated),
			settings(crash.ResellerForced, slices.Concat(sessionSwitches, rightSwitches), tokenCreated),
			settings(crash.ResellerDeleted, sessionSwitches, sessionOpened),
			settings(crash.AccountForced, accountSwitches, accountTokenCreated, accountTokenRevoked),
			settings(crash.AccountOld, []string{"cpanelAnswer", "resultAsString", "tokenNumbersAsString"}, accountTokenCreated),
			settings(crash.AccountDeleted, []string{"revokeUnknownAccountToken"}, accountTokenRevoked),
		))
	})

	It("a crash leaves one password, one session or one login token used", func(ctx SpecContext) {
		playAll(ctx, slices.Concat(
			settings(crash.MailboxForced, slices.Concat(passwordSwitches, []string{"verifyFeedsCPHulk", "cpanelAnswer"}), mailboxSet),
			settings(crash.DatabaseForced, []string{"setPasswordData", "cpanelAnswer", "resultAsString"}, passwordOfDatabaseSet),
			settings(crash.PasswordSelf, slices.Concat(passwordSwitches, tokenSwitches, policySwitches), passwordSet),
			settings(crash.PasswordSelfOld, slices.Concat(passwordSwitches, sessionSwitches), passwordSet),
			settings(crash.PasswordSelfSession, slices.Concat(passwordSwitches, []string{"sessionDeniedForm"}), passwordSet),
			settings(crash.SessionForced, lentSwitches, sessionCreated),
			settings(crash.DatabaseLent, lentSwitches, tempUserCreated),
			settings(crash.StoreForced, storeSwitches, exchanged),
		))
	})
})

var (
	noHash  = crash.Scenario{Name: "first hash of all", Kind: crash.AccessHash, Version: "11.136.0.4", NoHash: true}
	ownHash = crash.Scenario{
		Name: "reseller", Kind: crash.AccessHash, Version: "11.136.0.4", Of: crash.ResellerUser, LoginAs: crash.ResellerUser,
	}
	oldTokens = crash.Scenario{
		Name: "self-rotation with token that never expires", Kind: crash.AccessHash, Version: "11.70.0.1", Self: true,
	}

	callSwitches = []string{
		"oldHashDiesAfter", "newHashUsableAfter", "unauthenticatedStatus", "badKeysFeedCPHulk", "versionOldEnvelope",
		"myprivsShows", "resultAsString",
	}
	tokenSwitches = []string{
		"tokenUsableAfter", "revokedTokenDiesAfter", "emptyTokenList", "nullsInTokenList", "revokeUnknownToken",
	}
	detailSwitches = []string{
		"detailsUnknownToken", "detailsNeedACL", "detailsOfOtherUsers", "allInTokenList", "tokenNumbersAsString",
		"updateExpiredToken", "updateWithoutWhitelist",
	}
	rightSwitches   = []string{"aclDeniedForm", "versionDeniedWithoutACL"}
	accountSwitches = []string{
		"accountTokenExpiry", "revokeUnknownAccountToken", "cpanelAnswer", "tokenNumbersAsString", "nullsInTokenList",
		"tokenUsableAfter", "revokedTokenDiesAfter", "resultAsString",
	}
	sessionSwitches = []string{"sessionURLSingleUse", "sessionBoundTo", "sessionDeniedForm", "expiresAsString"}

	passwordSwitches = []string{
		"oldPasswordDiesAfter", "newPasswordUsableAfter", "passwdEndsSessions", "weakPasswordWord", "unauthenticatedStatus",
	}
	policySwitches = []string{"otpAskedOfTokens", "otpAskedOfCreatedSessions"}
	lentSwitches   = []string{
		"sessionURLSingleUse", "sessionBoundTo", "cookieFromElsewhere", "tempUserOutsideSession", "tempUserAgain",
		"expiresAsString", "cpanelAnswer",
	}
	storeSwitches = []string{"loginTokenSingleUse", "wrongExchangeBurnsLoginToken", "storePayload", "resultAsString"}

	mailboxSet            = at(crash.After, "Email::passwd_pop")
	mailboxNotSet         = at(crash.Before, "Email::passwd_pop")
	passwordOfDatabaseSet = at(crash.After, "Mysql::set_password")
	passwordSet           = at(crash.After, "passwd")
	tempUserCreated       = at(crash.After, "Session::create_temp_user")
	exchanged             = at(crash.After, "validate_login_token")
	notExchanged          = at(crash.Before, "validate_login_token")

	hashIssued    = at(crash.After, "accesshash")
	hashNotIssued = at(crash.Before, "accesshash")
	tokenCreated  = at(crash.After, "api_token_create")

	tokenNotCreated = at(crash.Before, "api_token_create")
	tokenRevoked    = at(crash.After, "api_token_revoke")
	tokenUpdated    = at(crash.After, "api_token_update")
	sessionCreated  = at(crash.After, "create_user_session")
	sessionOpened   = at(crash.After, crash.SessionURL)

	tokenPublished    = atAPI(crash.After, "PUT secrets/published")
	ownTokenPublished = atAPI(crash.After, "PUT secrets/auth")

	accountTokenCreated = at(crash.After, "Tokens::create_full_access")
	accountTokenRevoked = at(crash.After, "Tokens::revoke")
)

func at(moment crash.Moment, call string) crash.Point {
	return crash.Point{Request: crash.Request{Side: crash.WHM, What: call, Nth: 1}, Moment: moment}
}

func atAPI(moment crash.Moment, write string) crash.Point {
	return crash.Point{Request: crash.Request{Side: crash.API, What: write, Nth: 1}, Moment: moment}
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
