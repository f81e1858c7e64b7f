// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"
)

// openCreated opens the URL of create_user_session and returns how to call in
// that session.
func openCreated(t *testing.T, s *Server, data map[string]any) (prefix string, caller requestOption) {
	t.Helper()
	opened := get(t, s, as[string](t, data["url"]))
	cookie, _, _ := strings.Cut(opened.header.Get("Set-Cookie"), ";")
	if opened.status != 301 || cookie == "" {
		t.Fatalf("opened: %d %s", opened.status, opened.body)
	}
	return as[string](t, data["cp_security_token"]), with("Cookie", cookie)
}

func TestRootMakesATokenForAReseller(t *testing.T) {
	t.Parallel()
	s := startServer(t, testInventory("11.136.0.4"))
	prefix, session := openCreated(t, s, createSession(t, s, "res", key("root", rootToken)))
	call := func(function, form string) answer {
		got, err := try(t, s, s.WHMURL()+prefix+"/json-api/"+function, "api.version=1&"+form, session)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	made := call("api_token_create", "token_name=op-r1a1&acl-0=list-accts").data(t)
	value := as[string](t, made["token"])
	if !s.Authenticates("res", KindToken, value) || s.Authenticates("root", KindToken, value) {
		t.Error("the token is not the reseller's")
	}
	if _, stored := s.Tokens("res")["op-r1a1"]; !stored || len(s.Tokens("root")) != 1 {
		t.Errorf("stored with res %v, with root %v", s.Tokens("res"), s.Tokens("root"))
	}
	if granted := privilegesOf(t, s, key("res", value)); granted["list-accts"] != "1" || granted["manage-api-tokens"] == "1" {
		t.Errorf("granted %v", granted)
	}
	if result, reason := call("api_token_create", "token_name=x&acl-0=kill-acct").result(t); result != 0 || !strings.Contains(reason, "do not have permission") {
		t.Errorf("more than the reseller holds: %v %q", result, reason)
	}
	if result, _ := call("api_token_revoke", "token_name=op-r1a1").result(t); result != 1 || s.Authenticates("res", KindToken, value) {
		t.Error("revoked in the session")
	}
	ledger := s.Ledger()
	if c := ledger.Calls[2]; c.User != "res" || c.CredentialKind != KindSession || c.Function != "api_token_create" || c.Path != "/cpsess***/json-api/api_token_create" {
		t.Errorf("ledger %+v", c)
	}
	if got := get(t, s, s.WHMURL()+prefix+"/logout", session); got.status != 200 {
		t.Errorf("logout: %d", got.status)
	}
	if got := call("api_token_list", ""); got.status != 403 {
		t.Errorf("after logout: %d", got.status)
	}
}

func TestALimitedTokenGrantsNoMoreThanItHas(t *testing.T) {
	t.Parallel()
	s := startServer(t, testInventory("11.136.0.4"))
	reseller := basic("res", resPassword)
	made := mustSucceed(t, s, "api_token_create", "token_name=a&acl-0=list-accts&acl-1=manage-api-tokens", reseller)
	limited := key("res", as[string](t, made["token"]))
	for _, function := range []string{"api_token_create", "api_token_update"} {
		got := callWHM(t, s, function, "token_name="+map[string]string{"api_token_create": "b", "api_token_update": "a"}[function]+"&acl-0=create-user-session", limited)
		if result, reason := got.result(t); result != 0 || !strings.Contains(reason, "create-user-session") {
			t.Errorf("%s: %s", function, got.body)
		}
	}
	want := []any{"list-accts", "manage-api-tokens"}
	if all := mustSucceed(t, s, "api_token_create", "token_name=b", limited)["acls"]; !reflect.DeepEqual(all, want) {
		t.Errorf("all that a limited token has: %v", all)
	}
	if whole := mustSucceed(t, s, "api_token_create", "token_name=c", reseller)["acls"]; len(as[[]any](t, whole)) != 3 {
		t.Errorf("all that the reseller has: %v", whole)
	}
}

func TestExpiredTokensStayAndKeepTheirName(t *testing.T) {
	t.Parallel()
	s := startServer(t, testInventory("11.136.0.4"))
	root := key("root", rootToken)
	in := func(d time.Duration) string { return strconv.FormatInt(s.Now().Add(d).Unix(), 10) }
	value := as[string](t, mustSucceed(t, s, "api_token_create", "token_name=t&acl-0=list-accts&expires_at="+in(time.Hour), root)["token"])
	s.Advance(2 * time.Hour)
	if got := callWHM(t, s, "myprivs", "", key("root", value)); got.status != 403 || s.Authenticates("root", KindToken, value) {
		t.Errorf("expired: %d", got.status)
	}
	if entry := listed(t, s, root, "t"); entry["expires_at"] == nil {
		t.Errorf("listed %v", entry)
	}
	if result, _ := callWHM(t, s, "api_token_create", "token_name=t", root).result(t); result != 0 {
		t.Error("the name of an expired token is free")
	}
	update := "token_name=t&acl-0=list-accts&expires_at=" + in(time.Hour)
	if err := s.SetUnverified(Unverified{UpdateExpiredToken: refuse}); err != nil {
		t.Fatal(err)
	}
	if result, reason := callWHM(t, s, "api_token_update", update, root).result(t); result != 0 || !strings.Contains(reason, "expired") {
		t.Errorf("updateExpiredToken=refuse: %v %q", result, reason)
	}
	if err := s.SetUnverified(Unverified{}); err != nil {
		t.Fatal(err)
	}
	mustSucceed(t, s, "api_token_update", update, root)
	mustSucceed(t, s, "myprivs", "", key("root", value))
}

func TestDetailsMayNeedAPrivilege(t *testing.T) {
	t.Parallel()
	s := startServer(t, testInventory("11.136.0.4"))
	limited := key("res", resToken)
	if name := mustSucceed(t, s, "api_token_get_details", "token="+resToken, limited)["name"]; name != "limited" {
		t.Errorf("name %v", name)
	}
	if err := s.SetUnverified(Unverified{DetailsNeedACL: yes}); err != nil {
		t.Fatal(err)
	}
	got := callWHM(t, s, "api_token_get_details", "token="+resToken, limited)
	if result, reason := got.result(t); result != 0 || !strings.Contains(reason, tokenACL) {
		t.Errorf("detailsNeedACL=true: %s", got.body)
	}
}

func TestAddressListsOfTokens(t *testing.T) {
	t.Parallel()
	inv := testInventory("11.136.0.4")
	inv.Unverified.DisallowedAddressStatus = "401"
	s := startServer(t, inv)
	root := key("root", rootToken)
	for address, want := range map[string]int{"127.0.0.0/8": 200, "127.0.0.1": 200, "192.0.2.1": 401, "2001:db8::/32": 401} {
		name := "t" + strconv.Itoa(len(s.Tokens("root")))
		value := as[string](t, mustSucceed(t, s, "api_token_create", query("token_name", name, "whitelist_ip-0", address), root)["token"])
		if got := callWHM(t, s, "myprivs", "", key("root", value)); got.status != want {
			t.Errorf("%s: %d, want %d", address, got.status, want)
		}
	}
}
