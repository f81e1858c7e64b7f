// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"net/http"
	"strings"
	"testing"
)

func TestAccountsComeAndGo(t *testing.T) {
	t.Parallel()
	s := startServer(t, testInventory("11.136.0.4"))
	root := key("root", rootToken)
	form := query("username", "carol", "domain", "carol.example", "password", strongPassword, "reseller", "1", "plan", "gold")
	got := callWHM(t, s, "createacct", form, root)
	if result, reason := got.result(t); result != 1 || reason != "Account Creation Ok" || got.data(t)["package"] != "gold" {
		t.Fatalf("%s", got.body)
	}
	if result, reason := callWHM(t, s, "setacls", "reseller=carol&acl-create-acct=1&acl-list-accts=0&acl-passwd=", root).result(t); result != 1 {
		t.Errorf("setacls: %s", reason)
	}
	carol := basic("carol", strongPassword)
	privileges := as[[]any](t, mustSucceed(t, s, "myprivs", "", carol)["privileges"])
	if held := as[map[string]any](t, privileges[0]); held["create-acct"] != "1" || held["list-accts"] != "1" || held["passwd"] == "1" {
		t.Errorf("privileges %v", held)
	}
	mustSucceed(t, s, "createacct", "username=dave&domain=dave.example", carol)
	list := as[[]any](t, mustSucceed(t, s, "listaccts", "", carol)["acct"])
	if len(list) != 2 || as[map[string]any](t, list[1])["owner"] != "carol" {
		t.Errorf("accounts of carol: %v", list)
	}
	mustSucceed(t, s, "suspendacct", "user=dave&reason=unpaid", root)
	summary := as[[]any](t, mustSucceed(t, s, "accountsummary", "user=dave", root)["acct"])
	if entry := as[map[string]any](t, summary[0]); entry["suspended"] != 1.0 || entry["suspendreason"] != "unpaid" {
		t.Errorf("suspended: %v", entry)
	}
	mustSucceed(t, s, "unsuspendacct", "user=dave", root)
	summary = as[[]any](t, mustSucceed(t, s, "accountsummary", "domain=dave.example", root)["acct"])
	if entry := as[map[string]any](t, summary[0]); entry["suspended"] != 0.0 || entry["suspendreason"] != "not suspended" {
		t.Errorf("unsuspended: %v", entry)
	}
	if _, reason := callWHM(t, s, "removeacct", "user=carol", root).result(t); reason != "carol account removed" {
		t.Errorf("removeacct: %q", reason)
	}
	if s.Authenticates("carol", KindPassword, strongPassword) || s.Inventory().Accounts["dave"].Owner != "root" {
		t.Error("a removed reseller left something behind")
	}
	mustSucceed(t, s, "removeacct", "username=dave", root)
}

func TestAnAccountBecomesAReseller(t *testing.T) {
	t.Parallel()
	s := startServer(t, testInventory("11.136.0.4"))
	root, alice := key("root", rootToken), basic("alice", accPassword)
	if got := callWHM(t, s, "myprivs", "", alice); got.status != 403 {
		t.Fatalf("alice is a reseller already: %s", got.body)
	}
	mustSucceed(t, s, "setupreseller", "user=alice", root)
	if got := callWHM(t, s, "listaccts", "", alice); got.status != 200 {
		t.Errorf("alice cannot log in: %s", got.body)
	}
	if owner := s.Inventory().Accounts["alice"].Owner; owner != "res" {
		t.Errorf("owner without makeowner: %q", owner)
	}
	mustSucceed(t, s, "setacls", "reseller=alice&acl-list-accts=1", root)
	mustSucceed(t, s, "setupreseller", "user=alice&makeowner=1", root)
	list := as[[]any](t, mustSucceed(t, s, "listaccts", "", alice)["acct"])
	if entry := as[map[string]any](t, list[0]); len(list) != 1 || entry["owner"] != "alice" {
		t.Errorf("accounts of alice: %v", list)
	}
}

