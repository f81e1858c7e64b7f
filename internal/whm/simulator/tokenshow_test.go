// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"strings"
	"testing"
)

func TestHowTheListWritesAll(t *testing.T) {
	t.Parallel()
	s := startServer(t, testInventory("11.136.0.4"))
	for value, want := range map[Choice][]any{"alone": {nil, 1}, "others0": {float64(0), len(aclNames)}, "each": {float64(1), len(aclNames)}} {
		if err := s.SetUnverified(Unverified{AllInTokenList: value}); err != nil {
			t.Fatal(err)
		}
		acls := as[map[string]any](t, listed(t, s, key("root", rootToken), "loaded")["acls"])
		if acls["all"] != float64(1) || acls["kill-acct"] != want[0] || len(acls) != want[1] {
			t.Errorf("allInTokenList=%s: %v", value, acls)
		}
		if limited := as[map[string]any](t, listed(t, s, basic("res", resPassword), "limited")["acls"]); len(limited) != 3 || limited["manage-api-tokens"] != float64(0) || limited["list-accts"] != float64(1) {
			t.Errorf("allInTokenList=%s: of a reseller's token, what the reseller holds, got %v", value, limited)
		}
	}
}

func TestTokenNumbersAsStrings(t *testing.T) {
	t.Parallel()
	inv := testInventory("11.136.0.4")
	inv.Unverified.TokenNumbersAsString = yes
	s := startServer(t, inv)
	root := key("root", rootToken)
	for function, form := range map[string]string{
		"api_token_create": "token_name=t&acl-0=list-accts&expires_at=4000000000", "api_token_list": "", "api_token_get_details": "token=" + rootToken,
		"api_token_update": "token_name=loaded&expires_at=4000000000",
	} {
		body := callWHM(t, s, function, form, root).body
		_, data, _ := strings.Cut(body, `"data":`)
		if !strings.Contains(data, `"create_time":"`) || strings.Contains(data, `":0`) || strings.Contains(data, `":1`) || strings.Contains(data, `:4000000000`) {
			t.Errorf("%s: %s", function, body)
		}
	}
	accountToken(t, s, "t", "expires_at", "4000000000")
	entry := as[map[string]any](t, as[[]any](t, accountDo(t, s, "Tokens::list"))[0])
	if entry["expires_at"] != "4000000000" || entry["has_full_access"] != "1" {
		t.Errorf("account token %v", entry)
	}
}
