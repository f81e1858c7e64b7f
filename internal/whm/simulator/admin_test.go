// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
)

// admin sends a request to the control interface and decodes the answer.
func admin(t *testing.T, s *Server, method, path, body string, into any) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.AdminURL()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	got, err := send(t, s, req, nil)
	if err != nil {
		t.Fatal(err)
	}
	if into != nil {
		if err := json.Unmarshal([]byte(got.body), into); err != nil {
			t.Fatalf("%s %s: %v in %s", method, path, err, got.body)
		}
	}
	return got.status
}

func TestAdminInventory(t *testing.T) {
	t.Parallel()
	s := startServer(t, testInventory("11.54.0.36"))
	for _, tc := range []struct {
		method, path, body string
		want               int
	}{
		{"PUT", "/inventory/version", `"11.136.0.4"`, 204},
		{"PUT", "/inventory/version", `"new"`, 422},
		{"PUT", "/inventory/hostname", `"other.example.com"`, 204},
		{"PUT", "/inventory/policies", `{"allowDeprecatedAccessHash":true,"sessionIdle":"5m"}`, 204},
		{"PUT", "/inventory/unverified", `{"oldHashDiesAfter":"1m"}`, 204},
		{"PUT", "/inventory/unverified", `{"oldHashDiesAftr":"1m"}`, 400},
		{"PUT", "/inventory/unverified", `{"hashReadWhenNone":"explode"}`, 422},
		{"PUT", "/inventory/users/carol", `{"password":"carols-password","acls":["list-accts"]}`, 204},
		{"GET", "/inventory/users/nobody", ``, 404},
		{"DELETE", "/inventory/users/root", ``, 422},
		{"PUT", "/inventory/accounts/dave", `{"owner":"carol","domain":"dave.example"}`, 204},
		{"DELETE", "/inventory/users/carol", ``, 422},
		{"DELETE", "/inventory/accounts/dave", ``, 204},
	} {
		if got := admin(t, s, tc.method, tc.path, tc.body, nil); got != tc.want {
			t.Errorf("%s %s %s: %d, want %d", tc.method, tc.path, tc.body, got, tc.want)
		}
	}
	var inv Inventory
	admin(t, s, "GET", "/inventory", "", &inv)
	if inv.Version != "11.136.0.4" || inv.Hostname != "other.example.com" || inv.Policies.SessionIdle != Duration(5*time.Minute) ||
		inv.Unverified.OldHashDiesAfter != Duration(time.Minute) || inv.Users["root"].AccessHash != rootHash {
		t.Errorf("inventory %+v", inv)
	}
	mustSucceed(t, s, "gethostname", "", basic("carol", "carols-password"))
	if got := admin(t, s, "DELETE", "/inventory/users/carol", "", nil); got != 204 {
		t.Errorf("delete: %d", got)
	}
	if got := callWHM(t, s, "gethostname", "", basic("carol", "carols-password")); got.status != 403 {
		t.Errorf("deleted user: %d", got.status)
	}
}

func TestAdminWholeInventory(t *testing.T) {
	t.Parallel()
	s := startServer(t, testInventory("11.54.0.36"))
	if got := admin(t, s, "PUT", "/inventory", `{"version":"11.64.0.1","users":{"root":{"password":"another-one"}}}`, nil); got != 204 {
		t.Fatalf("status %d", got)
	}
	if s.Authenticates("root", KindHash, rootHash) || !s.Authenticates("root", KindPassword, "another-one") {
		t.Error("secrets were not replaced")
	}
	var revoked []Credential
	admin(t, s, "GET", "/ledger/credentials?kind=hash&live=false", "", &revoked)
	if len(revoked) != 1 || revoked[0].RevokedHow != "inventory" {
		t.Errorf("ledger %+v", revoked)
	}
}

