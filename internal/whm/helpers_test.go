// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	testHash     = "0123456789abcdef0123456789abcdef0123456789abcdef"
	testToken    = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
	testPassword = "pa:ss wörd&%“x”"
)

// recorded is one request as a server saw it.
type recorded struct {
	method, target, host, body string
	head                       http.Header
}

// fakeWHM is a TLS server that records requests.
type fakeWHM struct {
	*httptest.Server
	mu   sync.Mutex
	seen []recorded
}

func (f *fakeWHM) requests() []recorded {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]recorded(nil), f.seen...)
}

func (f *fakeWHM) only(t *testing.T) recorded {
	t.Helper()
	all := f.requests()
	if len(all) != 1 {
		t.Fatalf("the server saw %d requests, want 1", len(all))
	}
	return all[0]
}

func serve(t *testing.T, h http.HandlerFunc) *fakeWHM {
	t.Helper()
	f := &fakeWHM{}
	f.Server = quiet(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("reading the request: %v", err)
		}
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		f.mu.Lock()
		f.seen = append(f.seen, recorded{r.Method, r.RequestURI, r.Host, string(body), r.Header.Clone()})
		f.mu.Unlock()
		h(w, r)
	}))
	t.Cleanup(f.Close)
	return f
}

// reply serves one status and body.
func replyWith(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// quiet is a TLS server that does not report failed handshakes.
func quiet(h http.Handler) *httptest.Server {
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	return s
}

func pemOf(s *httptest.Server) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
}

func optionsFor(f *fakeWHM) Options {
	return Options{Endpoint: f.URL, TLS: TLSOptions{CABundle: pemOf(f.Server)}, Timeout: 20 * time.Second}
}

func clientWith(t *testing.T, opts Options, cred Credential) *Client {
	t.Helper()
	c, err := New(opts, cred)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	t.Cleanup(c.Close)
	return c
}

func clientFor(t *testing.T, f *fakeWHM) *Client {
	t.Helper()
	return clientWith(t, optionsFor(f), WithAPIToken("root", NewSecret(testToken)))
}

// answering is a client whose server gives one answer to everything.
func answering(t *testing.T, status int, body string) *Client {
	t.Helper()
	return clientFor(t, serve(t, replyWith(status, body)))
}

func wantError(t *testing.T, err error) *Error {
	t.Helper()
	e, ok := errors.AsType[*Error](err)
	if !ok {
		t.Fatalf("got %v, want an *Error", err)
	}
	return e
}

func noError(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("unexpected error: %v", err)
	}
}

func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}
