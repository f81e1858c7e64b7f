// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// Secrets of the test inventory.
const (
	rootPassword = "correct-horse-battery-staple"
	rootToken    = "ROOTTOKEN0000000000000000000000A"
	resPassword  = "reseller-battery-staple"
	resToken     = "RESTOKEN00000000000000000000000B"
	accPassword  = "account-battery-staple"
)

var rootHash = strings.Repeat("0123456789abcdef", 58)

func testInventory(release string) Inventory {
	return Inventory{
		Hostname: "whm1.example.com",
		Version:  release,
		Users: map[string]User{
			"root": {
				Password: rootPassword, AccessHash: rootHash,
				Tokens: map[string]Token{"loaded": {Value: rootToken}},
			},
			"res": {
				Password: resPassword, ACLs: []string{"list-accts", "manage-api-tokens", "create-user-session"},
				Tokens: map[string]Token{"limited": {Value: resToken, ACLs: []string{"list-accts"}}},
			},
		},
		Accounts: map[string]Account{
			"alice": {Owner: "res", Domain: "alice.example", Password: accPassword},
			"bob":   {Domain: "bob.example"},
		},
		Policies: Policies{AllowDeprecatedAccessHash: new(true)},
	}
}

func startServer(t *testing.T, inv Inventory) *Server {
	t.Helper()
	return startConfig(t, Config{Inventory: inv})
}

func startConfig(t *testing.T, cfg Config) *Server {
	t.Helper()
	s, err := Start(cfg)
	if err != nil {
		t.Fatalf("start: %v", err)
	}
	t.Cleanup(s.Close)
	return s
}

// rawClient is an HTTP client that trusts the simulator and follows nothing.
func rawClient(t *testing.T, s *Server) *http.Client {
	t.Helper()
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(s.CA()) {
		t.Fatal("CA is not PEM")
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{
		Transport: transport, Timeout: 20 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// answer is one response, read to its end.
type answer struct {
	status int
	phrase string
	header http.Header
	body   string
}

func (a answer) decode(t *testing.T) map[string]any {
	t.Helper()
	var value map[string]any
	if err := json.Unmarshal([]byte(a.body), &value); err != nil {
		t.Fatalf("not JSON (%v): %s", err, a.body)
	}
	return value
}

func (a answer) data(t *testing.T) map[string]any {
	t.Helper()
	data, ok := a.decode(t)["data"].(map[string]any)
	if !ok {
		t.Fatalf("no data member: %s", a.body)
	}
	return data
}

// result is metadata.result and metadata.reason.
func (a answer) result(t *testing.T) (float64, string) {
	t.Helper()
	metadata, ok := a.decode(t)["metadata"].(map[string]any)
	if !ok {
		t.Fatalf("no metadata member: %s", a.body)
	}
	return as[float64](t, metadata["result"]), as[string](t, metadata["reason"])
}

// as is a type assertion that fails the test.
func as[T any](t *testing.T, value any) T {
	t.Helper()
	typed, ok := value.(T)
	if !ok {
		t.Fatalf("%v is a %T", value, value)
	}
	return typed
}

type requestOption func(*http.Request)

func with(name, value string) requestOption {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

func key(user, secret string) requestOption {
	return with("Authorization", "whm "+user+":"+secret)
}

func basic(user, password string) requestOption {
	return with("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(user+":"+password)))
}

// try sends a POST form and returns transport errors.
func try(t *testing.T, s *Server, address, form string, options ...requestOption) (answer, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewBufferString(form))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return send(t, s, req, options)
}

func send(t *testing.T, s *Server, req *http.Request, options []requestOption) (answer, error) {
	t.Helper()
	for _, option := range options {
		option(req)
	}
	resp, err := rawClient(t, s).Do(req)
	if err != nil {
		return answer{}, err
	}
	body, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Status, resp.Header, string(body)}, errors.Join(err, resp.Body.Close())
}

// get sends a GET and fails the test on a transport error.
func get(t *testing.T, s *Server, address string, options ...requestOption) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := send(t, s, req, options)
	if err != nil {
		t.Fatalf("GET: %v", err)
	}
	return got
}

// callWHM posts a version 1 call.
func callWHM(t *testing.T, s *Server, function, form string, options ...requestOption) answer {
	t.Helper()
	got, err := try(t, s, s.WHMURL()+"/json-api/"+function, "api.version=1&"+form, options...)
	if err != nil {
		t.Fatalf("%s: %v", function, err)
	}
	return got
}

// mustSucceed posts a version 1 call and returns its data.
func mustSucceed(t *testing.T, s *Server, function, form string, options ...requestOption) map[string]any {
	t.Helper()
	got := callWHM(t, s, function, form, options...)
	if result, reason := got.result(t); got.status != 200 || result != 1 {
		t.Fatalf("%s: status %d, result %v, reason %q", function, got.status, result, reason)
	}
	data, _ := got.decode(t)["data"].(map[string]any)
	return data
}

func query(pairs ...string) string {
	values := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		values.Add(pairs[i], pairs[i+1])
	}
	return values.Encode()
}
