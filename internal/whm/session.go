// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"

	"golang.org/x/sync/singleflight"
)

// The functions that errors of signing in and out name.
const (
	functionLogin      = "login"
	functionSessionURL = "session_url"
	functionLogout     = "logout"
)

// sessionPath is the segment that every path of a session starts with.
var sessionPath = regexp.MustCompile(`^/cpsess[0-9]+`)

// LiveSession is an open session. It can be stored (reveal the two Secrets for
// that; JSON masks them) and used again with [WithLiveSession] by another
// process, until it has been idle for 15 minutes. WHM may bind it to the client
// address.
type LiveSession struct {
	// User is the WHM user of the session.
	User string
	// Cookie is the value of the Cookie header.
	Cookie Secret
	// SecurityToken is the path prefix, "/cpsess…".
	SecurityToken Secret
}

func (l LiveSession) grant() grant {
	return grant{
		head:    http.Header{"Cookie": {l.Cookie.Reveal()}},
		prefix:  l.SecurityToken.Reveal(),
		secrets: append(cookieValues(l.Cookie), l.SecurityToken),
	}
}

func (l LiveSession) check() error {
	token := l.SecurityToken.Reveal()
	switch {
	case l.Cookie.IsZero():
		return errors.New("credential: the session cookie is empty")
	case strings.ContainsAny(l.Cookie.Reveal(), "\r\n"):
		return errors.New("credential: the session cookie contains a line break")
	case token == "" || sessionPath.FindString(token) != token:
		return errors.New("credential: the security token is not of the form /cpsess and digits")
	}
	return nil
}

// cookieValues returns what an error must not show of a Cookie header: all of
// it, and each value alone.
func cookieValues(cookie Secret) []Secret {
	out := []Secret{cookie}
	for pair := range strings.SplitSeq(cookie.Reveal(), "; ") {
		_, value, _ := strings.Cut(pair, "=")
		out = append(out, NewSecret(value))
	}
	return out
}

// sessionCredential is a credential whose session is opened by the first call.
type sessionCredential struct {
	user string
	open func(ctx context.Context, s *sender) (LiveSession, error)
	// again says that open can be repeated after the session ended.
	again bool
	check func() error
}

// User returns the user that the credential belongs to.
func (c *sessionCredential) User() string { return c.user }

func (c *sessionCredential) bind(*sender) (authenticator, error) {
	return &session{credential: c}, c.check()
}

// session is the state of a sessionCredential on one server.
type session struct {
	credential *sessionCredential
	flight     singleflight.Group

	mu   sync.Mutex
	live *LiveSession
}

// grant opens the session if there is none. Concurrent calls share one attempt
// and its error: each rejected login counts towards a lock-out.
func (s *session) grant(ctx context.Context, to *sender) (grant, error) {
	if live := s.current(); live != nil {
		return live.grant(), nil
	}
	opened := s.flight.DoChan("", func() (any, error) { return s.open(ctx, to) })
	select {
	case <-ctx.Done():
		o := outcome{function: functionLogin}
		return grant{}, o.failure(ctx, &trip{}, 0, ctx.Err())
	case r := <-opened:
		if live, ok := r.Val.(*LiveSession); ok && r.Err == nil {
			g := live.grant()
			g.fresh = true
			return g, nil
		}
		return grant{}, r.Err
	}
}

// open does not end with the call that happened to come first, because others
// wait for it.
func (s *session) open(ctx context.Context, to *sender) (*LiveSession, error) {
	if live := s.current(); live != nil {
		return live, nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), to.timeout)
	defer cancel()
	live, err := s.credential.open(ctx, to)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.live = &live
	return s.live, nil
}

func (s *session) current() *LiveSession {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.live
}

// renew forgets the session of g, unless another call has replaced it already.
func (s *session) renew(g grant) bool {
	if !s.credential.again {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.live != nil && g.prefix == s.live.SecurityToken.Reveal() &&
		g.head.Get("Cookie") == s.live.Cookie.Reveal() {
		s.live = nil
	}
	return true
}

// sessionFrom collects cookie and security token from the answer to a login or
// to a session link. Pages that ask for the login again set a cookie too, but
// name no security token.
func sessionFrom(a answer, user, token string) (LiveSession, bool) {
	live := LiveSession{User: user, Cookie: NewSecret(cookieHeader(a.head))}
	if at, err := url.Parse(a.head.Get("Location")); err == nil {
		if found := sessionPath.FindString(at.Path); found != "" {
			token = found
		}
	}
	live.SecurityToken = NewSecret(token)
	return live, !live.Cookie.IsZero() && token != ""
}

// cookieHeader returns the cookies that an answer sets, in the form in which
// they are sent back. Cookies that it deletes are left out.
func cookieHeader(head http.Header) string {
	var pairs []string
	for _, c := range (&http.Response{Header: head}).Cookies() {
		if c.MaxAge >= 0 && c.Value != "" && c.Value != "closed" && c.Value != "expired" {
			pairs = append(pairs, c.Name+"="+c.Value)
		}
	}
	return strings.Join(pairs, "; ")
}
