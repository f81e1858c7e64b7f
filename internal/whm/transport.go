// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

const (
	dialTimeout      = 15 * time.Second
	handshakeTimeout = 15 * time.Second
	idleTimeout      = 30 * time.Second
	maxHeaderBytes   = 256 << 10
)

// errTooLarge is why the rest of an answer was not read.
var errTooLarge = errors.New("the answer is larger than the limit")

// trip records how far one request came, which is what decides whether a failed
// one may have had an effect.
type trip struct {
	once      bool // must not be sent twice
	started   atomic.Bool
	connected atomic.Bool // a connection was ready, so bytes may have left
	reused    atomic.Bool // that connection had served before
	answered  atomic.Bool // the answer's first byte arrived
}

func (t *trip) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		// Also called when the transport changes to another connection, which it
		// does only when nothing was written to the first.
		GetConn: func(string) { t.connected.Store(false) },
		GotConn: func(i httptrace.GotConnInfo) {
			t.reused.Store(i.Reused)
			t.connected.Store(true)
		},
		GotFirstResponseByte: func() { t.answered.Store(true) },
	}
}

// wire holds the connections.
type wire struct {
	pooled *http.Transport
	// Requests that must not be repeated get a connection of their own. net/http
	// re-sends some requests by itself when a reused connection turns out to be
	// dead, and a failure on one cannot be told from a lost answer.
	fresh *http.Transport
}

func newWire(cfg *tls.Config) *wire {
	pooled := &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: dialTimeout}).DialContext,
		TLSClientConfig:        cfg,
		TLSHandshakeTimeout:    handshakeTimeout,
		IdleConnTimeout:        idleTimeout,
		MaxIdleConnsPerHost:    4,
		MaxResponseHeaderBytes: maxHeaderBytes,
		DisableCompression:     true,
		// WHM speaks HTTP/1.1; HTTP/2 would add re-sending rules of its own.
		Protocols: new(http.Protocols),
	}
	pooled.Protocols.SetHTTP1(true)
	fresh := pooled.Clone()
	fresh.DisableKeepAlives = true
	return &wire{pooled: pooled, fresh: fresh}
}

// roundTrip sends the request once and records in t how far it comes.
func (w *wire) roundTrip(req *http.Request, t *trip) (*http.Response, error) {
	t.started.Store(true)
	transport := w.pooled
	if t.once {
		transport = w.fresh
	}
	return transport.RoundTrip(req.WithContext(httptrace.WithClientTrace(req.Context(), t.trace())))
}

// sender sends single requests to one server.
type sender struct {
	base      *url.URL
	wire      *wire
	timeout   time.Duration
	userAgent string
	maxBody   int64
	// noUAPIProxy is set once the server did not know uapi_cpanel.
	noUAPIProxy atomic.Bool
}

// message is one HTTP request. The host that is dialled is always the endpoint's.
type message struct {
	path  string
	query string     // for session links only: they carry their session there
	host  string     // Host header, "" for the endpoint's
	form  url.Values // nil: GET
	head  http.Header
	once  bool
}

// answer is one HTTP answer with its whole body.
type answer struct {
	status int
	head   http.Header
	body   []byte
}

// date is the server's clock, zero when the answer does not show it.
func (a answer) date() time.Time {
	at, err := http.ParseTime(a.head.Get("Date"))
	if err != nil {
		return time.Time{}
	}
	return at.UTC()
}

// send returns the answer, or how far the request came and why it failed. The
// round tripper is called directly: an http.Client would follow redirects and
// put the URL into errors.
func (s *sender) send(ctx context.Context, m message) (answer, *trip, error) {
	t := &trip{once: m.once}
	req, err := s.request(ctx, m)
	if err != nil {
		return answer{}, t, err
	}
	resp, err := s.wire.roundTrip(req, t)
	if err != nil {
		return answer{}, t, err
	}
	defer func() { _ = resp.Body.Close() }()
	a := answer{status: resp.StatusCode, head: resp.Header}
	a.body, err = s.read(resp.Body)
	return a, t, err
}

func (s *sender) request(ctx context.Context, m message) (*http.Request, error) {
	method, body := http.MethodGet, io.Reader(http.NoBody)
	if m.form != nil {
		method, body = http.MethodPost, strings.NewReader(m.form.Encode())
	}
	req, err := http.NewRequestWithContext(ctx, method, s.base.String(), body)
	if err != nil {
		return nil, fmt.Errorf("building the request: %w", err)
	}
	req.URL.Path, req.URL.RawQuery = m.path, m.query
	if m.host != "" {
		req.Host = m.host
	}
	maps.Copy(req.Header, m.head)
	req.Header.Set("User-Agent", s.userAgent)
	req.Header.Set("Accept", "application/json")
	if m.form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return req, nil
}

func (s *sender) read(body io.Reader) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(body, s.maxBody+1))
	if err == nil && int64(len(b)) > s.maxBody {
		return nil, errTooLarge
	}
	return b, err
}
