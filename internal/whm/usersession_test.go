// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

const sessionLink = "https://server.invalid:2087/cpsess77/login/?session=root%3AsEsSiOn%3acreate_user_session%2cabc&locale=en"

func TestCreateUserSession(t *testing.T) {
	t.Parallel()
	for _, expires := range []string{`1790000000`, `"1790000000"`} {
		f := serve(t, replyWith(200, `{"metadata":{"result":1,"reason":"Created session"},"data":{"session":"root:sEsSiOn","url":"`+
			sessionLink+`","expires":`+expires+`,"service":"whostmgrd","cp_security_token":"/cpsess77","locale":"en"}}`))
		s, err := clientFor(t, f).CreateUserSession(t.Context(), CreateUserSessionInput{User: "root", Service: ServiceWHM, Locale: "en"})
		noError(t, err)
		equal(t, "user", s.User+" "+s.Service, "root whostmgrd")
		equal(t, "session", s.Session.Reveal(), "root:sEsSiOn")
		equal(t, "URL", s.URL.Reveal(), sessionLink)
		equal(t, "security token", s.SecurityToken.Reveal(), "/cpsess77")
		equal(t, "expires", s.Expires, time.Unix(1_790_000_000, 0).UTC())
		equal(t, "body", f.only(t).body, "api.version=1&locale=en&service=whostmgrd&user=root")
	}
}

func TestCreateUserSessionFailures(t *testing.T) {
	t.Parallel()
	f := serve(t, replyWith(200, `{"metadata":{"result":1},"data":{"session":"s"}}`))
	c := clientFor(t, f)
	for _, in := range []CreateUserSessionInput{{Service: ServiceWHM}, {User: "root"}, {User: "root", Service: "sshd"}} {
		_, err := c.CreateUserSession(t.Context(), in)
		equal(t, "input", IsInvalidInput(err) && !MayHaveApplied(err), true)
	}
	equal(t, "requests", len(f.requests()), 0)
	_, err := c.CreateUserSession(t.Context(), CreateUserSessionInput{User: "root", Service: ServiceWHM})
	equal(t, "no URL", IsMalformed(err) && MayHaveApplied(err), true)

	odd := answering(t, 200, `{"metadata":{"result":1},"data":{"session":"s","url":"`+sessionLink+`","expires":"later"}}`)
	s, err := odd.CreateUserSession(t.Context(), CreateUserSessionInput{User: "root", Service: ServiceWHM})
	noError(t, err)
	equal(t, "unknown end", s.Expires.IsZero(), true)
}

func userSession() UserSession {
	return UserSession{User: "root", URL: NewSecret(sessionLink), SecurityToken: NewSecret("/cpsess77"), Session: NewSecret("root:sEsSiOn")}
}

// linkServer opens the session link once and then takes its cookie.
func linkServer(t *testing.T) *fakeWHM {
	t.Helper()
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodGet && r.URL.Path == "/cpsess77/login/":
			w.Header().Set("Set-Cookie", "cpsession=root%3asEsSiOn%2cxyz; HttpOnly; secure")
			http.Redirect(w, r, "/cpsess77/", http.StatusSeeOther)
		case strings.HasPrefix(r.URL.Path, "/cpsess77/json-api/") && r.Header.Get("Cookie") == "cpsession=root%3asEsSiOn%2cxyz":
			_, _ = io.WriteString(w, versionReply)
		default:
			replyWith(403, rejected403)(w, r)
		}
	})
}

func TestUserSessionIsOpenedFirst(t *testing.T) {
	t.Parallel()
	f := linkServer(t)
	c := clientFor(t, f).As(WithUserSession(userSession()))
	for range 2 {
		_, err := c.Version(t.Context())
		noError(t, err)
	}
	open := f.requests()[0]
	link, err := url.Parse(sessionLink)
	noError(t, err)
	equal(t, "opened", open.method+" "+open.target, "GET "+link.RequestURI())
	equal(t, "host", open.host, "server.invalid:2087")
	equal(t, "credentials with it", open.head.Get("Authorization")+open.head.Get("Cookie"), "")
	equal(t, "requests", len(f.requests()), 3)
}

