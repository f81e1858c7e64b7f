// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// carried calls a cPanel function of alice through uapi_cpanel and returns the
// bare answer in it.
func carried(t *testing.T, s *Server, caller requestOption, function string, pairs ...string) map[string]any {
	t.Helper()
	module, name, _ := strings.Cut(function, "::")
	form := query(append(pairs, "cpanel.user", "alice", "cpanel.module", module, "cpanel.function", name)...)
	return as[map[string]any](t, mustSucceed(t, s, "uapi_cpanel", form, caller)["uapi"])
}

// accountDo makes a carried call that succeeds, and returns its data.
func accountDo(t *testing.T, s *Server, function string, pairs ...string) any {
	t.Helper()
	inner := carried(t, s, key("root", rootToken), function, pairs...)
	if inner["status"] != float64(1) || inner["errors"] != nil {
		t.Fatalf("%s: %v", function, inner)
	}
	return inner["data"]
}

// accountToken makes a token for alice and returns its value.
func accountToken(t *testing.T, s *Server, name string, pairs ...string) string {
	t.Helper()
	data := as[map[string]any](t, accountDo(t, s, "Tokens::create_full_access", append(pairs, "name", name)...))
	return as[string](t, data["token"])
}

func accountKey(secret string) requestOption { return with("Authorization", "cpanel alice:"+secret) }

// tries reports the status of a read on the cPanel port.
func tries(t *testing.T, s *Server, caller requestOption) int {
	t.Helper()
	return get(t, s, s.CPanelURL()+"/execute/SSH/get_port", caller).status
}

func TestAccountTokenLife(t *testing.T) {
	t.Parallel()
	s := startServer(t, testInventory("11.136.0.4"))
	expiry := s.Now().Add(time.Hour).Unix()
	made := as[map[string]any](t, accountDo(t, s, "Tokens::create_full_access", "name", "op-r1a1", "expires_at", strconv.FormatInt(expiry, 10)))
	value := as[string](t, made["token"])
	if !regexp.MustCompile(`^[A-Z0-9]{32}$`).MatchString(value) || len(made) != 2 || made["create_time"] == nil {
		t.Errorf("created %v: token and create_time only", made)
	}
	list := as[[]any](t, accountDo(t, s, "Tokens::list"))
	want := map[string]any{
		"name": "op-r1a1", "create_time": made["create_time"], "expires_at": float64(expiry), "features": []any{}, "has_full_access": float64(1),
	}
	if len(list) != 1 || !reflect.DeepEqual(list[0], want) {
		t.Errorf("listed %v", list)
	}
	if got := tries(t, s, accountKey(value)); got != 200 {
		t.Errorf("new token: %d", got)
	}
	accountDo(t, s, "Tokens::rename", "name", "op-r1a1", "new_name", "other")
	if tokens := s.AccountTokens("alice"); len(tokens) != 1 || tokens["other"].Value != value || tokens["other"].ExpiresAt.Unix() != expiry {
		t.Errorf("stored %v", tokens)
	}
	if !s.Authenticates("alice", KindAccountToken, value) || s.Authenticates("bob", KindAccountToken, value) || s.Authenticates("alice", KindToken, value) {
		t.Error("the token is alice's, and for cPanel")
	}
	if data := accountDo(t, s, "Tokens::revoke", "name", "other"); data != float64(1) {
		t.Errorf("revoke: %v", data)
	}
	if got := tries(t, s, accountKey(value)); got != 403 || s.Authenticates("alice", KindAccountToken, value) {
		t.Errorf("revoked token: %d", got)
	}
}

func TestAccountTokensInTheLedger(t *testing.T) {
	t.Parallel()
	s := startServer(t, testInventory("11.136.0.4"))
	value := accountToken(t, s, "op-r1a1")
	carried(t, s, key("root", rootToken), "Tokens::create_full_access", "name", "op-r1a1")
	accountDo(t, s, "Tokens::revoke", "name", "op-r1a1")
	ledger := s.Ledger()
	create, duplicate, revoke := ledger.Calls[0], ledger.Calls[1], ledger.Calls[2]
	if create.Function != "Tokens::create_full_access" || create.CarriedBy != "uapi_cpanel" || create.Account != "alice" || create.User != "root" ||
		!create.Mutating || !create.Applied || *create.Result != 1 || create.Params["name"] != "op-r1a1" || create.Params["cpanel.user"] != "alice" {
		t.Errorf("create %+v", create)
	}
	if !duplicate.Mutating || duplicate.Applied || *duplicate.Result != 0 || !strings.Contains(duplicate.Reason, "already exists") {
		t.Errorf("duplicate %+v", duplicate)
	}
	index := slices.IndexFunc(ledger.Credentials, func(c Credential) bool { return c.Kind == KindAccountToken })
	if c := ledger.Credentials[index]; c.User != "alice" || c.Name != "op-r1a1" || c.Fingerprint != Fingerprint(value) || c.Live ||
		c.IssuedHow != "Tokens::create_full_access" || c.IssuedByCall != create.ID || c.IssuedAt.IsZero() ||
		c.RevokedHow != "Tokens::revoke" || c.RevokedByCall != revoke.ID || c.RevokedAt.IsZero() {
		t.Errorf("credential %+v", c)
	}
	for path, want := range map[string]int{"Tokens::create_full_access": 2, "uapi_cpanel": 3, "cpanel": 0} {
		var calls []Call
		if admin(t, s, "GET", "/ledger/calls?function="+path, "", &calls); len(calls) != want {
			t.Errorf("%s: %d calls, want %d", path, len(calls), want)
		}
	}
}