func TestAdminLedgerFilters(t *testing.T) {
	t.Parallel()
	s := startServer(t, testInventory("11.136.0.4"))
	mustSucceed(t, s, "accesshash", "user=root&generate=1", key("root", rootToken))
	mustSucceed(t, s, "gethostname", "", key("res", resToken))
	callWHM(t, s, "gethostname", "", basic("root", "wrong"))
	for path, want := range map[string]int{
		"/ledger/calls": 3, "/ledger/calls?mutating=true": 1, "/ledger/calls?function=gethostname": 2,
		"/ledger/calls?function=gethostname&user=res": 1, "/ledger/calls?after=2": 1, "/ledger/calls?applied=false": 2,
		"/ledger/credentials?kind=hash": 2, "/ledger/credentials?kind=hash&live=true": 1, "/ledger/credentials?user=res&name=limited": 1,
		"/ledger/failedLogins": 1, "/ledger/failedLogins?cause=wrongSecret&kind=password": 1, "/ledger/failedLogins?user=res": 0,
	} {
		var list []json.RawMessage
		if admin(t, s, "GET", path, "", &list); len(list) != want {
			t.Errorf("%s: %d entries, want %d", path, len(list), want)
		}
	}
	var whole Ledger
	if admin(t, s, "GET", "/ledger", "", &whole); len(whole.Calls) != 3 || len(whole.FailedLogins) != 1 {
		t.Errorf("ledger %+v", whole)
	}
}

func TestAdminFaults(t *testing.T) {
	t.Parallel()
	s := startServer(t, testInventory("11.136.0.4"))
	var added struct{ ID FaultID }
	if got := admin(t, s, "POST", "/faults", `{"kind":"reset","function":"accesshash","after":true,"max":1}`, &added); got != 200 || added.ID == 0 {
		t.Fatalf("add: %d %+v", got, added)
	}
	if _, err := rotate(t, s); err == nil {
		t.Error("the rule does not act")
	}
	var states []FaultState
	if admin(t, s, "GET", "/faults", "", &states); len(states) != 1 || states[0].Hits != 1 || states[0].Kind != FaultReset {
		t.Errorf("states %+v", states)
	}
	for _, tc := range []struct {
		method, path, body string
		want               int
	}{
		{"POST", "/faults", `{"kind":"explode"}`, 400}, {"DELETE", "/faults/1", "", 204}, {"DELETE", "/faults/1", "", 404},
		{"DELETE", "/faults/x", "", 404}, {"DELETE", "/faults", "", 204}, {"DELETE", "/cphulk", "", 204},
	} {
		if got := admin(t, s, tc.method, tc.path, tc.body, nil); got != tc.want {
			t.Errorf("%s %s: %d, want %d", tc.method, tc.path, got, tc.want)
		}
	}
}

func TestAdminClockAndQuestions(t *testing.T) {
	t.Parallel()
	s := startServer(t, testInventory("11.136.0.4"))
	var clock clockState
	admin(t, s, "POST", "/clock", `{"set":"2030-01-02T03:04:05Z","advance":"1h"}`, &clock)
	if got := clock.Now.Format("2006-01-02T15:04"); got != "2030-01-02T04:04" {
		t.Errorf("clock %s", got)
	}
	if admin(t, s, "POST", "/clock", `{"advance":"soon"}`, nil) != 400 {
		t.Error("a bad duration is accepted")
	}
	for body, want := range map[string]bool{
		`{"user":"root","kind":"token","value":"` + rootToken + `"}`: true,
		`{"user":"root","kind":"token","value":"WRONG"}`:             false,
		`{"user":"root","kind":"hash","value":"` + rootHash + `"}`:   true,
	} {
		var verdict struct{ Authenticates bool }
		if admin(t, s, "POST", "/authenticates", body, &verdict); verdict.Authenticates != want {
			t.Errorf("%s: %v", body, verdict.Authenticates)
		}
	}
	if len(s.Ledger().FailedLogins) != 0 {
		t.Error("a question counts as a login")
	}
	var addresses map[string]string
	if admin(t, s, "GET", "/addresses", "", &addresses); addresses["whm"] != s.WHMURL() || addresses["admin"] != s.AdminURL() {
		t.Errorf("addresses %v", addresses)
	}
	var switches []Switch
	if admin(t, s, "GET", "/switches", "", &switches); len(switches) != len(Switches()) || switches[0].Name == "" {
		t.Errorf("switches %v", switches)
	}
	if got := get(t, s, s.AdminURL()+"/ca"); got.body != string(s.CA()) {
		t.Errorf("ca %q", got.body)
	}
}
