// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/whm-credentials/operator/internal/whm"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

// What is in the simulator of every test.
const (
	rootPassword  = "correct-horse-battery-staple"
	rootToken     = "ROOTTOKEN0000000000000000000000A"
	spareToken    = "SPARETOKEN000000000000000000000B"
	accountToken  = "ACCOUNTTOKEN0000000000000000000C"
	shopToken     = "SHOPTOKEN0000000000000000000000D"
	bobPassword   = "account-battery-staple"
	totpSecret    = "JBSWY3DPEHPK3PXP"
	newPassword   = "wB7.narrow-Lantern&40+%25"
	provider      = "cPStore"
	urlAfterLogin = "https://operator.example.com/back?state=1"
)

var rootHash = strings.Repeat("0123456789abcdef", 58)

func inventory(release string) simulator.Inventory {
	return simulator.Inventory{
		Version: release,
		Users: map[string]simulator.User{
			"root": {
				Password: rootPassword, AccessHash: rootHash,
				Tokens: map[string]simulator.Token{"own": {Value: rootToken}, "spare": {Value: spareToken}},
			},
			"shop": {ACLs: []string{"news"}, Tokens: map[string]simulator.Token{"own": {Value: shopToken}}},
		},
		Accounts: map[string]simulator.Account{
			"bob": {
				Domain: "bob.example", Password: bobPassword, TOTPSecret: totpSecret,
				Tokens:          map[string]simulator.Token{"spare": {Value: accountToken}},
				Mailboxes:       map[string]simulator.Mailbox{"info@bob.example": {Password: bobPassword}},
				FTPUsers:        map[string]simulator.FTPUser{"deploy@bob.example": {Password: bobPassword}},
				WebDiskUsers:    map[string]simulator.WebDiskUser{"disk@bob.example": {Password: bobPassword}},
				MySQLUsers:      map[string]simulator.DatabaseUser{"bob_app": {Password: bobPassword, Databases: []string{"bob_x"}}},
				PostgreSQLUsers: map[string]simulator.DatabaseUser{"bob_app": {Password: bobPassword}},
			},
		},
		Policies: simulator.Policies{AllowDeprecatedAccessHash: new(true)},
	}
}

// stage is a simulator and a client whose requests are written down on the way.
type stage struct {
	t           *testing.T
	server      *simulator.Server
	whm, cpanel *recorder
	root        *whm.Client // by token
}

func newStage(t *testing.T, release string) *stage {
	t.Helper()
	return stageOf(t, inventory(release))
}

func stageOf(t *testing.T, inv simulator.Inventory) *stage {
	t.Helper()
	s, err := simulator.Start(simulator.Config{Inventory: inv})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	b := &stage{t: t, server: s, whm: newRecorder(t, forwardTo(t, s, s.WHMURL())), cpanel: newRecorder(t, forwardTo(t, s, s.CPanelURL()))}
	b.root = b.whm.client(whm.WithAPIToken("root", whm.NewSecret(rootToken)))
	return b
}

func trusting(t *testing.T, s *simulator.Server) *http.Transport {
	t.Helper()
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(s.CA()) {
		t.Fatal("the simulator's CA is not PEM")
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}
	t.Cleanup(transport.CloseIdleConnections)
	return transport
}

func forwardTo(t *testing.T, s *simulator.Server, target string) http.Handler {
	t.Helper()
	base, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	return &httputil.ReverseProxy{
		Transport: trusting(t, s),
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(base); r.Out.Host = r.In.Host },
	}
}

// recorder is a TLS server that writes requests down before it handles them.
type recorder struct {
	*httptest.Server
	t    *testing.T
	mu   sync.Mutex
	seen []request
}

func newRecorder(t *testing.T, handle http.Handler) *recorder {
	t.Helper()
	f := &recorder{t: t}
	f.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("reading a request: %v", err)
		}
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		f.mu.Lock()
		f.seen = append(f.seen, request{r.Method, r.URL.Path, r.URL.RawQuery, string(body), r.Header.Clone()})
		f.mu.Unlock()
		handle.ServeHTTP(w, r)
	}))
	f.Config.ErrorLog = log.New(io.Discard, "", 0)
	f.StartTLS()
	t.Cleanup(f.Close)
	return f
}

func (f *recorder) requests() []request {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.seen)
}

func (f *recorder) client(cred whm.Credential) *whm.Client {
	f.t.Helper()
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: f.Certificate().Raw})
	c, err := whm.New(whm.Options{Endpoint: f.URL, TLS: whm.TLSOptions{CABundle: ca}, Timeout: 20 * time.Second}, cred)
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(c.Close)
	return c
}
