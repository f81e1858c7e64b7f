// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
)

// Client calls the functions of one server with one credential. It is safe for
// concurrent use.
type Client struct {
	sender *sender
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
	s.http = s.wire
	if opts.Middleware != nil {
		s.http = opts.Middleware(s.wire)
	}
	c := (&Client{sender: s}).As(cred)
	return c, c.authErr
}

// As returns a client for the same server, over the same transport and
// middleware, with another credential. If cred is incomplete, the calls of the
// returned client fail with [ClassInvalidInput].
func (c *Client) As(cred Credential) *Client {
	other := &Client{sender: c.sender}
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

// call is one call of a WHM function.
type call struct {
	function string
	params   url.Values
	secrets  []Secret // values among params that must not come back in an error
	changes  bool     // has an effect, so it is sent at most once
	oldForm  bool     // may answer in the old form
}

// invoke makes the call and sends it again at most once, when that is certain to
// repeat no effect: a read over a dead connection, or after the session ended.
func (c *Client) invoke(ctx context.Context, k call) (*reply, error) {
	if c.authErr != nil {
		return nil, invalid(k.function, "", c.authErr)
	}
	ctx, cancel := context.WithTimeout(ctx, c.sender.timeout)
	defer cancel()
	r, err := c.attempt(ctx, k)
	if err != nil && err.resend && ctx.Err() == nil {
		r, err = c.attempt(ctx, k)
	}
	if err != nil {
		return nil, err
	}
	return r, nil
}

func (c *Client) attempt(ctx context.Context, k call) (*reply, *Error) {
	g, err := c.auth.grant(ctx, c.sender)
	if err != nil {
		return nil, signInError(k.function, err)
	}
	form := url.Values{"api.version": {"1"}}
	for name, values := range k.params {
		form[name] = values
	}
	o := outcome{function: k.function, changes: k.changes, mask: newMask(slices.Concat(g.secrets, k.secrets))}
	a, t, err := c.sender.send(ctx, message{
		path: g.prefix + "/json-api/" + k.function,
		form: form,
		head: g.head,
		once: k.changes,
	})
	if err != nil {
		return nil, o.failure(ctx, t, a.status, err)
	}
	env, f, ok := judge(a, k.oldForm)
	if ok {
		return &reply{outcome: o, status: a.status, envelope: env}, nil
	}
	e := o.refused(a.status, f)
	if e.signedIn && c.auth.renew(g) {
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

// reply is a successful answer.
type reply struct {
	outcome
	status   int
	envelope envelope
}

// decode reads the data member into out. Missing data is an error; functions
// whose data may be absent look at it themselves.
func (r *reply) decode(out any) error {
	switch {
	case absent(r.envelope.data):
		return r.malformed("the answer has no data")
	case json.Unmarshal(r.envelope.data, out) != nil:
		return r.malformed("the data member has an unexpected form")
	}
	return nil
}

// malformed is the error of a success that lacks what was asked for; a change
// has happened all the same.
func (r *reply) malformed(note string) *Error {
	return r.refused(r.status, finding{
		class: ClassMalformed, result: r.envelope.result, note: note, effect: true,
	})
}

// warnings returns what the server adds to a success; it can say that a part of
// the request was not carried out.
func (r *reply) warnings() []string {
	var out []string
	for _, w := range r.envelope.warnings {
		if w = r.mask.clean(w); w != "" {
			out = append(out, w)
		}
	}
	return out
}

// outcome turns what happened to a call into an [*Error].
type outcome struct {
	function string
	changes  bool
	mask     mask
}

// refused is the error for an answer.
func (o outcome) refused(status int, f finding) *Error {
	return &Error{
		Function:       o.function,
		HTTPStatus:     status,
		Result:         f.result,
		Reason:         cmp.Or(o.mask.clean(f.reason), f.note),
		Class:          f.class,
		MayHaveApplied: o.changes && f.effect,
		signedIn:       f.signIn,
	}
}

// failure is the error for a request without a complete answer.
func (o outcome) failure(ctx context.Context, t *trip, status int, err error) *Error {
	e := &Error{
		Function: o.function, HTTPStatus: status, Class: ClassUnavailable,
		MayHaveApplied: o.changes && t.connected.Load(),
	}
	switch {
	case !t.started.Load() && ctx.Err() == nil:
		e.err = &cause{o.mask.clean(err.Error()), err}
		return e
	case status != 0 && status < http.StatusInternalServerError && incomplete(err):
		e.Class = ClassMalformed
	}
	e.err = causeOf(ctx, err, o.mask)
	stale := t.connected.Load() && t.reused.Load() && !t.answered.Load()
	e.resend = !o.changes && (stale || (!t.connected.Load() && dialFailed(err)))
	return e
}
