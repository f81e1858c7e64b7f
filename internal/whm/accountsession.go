// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/netip"
	"net/url"
	"strings"
)

// moduleSession is the UAPI module of sessions.
const moduleSession = "Session"

// webmailPort is the port of Webmail over TLS.
const webmailPort = "2096"

// CreateWebmailSessionInput says which session to create.
type CreateWebmailSessionInput struct {
	// Login is the part of the address before the @. Required.
	Login string
	// Domain is the part after it. Required.
	Domain string
	// Locale is the language. Empty means the server's.
	Locale string
	// RemoteAddress is the IP address that the session will be opened from. Empty
	// means the address of the caller, and servers that check the addresses of
	// cookies, as they do by default, then refuse everybody else.
	RemoteAddress string
}

func (in CreateWebmailSessionInput) check() error {
	if in.Login == "" || in.Domain == "" {
		return errors.New("the login or the domain is empty")
	}
	if in.RemoteAddress == "" {
		return nil
	}
	if _, err := netip.ParseAddr(in.RemoteAddress); err != nil {
		return errors.New("the remote address is not an IP address")
	}
	return nil
}

func (in CreateWebmailSessionInput) params() url.Values {
	p := url.Values{"login": {in.Login}, "domain": {in.Domain}}
	if in.Locale != "" {
		p.Set("locale", strings.ToLower(in.Locale))
	}
	if in.RemoteAddress != "" {
		p.Set("remote_address", in.RemoteAddress)
	}
	return p
}

// WebmailSession is a session that has been created and not been opened yet.
// Whoever posts Form to URL is signed in.
type WebmailSession struct {
	// Session is the session's id.
	Session Secret
	// SecurityToken is the path prefix, "/cpsess…".
	SecurityToken Secret
	// Hostname is the server to open the session on; "" means the one that was
	// called.
	Hostname string
}

// URL is where the session is opened, on host unless the answer named another
// one.
func (s WebmailSession) URL(host string) Secret {
	host = net.JoinHostPort(cmp.Or(s.Hostname, host), webmailPort)
	return NewSecret("https://" + host + s.SecurityToken.Reveal() + "/login")
}

// Form is the body to post there.
func (s WebmailSession) Form() Secret {
	return NewSecret(url.Values{"session": {s.Session.Reveal()}}.Encode())
}

// CreateWebmailSession creates a session for a mailbox of an account without
// knowing the mailbox's password.
func (c *Client) CreateWebmailSession(
	ctx context.Context, account string, in CreateWebmailSessionInput,
) (WebmailSession, error) {
	u := uapiCall{module: moduleSession, function: "create_webmail_session_for_mail_user", params: in.params()}
	return c.createWebmailSession(ctx, account, u, in)
}

// CreateWebmailSessionCheckPassword creates a session for a mailbox if the
// password is right, and fails with [ClassRefused] if not. Whether a wrong one
// counts as a failed login is not verified.
func (c *Client) CreateWebmailSessionCheckPassword(
	ctx context.Context, account string, in CreateWebmailSessionInput, password Secret,
) (WebmailSession, error) {
	u := uapiCall{
		module: moduleSession, function: "create_webmail_session_for_mail_user_check_password",
		params: in.params(), secrets: []Secret{password},
	}
	if password.IsZero() {
		return WebmailSession{}, invalid(u.name(), "the password is empty", nil)
	}
	u.params.Set("password", password.Reveal())
	return c.createWebmailSession(ctx, account, u, in)
}

func (c *Client) createWebmailSession(
	ctx context.Context, account string, u uapiCall, in CreateWebmailSessionInput,
) (WebmailSession, error) {
	if err := in.check(); err != nil {
		return WebmailSession{}, invalid(u.name(), "", err)
	}
	u.changes = true
	r, err := c.asAccount(ctx, account, u)
	if err != nil {
		return WebmailSession{}, err
	}
	return decodeWebmailSession(r)
}

func decodeWebmailSession(r *reply) (WebmailSession, error) {
	var data struct {
		Session  string `json:"session"`
		Token    string `json:"token"`
		Hostname string `json:"hostname"`
	}
	if err := r.decode(&data); err != nil {
		return WebmailSession{}, err
	}
	if data.Session == "" || data.Token == "" || sessionPath.FindString(data.Token) != data.Token {
		return WebmailSession{}, r.malformed("the answer has no session or no security token")
	}
	return WebmailSession{
		Session: NewSecret(data.Session), SecurityToken: NewSecret(data.Token), Hostname: data.Hostname,
	}, nil
}

// TempUser is a database user that lives as long as the session that it was made
// in.
type TempUser struct {
	// Name is what it is called. The server tells no password.
	Name Secret
	// Created says that the call made it; a session can have one already.
	Created bool
}

// CreateTempUser makes a temporary database user inside the client's session: its
// credential must be [WithLiveSession] or [WithUserSession], of a session of
// cPanel, and its endpoint the server's cPanel port. With other credentials the
// server is said to refuse, which is not verified.
func (c *Client) CreateTempUser(ctx context.Context) (TempUser, error) {
	r, err := c.execute(ctx, uapiCall{module: moduleSession, function: "create_temp_user", changes: true})
	if err != nil {
		return TempUser{}, err
	}
	return decodeTempUser(r)
}

func decodeTempUser(r *reply) (TempUser, error) {
	var data struct {
		Name    string `json:"session_temp_user"`
		Created scalar `json:"created"`
	}
	if err := r.decode(&data); err != nil {
		return TempUser{}, err
	}
	if data.Name == "" {
		return TempUser{}, r.malformed("the answer names no user")
	}
	return TempUser{Name: NewSecret(data.Name), Created: data.Created.granted()}, nil
}
