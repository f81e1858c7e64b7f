// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// getFrom sends a GET from another loopback address.
func getFrom(t *testing.T, s *Server, source, address, cookie string) int {
	t.Helper()
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(s.CA())
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(source)}}
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: pool},
		DialContext: func(ctx context.Context, network, target string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, target)
		},
	}
	defer transport.CloseIdleConnections()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Cookie", cookie)
	resp, err := transport.RoundTrip(req)
	if err != nil {
		t.Skipf("no second loopback address: %v", err)
	}
	defer func() { _ = resp.Body.Close() }()
	return resp.StatusCode
}

func TestCookieFromElsewhere(t *testing.T) {
	t.Parallel()
	for choice, want := range map[Choice]int{refuse: 200, "purge": 403} {
		inv := serviceInventory("11.136.0.4")
		inv.Unverified = Unverified{CookieFromElsewhere: choice}
		s := startServer(t, inv)
		_, cookie, prefix := login(t, s, s.CPanelURL(), query("user", "alice", "pass", accPassword))
		address := s.CPanelURL() + prefix + "/execute/SSH/get_port"
		if got := getFrom(t, s, "127.0.0.2", address, cookie); got != 403 {
			t.Errorf("%s: from elsewhere %d", choice, got)
		}
		if got := get(t, s, address, with("Cookie", cookie)); got.status != want {
			t.Errorf("%s: from home %d", choice, got.status)
		}
		lines := s.Ledger().SessionLog
		if purged := strings.HasSuffix(last(lines), "badpass [cookie ip check: IP address has changed]"); purged != (choice == "purge") {
			t.Errorf("%s: %q", choice, last(lines))
		}
	}
}

func TestTempUserSwitches(t *testing.T) {
	t.Parallel()
	inv := serviceInventory("11.136.0.4")
	inv.Unverified = Unverified{TempUserOutsideSession: allow, TempUserAgain: "another"}
	s := startServer(t, inv)
	data, complaint := execute(t, s, "Session::create_temp_user", "")
	if complaint != "" {
		t.Fatal(complaint)
	}
	name := as[string](t, as[map[string]any](t, data)["session_temp_user"])
	if !s.Authenticates("alice", KindTempUser, name) {
		t.Error("not in force")
	}
	s.Advance(15 * time.Minute)
	if s.Authenticates("alice", KindTempUser, name) {
		t.Error("lives for ever")
	}
	_, cookie, prefix := login(t, s, s.CPanelURL(), query("user", "alice", "pass", accPassword))
	names := map[any]bool{}
	for range 2 {
		got := get(t, s, s.CPanelURL()+prefix+"/execute/Session/create_temp_user", with("Cookie", cookie)).data(t)
		names[got["session_temp_user"]] = got["created"] == 1.0
	}
	if len(names) != 2 {
		t.Errorf("tempUserAgain=another: %v", names)
	}
}

func TestCodesThatAreTakenOnce(t *testing.T) {
	t.Parallel()
	inv := serviceInventory("11.136.0.4")
	inv.Unverified = Unverified{CodeTwice: refuse}
	s := startServer(t, inv)
	setup := query("secret", totpSecret, "tfa_token", codeAt(t, totpSecret, s.Now()))
	mustSucceed(t, s, "twofactorauth_set_tfa_config", setup, key("root", rootToken))
	try := func(at time.Time) bool {
		_, cookie, _ := login(t, s, s.WHMURL(), query("user", "root", "pass", rootPassword, "tfa_token", codeAt(t, totpSecret, at)))
		return cookie != ""
	}
	if used := codeAt(t, totpSecret, s.Now()); strings.HasSuffix(setup, used) && try(s.Now()) {
		t.Error("the code of the setup logs in")
	}
	s.Advance(time.Minute)
	at := s.Now()
	if !try(at) || try(at) {
		t.Error("a fresh code must log in once")
	}
}

func TestChosenFaults(t *testing.T) {
	t.Parallel()
	s := startServer(t, serviceInventory("11.136.0.4"))
	root := key("root", rootToken)
	s.ChooseFaults(func(c Call) *Fault {
		switch c.Function {
		case "gethostname":
			return &Fault{Kind: FaultStatus, Status: 503}
		case "SSH::get_port":
			return &Fault{Kind: FaultDeny, Reason: "not now"}
		default:
			return nil
		}
	})
	if got := callWHM(t, s, "gethostname", "", root); got.status != 503 || last(s.Ledger().Calls).Fault != FaultStatus {
		t.Errorf("%d", got.status)
	}
	got := callWHM(t, s, "uapi_cpanel", query("cpanel.user", "alice", "cpanel.module", "SSH", "cpanel.function", "get_port"), root)
	if result, _ := got.result(t); result != 1 || !strings.Contains(got.body, "not now") {
		t.Errorf("%s", got.body)
	}
	mustSucceed(t, s, "myprivs", "", root)
	s.ChooseFaults(nil)
	mustSucceed(t, s, "gethostname", "", root)
}

func TestBodiesOfOtherKinds(t *testing.T) {
	t.Parallel()
	s := startServer(t, serviceInventory("11.136.0.4"))
	address := s.WHMURL() + "/json-api/passwd"
	multipart := strings.NewReplacer("\n", "\r\n").Replace("--b\nContent-Disposition: form-data; name=\"api.version\"\n\n1\n" +
		"--b\nContent-Disposition: form-data; name=\"user\"\n\nalice\n" +
		"--b\nContent-Disposition: form-data; name=\"password\"\n\n" + strongPassword + "\n--b--\n")
	for kind, body := range map[string]string{
		"multipart/form-data; boundary=b": multipart,
		"application/json":                `{"api.version":1,"user":"alice","password":"` + strongPassword + `"}`,
	} {
		got, err := try(t, s, address, body, key("root", rootToken), with("Content-Type", kind))
		if err != nil {
			t.Fatal(err)
		}
		if result, reason := got.result(t); result != 1 || last(s.Ledger().Calls).Params["password"] != mask {
			t.Errorf("%s: %s", kind, reason)
		}
	}
	const marker = "Mx7-unheard-of-Secret"
	if _, err := try(t, s, address, `{"user":"alice","password":"`+marker+`"}`, key("root", rootToken)); err != nil {
		t.Fatal(err)
	}
	for name, value := range last(s.Ledger().Calls).Params {
		if strings.Contains(name+value, marker) {
			t.Errorf("the ledger shows a body: %s", name)
		}
	}
	if got, err := try(t, s, address, "{", key("root", rootToken), with("Content-Type", "application/json")); err != nil || got.status != 400 {
		t.Errorf("broken JSON: %v %d", err, got.status)
	}
}
