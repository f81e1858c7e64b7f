// SPDX-License-Identifier: Apache-2.0

package crash

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing/iotest"
	"time"

	"github.com/whm-credentials/operator/internal/whm/simulator"
)

// SessionURL is what opening the URL of a session is called; it is a GET that works once.
const SessionURL = "session URL"

// WHMProxy stands between the manager and one port of the simulator. It has a certificate of its own.
type WHMProxy struct {
	server   *httptest.Server
	forward  *httputil.ReverseProxy
	trap     *Trap
	canaries *Canaries

	mu    sync.Mutex
	lines []string
	late  map[string]time.Duration
	spent map[string]int
}

// NewWHMProxy starts a proxy on a free port to the server at the address, whose certificate ca proves.
func NewWHMProxy(address string, ca []byte, trap *Trap, canaries *Canaries) (*WHMProxy, error) {
	to, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("parse address of the simulator: %w", err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	p := &WHMProxy{trap: trap, canaries: canaries, late: map[string]time.Duration{}, spent: map[string]int{}}
	p.forward = newForwarder(to, &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}})
	p.forward.ModifyResponse = p.watch
	p.server = httptest.NewUnstartedServer(http.HandlerFunc(p.serve))
	p.server.Config.ErrorLog = p.forward.ErrorLog // a client that is killed breaks handshakes
	p.server.StartTLS()
	return p, nil
}

// URL is where WHM seems to be.
func (p *WHMProxy) URL() string { return p.server.URL }

// CA is the certificate that proves the proxy, in PEM.
func (p *WHMProxy) CA() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.server.Certificate().Raw})
}

// Lines returns every request line but those of session URLs, and without security tokens: WHM wants both there.
func (p *WHMProxy) Lines() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.lines)
}

// DeliverLate holds the next request of that sort back for a while, also when the manager has stopped to wait for it: a
// server that is slow does not notice that its client has left.
func (p *WHMProxy) DeliverLate(what string, by time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.late[what] = by
}

// Delivered tells whether the request that DeliverLate named has come.
func (p *WHMProxy) Delivered(what string) bool { return p.heldBack(what) == 0 }

// Spent returns how often each login token of a store has reached the server, by its fingerprint.
func (p *WHMProxy) Spent() map[string]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.spent)
}

// Close ends the proxy. The manager must be gone.
func (p *WHMProxy) Close() {
	p.server.CloseClientConnections()
	p.server.Close()
}

func (p *WHMProxy) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	form, _ := url.ParseQuery(string(body))
	what := mutates(r.URL, form)
	p.note(what, r, form)
	to := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.spend(form)
		p.forward.ServeHTTP(w, r)
	})
	switch {
	case what == "":
		to.ServeHTTP(w, r)
	case p.heldBack(what) > 0:
		p.serveLate(what, to, r)
	case !p.trap.pass(WHM, what, func(how Delivery) { deliver(to, how, w, r) }):
		panic(http.ErrAbortHandler)
	}
}

// spend counts a login token that is about to reach the server.
func (p *WHMProxy) spend(form url.Values) {
	if token := form.Get("login_token"); token != "" {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.spent[simulator.Fingerprint(token)]++
	}
}

func (p *WHMProxy) heldBack(what string) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.late[what]
}

// serveLate forwards the request when its time has come; nobody gets the answer.
func (p *WHMProxy) serveLate(what string, to http.Handler, r *http.Request) {
	p.mu.Lock()
	by := p.late[what]
	delete(p.late, what)
	p.mu.Unlock()
	timer := time.NewTimer(by)
	defer timer.Stop()
	<-timer.C
	to.ServeHTTP(httptest.NewRecorder(), r.WithContext(context.WithoutCancel(r.Context())))
	panic(http.ErrAbortHandler)
}

// note keeps the request line, what the request logs in with and what it hands over.
func (p *WHMProxy) note(what string, r *http.Request, form url.Values) {
	for _, name := range secretParams {
		p.canaries.Add("parameter "+name+" of a request", form.Get(name))
	}
	if _, credential, ok := strings.Cut(r.Header.Get("Authorization"), ":"); ok {
		p.canaries.Add("credential in an authorization header", credential)
	}
	if cookie, err := r.Cookie("cpsession"); err == nil {
		p.canaries.Add("session cookie", cookie.Value)
		if plain, err := url.PathUnescape(cookie.Value); err == nil {
			p.canaries.Add("session cookie", plain)
		}
	}
	if what == SessionURL {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lines = append(p.lines, r.Method+" "+sessionPrefix.ReplaceAllString(r.URL.RequestURI(), ""))
}

// watch takes note of the secrets in an answer, so that also those are looked for that the manager never learned of.
func (p *WHMProxy) watch(r *http.Response) error {
	body, err := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	if err != nil { // an answer that is broken stays broken
		r.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), iotest.ErrReader(err)))
	}
	for _, found := range secretMembers.FindAllSubmatch(body, -1) {
		p.canaries.Add("member "+string(found[1])+" of an answer", string(found[2]))
	}
	return nil
}

var (
	sessionPrefix = regexp.MustCompile(`^/cpsess[0-9]+`)
	changing      = []string{
		"api_token_create", "api_token_update", "api_token_revoke", "create_user_session", "passwd", "set_mysql_password",
		"validate_login_token", "twofactorauth_set_tfa_config", "twofactorauth_remove_user_config",
	}
	changingUAPI = []string{
		"Tokens::create_full_access", "Tokens::rename", "Tokens::revoke", "Email::passwd_pop", "Ftp::passwd",
		"WebDisk::set_password", "Mysql::set_password", "Postgresql::set_password",
		"Session::create_webmail_session_for_mail_user", "Session::create_webmail_session_for_mail_user_check_password",
		"Session::create_temp_user",
	}

	secretParams  = []string{"password", "pass", "secret", "login_token"}
	secretMembers = regexp.MustCompile(`"(session|token|secret|access_token|refresh_token|cp_security_token)": *"([^"\\]+)"`)
)

// mutates returns what a request changes on the server; empty if nothing.
func mutates(at *url.URL, form url.Values) string {
	path := sessionPrefix.ReplaceAllString(at.Path, "")
	if strings.HasPrefix(path, "/login") && at.Query().Has("session") {
		return SessionURL
	}
	if strings.HasPrefix(path, "/logout") {
		return "logout"
	}
	function := strings.TrimPrefix(path, "/json-api/")
	switch {
	case function == "accesshash" && form.Get("generate") == "1", slices.Contains(changing, function):
		return function
	}
	carried := carriedFunction(function, form)
	if called, ok := strings.CutPrefix(path, "/execute/"); ok {
		carried = strings.Replace(called, "/", "::", 1)
	}
	if slices.Contains(changingUAPI, carried) {
		return carried
	}
	return ""
}

// carriedFunction returns the cPanel function that a WHM function passes on; empty if none.
func carriedFunction(function string, form url.Values) string {
	switch function {
	case "uapi_cpanel":
		return form.Get("cpanel.module") + "::" + form.Get("cpanel.function")
	case "cpanel":
		return form.Get("cpanel_jsonapi_module") + "::" + form.Get("cpanel_jsonapi_func")
	}
	return ""
}
