// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

// login posts the form and returns the answer with its cookie and prefix.
func login(t *testing.T, s *Server, base, form string) (got answer, cookie, prefix string) {
	t.Helper()
	got, err := try(t, s, base+"/login", form)
	if err != nil {
		t.Fatal(err)
	}
	cookie, _, _ = strings.Cut(got.header.Get("Set-Cookie"), ";")
	return got, cookie, securityToken.FindString(got.header.Get("Location"))
}

func TestLoginForm(t *testing.T) {
	t.Parallel()
	s := startServer(t, testInventory("11.54.0.36"))
	got, cookie, prefix := login(t, s, s.WHMURL(), query("user", "root", "pass", rootPassword, "login_only", "1"))
	if got.status != 200 || got.body != `{"redirect":"`+prefix+`/","security_token":"`+prefix+`","status":1}` {
		t.Fatalf("login: %d %s", got.status, got.body)
	}
	form := regexp.MustCompile(`^cpsession=root%3a[A-Za-z0-9]{16}%2c[0-9a-f]{32}; HttpOnly; path=/; secure$`)
	if !form.MatchString(got.header.Get("Set-Cookie")) {
		t.Errorf("cookie %q", got.header.Get("Set-Cookie"))
	}
	call := func(prefix string, options ...requestOption) int {
		return get(t, s, s.WHMURL()+prefix+"/json-api/gethostname?api.version=1", options...).status
	}
	for name, tc := range map[string]struct{ got, want int }{
		"both halves":     {call(prefix, with("Cookie", cookie)), 200},
		"cookie only":     {call("", with("Cookie", cookie)), 403},
		"prefix only":     {call(prefix), 403},
		"another prefix":  {call("/cpsess1234567890", with("Cookie", cookie)), 403},
		"another cookie":  {call(prefix, with("Cookie", cookie+"0")), 403},
		"home page":       {get(t, s, s.WHMURL()+prefix+"/", with("Cookie", cookie)).status, 200},
		"page without":    {get(t, s, s.WHMURL()+"/").status, 401},
		"another service": {get(t, s, s.CPanelURL()+prefix+"/", with("Cookie", cookie)).status, 401},
	} {
		if tc.got != tc.want {
			t.Errorf("%s: status %d, want %d", name, tc.got, tc.want)
		}
	}
	if out := get(t, s, s.WHMURL()+prefix+"/logout", with("Cookie", cookie)); out.status != 200 {
		t.Errorf("logout: %d", out.status)
	}
	if got := call(prefix, with("Cookie", cookie)); got != 403 {
		t.Errorf("after logout: %d", got)
	}
}

