// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestEnvelopeLiterally(t *testing.T) {
	t.Parallel()
	s := startServer(t, testInventory("11.136.0.4"))
	got := callWHM(t, s, "gethostname", "", key("root", rootToken))
	want := `{"metadata":{"command":"gethostname","reason":"OK","result":1,"version":1},"data":{"hostname":"whm1.example.com"}}`
	if got.body != want {
		t.Errorf("body %s", got.body)
	}
	if typ := got.header.Get("Content-Type"); !strings.HasPrefix(typ, "application/json") {
		t.Errorf("content type %q", typ)
	}
}

func TestGetAndPostAreAlike(t *testing.T) {
	t.Parallel()
	s := startServer(t, testInventory("11.136.0.4"))
	got := get(t, s, s.WHMURL()+"/json-api/accesshash?api.version=1&user=root&generate=0", key("root", rootToken))
	if got.data(t)["accesshash"] != rootHash {
		t.Errorf("body %.200s", got.body)
	}
}

func TestShapesWithoutVersion(t *testing.T) {
	t.Parallel()
	s := startServer(t, testInventory("11.136.0.4"))
	for function, want := range map[string]string{
		"gethostname":      `{"hostname":"whm1.example.com"}`,
		"version":          `{"version":"11.136.0.4"}`,
		"nosuchthing":      `{"error":"Unknown App Requested: nosuchthing"}`,
		"api_token_create": `{"error":"Unknown App Requested: api_token_create"}`,
	} {
		if got := get(t, s, s.WHMURL()+"/json-api/"+function, key("root", rootToken)); got.status != 200 || got.body != want {
			t.Errorf("%s: %d %s", function, got.status, got.body)
		}
	}
	refusal := get(t, s, s.WHMURL()+"/json-api/accesshash?user=ghost&generate=0", key("root", rootToken))
	if !regexp.MustCompile(`^\{"result":\[\{"status":0,"statusmsg":"API failure: \(XID [a-z0-9]{6}\) You do not have a user named “ghost”\."\}\]\}$`).MatchString(refusal.body) {
		t.Errorf("refusal %s", refusal.body)
	}
}

func TestUnknownAppForm(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`Unknown app\s+(\(.+\))?\s+requested`)
	for _, tc := range []struct{ release, function string }{
		{"11.136.0.4", "nosuchthing"},
		{"11.54.0.36", "api_token_create"},
		{"11.62.0.1", "api_token_list"},
		{"11.66.0.1", "api_token_update"},
		{"11.96.0.1", "api_token_get_details"},
		{"11.38.0.1", "create_user_session"},
	} {
		s := startServer(t, testInventory(tc.release))
		got := callWHM(t, s, tc.function, "", key("root", rootHash))
		if result, reason := got.result(t); got.status != 200 || result != 0 || !form.MatchString(reason) {
			t.Errorf("%s on %s: %d %s", tc.function, tc.release, got.status, got.body)
		}
	}
}

func TestRefusalHasAChangingXID(t *testing.T) {
	t.Parallel()
	s := startServer(t, testInventory("11.136.0.4"))
	_, first := callWHM(t, s, "accesshash", "user=ghost&generate=0", key("root", rootToken)).result(t)
	_, second := callWHM(t, s, "accesshash", "user=ghost&generate=0", key("root", rootToken)).result(t)
	form := regexp.MustCompile(`^API failure: \(XID [a-z0-9]{6}\) You do not have a user named “ghost”\.$`)
	if !form.MatchString(first) || !form.MatchString(second) || first == second {
		t.Errorf("reasons %q and %q", first, second)
	}
}

// privilegesOf is the one object of myprivs.
func privilegesOf(t *testing.T, s *Server, caller requestOption) map[string]any {
	t.Helper()
	privileges := as[[]any](t, mustSucceed(t, s, "myprivs", "", caller)["privileges"])
	if len(privileges) != 1 {
		t.Fatalf("%d objects", len(privileges))
	}
	return as[map[string]any](t, privileges[0])
}

func TestPrivilegeForms(t *testing.T) {
	t.Parallel()
	s := startServer(t, testInventory("11.136.0.4"))
	root, reseller := privilegesOf(t, s, key("root", rootToken)), privilegesOf(t, s, basic("res", resPassword))
	limited := privilegesOf(t, s, key("res", resToken))
	if root["all"] != float64(1) || root["kill-acct"] != float64(1) {
		t.Errorf("root: %v", root)
	}
	if reseller["list-accts"] != "1" || reseller["manage-api-tokens"] != "1" || reseller["all"] == "1" {
		t.Errorf("reseller: %v", reseller)
	}
	if limited["list-accts"] != "1" || limited["manage-api-tokens"] == "1" {
		t.Errorf("limited token: %v", limited)
	}
	noes := map[any]bool{}
	for _, name := range aclNames {
		if value, ok := reseller[name]; !ok || value != "1" {
			noes[value] = true
		}
	}
	if !noes[nil] || !noes[""] || !noes[float64(0)] {
		t.Errorf("a reseller sees all three ways to say no, got %v", noes)
	}
}

