// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"strings"
	"testing"
	"time"
)

// deniedBody is the recorded rejection of real servers, byte for byte.
const deniedBody = `{"cpanelresult":{"apiversion":"2","error":"Access denied","data":{"reason":"Access denied","result":"0"},"type":"text"}}`

func TestEveryCredentialFormAuthenticates(t *testing.T) {
	t.Parallel()
	s := startServer(t, testInventory("11.136.0.4"))
	for name, option := range map[string]requestOption{
		"token, lower-case scheme": with("Authorization", "whm root:"+rootToken),
		"token, upper-case scheme": with("Authorization", "WHM root:"+rootToken),
		"hash":                     with("Authorization", "WHM root:"+rootHash),
		"hash, odd scheme":         with("Authorization", "wHm root:"+rootHash),
		"password":                 basic("root", rootPassword),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := mustSucceed(t, s, "gethostname", "", option)["hostname"]; got != "whm1.example.com" {
				t.Errorf("hostname = %v", got)
			}
		})
	}
}

func TestRejectionIsTheRecordedOne(t *testing.T) {
	t.Parallel()
	s := startServer(t, testInventory("11.136.0.4"))
	for name, option := range map[string]requestOption{
		"nothing":             with("X-Nothing", "1"),
		"wrong token":         key("root", "WRONG"),
		"wrong user":          key("nobody", rootToken),
		"token of another":    key("root", resToken),
		"wrong password":      basic("root", "wrong"),
		"empty password":      basic("bob", ""),
		"account on WHM":      basic("alice", accPassword),
		"bearer":              with("Authorization", "Bearer "+rootToken),
		"broken base64":       with("Authorization", "Basic !!!"),
		"cpanel scheme":       with("Authorization", "cpanel root:"+rootToken),
		"unknown session":     with("Cookie", "cpsession=root%3aabc%2cdef"),
		"wrong hash":          key("root", strings.Repeat("f", 928)),
		"password as a token": key("root", rootPassword),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := callWHM(t, s, "version", "", option)
			if got.phrase != "403 Forbidden Access denied" {
				t.Errorf("status line %q", got.phrase)
			}
			if typ := got.header.Get("Content-Type"); typ != `text/plain; charset="utf-8"` {
				t.Errorf("content type %q", typ)
			}
			if got.body != deniedBody {
				t.Errorf("body %s", got.body)
			}
		})
	}
}

func TestHashIsRefusedWhenSwitchedOff(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		release string
		allowed *bool
		want    int
	}{
		{"11.54.0.36", nil, 200},
		{"11.70.0.1", nil, 200},
		{"11.72.0.1", nil, 403},
		{"11.136.0.4", nil, 403},
		{"11.136.0.4", new(true), 200},
		{"11.54.0.36", new(false), 403},
	} {
		inv := testInventory(tc.release)
		inv.Policies.AllowDeprecatedAccessHash = tc.allowed
		s := startServer(t, inv)
		if got := callWHM(t, s, "gethostname", "", key("root", rootHash)); got.status != tc.want {
			t.Errorf("%s, %v: status %d, want %d", tc.release, tc.allowed, got.status, tc.want)
		}
		if got := s.Authenticates("root", KindHash, rootHash); got != (tc.want == 200) {
			t.Errorf("%s, %v: Authenticates = %v", tc.release, tc.allowed, got)
		}
	}
}

func TestUpgradeKeepsHashLogin(t *testing.T) {
	t.Parallel()
	inv := testInventory("11.54.0.36")
	inv.Policies.AllowDeprecatedAccessHash = nil
	s := startServer(t, inv)
	if err := s.SetVersion("11.136.0.4"); err != nil {
		t.Fatal(err)
	}
	if got := callWHM(t, s, "gethostname", "", key("root", rootHash)); got.status != 200 {
		t.Errorf("after the upgrade: %d %s", got.status, got.body)
	}
}

func TestTokenLimitsInTimeAndPlace(t *testing.T) {
	t.Parallel()
	inv := testInventory("11.136.0.4")
	root := inv.Users["root"]
	root.Tokens = map[string]Token{
		"short":     {Value: "SHORT", ExpiresAt: time.Now().Add(time.Hour)},
		"elsewhere": {Value: "ELSEWHERE", WhitelistIPs: []string{"192.0.2.0/24"}},
		"here":      {Value: "HERE", WhitelistIPs: []string{"192.0.2.1", "127.0.0.0/8"}},
	}
	inv.Users["root"] = root
	inv.Unverified = Unverified{ExpiredTokenStatus: "401"}
	s := startServer(t, inv)
	for token, want := range map[string]int{"SHORT": 200, "ELSEWHERE": 403, "HERE": 200} {
		if got := callWHM(t, s, "gethostname", "", key("root", token)); got.status != want {
			t.Errorf("%s: %d, want %d", token, got.status, want)
		}
	}
	s.Advance(time.Hour)
	if got := callWHM(t, s, "gethostname", "", key("root", "SHORT")); got.status != 401 || got.body != deniedBody {
		t.Errorf("expired: %d %s", got.status, got.body)
	}
	tokens := as[map[string]any](t, mustSucceed(t, s, "api_token_list", "", key("root", "HERE"))["tokens"])
	if len(tokens) != 3 {
		t.Errorf("an expired token stays listed, got %d", len(tokens))
	}
}
