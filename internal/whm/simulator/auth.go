// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"encoding/base64"
	"strings"
	"time"
)

// cause is why a login failed. The wire never tells; the ledger does.
type cause string

const (
	causeNone        cause = ""
	causeMissing     cause = "missing"
	causeUnknown     cause = "unknown"
	causeWrong       cause = "wrongSecret"
	causeSwitchedOff cause = "switchedOff"
	causeExpired     cause = "expired"
	causeAddress     cause = "address"
	causePlain       cause = "plainHTTP"
	causeSuspended   cause = "suspended"
	causeLocked      cause = "locked"
	causeBlocked     cause = "blocked"
	causeNoSession   cause = "noSession"
	causeOTP         cause = "otp"
)

// principal is an authenticated caller.
type principal struct {
	user string
	cred *credential
	// session is set when the credential is one.
	session *session
}

// scheme is the way a request presents its credential.
type scheme string

const (
	schemeNone     scheme = ""
	schemeKey      scheme = "whm"     // token or access hash
	schemeAccount  scheme = "cpanel"  // token of a cPanel account
	schemePassword scheme = "basic"   // password, perhaps with X-CPANEL-OTP
	schemeUnknown  scheme = "unknown" // Bearer and the like, never understood
)

// attempt is what a request presents.
type attempt struct {
	scheme       scheme
	user, secret string
	otp          string
}

// presented reads the Authorization header. The case of the scheme does not
// matter: working clients send whm and WHM.
func presented(x *exchange) attempt {
	name, rest, _ := strings.Cut(x.r.Header.Get("Authorization"), " ")
	a := attempt{scheme: scheme(strings.ToLower(name)), otp: x.r.Header.Get("X-CPANEL-OTP")}
	switch a.scheme {
	case schemeNone:
		return a
	case schemePassword:
		plain, err := base64.StdEncoding.DecodeString(strings.TrimSpace(rest))
		if err != nil {
			a.scheme = schemeUnknown
		}
		rest = string(plain)
	case schemeKey, schemeAccount:
		rest = strings.TrimSpace(rest)
	default:
		a.scheme = schemeUnknown
		return a
	}
	a.user, a.secret, _ = strings.Cut(rest, ":")
	return a
}

// kind classifies what was presented, for the list of failed logins.
func (a attempt) kind() Kind {
	const shorterThanHash = 200
	switch {
	case a.scheme == schemePassword:
		return KindPassword
	case a.scheme == schemeAccount:
		return KindAccountToken
	case a.scheme == schemeKey && len(a.secret) > shorterThanHash:
		return KindHash
	case a.scheme == schemeKey:
		return KindToken
	default:
		return ""
	}
}

// claimedUser is the user a request speaks for, before any check.
func claimedUser(x *exchange) string {
	if a := presented(x); a.user != "" {
		return a.user
	}
	if value, ok := sessionCookie(x.r); ok {
		user, _, _ := strings.Cut(value, ":")
		return user
	}
	if x.function() == functionLogin {
		return x.form.get("user")
	}
	return ""
}

// authenticate sets who is calling, or returns the rejection.
func (st *state) authenticate(x *exchange) *reply {
	a := presented(x)
	if st.hulk.addressBlocked(st.policies().CPHulk, x.remote, x.now) {
		return st.rejectLogin(x, a, causeBlocked)
	}
	if a.scheme == schemeNone {
		return st.authenticateSession(x)
	}
	c, why := st.verify(a, x)
	if why == causeNone {
		why = st.admit(c, x)
	}
	if why != causeNone {
		return st.rejectLogin(x, a, why)
	}
	if page := st.secondFactor(x, a, c); page != nil {
		return page
	}
	x.accept(principal{user: c.user, cred: c})
	return nil
}

// accept notes the use of a credential.
func (x *exchange) accept(who principal) {
	who.cred.lastUsedAt = x.now
	x.who = who
	x.call.User = who.user
	x.call.CredentialKind = who.cred.kind
	x.call.Credential = who.cred.fingerprint
}

// verify finds the credential that was presented.
func (st *state) verify(a attempt, x *exchange) (*credential, cause) {
	if !st.knows(a.user, x.service) {
		return nil, causeUnknown
	}
	for _, kind := range a.scheme.kindsOn(x.service) {
		if c := st.matching(kind, a.user, a.secret, x.now); c != nil {
			return c, causeNone
		}
	}
	return nil, causeWrong
}

// kindsOn lists what a scheme may carry on a listener. Token and hash share a
// header form, so the server tells them apart by content.
func (s scheme) kindsOn(svc service) []Kind {
	switch {
	case s == schemePassword && svc == serviceWebmail:
		return []Kind{KindPassword, KindMailbox}
	case s == schemePassword:
		return []Kind{KindPassword}
	case s == schemeKey && svc == serviceWHM:
		return []Kind{KindToken, KindHash}
	case s == schemeAccount && svc == serviceCPanel:
		return []Kind{KindAccountToken}
	default:
		return nil
	}
}

// knows reports whether somebody may log in there at all.
func (st *state) knows(user string, svc service) bool {
	if svc == serviceWHM {
		_, ok := st.inv.Users[user]
		return ok
	}
	_, ok := st.inv.Accounts[user]
	return ok || svc == serviceWebmail && st.accountOfMailbox(user) != ""
}

// admit decides whether a right credential is let in now.
func (st *state) admit(c *credential, x *exchange) cause {
	u := st.unverified()
	if st.locked(c) {
		return causeSuspended
	}
	locked := st.hulk.accountLocked(st.policies().CPHulk, c.user, x.remote, x.now)
	switch {
	case c.kind == KindToken || c.kind == KindAccountToken:
		return c.admitToken(x)
	case locked && (c.kind == KindPassword || c.kind == KindMailbox || u.HashWhileLocked == refuse):
		return causeLocked
	case c.kind == KindHash && !*st.policies().AllowDeprecatedAccessHash:
		return causeSwitchedOff
	default:
		return causeNone
	}
}

// admitToken looks at the limits of a token. A locked account is none of them.
func (c *credential) admitToken(x *exchange) cause {
	switch {
	case !x.overTLS:
		return causePlain
	case c.expired(x.now):
		return causeExpired
	case len(c.networks) > 0 && !containsAddr(c.networks, x.remote):
		return causeAddress
	default:
		return causeNone
	}
}

// authenticates answers the question of tests: would this work now?
func (st *state) authenticates(user string, kind Kind, value string, now time.Time) bool {
	if kind == KindSession {
		s := st.sessionByValue(value)
		return s != nil && s.user == user && s.active && st.usable(s, now)
	}
	c := st.matching(kind, user, value, now)
	switch {
	case c == nil || c.expired(now):
		return false
	case st.locked(c):
		return false
	default:
		return kind != KindHash || *st.policies().AllowDeprecatedAccessHash
	}
}