func TestOpenUserSessionCanBeResumed(t *testing.T) {
	t.Parallel()
	f := linkServer(t)
	live, err := clientFor(t, f).OpenUserSession(t.Context(), userSession())
	noError(t, err)
	equal(t, "cookie", live.Cookie.Reveal(), "cpsession=root%3asEsSiOn%2cxyz")
	equal(t, "security token", live.SecurityToken.Reveal(), "/cpsess77")

	stored := LiveSession{User: live.User, Cookie: NewSecret(live.Cookie.Reveal()), SecurityToken: NewSecret("/cpsess77")}
	other := clientWith(t, optionsFor(f), WithLiveSession(stored))
	_, err = other.Version(t.Context())
	noError(t, err)
	equal(t, "requests", len(f.requests()), 2)
}

func TestEndSession(t *testing.T) {
	t.Parallel()
	f := serve(t, replyWith(200, "<html>You have logged out.</html>"))
	c := clientFor(t, f)
	live := LiveSession{User: "root", Cookie: NewSecret("cpsession=c"), SecurityToken: NewSecret("/cpsess9")}
	noError(t, c.EndSession(t.Context(), live))
	sent := f.only(t)
	equal(t, "path", sent.target, "/cpsess9/logout")
	equal(t, "cookie", sent.head.Get("Cookie"), "cpsession=c")
	equal(t, "authorization", sent.head.Get("Authorization"), "")

	equal(t, "class without a cookie", ClassOf(c.EndSession(t.Context(), LiveSession{})), ClassInvalidInput)
	f.Close()
	e := wantError(t, c.EndSession(t.Context(), live))
	equal(t, "class without a server", e.Class, ClassUnavailable)
	equal(t, "function", e.Function, "logout")
}

func TestEndedUserSessionIsNotOpenedAgain(t *testing.T) {
	t.Parallel()
	f := serve(t, replyWith(403, rejected403))
	dead := LiveSession{User: "root", Cookie: NewSecret("cpsession=c"), SecurityToken: NewSecret("/cpsess9")}
	_, err := clientWith(t, optionsFor(f), WithLiveSession(dead)).Version(t.Context())
	equal(t, "class", ClassOf(err), ClassUnauthenticated)
	f.only(t)

	links := linkServer(t)
	ended := false // between the calls, which come one after the other
	g := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if ended {
			replyWith(403, rejected403)(w, r)
			return
		}
		links.Config.Handler.ServeHTTP(w, r)
	})
	c := clientFor(t, g).As(WithUserSession(userSession()))
	_, err = c.Version(t.Context())
	noError(t, err)
	ended = true
	_, err = c.Version(t.Context())
	equal(t, "class", ClassOf(err), ClassUnauthenticated)
	equal(t, "link, call, call", len(g.requests()), 3)
}

func TestOpenUserSessionFailures(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		open    http.HandlerFunc
		class   Class
		applied bool
	}{
		"used up":        {replyWith(403, rejected403), ClassUnauthenticated, false},
		"login page":     {replyWith(200, `<html><form id="login_form"></form></html>`), ClassUnauthenticated, false},
		"no cookie":      {replyWith(200, `{}`), ClassMalformed, true},
		"server error":   {replyWith(500, ``), ClassUnavailable, true},
		"echo":           {replyWith(403, `{"metadata":{"result":0,"reason":"session root:sEsSiOn:create_user_session,abc is bad"}}`), ClassUnauthenticated, false},
		"dropped answer": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, ClassUnavailable, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := serve(t, tc.open)
			c := clientFor(t, f)
			_, err := c.OpenUserSession(t.Context(), userSession())
			e := wantError(t, err)
			equal(t, "class", e.Class, tc.class)
			equal(t, "function", e.Function, functionSessionURL)
			equal(t, "may have been used up", e.MayHaveApplied, tc.applied)
			for _, leak := range []string{"sEsSiOn", "server.invalid", "cpsess77"} {
				equal(t, leak+" in "+e.Error(), strings.Contains(e.Error(), leak), false)
			}
			f.only(t)

			_, err = c.As(WithUserSession(userSession())).GenerateAccessHash(t.Context(), "root")
			equal(t, "effect of a call that was not sent", MayHaveApplied(err), false)
		})
	}
	_, err := clientFor(t, linkServer(t)).OpenUserSession(t.Context(), UserSession{User: "root", URL: NewSecret("https://h/login")})
	equal(t, "bad link", IsInvalidInput(err), true)
}
