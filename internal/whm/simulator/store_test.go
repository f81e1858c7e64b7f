// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

const afterLogin = "https://operator.example/done?shop=1"

func storeForm(token string) string {
	return query("login_token", token, "provider", "cPStore", "url_after_login", afterLogin)
}

func issueLogin(t *testing.T, s *Server) string {
	t.Helper()
	token, err := s.IssueStoreLogin("cPStore", afterLogin)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestStoreLoginByHand(t *testing.T) {
	t.Parallel()
	s := startServer(t, testInventory("11.136.0.4"))
	root := key("root", rootToken)
	data := mustSucceed(t, s, "get_login_url", query("provider", "cPStore", "url_after_login", afterLogin), root)
	page := get(t, s, as[string](t, data["payload"]))
	back, err := url.Parse(page.header.Get("Location"))
	if err != nil || page.status != http.StatusFound || back.Query().Get("shop") != "1" || back.Host != "operator.example" {
		t.Fatalf("%d to %q (%v)", page.status, page.header.Get("Location"), err)
	}
	data = mustSucceed(t, s, "validate_login_token", storeForm(back.Query().Get("code")), root)
	payload := as[[]any](t, data["payload"])
	tokens := as[map[string]any](t, payload[0])
	access, refresh := as[string](t, tokens["access_token"]), as[string](t, tokens["refresh_token"])
	if len(payload) != 1 || len(tokens) != 2 || !s.Authenticates("root", KindStoreAccess, access) || !s.Authenticates("root", KindStoreRefresh, refresh) {
		t.Errorf("payload %v", payload)
	}
	call := last(s.Ledger().Calls)
	if call.Params["login_token"] != mask || !call.Mutating || !call.Applied {
		t.Errorf("call %+v", call)
	}
	if result, _ := callWHM(t, s, "validate_login_token", storeForm(back.Query().Get("code")), root).result(t); result != 0 {
		t.Error("exchanged twice")
	}
}

func TestStoreRefuses(t *testing.T) {
	t.Parallel()
	s := startServer(t, testInventory("11.136.0.4"))
	root, token := key("root", rootToken), issueLogin(t, s)
	right := storeForm(token)
	for name, form := range map[string]string{
		"unknown token":  storeForm("nosuch"),
		"no token":       storeForm(""),
		"wrong URL":      strings.Replace(right, "shop%3D1", "shop%3D2", 1),
		"wrong provider": strings.Replace(right, "cPStore", "other", 1),
		"no provider":    strings.Replace(right, "cPStore", "", 1),
	} {
		if result, reason := callWHM(t, s, "validate_login_token", form, root).result(t); result != 0 || reason == "" {
			t.Errorf("%s: %v %q", name, result, reason)
		}
	}
	mustSucceed(t, s, "validate_login_token", right, root)
	for _, form := range []string{"", "provider=cPStore", query("provider", "other", "url_after_login", afterLogin), "provider=cPStore&url_after_login=here"} {
		if result, _ := callWHM(t, s, "get_login_url", form, root).result(t); result != 0 {
			t.Errorf("get_login_url with %q was not refused", form)
		}
	}
	if _, err := s.IssueStoreLogin("other", afterLogin); err == nil {
		t.Error("a login at a store that does not exist")
	}
	if err := s.SetVersion("11.60.0.1"); err != nil {
		t.Fatal(err)
	}
	if result, reason := callWHM(t, s, "get_login_url", "", root).result(t); result != 0 || !strings.Contains(reason, "Unknown app") {
		t.Errorf("before 62: %q", reason)
	}
}

func TestStoreSwitches(t *testing.T) {
	t.Parallel()
	inv := testInventory("11.136.0.4")
	inv.Unverified = Unverified{
		LoginTokenSingleUse: no, LoginTokenLifetime: Duration(10 * time.Minute), StorePayload: "object", WrongExchangeBurnsLoginToken: yes,
	}
	s := startServer(t, inv)
	root, token := key("root", rootToken), issueLogin(t, s)
	for range 2 {
		data := mustSucceed(t, s, "validate_login_token", storeForm(token), root)
		if tokens := as[map[string]any](t, data["payload"]); len(tokens) != 2 {
			t.Errorf("payload %v", tokens)
		}
	}
	wrong := strings.Replace(storeForm(token), "shop%3D1", "shop%3D2", 1)
	for _, form := range []string{wrong, storeForm(token)} {
		if result, _ := callWHM(t, s, "validate_login_token", form, root).result(t); result != 0 {
			t.Errorf("not burnt: %s", form)
		}
	}
	token = issueLogin(t, s)
	s.Advance(10 * time.Minute)
	if result, _ := callWHM(t, s, "validate_login_token", storeForm(token), root).result(t); result != 0 {
		t.Error("outlived its life")
	}
}

func TestMarketOfAccounts(t *testing.T) {
	t.Parallel()
	s := startServer(t, testInventory("11.136.0.4"))
	data, complaint := execute(t, s, "Market::validate_login_token", storeForm(issueLogin(t, s)))
	if tokens := as[map[string]any](t, data); complaint != "" || len(tokens) != 1 || !s.Authenticates("alice", KindStoreAccess, as[string](t, tokens["access_token"])) {
		t.Errorf("%v %s", data, complaint)
	}
	data, complaint = execute(t, s, "Market::get_login_url", query("provider", "cPStore", "url_after_login", afterLogin))
	if !strings.HasPrefix(as[string](t, data), s.AdminURL()+"/store/login?") || complaint != "" {
		t.Errorf("%v %s", data, complaint)
	}
}
