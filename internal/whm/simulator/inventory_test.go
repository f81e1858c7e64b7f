// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestLoadInventory(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "server.yaml")
	text := `
hostname: whm2.example.com
version: 11.110.0.2
users:
  root:
    accessHash: abc
    tokens:
      ci: {value: CI, acls: [list-accts], expiresAt: 2030-01-01T00:00:00Z, whitelistIPs: [10.0.0.0/8]}
accounts:
  alice: {domain: alice.example}
policies:
  cookieAddressCheck: loose
  cphulk: {enabled: true, perAddress: 3}
unverified:
  newHashUsableAfter: 3s
  accesshashForResellers: yes
  resultAsString: true
  unauthenticatedStatus: 401
`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	inv, err := LoadInventory(path)
	if err != nil {
		t.Fatal(err)
	}
	if inv.Users["root"].Tokens["ci"].ExpiresAt != time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC) || inv.Accounts["alice"].Owner != "root" {
		t.Errorf("inventory %+v", inv)
	}
	if h := inv.Policies.CPHulk; h.PerAddress != 3 || h.PerAccount != 15 || h.AccountWindow != Duration(5*time.Minute) {
		t.Errorf("cphulk %+v", h)
	}
	if inv.Policies.SessionIdle != Duration(15*time.Minute) || *inv.Policies.AllowDeprecatedAccessHash {
		t.Errorf("policies %+v", inv.Policies)
	}
	if inv.Unverified.NewHashUsableAfter != Duration(3*time.Second) || inv.Unverified.HashReadWhenNone != "empty" ||
		inv.Unverified.AccesshashForResellers != yes || inv.Unverified.ResultAsString != yes || inv.Unverified.UnauthenticatedStatus != "401" {
		t.Errorf("unverified %+v", inv.Unverified)
	}
}

func TestInventoryIsChecked(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`users: {res: {}}`:                                                  `add "root"`,
		`users: {root: {}}` + "\nversion: x":                                `version "x"`,
		`users: {root: {}, Big: {}}`:                                        `"Big" is not a system user name`,
		`users: {root: {}, res: {acls: [fly]}}`:                             `users.res.acls: unknown fly`,
		`users: {root: {accessHash: "a\nb"}}`:                               `in one line`,
		`users: {root: {tokens: {"a b": {value: x}}}}`:                      `"a b" is not a token name`,
		`users: {root: {tokens: {a: {}}}}`:                                  `tokens.a.value: missing`,
		`users: {root: {tokens: {a: {value: x, acls: [fly]}}}}`:             `tokens.a.acls: unknown fly`,
		`users: {root: {tokens: {a: {value: x, whitelistIPs: [here]}}}}`:    `neither an IP address nor a network`,
		"users: {root: {}}\naccounts: {a: {owner: res}}":                    `no user "res"`,
		"users: {root: {}, a: {password: x}}\naccounts: {a: {password: y}}": `one system user`,
		"users: {root: {}}\npolicies: {cookieAddressCheck: firm}":           `none of strict, loose, off`,
		"users: {root: {}}\npolicies: {sessionIdle: 5}":                     `write it as a string`,
		"users: {root: {}}\npolicies: {sessionIdle: -5m}":                   `negative`,
		"users: {root: {}}\npolicies: {cphulk: {whitelist: [x]}}":           `cphulk.whitelist`,
		"users: {root: {}}\nunverified: {rootSessionForRoot: yes}":          `rootSessionForRoot`,
		"users: {root: {}}\nunverifed: {}":                                  `unknown field "unverifed"`,
	} {
		if _, err := ParseInventory([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", text, err, want)
		}
	}
}

func TestUpdateLeavesTheRestAlone(t *testing.T) {
	t.Parallel()
	s := startServer(t, testInventory("11.136.0.4"))
	before := s.Inventory()
	if err := s.Update(func(*Inventory) {}); err != nil {
		t.Fatal(err)
	}
	if after := s.Inventory(); !reflect.DeepEqual(before, after) {
		t.Errorf("an empty update changes %+v to %+v", before, after)
	}
	for _, c := range s.Ledger().Credentials {
		if !c.Live {
			t.Errorf("an empty update revokes %+v", c)
		}
	}
	if err := s.SetUser("res", User{Password: "new-password-of-res"}); err != nil {
		t.Fatal(err)
	}
	if s.Authenticates("res", KindPassword, resPassword) || s.Authenticates("res", KindToken, resToken) || !s.Authenticates("root", KindHash, rootHash) {
		t.Error("SetUser replaces one user with its credentials")
	}
	if err := s.SetVersion("nonsense"); err == nil || s.Inventory().Version != "11.136.0.4" {
		t.Errorf("a refused update: %v", err)
	}
}

func TestEveryFieldOfUnverifiedIsASwitch(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for field := range reflect.TypeFor[Unverified]().Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		names[name] = true
	}
	for _, s := range Switches() {
		if !names[s.Name] {
			t.Errorf("switch %s is no field, or is listed twice", s.Name)
		}
		delete(names, s.Name)
		if s.Values[0] != s.Default || len(s.Values) < 2 || s.Meaning == "" {
			t.Errorf("switch %+v", s)
		}
	}
	if len(names) > 0 {
		t.Errorf("fields without a switch: %v", names)
	}
}

func TestMatrixSettingsLoadAndDiffer(t *testing.T) {
	t.Parallel()
	settings := Matrix()
	seen := map[Unverified]string{}
	for _, setting := range settings {
		complete, err := setting.Unverified.completed()
		if err != nil {
			t.Errorf("%s: %v", setting.Name, err)
		}
		if other, ok := seen[complete]; ok {
			t.Errorf("%s is the same as %s", setting.Name, other)
		}
		seen[complete] = setting.Name
	}
	if some := Matrix("oldHashDiesAfter", "hashReadWhenNone"); len(some) != 1+1+3 || len(some) >= len(settings) {
		t.Errorf("a part of the matrix has %d settings", len(some))
	}
	if _, err := (Unverified{AccesshashForResellers: "maybe"}).completed(); err == nil {
		t.Error("an unknown value is accepted")
	}
}

func TestDurationsTravelAsText(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(Duration(90 * time.Minute))
	if err != nil || string(text) != `"1h30m0s"` {
		t.Errorf("%s, %v", text, err)
	}
}

func TestDocumentationListsEverySwitch(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../../docs/simulator.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range Switches() {
		row := "| `" + s.Name + "` | " + s.Meaning + " | `" + strings.Join(s.Values, "` `") + "` |"
		if !strings.Contains(string(page), row) {
			t.Errorf("docs/simulator.md lacks the row\n%s", row)
		}
	}
}
