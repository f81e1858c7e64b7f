// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// listed is the entry of a token in the caller's list.
func listed(t *testing.T, s *Server, caller requestOption, name string) map[string]any {
	t.Helper()
	tokens := as[map[string]any](t, mustSucceed(t, s, "api_token_list", "", caller)["tokens"])
	return as[map[string]any](t, tokens[name])
}

func TestTokenLife(t *testing.T) {
	t.Parallel()
	s := startServer(t, testInventory("11.136.0.4"))
	root := key("root", rootToken)
	expiry := s.Now().Add(time.Hour).Unix()
	made := mustSucceed(t, s, "api_token_create", query("token_name", "op-r1a1", "acl-1", "list-accts", "acl-0", "create-user-session",
		"expires_at", strconv.FormatInt(expiry, 10), "whitelist_ip-0", "127.0.0.1", "whitelist_ip-1", "2001:db8::1"), root)
	value, _ := made["token"].(string)
	if !regexp.MustCompile(`^[A-Z0-9]{32}$`).MatchString(value) {
		t.Errorf("token %q", value)
	}
	if made["name"] != "op-r1a1" || made["expires_at"] != float64(expiry) {
		t.Errorf("created %v", made)
	}
	if want := []any{"create-user-session", "list-accts"}; !reflect.DeepEqual(made["acls"], want) {
		t.Errorf("acls %v", made["acls"])
	}
	if want := []any{"127.0.0.1", "2001:0db8:0000:0000:0000:0000:0000:0001"}; !reflect.DeepEqual(made["whitelist_ips"], want) {
		t.Errorf("whitelist_ips %v", made["whitelist_ips"])
	}

	mustSucceed(t, s, "gethostname", "", key("root", value))
	details := mustSucceed(t, s, "api_token_get_details", "token="+value, key("root", value))
	if details["name"] != "op-r1a1" || details["token"] != nil || !reflect.DeepEqual(details["acls"], made["acls"]) {
		t.Errorf("details %v", details)
	}
	entry := listed(t, s, root, "op-r1a1")
	acls := as[map[string]any](t, entry["acls"])
	if acls["list-accts"] != float64(1) || acls["all"] != float64(0) || entry["token"] != nil {
		t.Errorf("listed as %v", entry)
	}

	revoked := callWHM(t, s, "api_token_revoke", "token_name=op-r1a1", root)
	if _, hasData := revoked.decode(t)["data"]; hasData {
		t.Errorf("revoke answers data: %s", revoked.body)
	}
	if got := callWHM(t, s, "gethostname", "", key("root", value)); got.status != 403 {
		t.Errorf("revoked token: %d", got.status)
	}
}

func TestTokenRefusals(t *testing.T) {
	t.Parallel()
	s := startServer(t, testInventory("11.138.0.1"))
	root, reseller := key("root", rootToken), basic("res", resPassword)
	tooMany := []byte(query("token_name", "x"))
	for i := range 101 {
		tooMany = fmt.Appendf(tooMany, "&whitelist_ip-%d=10.0.0.%d", i, i)
	}
	for name, tc := range map[string]struct {
		function, form string
		caller         requestOption
		reason         string
	}{
		"duplicate":        {"api_token_create", "token_name=loaded", root, "already exists"},
		"no name":          {"api_token_create", "", root, "invalid"},
		"long name":        {"api_token_create", "token_name=" + strings.Repeat("a", 51), root, "invalid"},
		"odd name":         {"api_token_create", "token_name=a.b", root, "invalid"},
		"reserved name":    {"api_token_create", "token_name=WP-Dashboard", root, "reserved"},
		"ACL not held":     {"api_token_create", "token_name=x&acl-0=kill-acct", reseller, "do not have permission"},
		"ACL unknown":      {"api_token_create", "token_name=x&acl-0=fly", root, "not valid: fly"},
		"past expiry":      {"api_token_create", "token_name=x&expires_at=1000", root, "future"},
		"word for expiry":  {"api_token_create", "token_name=x&expires_at=soon", root, "not a valid expiry"},
		"bad address":      {"api_token_create", "token_name=x&whitelist_ip-0=here", root, "not a valid IP"},
		"101 addresses":    {"api_token_create", string(tooMany), root, "more than 100"},
		"token unlimited":  {"api_token_create", "token_name=x", key("res", resToken), "you do not have permission"},
		"revoke unknown":   {"api_token_revoke", "token_name-1=loaded&token_name-2=ghost", root, "does not exist"},
		"revoke nothing":   {"api_token_revoke", "", root, "required"},
		"update unknown":   {"api_token_update", "token_name=ghost", root, "does not exist"},
		"details of none":  {"api_token_get_details", "", root, "required"},
		"session for none": {"create_user_session", "service=whostmgrd", root, "required"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := callWHM(t, s, tc.function, tc.form, tc.caller)
			if result, reason := got.result(t); got.status != 200 || result != 0 || !strings.Contains(reason, tc.reason) {
				t.Errorf("status %d, result %v, reason %q", got.status, result, reason)
			}
		})
	}
	t.Cleanup(func() {
		if !s.Authenticates("root", KindToken, rootToken) {
			t.Error("a refused revocation revoked one of its names")
		}
	})
}

