// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"net/http"
	"strings"
	"testing"
)

const (
	barePort    = `{"data":{"port":"22"},"errors":null,"messages":null,"metadata":{},"status":1,"warnings":null}`
	bareUnknown = `{"data":null,"errors":["The system could not find the function “nosuch” in the module “SSH”."],"messages":null,"metadata":{},"status":0,"warnings":null}`
)

func TestUAPIShapesLiterally(t *testing.T) {
	t.Parallel()
	s := startServer(t, testInventory("11.136.0.4"))
	metadata := func(command string) string {
		return `{"metadata":{"command":"` + command + `","reason":"OK","result":1,"version":1},"data":`
	}
	wrapped := func(name, bare string) string {
		return `{"apiversion":3,"func":"` + name + `","module":"SSH","result":` + bare + `}`
	}
	root, alice := key("root", rootToken), basic("alice", accPassword)
	old := func(name string) string {
		return query("cpanel_jsonapi_user", "alice", "cpanel_jsonapi_module", "SSH", "cpanel_jsonapi_func", name, "cpanel_jsonapi_apiversion", "3")
	}
	expect := func(way string, name string, got answer, err error, want string) {
		if err != nil || got.status != 200 || got.body != want {
			t.Errorf("%s, %s: %v %d %s\nwant %s", way, name, err, got.status, got.body, want)
		}
	}
	for name, bare := range map[string]string{"get_port": barePort, "nosuch": bareUnknown} {
		if err := s.SetUnverified(Unverified{}); err != nil {
			t.Fatal(err)
		}
		got, err := try(t, s, s.CPanelURL()+"/execute/SSH/"+name, "", alice)
		expect("execute", name, got, err, bare)
		got, err = try(t, s, s.CPanelURL()+"/json-api/cpanel", old(name), alice)
		expect("cpanel on cPanel", name, got, err, wrapped(name, bare))
		carriedForm := query("api.version", "1", "cpanel.user", "alice", "cpanel.module", "SSH", "cpanel.function", name)
		got, err = try(t, s, s.WHMURL()+"/json-api/uapi_cpanel", carriedForm, root)
		expect("uapi_cpanel", name, got, err, metadata("uapi_cpanel")+`{"uapi":`+bare+`}}`)
		for _, version := range []string{"", "api.version=1&"} {
			got, err = try(t, s, s.WHMURL()+"/json-api/cpanel", version+old(name), root)
			expect("cpanel on WHM", name, got, err, wrapped(name, bare))
		}
		if err := s.SetUnverified(Unverified{CPanelAnswer: "enveloped"}); err != nil {
			t.Fatal(err)
		}
		got, err = try(t, s, s.WHMURL()+"/json-api/cpanel", "api.version=1&"+old(name), root)
		expect("cpanelAnswer=enveloped", name, got, err, metadata("cpanel")+wrapped(name, bare)+"}")
	}
}

func TestOlderFamiliesOfCPanelFunctions(t *testing.T) {
	t.Parallel()
	s := startServer(t, testInventory("11.136.0.4"))
	want := `{"cpanelresult":{"apiversion":2,"error":"Could not find function 'create_full_access' in module 'Tokens'","func":"create_full_access","module":"Tokens"}}`
	for _, version := range []string{"", "&cpanel_jsonapi_apiversion=2", "&cpanel_jsonapi_apiversion=1"} {
		form := query("cpanel_jsonapi_user", "alice", "cpanel_jsonapi_module", "Tokens", "cpanel_jsonapi_func", "create_full_access", "name", "t") + version
		if got := callWHM(t, s, "cpanel", form, key("root", rootToken)); got.body != want {
			t.Errorf("WHM, %q: %s", version, got.body)
		}
		got, err := try(t, s, s.CPanelURL()+"/json-api/cpanel", form, basic("alice", accPassword))
		if err != nil || got.body != want {
			t.Errorf("cPanel, %q: %v %s", version, err, got.body)
		}
	}
	for _, call := range s.Ledger().Calls {
		if call.Mutating || call.Applied || call.Params["name"] != mask || call.Params["cpanel_jsonapi_user"] != "alice" {
			t.Errorf("ledger %+v", call)
		}
	}
}

func TestReleasesOfCarriersAndFunctions(t *testing.T) {
	t.Parallel()
	carriedForm := query("cpanel.user", "alice", "cpanel.module", "Tokens", "cpanel.function", "list")
	oldForm := query("cpanel_jsonapi_user", "alice", "cpanel_jsonapi_module", "Tokens", "cpanel_jsonapi_func", "list", "cpanel_jsonapi_apiversion", "3")
	for _, tc := range []struct{ release, uapiCPanel, cpanel string }{
		{"11.54.0.36", "Unknown app", "could not find the function"},
		{"11.80.0.1", "Unknown app", `"data":[]`},
		{"11.84.0.1", "Unknown app", `"data":[]`},
		{"11.86.0.1", `"data":[]`, `"data":[]`},
	} {
		s := startServer(t, testInventory(tc.release))
		if got := callWHM(t, s, "uapi_cpanel", carriedForm, key("root", rootHash)); !strings.Contains(got.body, tc.uapiCPanel) {
			t.Errorf("uapi_cpanel on %s: %s", tc.release, got.body)
		}
		if got := callWHM(t, s, "cpanel", oldForm, key("root", rootHash)); !strings.Contains(got.body, tc.cpanel) {
			t.Errorf("cpanel on %s: %s", tc.release, got.body)
		}
	}
}

