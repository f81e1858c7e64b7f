// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// Client calls the functions of one server with one credential. It is safe for
// concurrent use.
type Client struct {
	sender *sender
	guard  func(ctx context.Context, function string) (func(error), error) // may be nil
	auth   authenticator
	// authErr is why the credential cannot be used; every call then fails with it.
	authErr error
}

// New returns a client. It fails when the endpoint is not an https URL without a
// path (http is accepted with AllowPlaintext), when the CA bundle holds no
// certificate, or when the credential is incomplete. Nothing is sent.
func New(opts Options, cred Credential) (*Client, error) {
	base, err := opts.endpoint()
	if err != nil {
		return nil, err
	}
	tlsConfig, err := opts.TLS.config()
	if err != nil {
		return nil, err
	}
	s := &sender{
		base:      base,
		wire:      newWire(tlsConfig),
		timeout:   cmp.Or(max(opts.Timeout, 0), defaultTimeout),
		userAgent: cmp.Or(opts.UserAgent, defaultUserAgent),
		maxBody:   cmp.Or(max(opts.MaxBodyBytes, 0), defaultMaxBody),
	}
	c := (&Client{sender: s, guard: opts.Guard}).As(cred)
	return c, c.authErr
}

// As returns a client for the same server, over the same transport and guard, with
// another credential. If cred is incomplete, the calls of the
// returned client fail with [ClassInvalidInput].
func (c *Client) As(cred Credential) *Client {
	other := &Client{sender: c.sender, guard: c.guard}
	if cred == nil {
		other.authErr = errors.New("credential: none given")
		return other
	}
	other.auth, other.authErr = cred.bind(c.sender)
	return other
}

// Close drops idle connections. Calls under way are not affected, and the client
// stays usable.
func (c *Client) Close() {
	c.sender.wire.pooled.CloseIdleConnections()
	c.sender.wire.fresh.CloseIdleConnections()
}

// The paths that functions are called by.
const (
	pathWHM  = "/json-api/"
	pathUAPI = "/execute/"
)

// call is one call of a function.
type call struct {
	function string // for errors and the guard
	path     string // "" for the WHM function of that name
	params   url.Values
	secrets  []Secret // values among params that must not come back in an error
	changes  bool     // has an effect, so it is sent at most once
	forms    form     // in which it reports success; 0 for formWHM1
	relays   bool     // a refusal can be in the words of another server than this one
}

func (k call) form() url.Values {
	form := url.Values{}
	if !strings.HasPrefix(k.path, pathUAPI) {
		form.Set("api.version", "1")
	}
	maps.Copy(form, k.params)
	return form
}

// invoke makes the call inside the guard.
func (c *Client) invoke(ctx context.Context, k call) (*reply, error) {
	if c.authErr != nil {
		return nil, invalid(k.function, "", c.authErr)
	}
	done := func(error) {}
	if c.guard != nil {
		var err error
		if done, err = c.guard(ctx, k.function); err != nil {
			o := outcome{function: k.function, changes: k.changes, mask: newMask(k.secrets)}
			return nil, o.failure(ctx, &trip{}, 0, err)
		}
	}
	r, err := c.try(ctx, k)
	if err != nil {
		done(err)
		return nil, err
	}
	done(nil)
	return r, nil
}

// try sends the call, and sends it again at most once when that is certain to
// repeat no effect: a read over a dead connection, or after the session ended.
func (c *Client) try(ctx context.Context, k call) (*reply, *Error) {
	ctx, cancel := context.WithTimeout(ctx, c.sender.timeout)
	defer cancel()
	r, err := c.attempt(ctx, k)
	if err == nil || !err.resend || ctx.Err() != nil {
		return r, err
	}
	again, err2 := c.attempt(ctx, k)
	if err.fresh && err2 != nil && errors.Is(err2, ErrCodeUsed) {
		// A session that never worked: waiting for another code would only repeat that.
		return r, err
	}
	return again, err2
}

func (c *Client) attempt(ctx context.Context, k call) (*reply, *Error) {
	g, err := c.auth.grant(ctx, c.sender)
	if err != nil {
		return nil, signInError(k.function, err)
	}
	o := outcome{function: k.function, changes: k.changes, mask: newMask(slices.Concat(g.secrets, k.secrets))}
	a, t, err := c.sender.send(ctx, message{
		path: g.prefix + cmp.Or(k.path, pathWHM+k.function),
		form: k.form(),
		head: g.head,
		once: k.changes,
	})
	if err != nil {
		return nil, o.failure(ctx, t, a.status, err)
	}
	o.answered = a.date()
	env, f, ok := judge(a, cmp.Or(k.forms, formWHM1))
	if ok {
		return &reply{outcome: o, status: a.status, envelope: env}, nil
	}
	if k.relays {
		f = f.relayed(a.status, env)
	}
	e := o.refused(a.status, f)
	e.fresh = g.fresh
	if e.signedIn && c.auth.renew(g) {
		// A session without a login left is sent to the login before the function runs.
		// To another credential no server is known to answer so, so it stays open there.
		e.MayHaveApplied = e.MayHaveApplied && !e.atLogin
		e.resend = !e.MayHaveApplied
	}
	return nil, e
}

// signInError copies the error of the sign-in step, which other calls may share.
// Whatever became of that step, the call itself was not sent.
func signInError(function string, err error) *Error {
	if shared, ok := errors.AsType[*Error](err); ok {
		e := *shared
		e.MayHaveApplied = false
		return &e
	}
	return invalid(function, "", err)
}