func TestLoginFormRefuses(t *testing.T) {
	t.Parallel()
	s := startServer(t, testInventory("11.54.0.36"))
	for name, form := range map[string]string{
		"wrong password": query("user", "root", "pass", "wrong", "login_only", "1"),
		"hash":           query("user", "root", "pass", rootHash, "login_only", "1"),
		"account":        query("user", "alice", "pass", accPassword, "login_only", "1"),
	} {
		got, _, _ := login(t, s, s.WHMURL(), form)
		if got.status != 401 || got.body != `{"message":"invalid_login","status":0}` || got.header.Get("Set-Cookie") != "" {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	browser, _, _ := login(t, s, s.WHMURL(), query("user", "root", "pass", "wrong"))
	if browser.status != 401 || !strings.Contains(browser.body, "The login is invalid.") {
		t.Errorf("browser: %d %s", browser.status, browser.body)
	}
	if got, cookie, prefix := login(t, s, s.CPanelURL(), query("user", "alice", "pass", accPassword)); got.status != 301 || cookie == "" || prefix == "" {
		t.Errorf("account on cPanel: %d", got.status)
	}
}

func TestSessionDiesWhenIdle(t *testing.T) {
	t.Parallel()
	s := startServer(t, testInventory("11.54.0.36"))
	_, cookie, prefix := login(t, s, s.WHMURL(), query("user", "root", "pass", rootPassword))
	call := func() answer {
		return get(t, s, s.WHMURL()+prefix+"/json-api/gethostname?api.version=1", with("Cookie", cookie))
	}
	for range 2 {
		s.Advance(14 * time.Minute)
		if got := call(); got.status != 200 {
			t.Fatalf("used within 15 minutes: %d", got.status)
		}
	}
	s.Advance(15 * time.Minute)
	if got := call(); got.status != 403 || got.body != deniedBody {
		t.Errorf("idle: %d %s", got.status, got.body)
	}
	if err := s.SetUnverified(Unverified{SessionDeniedForm: "html"}); err != nil {
		t.Fatal(err)
	}
	if got := call(); got.status != 401 || !strings.Contains(got.body, "login_form") {
		t.Errorf("sessionDeniedForm=html: %d %s", got.status, got.body)
	}
}

func TestCookieIsTiedToTheAddress(t *testing.T) {
	t.Parallel()
	a, near, far := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.200"), netip.MustParseAddr("198.51.100.1")
	for check, want := range map[string][3]bool{
		CookieStrict: {true, false, false}, CookieLoose: {true, true, false}, CookieOff: {true, true, true},
	} {
		st := &state{inv: Inventory{Policies: Policies{CookieAddressCheck: check}}}
		s := &session{addr: a}
		if got := [3]bool{st.addressAllowed(s, a), st.addressAllowed(s, near), st.addressAllowed(s, far)}; got != want {
			t.Errorf("%s: %v", check, got)
		}
	}
}

// createSession returns data of create_user_session with a URL that resolves.
func createSession(t *testing.T, s *Server, user string, caller requestOption) map[string]any {
	t.Helper()
	return mustSucceed(t, s, "create_user_session", query("user", user, "service", "whostmgrd", "preferred_domain", "127.0.0.1"), caller)
}

func TestCreatedSessionMustBeOpenedFirst(t *testing.T) {
	t.Parallel()
	s := startServer(t, testInventory("11.54.0.36"))
	data := createSession(t, s, "root", key("root", rootHash))
	prefix, _ := data["cp_security_token"].(string)
	address, _ := data["url"].(string)
	parsed, err := url.Parse(address)
	if err != nil || !strings.HasPrefix(address, s.WHMURL()+prefix+"/login/?session=") {
		t.Fatalf("url %q (%v)", address, err)
	}
	session, _ := data["session"].(string)
	if !regexp.MustCompile(`^root:[A-Za-z0-9]{16}:create_user_session,[0-9a-f]{32}$`).MatchString(session) || parsed.Query().Get("session") != session {
		t.Errorf("session %q", session)
	}
	if _, isNumber := data["expires"].(float64); !isNumber || data["service"] != "whostmgrd" || data["locale"] != nil {
		t.Errorf("data %v", data)
	}
	early := strings.NewReplacer(":", "%3a", ",", "%2c").Replace(session)
	if got := get(t, s, s.WHMURL()+prefix+"/json-api/gethostname", with("Cookie", "cpsession="+early)); got.status != 403 {
		t.Errorf("before it was opened: %d", got.status)
	}
	opened := get(t, s, address)
	cookie, _, _ := strings.Cut(opened.header.Get("Set-Cookie"), ";")
	if opened.status != 301 || opened.header.Get("Location") != prefix+"/" || cookie == "" {
		t.Fatalf("opened: %d to %q", opened.status, opened.header.Get("Location"))
	}
	if got := get(t, s, s.WHMURL()+prefix+"/json-api/accesshash?api.version=1&user=root&generate=0", with("Cookie", cookie)); got.status != 200 || got.data(t)["accesshash"] != rootHash {
		t.Errorf("root session: %d", got.status)
	}
	if again := get(t, s, address); again.status != 401 || again.header.Get("Set-Cookie") != "" {
		t.Errorf("opened twice: %d", again.status)
	}
}

func TestCreateUserSessionRules(t *testing.T) {
	t.Parallel()
	inv := serviceInventory("11.136.0.4")
	inv.Unverified = Unverified{RootSessionForRoot: refuse, ExpiresAsString: yes, SessionURLSingleUse: no, SessionBoundTo: "creator"}
	s := startServer(t, inv)
	root, reseller := key("root", rootToken), basic("res", resPassword)
	for name, tc := range map[string]struct {
		form   string
		caller requestOption
		ok     bool
	}{
		"root for root":                  {"user=root&service=whostmgrd", root, false},
		"root for a reseller":            {"user=res&service=whostmgrd", root, true},
		"root for an account":            {"user=bob&service=cpaneld", root, true},
		"reseller for its account":       {"user=alice&service=cpaneld", reseller, true},
		"reseller for another's":         {"user=bob&service=cpaneld", reseller, false},
		"reseller for root":              {"user=root&service=whostmgrd", reseller, false},
		"mail user":                      {"user=info@alice.example&service=webmaild", reseller, true},
		"mail user of another's domain":  {"user=info@bob.example&service=webmaild", reseller, false},
		"mail user on cPanel":            {"user=info@alice.example&service=cpaneld", reseller, false},
		"account on WHM":                 {"user=alice&service=whostmgrd", root, false},
		"unknown service":                {"user=alice&service=ftpd", root, false},
		"without the privilege":          {"user=alice&service=cpaneld", key("res", resToken), false},
		"an unknown interface is no bar": {"user=alice&service=cpaneld&app=nosuch", root, true},
	} {
		got := callWHM(t, s, "create_user_session", tc.form, tc.caller)
		if result, reason := got.result(t); (result == 1) != tc.ok || (tc.ok && reason != "Created session") {
			t.Errorf("%s: result %v, reason %q", name, result, reason)
		}
	}
	data := createSession(t, s, "res", root)
	if _, isText := data["expires"].(string); !isText {
		t.Errorf("expiresAsString: %v", data["expires"])
	}
	for range 2 {
		if got := get(t, s, as[string](t, data["url"])); got.status != 301 {
			t.Errorf("sessionURLSingleUse=no: %d", got.status)
		}
	}
}

func TestWrongMethodCannotLogIn(t *testing.T) {
	t.Parallel()
	s := startServer(t, testInventory("11.136.0.4"))
	got := get(t, s, s.WHMURL()+"/login?"+query("user", "root", "pass", rootPassword))
	if got.status != http.StatusUnauthorized || got.header.Get("Set-Cookie") != "" {
		t.Errorf("GET logs in: %d", got.status)
	}
}
