// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"net/http"
	"strings"
)

// login serves /login: the URL of a prepared session, or user and password.
func (st *state) login(x *exchange) reply {
	if st.hulk.addressBlocked(st.policies().CPHulk, x.remote, x.now) {
		st.rejectLogin(x, attempt{scheme: schemePassword, user: x.claimed}, causeBlocked)
		return x.failedLogin()
	}
	switch {
	case x.form.has("session"):
		return st.openSession(x)
	case x.r.Method == http.MethodPost && x.form.has("user"):
		return st.passwordLogin(x)
	default:
		return loginPage()
	}
}

// passwordLogin checks the form. The second factor is always asked here: the
// policy about API requests concerns Basic authentication only.
func (st *state) passwordLogin(x *exchange) reply {
	a := attempt{scheme: schemePassword, user: x.form.get("user"), secret: x.form.get("pass"), otp: x.form.get("tfa_token")}
	c, why := st.verify(a, x)
	if why == causeNone {
		why = st.admit(c, x)
	}
	if why != causeNone {
		st.rejectLogin(x, a, why)
		return x.failedLogin()
	}
	if st.hasSecondFactor(a.user) {
		if st.unverified().CodeTwice == refuse && st.usedCodes[a.user+":"+a.otp] {
			a.otp = ""
		}
		if page := st.demandCode(x, a); page != nil {
			return *page
		}
		st.useCode(a.user, a.otp)
	}
	x.accept(principal{user: a.user, cred: c})
	s := st.newSession(x, a.user, x.service, "", "login")
	s.active, s.addr, s.secondFactor = true, x.remote, a.otp != ""
	x.call.Applied = true
	return x.loggedIn(s, st.unverified().LoginRedirectStatus)
}

// openSession activates a session that create_user_session prepared.
func (st *state) openSession(x *exchange) reply {
	s := st.sessionByValue(x.form.get("session"))
	if s == nil || s.service != x.service || s.token != x.cpsess || !st.usable(s, x.now) || !st.mayOpen(s, x) {
		st.rejectSession(x)
		return loginPage()
	}
	if !s.addr.IsValid() {
		s.addr = x.remote
	}
	s.active = true
	x.call.Applied = true
	st.touch(s, x.now)
	x.accept(principal{user: s.user, cred: s.cred, session: s})
	page := htmlReply(http.StatusMovedPermanently, pageHome)
	page.header.Set("Location", s.token+landing(x.form.get("goto_uri")))
	s.setCookie(&page, x.overTLS)
	return page
}

func (st *state) mayOpen(s *session, x *exchange) bool {
	if s.active && st.unverified().SessionURLSingleUse == yes {
		return false
	}
	return !s.addr.IsValid() || st.addressAllowed(s, x.remote)
}

func landing(uri string) string {
	if !strings.HasPrefix(uri, "/") {
		return "/"
	}
	return uri
}

// logout ends the session of the request.
func (st *state) logout(x *exchange) reply {
	if rejection := st.authenticate(x); rejection != nil || x.who.session == nil {
		return loginPage()
	}
	st.purge(x.who.session, x.remote.String(), purgeLogout, x.by("logout"), x.now)
	x.call.Applied = true
	page := htmlReply(http.StatusOK, pageLogin)
	page.header.Set("Set-Cookie", cookieName+"=no; HttpOnly; path=/; secure; Max-Age=0")
	return page
}

// loggedIn answers a successful form. With login_only the browser is not sent
// on, but the place is named all the same.
func (x *exchange) loggedIn(s *session, status Choice) reply {
	page, target := htmlReply(status.number(), pageHome), s.token+landing(x.form.get("goto_uri"))
	if x.form.get("login_only") == "1" {
		page = newReply(http.StatusOK, contentJSON, encode(object{
			"status": 1, "redirect": target, "security_token": s.token,
		}))
	}
	page.header.Set("Location", target)
	s.setCookie(&page, x.overTLS)
	return page
}

func (x *exchange) failedLogin() reply {
	if x.form.get("login_only") != "1" {
		return loginPage()
	}
	page := newReply(http.StatusUnauthorized, contentJSON, encode(object{"status": 0, "message": "invalid_login"}))
	page.reason = "invalid_login"
	return page
}

// page serves everything that is neither API nor login: a home page inside a
// session, the login page outside.
func (st *state) page(x *exchange) reply {
	if _, hasCookie := sessionCookie(x.r); !hasCookie || x.cpsess == "" {
		return loginPage()
	}
	if rejection := st.authenticateSession(x); rejection != nil {
		return loginPage()
	}
	return htmlReply(http.StatusOK, pageHome)
}