func TestAccountCallsRefuse(t *testing.T) {
	t.Parallel()
	s := startServer(t, testInventory("11.136.0.4"))
	root := key("root", rootToken)
	for call, want := range map[string]string{
		"createacct?username=alice&domain=new.example":             "already exists",
		"createacct?username=root&domain=new.example":              "already exists",
		"createacct?username=erin&domain=alice.example":            "already exists",
		"createacct?username=Erin&domain=new.example":              "not a valid username",
		"createacct?username=erin&domain=new.example&password=abc": "too weak",
		"removeacct?user=nobody":                                   "You do not have a user named “nobody”",
		"suspendacct?user=root":                                    "You do not have a user named “root”",
		"setacls?reseller=alice&acl-passwd=1":                      "not a reseller",
		"setupreseller?user=nobody":                                "You do not have a user named “nobody”",
		"setacls?reseller=res&acl-nosuch=1":                        "does not exist",
		"accountsummary?user=nobody":                               "Account does not exist.",
		"listaccts?search=a&searchtype=shoesize":                   "must be one of",
		"batch?":                                                   "is required",
	} {
		function, form, _ := strings.Cut(call, "?")
		if result, reason := callWHM(t, s, function, form, root).result(t); result != 0 || !strings.Contains(reason, want) {
			t.Errorf("%s: %v %q", call, result, reason)
		}
	}
	reseller := basic("res", resPassword)
	for _, call := range []string{"createacct", "removeacct?user=alice", "suspendacct?user=alice", "setupreseller?user=alice", "setacls?reseller=res&acl-all=1"} {
		function, form, _ := strings.Cut(call, "?")
		if result, reason := callWHM(t, s, function, form, reseller).result(t); result != 0 || !strings.Contains(reason, "privilege") {
			t.Errorf("%s: %v %q", call, result, reason)
		}
	}
}

func TestListsOfAccounts(t *testing.T) {
	t.Parallel()
	inv := testInventory("11.136.0.4")
	s := startServer(t, inv)
	root := key("root", rootToken)
	for form, want := range map[string]string{
		"want=user": `[{"user":"alice"},{"user":"bob"}]`,
		"want=user&search=alice&searchtype=user&searchmethod=exact": `[{"user":"alice"}]`,
		"want=user,suspended&search=^b&searchtype=domain":           `[{"suspended":0,"user":"bob"}]`,
		"want=user&search=res&searchtype=owner":                     `[{"user":"alice"}]`,
	} {
		if got := string(encode(mustSucceed(t, s, "listaccts", form, root)["acct"])); got != want {
			t.Errorf("%s: %s", form, got)
		}
	}
	if users := string(encode(mustSucceed(t, s, "list_users", "", root)["users"])); users != `["root","alice","bob"]` {
		t.Errorf("users: %s", users)
	}
	if err := s.SetUnverified(Unverified{AccountFlagsAsString: yes, AccountsummaryUnknown: "empty"}); err != nil {
		t.Fatal(err)
	}
	if got := string(encode(mustSucceed(t, s, "listaccts", "want=suspended&search=bob", root)["acct"])); got != `[{"suspended":"0"}]` {
		t.Errorf("accountFlagsAsString: %s", got)
	}
	if got := mustSucceed(t, s, "accountsummary", "user=nobody", root)["acct"]; len(as[[]any](t, got)) != 0 {
		t.Errorf("accountsummaryUnknown: %v", got)
	}
}

func TestOldShapesOfAccounts(t *testing.T) {
	t.Parallel()
	s := startServer(t, testInventory("11.70.0.1"))
	root := key("root", rootToken)
	const names = `"ip":"192.0.2.10","nameserver":"ns1.whm1.example.com","nameserver2":"ns2.whm1.example.com"`
	for _, step := range [][2]string{
		{"loadavg", `{"fifteen":"0.20","five":"0.15","one":"0.10"}`},
		{"listaccts?want=user", `{"acct":[{"user":"alice"},{"user":"bob"}],"status":1,"statusmsg":"Ok"}`},
		{"accountsummary?user=nobody", `{"status":0,"statusmsg":"Account does not exist."}`},
		{"suspendacct?user=bob", `{"result":[{"status":1,"statusmsg":"bob’s account has been suspended"}]}`},
		{"removeacct?user=bob", `{"result":[{"status":1,"statusmsg":"bob account removed"}]}`},
		{
			"createacct?username=erin&domain=erin.example&plan=p",
			`{"result":[{"options":{` + names + `,"package":"p"},"status":1,"statusmsg":"Account Creation Ok"}]}`,
		},
		{
			"passwd?user=alice&" + query("password", strongPassword),
			`{"passwd":[{"services":[{"app":"system"},{"app":"ftp"},{"app":"mail"}],"status":1,"statusmsg":"Password changed for user “alice”."}]}`,
		},
	} {
		function, form, _ := strings.Cut(step[0], "?")
		got, err := try(t, s, s.WHMURL()+"/json-api/"+function, form, root)
		if err != nil || got.status != http.StatusOK || got.body != step[1] {
			t.Errorf("%s: %v %d %s\nwant %s", step[0], err, got.status, got.body, step[1])
		}
	}
	got, err := try(t, s, s.WHMURL()+"/json-api/passwd", "user=alice&password=abc", root)
	if err != nil || !strings.HasPrefix(got.body, `{"passwd":[{"services":[],"status":0,"statusmsg":"API failure: (XID `) {
		t.Errorf("refused: %v %s", err, got.body)
	}
	if got := callWHM(t, s, "loadavg", "", root); got.body != `{"fifteen":"0.20","five":"0.15","one":"0.10"}` {
		t.Errorf("loadavg with a version: %s", got.body)
	}
}