func TestAccountTokenRefusals(t *testing.T) {
	t.Parallel()
	inv := testInventory("11.136.0.4")
	alice := inv.Accounts["alice"]
	alice.Tokens = map[string]Token{"taken": {Value: "TAKEN"}, "mine": {Value: "MINE"}}
	inv.Accounts["alice"] = alice
	s := startServer(t, inv)
	for name, tc := range map[string]struct {
		function, reason string
		pairs            []string
	}{
		"duplicate":      {"Tokens::create_full_access", "already exists", []string{"name", "taken"}},
		"no name":        {"Tokens::create_full_access", "invalid", nil},
		"long name":      {"Tokens::create_full_access", "invalid", []string{"name", strings.Repeat("a", 51)}},
		"odd name":       {"Tokens::create_full_access", "invalid", []string{"name", "a.b"}},
		"past expiry":    {"Tokens::create_full_access", "future", []string{"name", "x", "expires_at", "1000"}},
		"rename unknown": {"Tokens::rename", "does not exist", []string{"name", "ghost", "new_name", "x"}},
		"rename taken":   {"Tokens::rename", "already exists", []string{"name", "mine", "new_name", "taken"}},
		"revoke unknown": {"Tokens::revoke", "does not exist", []string{"name", "ghost"}},
		"no function":    {"Tokens::create", "could not find the function", []string{"name", "x"}},
		"no module":      {"Nosuch::list", "could not find the function", nil},
	} {
		inner := carried(t, s, key("root", rootToken), tc.function, tc.pairs...)
		errs := as[[]any](t, inner["errors"])
		if inner["status"] != float64(0) || inner["data"] != nil || len(errs) != 1 || !strings.Contains(as[string](t, errs[0]), tc.reason) {
			t.Errorf("%s: %v", name, inner)
		}
	}
	if len(s.AccountTokens("alice")) != 2 {
		t.Errorf("tokens %v", s.AccountTokens("alice"))
	}
}