func TestUpdateReplacesTheWhole(t *testing.T) {
	t.Parallel()
	s := startServer(t, testInventory("11.136.0.4"))
	reseller := basic("res", resPassword)
	mustSucceed(t, s, "api_token_create", "token_name=t&acl-0=list-accts&whitelist_ip-0=10.0.0.1&expires_at="+
		strconv.FormatInt(s.Now().Add(time.Hour).Unix(), 10), reseller)
	updated := mustSucceed(t, s, "api_token_update", "token_name=t&new_name=u", reseller)
	if want := []any{"create-user-session", "list-accts", "manage-api-tokens"}; !reflect.DeepEqual(updated["acls"], want) {
		t.Errorf("a missing acl grants all the caller holds, got %v", updated["acls"])
	}
	if updated["name"] != "u" || updated["expires_at"] != nil || updated["whitelist_ips"] != nil || updated["token"] != nil {
		t.Errorf("updated %v", updated)
	}
	if err := s.SetUnverified(Unverified{UpdateWithoutWhitelist: "keep"}); err != nil {
		t.Fatal(err)
	}
	mustSucceed(t, s, "api_token_update", "token_name=u&whitelist_ip=10.0.0.2", reseller)
	if kept := mustSucceed(t, s, "api_token_update", "token_name=u", reseller)["whitelist_ips"]; !reflect.DeepEqual(kept, []any{"10.0.0.2"}) {
		t.Errorf("updateWithoutWhitelist=keep: %v", kept)
	}
	if cleared := mustSucceed(t, s, "api_token_update", "token_name=u&whitelist_ip=any", reseller)["whitelist_ips"]; cleared != nil {
		t.Errorf("any clears, got %v", cleared)
	}
}

func TestOldReleasesIgnoreYoungArguments(t *testing.T) {
	t.Parallel()
	form := func(s *Server) string {
		return query("token_name", "t", "acl-0", "list-accts", "whitelist_ip-0", "10.0.0.1",
			"expires_at", strconv.FormatInt(s.Now().Add(time.Hour).Unix(), 10))
	}
	for _, tc := range []struct {
		release               string
		acls, expires, places bool
	}{{"11.64.0.1", false, false, false}, {"11.68.0.1", true, false, false}, {"11.82.0.1", true, true, false}, {"11.98.0.1", true, true, true}} {
		s := startServer(t, testInventory(tc.release))
		made := mustSucceed(t, s, "api_token_create", form(s), basic("root", rootPassword))
		if got := reflect.DeepEqual(made["acls"], []any{"list-accts"}); got != tc.acls {
			t.Errorf("%s: acls %v", tc.release, made["acls"])
		}
		if got := made["expires_at"] != nil; got != tc.expires {
			t.Errorf("%s: expires_at %v", tc.release, made["expires_at"])
		}
		if got := made["whitelist_ips"] != nil; got != tc.places {
			t.Errorf("%s: whitelist_ips %v", tc.release, made["whitelist_ips"])
		}
	}
	s := startServer(t, testInventory("11.98.0.1"))
	if result, _ := callWHM(t, s, "api_token_create", "token_name=t&whitelist_ip-0=2001:db8::1", basic("root", rootPassword)).result(t); result != 0 {
		t.Error("98 takes IPv6")
	}
}

