// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"net/http"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"
)

// Pages are short, but carry what clients look for.
const (
	pageLogin = `<!DOCTYPE html><html><head><title>Login</title></head><body>` +
		`<div id="login-status-message">The login is invalid.</div><form id="login_form" action="/login/" method="post">` +
		`<input name="user"><input name="pass" type="password"><button>Log in</button></form></body></html>`
	pageTwoFactor = `<!DOCTYPE html><html><head><title>Two-Factor Authentication</title></head><body>` +
		`<form id="tfa_login_form" action="/login/" method="post"><input name="tfa_token"></form></body></html>`
	pageHome = `<!DOCTYPE html><html><head><title>Home</title></head><body><div id="home"></div></body></html>`
)

// rejectLogin enters a failed login and answers as the cause demands.
func (st *state) rejectLogin(x *exchange, a attempt, why cause) *reply {
	counted := st.count(x, a, why)
	st.ledger.failedLogins = append(st.ledger.failedLogins, FailedLogin{
		Time: x.now, Remote: x.remote.String(), User: a.user, Kind: a.kind(), Cause: string(why), Counted: counted,
	})
	u := st.unverified()
	status := u.UnauthenticatedStatus
	switch why {
	case causeExpired:
		status = u.ExpiredTokenStatus
	case causeAddress:
		status = u.DisallowedAddressStatus
	}
	rejection := accessDenied(status)
	return &rejection
}

// count feeds cPHulk. Only a wrong secret or user is a guess; a right
// credential that is refused for another reason is not.
func (st *state) count(x *exchange, a attempt, why cause) bool {
	if why != causeWrong && why != causeUnknown {
		return false
	}
	if a.kind() != KindPassword && st.unverified().BadKeysFeedCPHulk == no {
		return false
	}
	return st.hulk.fail(st.policies().CPHulk, failure{addr: x.remote, user: a.user, secret: a.secret, at: x.now})
}

// secondFactor returns the page that asks for a code, or nil when none is
// wanted or the right one came. The answer is HTML even to an API caller.
func (st *state) secondFactor(x *exchange, a attempt, c *credential) *reply {
	if !st.policies().RequireTwoFactorForAPI || !st.hasSecondFactor(c.user) {
		return nil
	}
	if c.kind != KindPassword && st.unverified().OTPAskedOfTokens == no {
		return nil
	}
	return st.demandCode(x, a)
}

// hasSecondFactor reports whether a code belongs to the user's login.
func (st *state) hasSecondFactor(user string) bool {
	return st.release.atLeast("54") && !st.policies().TwoFactorOff && st.totpSecret(user) != ""
}

func (st *state) demandCode(x *exchange, a attempt) *reply {
	if a.otp != "" && validCode(a.otp, st.totpSecret(a.user), st.wallClock(x.now)) {
		return nil
	}
	if a.otp != "" {
		st.ledger.failedLogins = append(st.ledger.failedLogins, FailedLogin{
			Time: x.now, Remote: x.remote.String(), User: a.user, Kind: a.kind(), Cause: string(causeOTP),
		})
	}
	status := st.unverified().TwoFactorPageStatus.number()
	page := htmlReply(status, pageTwoFactor)
	page.reason = "two-factor code wanted"
	return &page
}

// wallClock is the time on the server's own clock.
func (st *state) wallClock(now time.Time) time.Time { return now.Add(time.Duration(st.inv.ClockSkew)) }

func validCode(code, secret string, now time.Time) bool {
	ok, err := totp.ValidateCustom(code, secret, now, totp.ValidateOpts{
		Period: 30, Skew: 1, Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1,
	})
	return err == nil && ok
}

func loginPage() reply {
	page := htmlReply(http.StatusUnauthorized, pageLogin)
	page.reason = "login page"
	return page
}
