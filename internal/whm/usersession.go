// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"
)

// The services that a session can be made for.
const (
	ServiceCPanel  = "cpaneld"
	ServiceWHM     = "whostmgrd"
	ServiceWebmail = "webmaild"
)

// CreateUserSessionInput says which session to create.
type CreateUserSessionInput struct {
	// User is an account, a reseller, root, or a full mail address. Required.
	User string
	// Service is one of the Service constants. Required.
	Service string
	// App is the interface to open first. Empty means the service's own.
	App string
	// Locale is the language. Empty means the server's.
	Locale string
	// PreferredDomain is the host in the URL. Empty means the server's hostname.
	PreferredDomain string
}

func (in CreateUserSessionInput) check() error {
	switch {
	case in.User == "":
		return errors.New("the user is empty")
	case !slices.Contains([]string{ServiceCPanel, ServiceWHM, ServiceWebmail}, in.Service):
		return errors.New("the service must be cpaneld, whostmgrd or webmaild")
	}
	return nil
}

// UserSession is a session that has been created and not been opened yet.
type UserSession struct {
	// User is the user that the session is for.
	User string
	// Service is the service that it is for.
	Service string
	// Session is the session's id.
	Session Secret
	// URL opens the session: whoever has it is signed in.
	URL Secret
	// SecurityToken is the path prefix, "/cpsess…".
	SecurityToken Secret
	// Expires is when the URL stops working; zero when the server did not say. An
	// open session ends after 15 idle minutes.
	Expires time.Time
}

// CreateUserSession creates a session for a user without knowing the user's
// password. It needs the privilege create-user-session.
func (c *Client) CreateUserSession(ctx context.Context, in CreateUserSessionInput) (UserSession, error) {
	const function = "create_user_session"
	if err := in.check(); err != nil {
		return UserSession{}, invalid(function, "", err)
	}
	params := url.Values{"user": {in.User}, "service": {in.Service}}
	for name, value := range map[string]string{
		"app": in.App, "locale": in.Locale, "preferred_domain": in.PreferredDomain,
	} {
		if value != "" {
			params.Set(name, value)
		}
	}
	r, err := c.invoke(ctx, call{function: function, params: params, changes: true})
	if err != nil {
		return UserSession{}, err
	}
	return decodeUserSession(r, in)
}

func decodeUserSession(r *reply, in CreateUserSessionInput) (UserSession, error) {
	var data struct {
		Session string          `json:"session"`
		URL     string          `json:"url"`
		Token   string          `json:"cp_security_token"`
		Expires json.RawMessage `json:"expires"`
	}
	if err := r.decode(&data); err != nil {
		return UserSession{}, err
	}
	if data.URL == "" || data.Session == "" {
		return UserSession{}, r.malformed("the answer has no session or no URL")
	}
	// The session works without a known end, so an odd one is not worth losing it.
	var expires epoch
	_ = json.Unmarshal(data.Expires, &expires)
	return UserSession{
		User: in.User, Service: in.Service,
		Session: NewSecret(data.Session), URL: NewSecret(data.URL), SecurityToken: NewSecret(data.Token),
		Expires: expires.Time,
	}, nil
}

// WithUserSession uses a session of [Client.CreateUserSession]. The first call
// opens its URL; once the session has ended, calls fail with
// [ClassUnauthenticated].
func WithUserSession(s UserSession) Credential {
	return &sessionCredential{
		user:  s.User,
		open:  func(ctx context.Context, to *sender) (LiveSession, error) { return openUserSession(ctx, to, s) },
		check: func() error { _, err := s.link(); return err },
	}
}

// OpenUserSession opens the URL of a session and returns what later calls need.
// The URL's path is requested from the client's own endpoint, with the URL's
// host as Host header: the host is the server's own name for itself, which need
// not resolve here. It may be possible only once. The client's credential is
// not used.
func (c *Client) OpenUserSession(ctx context.Context, s UserSession) (LiveSession, error) {
	ctx, cancel := context.WithTimeout(ctx, c.sender.timeout)
	defer cancel()
	return openUserSession(ctx, c.sender, s)
}

func openUserSession(ctx context.Context, to *sender, s UserSession) (LiveSession, error) {
	link, err := s.link()
	if err != nil {
		return LiveSession{}, invalid(functionSessionURL, "", err)
	}
	o := outcome{function: functionSessionURL, changes: true, mask: newMask(append(queryValues(link), s.URL, s.Session, s.SecurityToken))}
	a, t, err := to.send(ctx, message{path: link.Path, query: link.RawQuery, host: link.Host, once: true})
	if err != nil {
		return LiveSession{}, final(o.failure(ctx, t, a.status, err))
	}
	if f, bad := signInTrouble(a); bad {
		return LiveSession{}, final(o.refused(a.status, f))
	}
	live, ok := sessionFrom(a, s.User, sessionPath.FindString(link.Path))
	if !ok {
		return LiveSession{}, final(o.refused(a.status, noSession(a)))
	}
	return live, nil
}

// link parses and checks the URL. Its errors do not quote it.
func (s UserSession) link() (*url.URL, error) {
	u, err := url.Parse(s.URL.Reveal())
	switch {
	case s.User == "":
		return nil, errors.New("session: the user is empty")
	case err != nil || u.Host == "" || u.User != nil || !strings.HasPrefix(u.Scheme, "http"):
		return nil, errors.New("session: the URL is not absolute")
	case sessionPath.FindString(u.Path) == "":
		return nil, errors.New("session: the URL's path does not start with /cpsess and digits")
	}
	return u, nil
}

func queryValues(u *url.URL) []Secret {
	var out []Secret
	for _, values := range u.Query() {
		for _, v := range values {
			out = append(out, NewSecret(v))
		}
	}
	return out
}

// WithLiveSession uses a session that is open already. Once it has ended, calls
// fail with [ClassUnauthenticated].
func WithLiveSession(s LiveSession) Credential {
	return &sessionCredential{
		user:  s.User,
		open:  func(context.Context, *sender) (LiveSession, error) { return s, nil },
		check: s.check,
	}
}

// EndSession signs an open session out, as the interface's own link does. The
// answer is a page that nobody documents, so any answer counts; a session that
// the server kept ends after 15 idle minutes. The client's credential is not
// used.
func (c *Client) EndSession(ctx context.Context, s LiveSession) error {
	if err := s.check(); err != nil {
		return invalid(functionLogout, "", err)
	}
	ctx, cancel := context.WithTimeout(ctx, c.sender.timeout)
	defer cancel()
	g := s.grant()
	a, t, err := c.sender.send(ctx, message{path: g.prefix + "/logout", head: g.head, once: true})
	if err != nil {
		o := outcome{function: functionLogout, changes: true, mask: newMask(g.secrets)}
		return final(o.failure(ctx, t, a.status, err))
	}
	return nil
}