func TestTokenSwitches(t *testing.T) {
	t.Parallel()
	inv := testInventory("11.136.0.4")
	inv.Unverified = Unverified{
		TokenUsableAfter: Duration(5 * time.Second), RevokedTokenDiesAfter: Duration(2 * time.Minute),
		NullsInTokenList: "absent", RevokeUnknownToken: "ok", DetailsUnknownToken: "0", EmptyTokenList: "array",
	}
	s := startServer(t, inv)
	root := key("root", rootHash)
	value, _ := mustSucceed(t, s, "api_token_create", "token_name=t", root)["token"].(string)
	works := func() bool { return callWHM(t, s, "gethostname", "", key("root", value)).status == 200 }
	if works() {
		t.Error("usable at once")
	}
	s.Advance(5 * time.Second)
	if !works() {
		t.Error("not usable after its time")
	}
	entry := listed(t, s, root, "t")
	if _, ok := entry["expires_at"]; ok {
		t.Errorf("nullsInTokenList=absent: %v", entry)
	}
	mustSucceed(t, s, "api_token_revoke", "token_name-1=t&token_name-2=loaded&token_name-3=ghost", root)
	if got := callWHM(t, s, "api_token_list", "", root).data(t)["tokens"]; !reflect.DeepEqual(got, []any{}) {
		t.Errorf("emptyTokenList=array: %v", got)
	}
	if !works() {
		t.Error("a revoked token died before its time")
	}
	s.Advance(2 * time.Minute)
	if works() {
		t.Error("a revoked token outlived its time")
	}
	if result, _ := callWHM(t, s, "api_token_get_details", "token="+value, root).result(t); result != 0 {
		t.Error("detailsUnknownToken=0 answers 1")
	}
}

func TestDetailsOfUnknownAndForeignTokens(t *testing.T) {
	t.Parallel()
	s := startServer(t, testInventory("11.136.0.4"))
	root := key("root", rootToken)
	for _, value := range []string{"UNKNOWN", resToken} {
		got := callWHM(t, s, "api_token_get_details", "token="+value, root)
		result, _ := got.result(t)
		if _, hasData := got.decode(t)["data"]; result != 1 || hasData {
			t.Errorf("%s: %s", value, got.body)
		}
	}
	if err := s.SetUnverified(Unverified{DetailsOfOtherUsers: yes}); err != nil {
		t.Fatal(err)
	}
	if name := mustSucceed(t, s, "api_token_get_details", "token="+resToken, root)["name"]; name != "limited" {
		t.Errorf("detailsOfOtherUsers=yes: %v", name)
	}
}

func TestSuspendedUsers(t *testing.T) {
	t.Parallel()
	inv := testInventory("11.136.0.4")
	res := inv.Users["res"]
	res.Suspended = true
	inv.Users["res"] = res
	s := startServer(t, inv)
	if got := callWHM(t, s, "gethostname", "", basic("res", resPassword)); got.status != 403 {
		t.Errorf("suspended user logs in: %d", got.status)
	}
	if err := s.SetUnverified(Unverified{SuspendedMayLogIn: yes}); err != nil {
		t.Fatal(err)
	}
	got := callWHM(t, s, "api_token_create", "token_name=t", basic("res", resPassword))
	if result, reason := got.result(t); result != 0 || !strings.Contains(reason, "suspended") {
		t.Errorf("token for a suspended user: %s", got.body)
	}
}