func TestApplistFollowsReleaseAndPrivilege(t *testing.T) {
	t.Parallel()
	old, fresh := startServer(t, testInventory("11.54.0.36")), startServer(t, testInventory("11.136.0.4"))
	apps := func(s *Server, option requestOption) []string {
		var names []string
		for _, name := range as[[]any](t, mustSucceed(t, s, "applist", "", option)["app"]) {
			names = append(names, as[string](t, name))
		}
		return names
	}
	for _, tc := range []struct {
		name     string
		apps     []string
		has, not string
	}{
		{"root on 54", apps(old, key("root", rootHash)), "accesshash", "api_token_create"},
		{"root on 136", apps(fresh, key("root", rootHash)), "api_token_get_details", "nosuchthing"},
		{"reseller on 136", apps(fresh, basic("res", resPassword)), "api_token_create", "accesshash"},
		{"limited token", apps(fresh, key("res", resToken)), "myprivs", "api_token_create"},
	} {
		if !slices.Contains(tc.apps, tc.has) || slices.Contains(tc.apps, tc.not) {
			t.Errorf("%s: %v", tc.name, tc.apps)
		}
	}
}

func TestCallSwitches(t *testing.T) {
	t.Parallel()
	s := startServer(t, testInventory("11.136.0.4"))
	set := func(u Unverified) {
		if err := s.SetUnverified(u); err != nil {
			t.Fatal(err)
		}
	}
	limited, root := key("res", resToken), key("root", rootToken)
	denied := regexp.MustCompile(`you do not have permission`)

	got := callWHM(t, s, "version", "", limited)
	if result, reason := got.result(t); got.status != 200 || result != 0 || !denied.MatchString(reason) {
		t.Errorf("version without the privilege: %d %s", got.status, got.body)
	}
	set(Unverified{VersionDeniedWithoutACL: no, VersionOldEnvelope: yes})
	if got := callWHM(t, s, "version", "", limited); got.body != `{"cpanelresult":{"apiversion":"2","data":{"version":"11.136.0.4"},"type":"text"}}` {
		t.Errorf("old envelope: %s", got.body)
	}
	set(Unverified{ACLDeniedForm: "envelope403"})
	if got := callWHM(t, s, "api_token_list", "", limited); got.status != 403 || !denied.MatchString(got.body) {
		t.Errorf("envelope403: %d %s", got.status, got.body)
	}
	set(Unverified{ACLDeniedForm: "login403"})
	if got := callWHM(t, s, "api_token_list", "", limited); got.status != 403 || got.body != deniedBody {
		t.Errorf("login403: %d %s", got.status, got.body)
	}
	set(Unverified{ResultAsString: yes, UnknownAppStatus: "404"})
	if got := callWHM(t, s, "gethostname", "", root); !strings.Contains(got.body, `"result":"1"`) {
		t.Errorf("resultAsString: %s", got.body)
	}
	if got := callWHM(t, s, "nosuchthing", "", root); got.status != 404 || !strings.Contains(got.body, `"result":"0"`) {
		t.Errorf("unknownAppStatus: %d %s", got.status, got.body)
	}
	set(Unverified{MyprivsShows: "user"})
	if privileges := privilegesOf(t, s, limited); privileges["manage-api-tokens"] != "1" {
		t.Errorf("myprivsShows=user: %v", privileges)
	}
}

func TestWrongServiceAnswers(t *testing.T) {
	t.Parallel()
	s := startServer(t, testInventory("11.136.0.4"))
	alice := basic("alice", accPassword)
	if got := get(t, s, s.CPanelURL()+"/execute/Nosuch/thing", alice); got.body != `{"data":null,"errors":["The system could not find the function “thing” in the module “Nosuch”."],"messages":null,"metadata":{},"status":0,"warnings":null}` {
		t.Errorf("execute: %s", got.body)
	}
	if got := get(t, s, s.WHMURL()+"/execute/Tokens/list", key("root", rootToken)); got.body != `{"data":null,"errors":["Function not found"],"messages":null,"metadata":{},"status":0,"warnings":null}` {
		t.Errorf("cPanel function on WHM: %s", got.body)
	}
	if got := get(t, s, s.CPanelURL()+"/json-api/gethostname?api.version=1", alice); !strings.Contains(got.body, "Permission denied") {
		t.Errorf("WHM function on cPanel: %s", got.body)
	}
	if got := get(t, s, s.CPanelURL()+"/execute/Nosuch/thing", basic("alice", "wrong")); got.status != 403 || got.body != deniedBody {
		t.Errorf("bad login on cPanel: %d %s", got.status, got.body)
	}
}

func TestPlainPort(t *testing.T) {
	t.Parallel()
	s := startConfig(t, Config{Inventory: testInventory("11.136.0.4"), PlainAddress: "127.0.0.1:0"})
	address := s.PlainWHMURL() + "/json-api/gethostname?api.version=1"
	got := get(t, s, address, key("root", rootHash))
	if want := s.WHMURL() + "/json-api/gethostname?api.version=1"; got.status != 301 || got.header.Get("Location") != want {
		t.Errorf("redirect %d to %q, want %q", got.status, got.header.Get("Location"), want)
	}
	if err := s.SetPolicies(func(p *Policies) { p.ServePlainHTTP = true }); err != nil {
		t.Fatal(err)
	}
	if got := get(t, s, address, key("root", rootHash)); got.status != 200 {
		t.Errorf("served: %d", got.status)
	}
	if got := get(t, s, address, key("root", rootToken)); got.status != 403 {
		t.Errorf("a token over plain HTTP: %d", got.status)
	}
	refused, err := try(t, s, s.PlainWHMURL()+"/json-api/api_token_create", "api.version=1&token_name=x", key("root", rootHash))
	if err != nil {
		t.Fatal(err)
	}
	if result, reason := refused.result(t); result != 0 || !strings.Contains(reason, "secure connection") {
		t.Errorf("a token made over plain HTTP: %s", refused.body)
	}
}
