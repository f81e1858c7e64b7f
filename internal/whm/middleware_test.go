// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
)

func middlewareClient(t *testing.T, f *fakeWHM, m func(http.RoundTripper, *http.Request) (*http.Response, error)) *Client {
	t.Helper()
	opts := optionsFor(f)
	opts.Middleware = func(next http.RoundTripper) http.RoundTripper {
		return tripperFunc(func(r *http.Request) (*http.Response, error) { return m(next, r) })
	}
	return clientWith(t, opts, WithAPIToken("root", NewSecret(testToken)))
}

func TestMiddlewareCanStopACall(t *testing.T) {
	t.Parallel()
	f := serve(t, replyWith(200, versionReply))
	open := errors.New("breaker is open, token " + testToken)
	c := middlewareClient(t, f, func(http.RoundTripper, *http.Request) (*http.Response, error) { return nil, open })
	_, err := c.GenerateAccessHash(t.Context(), "bob")
	e := wantError(t, err)
	equal(t, "class", e.Class, ClassUnavailable)
	equal(t, "cause", errors.Is(err, open), true)
	equal(t, "may have applied", e.MayHaveApplied, false)
	equal(t, "text", e.Error(), "whm: accesshash: the server is unavailable: breaker is open, token [redacted]")
	equal(t, "requests", len(f.requests()), 0)
}

func TestMiddlewareCannotSendAChangeTwice(t *testing.T) {
	t.Parallel()
	f := serve(t, replyWith(500, ""))
	c := middlewareClient(t, f, func(next http.RoundTripper, r *http.Request) (*http.Response, error) {
		resp, err := next.RoundTrip(r)
		if err != nil {
			return nil, err
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
		if r.Body, err = r.GetBody(); err != nil {
			return nil, err
		}
		return next.RoundTrip(r)
	})
	_, err := c.GenerateAccessHash(t.Context(), "bob")
	equal(t, "refused: "+err.Error(), strings.Contains(err.Error(), errSentTwice.Error()), true)
	equal(t, "may have applied", MayHaveApplied(err), true)
	f.only(t)
}

func TestMiddlewareMustKeepTheContext(t *testing.T) {
	t.Parallel()
	f := serve(t, replyWith(200, versionReply))
	c := middlewareClient(t, f, func(next http.RoundTripper, r *http.Request) (*http.Response, error) {
		return next.RoundTrip(r.WithContext(t.Context()))
	})
	_, err := c.Version(t.Context())
	equal(t, "untracked", errors.Is(err, errUntracked), true)
	equal(t, "requests", len(f.requests()), 0)
}
