// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

const cookieName = "cpsession"

// session is a login. Its secret is the value of the credential: the cookie,
// or before its URL was opened the session argument of that URL.
type session struct {
	user    string
	service service
	cred    *credential
	// token is the path prefix "/cpsess123" of every request.
	token string
	// active sessions have a cookie; one made by create_user_session gets it
	// when its URL is opened.
	active bool
	// addr is what the cookie is tied to; invalid until known.
	addr netip.Addr
	// secondFactor is set when a code was given with the login, and created
	// when nobody typed a password at all.
	secondFactor, created bool
	// denials counts requests with the cookie and a wrong path prefix.
	denials int
}

// newSession opens a session. suffix marks how it came to be, as in real
// session names.
func (st *state) newSession(x *exchange, user string, svc service, suffix, how string) *session {
	value := user + ":" + randomFrom(alphaNumeric, 16) + suffix + "," + randomHex(16)
	c := st.issue(credential{kind: KindSession, user: user, account: st.accountOfMailbox(user), name: string(svc), value: value}, x.by(how), x.now)
	s := &session{user: user, service: svc, cred: c, token: "/cpsess" + randomFrom(digits, 10)}
	st.touch(s, x.now)
	st.sessions = append(st.sessions, s)
	s.created = how != functionLogin
	st.logNew(s, x, how)
	return s
}

// touch restarts the idle time.
func (st *state) touch(s *session, now time.Time) {
	s.cred.expiresAt = now.Add(time.Duration(st.policies().SessionIdle))
}

// usable reports whether the session still stands.
func (st *state) usable(s *session, now time.Time) bool {
	owner := credential{kind: KindPassword, user: s.user}
	if strings.Contains(s.user, "@") {
		owner = credential{kind: KindMailbox, user: s.user, account: st.accountOfMailbox(s.user)}
	}
	return s.cred.current() && !s.cred.expired(now) && !st.locked(&owner) && st.exists(s.user)
}

func (st *state) exists(user string) bool {
	if strings.Contains(user, "@") {
		return st.accountOfMailbox(user) != ""
	}
	return st.knows(user, serviceWHM) || st.knows(user, serviceCPanel)
}

// accountOfDomain returns the account with that main domain, or "".
func (st *state) accountOfDomain(domain string) string {
	for name, account := range st.inv.Accounts {
		if account.Domain == domain {
			return name
		}
	}
	return ""
}

func (st *state) sessionByValue(value string) *session {
	for _, s := range st.sessions {
		if s.cred.value == value {
			return s
		}
	}
	return nil
}

// authenticateSession accepts a request that carries both halves of a session:
// the cookie and the path prefix.
func (st *state) authenticateSession(x *exchange) *reply {
	value, hasCookie := sessionCookie(x.r)
	if !hasCookie && x.cpsess == "" {
		return st.rejectLogin(x, attempt{}, causeMissing)
	}
	s := st.sessionByValue(value)
	if s == nil || !s.active || s.service != x.service || !st.usable(s, x.now) || st.strange(s, x) {
		return st.rejectSession(x)
	}
	st.touch(s, x.now)
	x.accept(principal{user: s.user, cred: s.cred, session: s})
	if x.entersAPI() && st.wantsSecondFactor(s) {
		page := htmlReply(st.unverified().TwoFactorPageStatus.number(), pageTwoFactor)
		page.reason = "two-factor code wanted"
		return &page
	}
	return nil
}

// wantsSecondFactor reports whether API calls in a session that began without a
// code are stopped: a session does not get a second factor later.
func (st *state) wantsSecondFactor(s *session) bool {
	if s.secondFactor || !st.policies().RequireTwoFactorForAPI || !st.hasSecondFactor(s.user) {
		return false
	}
	return !s.created || st.unverified().OTPAskedOfCreatedSessions == yes
}

// strange reports whether a cookie comes with a wrong path prefix or from
// another address. Such requests can cost the session its life.
func (st *state) strange(s *session, x *exchange) bool {
	const allowed = 3
	if s.token != x.cpsess {
		if s.denials++; s.denials == allowed {
			st.purge(s, x.remote.String(), purgeTokenDenied, x.by("tokendenied"), x.now)
		}
		return true
	}
	if st.addressAllowed(s, x.remote) {
		return false
	}
	if st.unverified().CookieFromElsewhere == "purge" {
		st.purge(s, x.remote.String(), purgeAddress, x.by("badpass"), x.now)
	}
	return true
}

func (st *state) rejectSession(x *exchange) *reply {
	rejection := st.rejectLogin(x, attempt{user: x.claimed}, causeNoSession)
	st.ledger.failedLogins[len(st.ledger.failedLogins)-1].Kind = KindSession
	if st.unverified().SessionDeniedForm == "html" {
		rejection = new(loginPage())
	}
	return rejection
}

func (st *state) addressAllowed(s *session, addr netip.Addr) bool {
	switch st.policies().CookieAddressCheck {
	case CookieOff:
		return true
	case CookieLoose:
		return sameNetwork(s.addr, addr)
	default:
		return s.addr == addr
	}
}

// sessionCookie reads the cookie's value, which travels percent-encoded.
func sessionCookie(r *http.Request) (string, bool) {
	cookie, err := r.Cookie(cookieName)
	if err != nil {
		return "", false
	}
	value, err := url.PathUnescape(cookie.Value)
	return value, err == nil
}

// setCookie writes the cookie as real servers do. Over plain HTTP it must not
// be secure, or no client would send it back.
func (s *session) setCookie(r *reply, secure bool) {
	encoded := strings.NewReplacer(":", "%3a", ",", "%2c").Replace(s.cred.value)
	cookie := cookieName + "=" + encoded + "; HttpOnly; path=/"
	if secure {
		cookie += "; secure"
	}
	r.header.Set("Set-Cookie", cookie)
}