func TestWhoMayCarry(t *testing.T) {
	t.Parallel()
	inv := testInventory("11.136.0.4")
	res := inv.Users["res"]
	res.ACLs = append(res.ACLs, "cpanel-api")
	inv.Users["res"] = res
	s := startServer(t, inv)
	const badUser = `{"data":{"reason":"User parameter is invalid or was not supplied","result":"0"},"error":"User parameter is invalid or was not supplied","type":"text"}`
	for name, tc := range map[string]struct {
		user          string
		caller        requestOption
		denied, works bool
	}{
		"root":                  {"bob", key("root", rootToken), false, true},
		"owner":                 {"alice", basic("res", resPassword), false, true},
		"another's account":     {"bob", basic("res", resPassword), false, false},
		"unknown":               {"ghost", key("root", rootToken), false, false},
		"upper case":            {"Alice", key("root", rootToken), false, false},
		"no user":               {"", key("root", rootToken), false, false},
		"a user of WHM":         {"res", key("root", rootToken), false, false},
		"without the privilege": {"alice", key("res", resToken), true, false},
	} {
		got := callWHM(t, s, "uapi_cpanel", query("cpanel.user", tc.user, "cpanel.module", "SSH", "cpanel.function", "get_port"), tc.caller)
		result, reason := got.result(t)
		if (result == 1) != tc.works || (!tc.works && !tc.denied && !strings.Contains(reason, "You do not have a user named")) || strings.Contains(reason, "cpanel-api") != tc.denied {
			t.Errorf("uapi_cpanel, %s: %s", name, got.body)
		}
		got = callWHM(t, s, "cpanel", query("cpanel_jsonapi_user", tc.user, "cpanel_jsonapi_module", "SSH", "cpanel_jsonapi_func", "get_port", "cpanel_jsonapi_apiversion", "3"), tc.caller)
		if strings.Contains(got.body, `"port"`) != tc.works || (got.body == badUser) != (!tc.works && !tc.denied) || strings.Contains(got.body, "cpanel-api") != tc.denied {
			t.Errorf("cpanel, %s: %s", name, got.body)
		}
	}
}

func TestEveryLoginOpensExecute(t *testing.T) {
	t.Parallel()
	inv := testInventory("11.136.0.4")
	alice := inv.Accounts["alice"]
	alice.Tokens = map[string]Token{"t": {Value: "ALICETOKEN"}}
	inv.Accounts["alice"] = alice
	s := startServer(t, inv)
	_, cookie, prefix := login(t, s, s.CPanelURL(), query("user", "alice", "pass", accPassword))
	for name, tc := range map[string]struct {
		prefix string
		caller requestOption
		want   int
	}{
		"token":        {"", accountKey("ALICETOKEN"), 200},
		"password":     {"", basic("alice", accPassword), 200},
		"session":      {prefix, with("Cookie", cookie), 200},
		"half of it":   {"", with("Cookie", cookie), 403},
		"WHM scheme":   {"", key("alice", "ALICETOKEN"), 403},
		"WHM token":    {"", accountKey(rootToken), 403},
		"wrong secret": {"", accountKey("WRONG"), 403},
		"nothing":      {"", func(*http.Request) {}, 403},
	} {
		if got := get(t, s, s.CPanelURL()+tc.prefix+"/execute/SSH/get_port", tc.caller); got.status != tc.want || (tc.want == 200 && got.body != barePort) {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	if got := callWHM(t, s, "gethostname", "", accountKey("ALICETOKEN")); got.status != 403 {
		t.Errorf("account token on WHM: %d", got.status)
	}
}

func TestFaultsFindCarriedFunctions(t *testing.T) {
	t.Parallel()
	const create = "Tokens::create_full_access"
	for name, tc := range map[string]struct {
		fault   Fault
		applied bool
		body    string
	}{
		"dropped by its name":    {Fault{Kind: FaultStatus, Status: 502, Function: create, After: true}, true, "Bad Gateway"},
		"dropped by its carrier": {Fault{Kind: FaultStatus, Status: 502, Function: "uapi_cpanel", After: true}, true, "Bad Gateway"},
		"changes only":           {Fault{Kind: FaultStatus, Status: 502, Mutating: true}, false, "Bad Gateway"},
		"another function":       {Fault{Kind: FaultStatus, Function: "Tokens::list"}, true, `"token":`},
		"another carrier":        {Fault{Kind: FaultStatus, Function: "cpanel"}, true, `"token":`},
		"denied inside":          {Fault{Kind: FaultDeny, Function: create, Reason: "not today"}, false, `"result":1,"version":1},"data":{"uapi":{"data":null,"errors":["not today"]`},
		"denied outside":         {Fault{Kind: FaultDeny, Function: "uapi_cpanel", Reason: "not today"}, false, `"reason":"not today","result":0`},
	} {
		s := startServer(t, testInventory("11.136.0.4"))
		addFault(t, s, tc.fault)
		got := callWHM(t, s, "uapi_cpanel", query("cpanel.user", "alice", "cpanel.module", "Tokens", "cpanel.function", "create_full_access", "name", "t"), key("root", rootToken))
		if !strings.Contains(got.body, tc.body) || (len(s.AccountTokens("alice")) == 1) != tc.applied {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
		if call := s.Ledger().Calls[0]; call.Function != create || call.Applied != tc.applied || !call.Mutating {
			t.Errorf("%s: ledger %+v", name, call)
		}
	}
	s := startServer(t, testInventory("11.136.0.4"))
	addFault(t, s, Fault{Kind: FaultReset, Function: create, After: true, Max: 1})
	if _, err := try(t, s, s.CPanelURL()+"/execute/Tokens/create_full_access", "name=t", basic("alice", accPassword)); err == nil || len(s.AccountTokens("alice")) != 1 {
		t.Errorf("reset after: %v", err)
	}
}
