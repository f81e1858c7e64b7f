// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// sessionServer signs in with POST /login and ends all sessions on demand.
type sessionServer struct {
	mu     sync.Mutex
	logins int
	live   bool
	ended  http.HandlerFunc // the answer to a call without a live session
	answer http.HandlerFunc // the answer to a call within one
}

func (s *sessionServer) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.live = false
}

func (s *sessionServer) loginCount() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.logins
}

func (s *sessionServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.URL.Path == "/login" {
		s.logins++
		s.live = true
		http.SetCookie(w, &http.Cookie{Name: "cpsession", Value: "root:cookie" + strconv.Itoa(s.logins), HttpOnly: true, Secure: true})
		http.SetCookie(w, &http.Cookie{Name: "timezone", MaxAge: -1})
		w.Header().Set("Location", "/cpsess"+strconv.Itoa(s.logins)+"/")
		w.WriteHeader(http.StatusMovedPermanently)
		return
	}
	n := strconv.Itoa(s.logins)
	if s.live && strings.HasPrefix(r.URL.Path, "/cpsess"+n+"/json-api/") && r.Header.Get("Cookie") == "cpsession=root:cookie"+n {
		s.answer(w, r)
		return
	}
	s.ended(w, r)
}

func newSessionServer(t *testing.T) (*sessionServer, *fakeWHM, *Client) {
	t.Helper()
	s := &sessionServer{ended: replyWith(403, rejected403), answer: replyWith(200, versionReply)}
	f := serve(t, s.ServeHTTP)
	return s, f, clientWith(t, optionsFor(f), WithLogin("root", NewSecret(testPassword), countingCodes()))
}

// countingCodes returns 123456 and then another code each time.
func countingCodes() OTPFunc {
	var n atomic.Int64
	return func() (string, error) { return strconv.FormatInt(123455+n.Add(1), 10), nil }
}

func TestLoginFlow(t *testing.T) {
	t.Parallel()
	s, f, c := newSessionServer(t)
	for range 2 {
		_, err := c.Version(t.Context())
		noError(t, err)
	}
	equal(t, "logins", s.loginCount(), 1)
	login, call := f.requests()[0], f.requests()[1]
	equal(t, "login", login.method+" "+login.target, "POST /login")
	equal(t, "login form", login.body, url.Values{"user": {"root"}, "pass": {testPassword}, "login_only": {"1"}, "tfa_token": {"123456"}}.Encode())
	equal(t, "call", call.method+" "+call.target, "POST /cpsess1/json-api/version")
	equal(t, "cookie", call.head.Get("Cookie"), "cpsession=root:cookie1")
	equal(t, "Authorization", call.head.Get("Authorization")+login.head.Get("Authorization"), "")
}

func TestLoginWithoutCodeSendsNone(t *testing.T) {
	t.Parallel()
	_, f, c := newSessionServer(t)
	_, err := c.As(WithLogin("root", NewSecret("pass"), nil)).Version(t.Context())
	noError(t, err)
	equal(t, "login form", f.requests()[0].body, "login_only=1&pass=pass&user=root")
}

func TestConcurrentCallsSignInOnce(t *testing.T) {
	t.Parallel()
	s, _, c := newSessionServer(t)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if _, err := c.Version(t.Context()); err != nil {
				t.Errorf("Version: %v", err)
			}
		})
	}
	wg.Wait()
	equal(t, "logins", s.loginCount(), 1)
}

func TestSessionsBelongToOneServer(t *testing.T) {
	t.Parallel()
	_, first, _ := newSessionServer(t)
	_, second, _ := newSessionServer(t)
	cred := WithLogin("root", NewSecret("pass"), nil)
	for _, f := range []*fakeWHM{first, second} {
		_, err := clientWith(t, optionsFor(f), cred).Version(t.Context())
		noError(t, err)
		equal(t, "requests", len(f.requests()), 2)
	}
}

func TestEndedSession(t *testing.T) {
	t.Parallel()
	loginPage := `<html><form id="login_form" action="/login"></form></html>`
	redirect := func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/login", http.StatusFound) }
	elsewhere := func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/maintenance", http.StatusFound) }
	for name, tc := range map[string]struct {
		ended   http.HandlerFunc
		applied bool // of a change that meets the ended session
	}{
		"403": {replyWith(403, rejected403), false}, "401 with login page": {replyWith(401, loginPage), false},
		"200 with login page": {replyWith(200, loginPage), false}, "redirect to the login page": {redirect, false},
		"200 with another page": {replyWith(200, "<html>Welcome</html>"), true}, "another redirect": {elsewhere, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, f, c := newSessionServer(t)
			s.ended = tc.ended
			_, err := c.Version(t.Context())
			noError(t, err)
			s.end()
			_, err = c.Version(t.Context())
			noError(t, err)
			equal(t, "logins", s.loginCount(), 2)

			s.end()
			before := len(f.requests())
			err = c.APITokenRevoke(t.Context(), "n")
			if !tc.applied {
				noError(t, err)
				equal(t, "call, login, call", len(f.requests())-before, 3)
				return
			}
			equal(t, "may have applied", MayHaveApplied(err), true)
			equal(t, "call only", len(f.requests())-before, 1)
			_, err = c.Version(t.Context())
			noError(t, err)
			equal(t, "signs in again afterwards", s.loginCount(), 3)
		})
	}
}

func TestChangeIsNotSentAgainAfterALostAnswer(t *testing.T) {
	t.Parallel()
	s, f, c := newSessionServer(t)
	_, err := c.Version(t.Context())
	noError(t, err)
	s.answer = func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
	_, err = c.GenerateAccessHash(t.Context(), "root")
	equal(t, "may have applied", IsUnavailable(err) && MayHaveApplied(err), true)
	equal(t, "login, read, change", len(f.requests()), 3)
}

func TestSessionThatIsRejectedAtOnce(t *testing.T) {
	t.Parallel()
	s, f, c := newSessionServer(t)
	s.answer = replyWith(403, rejected403)
	_, err := c.Version(t.Context())
	equal(t, "class", ClassOf(err), ClassUnauthenticated)
	equal(t, "one more login and call", len(f.requests()), 4)
}

func TestSharedLoginOutlivesTheFirstCaller(t *testing.T) {
	t.Parallel()
	arrived, release := make(chan struct{}), make(chan struct{})
	f := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/login" {
			close(arrived)
			<-release
			w.Header().Set("Set-Cookie", "cpsession=c")
			w.Header().Set("Location", "/cpsess1/")
			return
		}
		_, _ = io.WriteString(w, versionReply)
	})
	c := clientWith(t, optionsFor(f), WithLogin("root", NewSecret("pass"), nil))
	ctx, cancel := context.WithCancel(t.Context())
	first := make(chan error, 1)
	go func() { _, err := c.Version(ctx); first <- err }()
	<-arrived
	cancel()
	equal(t, "first caller", errors.Is(<-first, context.Canceled), true)
	close(release)
	_, err := c.Version(t.Context())
	noError(t, err)
	equal(t, "login and one call", len(f.requests()), 2)
}