func TestAccountsWithoutFeatureOrSuspended(t *testing.T) {
	t.Parallel()
	s := startServer(t, testInventory("11.136.0.4"))
	value := accountToken(t, s, "t")
	set := func(change func(*Account)) {
		err := s.Update(func(inv *Inventory) {
			alice := inv.Accounts["alice"]
			change(&alice)
			inv.Accounts["alice"] = alice
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	set(func(alice *Account) { alice.DisabledFeatures = []string{"apitokens"} })
	inner := carried(t, s, key("root", rootToken), "Tokens::list")
	if inner["status"] != float64(0) || !strings.Contains(as[string](t, as[[]any](t, inner["errors"])[0]), "apitokens") {
		t.Errorf("without the feature: %v", inner)
	}
	if got := tries(t, s, accountKey(value)); got != 200 {
		t.Errorf("another function: %d", got)
	}
	set(func(alice *Account) { alice.DisabledFeatures, alice.Suspended = nil, true })
	inner = carried(t, s, key("root", rootToken), "Tokens::create_full_access", "name", "x")
	if inner["status"] != float64(0) || tries(t, s, accountKey(value)) != 403 || s.Authenticates("alice", KindAccountToken, value) {
		t.Errorf("suspended: %v", inner)
	}
}

func TestAccountTokenExpiry(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		release  string
		switches Unverified
		expires  bool
	}{
		"136":         {"11.136.0.4", Unverified{}, true},
		"82":          {"11.82.0.1", Unverified{}, true},
		"80":          {"11.80.0.1", Unverified{}, false},
		"host policy": {"11.136.0.4", Unverified{AccountTokenExpiry: "ignored"}, false},
	} {
		inv := testInventory(tc.release)
		inv.Unverified = tc.switches
		inv.Unverified.ExpiredTokenStatus = "401"
		s := startServer(t, inv)
		caller := basic("alice", accPassword)
		form := query("name", "t", "expires_at", strconv.FormatInt(s.Now().Add(time.Hour).Unix(), 10))
		made, err := try(t, s, s.CPanelURL()+"/execute/Tokens/create_full_access", form, caller)
		if err != nil {
			t.Fatal(err)
		}
		value := as[string](t, made.data(t)["token"])
		s.Advance(time.Hour)
		if tries(t, s, accountKey(value)) != map[bool]int{true: 401, false: 200}[tc.expires] || s.Authenticates("alice", KindAccountToken, value) == tc.expires {
			t.Errorf("%s: dies = %v is wrong", name, !tc.expires)
		}
		if got := get(t, s, s.CPanelURL()+"/execute/Tokens/list", caller); strings.Contains(got.body, `"expires_at":null`) == tc.expires || !strings.Contains(got.body, `"name":"t"`) {
			t.Errorf("%s: an expired token stays listed: %s", name, got.body)
		}
	}
}

func TestAccountTokenSwitches(t *testing.T) {
	t.Parallel()
	inv := testInventory("11.136.0.4")
	inv.Unverified = Unverified{
		TokenUsableAfter: Duration(5 * time.Second), RevokedTokenDiesAfter: Duration(2 * time.Minute),
		NullsInTokenList: "absent", RevokeUnknownAccountToken: "zero",
	}
	s := startServer(t, inv)
	value := accountToken(t, s, "t")
	for _, step := range []struct {
		wait   time.Duration
		revoke bool
		want   int
	}{{0, false, 403}, {5 * time.Second, false, 200}, {0, true, 200}, {2 * time.Minute, false, 403}} {
		s.Advance(step.wait)
		if step.revoke {
			accountDo(t, s, "Tokens::revoke", "name", "t")
		}
		if got := tries(t, s, accountKey(value)); got != step.want {
			t.Errorf("%+v: %d", step, got)
		}
	}
	if data := accountDo(t, s, "Tokens::revoke", "name", "t"); data != float64(0) {
		t.Errorf("revokeUnknownAccountToken=zero: %v", data)
	}
	accountToken(t, s, "u")
	entry := as[map[string]any](t, as[[]any](t, accountDo(t, s, "Tokens::list"))[0])
	if _, ok := entry["expires_at"]; ok {
		t.Errorf("nullsInTokenList=absent: %v", entry)
	}
	if err := s.SetUnverified(Unverified{RevokeUnknownAccountToken: "ok"}); err != nil {
		t.Fatal(err)
	}
	if data := accountDo(t, s, "Tokens::revoke", "name", "ghost"); data != float64(1) {
		t.Errorf("revokeUnknownAccountToken=ok: %v", data)
	}
}

func TestLimitedAccountTokens(t *testing.T) {
	t.Parallel()
	inv := testInventory("11.138.0.1")
	alice := inv.Accounts["alice"]
	alice.Tokens = map[string]Token{
		"mail": {Value: "MAILTOKEN", Features: []string{"popaccts"}}, "reader": {Value: "READTOKEN", ReadOnly: true},
	}
	inv.Accounts["alice"] = alice
	s := startServer(t, inv)
	byName := map[string]map[string]any{}
	for _, entry := range as[[]any](t, accountDo(t, s, "Tokens::list")) {
		token := as[map[string]any](t, entry)
		byName[as[string](t, token["name"])] = token
	}
	if mail := byName["mail"]; mail["has_full_access"] != float64(0) || !reflect.DeepEqual(mail["features"], []any{"popaccts"}) || mail["readonly"] != nil {
		t.Errorf("mail %v", mail)
	}
	if reader := byName["reader"]; reader["readonly"] != float64(1) {
		t.Errorf("reader %v", reader)
	}
	reader := accountKey(accountToken(t, s, "made", "readonly", "1"))
	if got := get(t, s, s.CPanelURL()+"/execute/Tokens/rename?name=mail&new_name=x", reader); !strings.Contains(got.body, "read-only") {
		t.Errorf("a change by a token made to read: %s", got.body)
	}
	if got := get(t, s, s.CPanelURL()+"/execute/Tokens/list", accountKey("MAILTOKEN")); !strings.Contains(got.body, `"status":0`) {
		t.Errorf("outside its features: %s", got.body)
	}
	if got := get(t, s, s.CPanelURL()+"/execute/Tokens/revoke?name=mail", accountKey("READTOKEN")); !strings.Contains(got.body, `"status":0`) || len(s.AccountTokens("alice")) != 3 {
		t.Errorf("a change by a reader: %s", got.body)
	}
}