func TestXMLUntil74(t *testing.T) {
	t.Parallel()
	s := startServer(t, serviceInventory("11.72.0.1"))
	root := key("root", rootToken)
	const head = `<?xml version="1.0" ?>` + "\n"
	xmlCall := func(function, form string, options ...requestOption) answer {
		t.Helper()
		got, err := try(t, s, s.WHMURL()+pathXML+function, form, options...)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	for call, want := range map[string]string{
		"version":                      `<version><version>11.72.0.1</version></version>`,
		"gethostname?api.version=1":    `<result><data><hostname>whm1.example.com</hostname></data><metadata><command>gethostname</command><reason>OK</reason><result>1</result><version>1</version></metadata></result>`,
		"listaccts?want=user":          `<listaccts><acct><user>alice</user></acct><acct><user>bob</user></acct><status>1</status><statusmsg>Ok</statusmsg></listaccts>`,
		"accountsummary?user=%3Cno%3E": `<accountsummary><status>0</status><statusmsg>Account does not exist.</statusmsg></accountsummary>`,
		"cpanel?cpanel_xmlapi_user=alice&cpanel_xmlapi_module=Email&cpanel_xmlapi_func=listpops&regex=info": `<cpanelresult><apiversion>2</apiversion><data><email>info@alice.example</email><login>info@alice.example</login><suspended_incoming>0</suspended_incoming><suspended_login>0</suspended_login></data><event><result>1</result></event><func>listpops</func><module>Email</module></cpanelresult>`,
	} {
		function, form, _ := strings.Cut(call, "?")
		got := xmlCall(function, form, root)
		if got.status != 200 || got.body != head+want || !strings.HasPrefix(got.header.Get("Content-Type"), "text/xml") {
			t.Errorf("%s: %d %s", call, got.status, got.body)
		}
	}
	if got := xmlCall("version", "", key("root", "wrong")); got.status != 403 || !strings.Contains(got.body, "<error>Access denied</error>") {
		t.Errorf("wrong token: %d %s", got.status, got.body)
	}
	if err := s.SetVersion("11.74.0.1"); err != nil {
		t.Fatal(err)
	}
	if got := xmlCall("version", "", root); got.status != 404 {
		t.Errorf("from 74: %d %s", got.status, got.body)
	}
}

func TestAPI2(t *testing.T) {
	t.Parallel()
	s := startServer(t, serviceInventory("11.136.0.4"))
	call := func(module, function, form string) answer {
		t.Helper()
		asked := query("cpanel_jsonapi_user", "alice", "cpanel_jsonapi_module", module, "cpanel_jsonapi_func", function, "cpanel_jsonapi_apiversion", "2")
		got, err := try(t, s, s.WHMURL()+"/json-api/cpanel", asked+"&"+form, key("root", rootToken))
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	const want = `{"cpanelresult":{"apiversion":2,"data":[{"email":"info@alice.example","login":"info@alice.example","suspended_incoming":0,"suspended_login":0}],"event":{"result":1},"func":"listpops","module":"Email"}}`
	if got := call("Email", "listpops", "regex=info"); got.body != want {
		t.Errorf("listpops: %s", got.body)
	}
	for password, want := range map[string]string{
		strongPassword: `"data":[{"reason":"OK","result":1}],"event":{"result":1}`,
		"abc":          `"event":{"result":1}`,
	} {
		got := call("Email", "passwdpop", query("email", "info", "domain", "alice.example", "password", password))
		if !strings.Contains(got.body, want) || strings.Contains(got.body, `"result":0`) != (password == "abc") {
			t.Errorf("passwdpop: %s", got.body)
		}
	}
	entry := last(s.Ledger().Calls)
	if !s.Authenticates("info@alice.example", KindMailbox, strongPassword) || entry.Function != "Email::passwdpop" || !entry.Mutating || entry.Params["password"] != mask {
		t.Errorf("passwdpop: %+v", entry)
	}
}

func TestBatch(t *testing.T) {
	t.Parallel()
	s := startServer(t, testInventory("11.136.0.4"))
	root := key("root", rootToken)
	commands := func(list ...string) string {
		var pairs []string
		for _, command := range list {
			pairs = append(pairs, "command", command)
		}
		return query(pairs...)
	}
	results := func(got answer) []any {
		t.Helper()
		return as[[]any](t, got.data(t)["result"])
	}
	passwd := "passwd?" + query("user", "alice", "password", strongPassword)
	got := callWHM(t, s, "batch", commands("gethostname", "removeacct?user=nobody", passwd, "batch?command=version"), root)
	list := results(got)
	if result, _ := got.result(t); result != 1 || len(list) != 4 {
		t.Fatalf("%s", got.body)
	}
	for i, want := range []float64{1, 0, 1, 0} {
		metadata := as[map[string]any](t, as[map[string]any](t, list[i])["metadata"])
		if metadata["result"] != want {
			t.Errorf("command %d: %v", i, metadata)
		}
	}
	calls := s.Ledger().Calls
	inner, outer := calls[2], last(calls)
	if outer.Function != "batch" || outer.Params["command"] != mask || !outer.Mutating || !outer.Applied {
		t.Errorf("outer %+v", outer)
	}
	if inner.Function != "passwd" || inner.CarriedBy != "batch" || inner.Params["password"] != mask || !inner.Applied || inner.User != "root" {
		t.Errorf("inner %+v", inner)
	}
	if made := last(s.Ledger().Credentials); made.IssuedByCall != inner.ID {
		t.Errorf("made by call %d, not %d", made.IssuedByCall, inner.ID)
	}
	if list := results(callWHM(t, s, "batch", commands("removeacct?user=nobody", "gethostname")+"&abort_on_error=1", root)); len(list) != 1 {
		t.Errorf("abort_on_error: %v", list)
	}
	if got := callWHM(t, s, "batch", commands("gethostname", "version"), root); last(s.Ledger().Calls).Mutating {
		t.Errorf("two reads are a change: %s", got.body)
	}
	carried := "uapi_cpanel?" + query("cpanel.user", "alice", "cpanel.module", "SSH", "cpanel.function", "get_port")
	got = callWHM(t, s, "batch", commands(carried), root)
	if !strings.Contains(got.body, `"uapi":{"data":{"port":"22"}`) {
		t.Errorf("carried: %s", got.body)
	}
}

func TestPlainPorts(t *testing.T) {
	t.Parallel()
	const free = "127.0.0.1:0"
	s := startConfig(t, Config{Inventory: serviceInventory("11.136.0.4"), PlainAddress: free, PlainCPanelAddress: free, PlainWebmailAddress: free})
	for plain, secure := range map[string]string{
		s.PlainWHMURL(): s.WHMURL(), s.PlainCPanelURL(): s.CPanelURL(), s.PlainWebmailURL(): s.WebmailURL(),
	} {
		if got := get(t, s, plain+"/login/?a=b"); got.status != 301 || got.header.Get("Location") != secure+"/login/?a=b" {
			t.Errorf("%s: %d to %q", plain, got.status, got.header.Get("Location"))
		}
	}
	if err := s.SetPolicies(func(p *Policies) { p.ServePlainHTTP = true }); err != nil {
		t.Fatal(err)
	}
	got, cookie, prefix := login(t, s, s.PlainCPanelURL(), query("user", "alice", "pass", accPassword))
	if got.status != 301 || strings.Contains(got.header.Get("Set-Cookie"), "secure") {
		t.Fatalf("login: %d, cookie %q", got.status, got.header.Get("Set-Cookie"))
	}
	if got := get(t, s, s.PlainCPanelURL()+prefix+"/execute/SSH/get_port", with("Cookie", cookie)); got.status != 200 {
		t.Errorf("session: %d", got.status)
	}
}

func TestLoginSendsBrowsersOn(t *testing.T) {
	t.Parallel()
	inv := testInventory("11.136.0.4")
	inv.Unverified = Unverified{LoginRedirectStatus: "302"}
	s := startServer(t, inv)
	got, _, prefix := login(t, s, s.WHMURL(), query("user", "root", "pass", rootPassword, "goto_uri", "/scripts/listaccts"))
	if got.status != 302 || got.header.Get("Location") != prefix+"/scripts/listaccts" {
		t.Errorf("%d to %q", got.status, got.header.Get("Location"))
	}
	got, _, prefix = login(t, s, s.WHMURL(), query("user", "root", "pass", rootPassword, "goto_uri", "https://elsewhere.example", "login_only", "1"))
	if got.status != 200 || got.decode(t)["redirect"] != prefix+"/" {
		t.Errorf("%d %s", got.status, got.body)
	}
}
