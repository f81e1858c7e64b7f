// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestRegenerationReplacesTheHashAtOnce(t *testing.T) {
	t.Parallel()
	s := startServer(t, testInventory("11.54.0.36"))
	fresh, _ := mustSucceed(t, s, "accesshash", "user=root&generate=1", key("root", rootHash))["accesshash"].(string)
	if !regexp.MustCompile(`^[0-9a-f]{928}$`).MatchString(fresh) {
		t.Fatalf("hash %q is not 928 hexadecimal digits", fresh)
	}
	if got := callWHM(t, s, "gethostname", "", key("root", rootHash)); got.status != 403 {
		t.Errorf("old hash: status %d", got.status)
	}
	read := mustSucceed(t, s, "accesshash", "user=root&generate=0", key("root", fresh))["accesshash"]
	if read != fresh || s.AccessHash("root") != fresh {
		t.Error("generate=0 does not return the stored hash")
	}
	if !s.Authenticates("root", KindHash, fresh) || s.Authenticates("root", KindHash, rootHash) {
		t.Error("Authenticates disagrees with the wire")
	}
}

func TestRegenerationIsInTheLedger(t *testing.T) {
	t.Parallel()
	s := startServer(t, testInventory("11.54.0.36"))
	fresh, _ := mustSucceed(t, s, "accesshash", "user=root&generate=1", key("root", rootHash))["accesshash"].(string)
	mustSucceed(t, s, "accesshash", "user=root&generate=0", key("root", fresh))
	ledger := s.Ledger()
	if len(ledger.Calls) != 2 {
		t.Fatalf("%d calls", len(ledger.Calls))
	}
	first, second := ledger.Calls[0], ledger.Calls[1]
	if !first.Mutating || !first.Applied || first.Credential != Fingerprint(rootHash) || *first.Result != 1 || first.Status != 200 {
		t.Errorf("regeneration is recorded as %+v", first)
	}
	if second.Mutating || second.Applied || second.Credential != Fingerprint(fresh) {
		t.Errorf("reading is recorded as %+v", second)
	}
	var replaced, issued Credential
	for _, c := range ledger.Credentials {
		switch c.Fingerprint {
		case Fingerprint(rootHash):
			replaced = c
		case Fingerprint(fresh):
			issued = c
		}
	}
	if replaced.Live || replaced.RevokedByCall != first.ID || replaced.RevokedHow != "accesshash" {
		t.Errorf("old hash is recorded as %+v", replaced)
	}
	if !issued.Live || issued.IssuedByCall != first.ID || issued.IssuedByCredential != Fingerprint(rootHash) {
		t.Errorf("new hash is recorded as %+v", issued)
	}
}

func TestAccesshashRefusals(t *testing.T) {
	t.Parallel()
	inv := testInventory("11.54.0.36")
	s := startServer(t, inv)
	for name, tc := range map[string]struct {
		form   string
		caller requestOption
		reason string
	}{
		"no user":         {"generate=1", key("root", rootHash), `The parameter “user” is required.`},
		"no generate":     {"user=root", key("root", rootHash), `“generate”`},
		"word for number": {"user=root&generate=true", key("root", rootHash), `must be 1 or 0`},
		"unknown user":    {"user=ghost&generate=1", key("root", rootHash), `You do not have a user named “ghost”.`},
		"reseller":        {"user=res&generate=1", basic("res", resPassword), `you do not have permission`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := callWHM(t, s, "accesshash", tc.form, tc.caller)
			if result, reason := got.result(t); got.status != 200 || result != 0 || !strings.Contains(reason, tc.reason) {
				t.Errorf("status %d, result %v, reason %q", got.status, result, reason)
			}
		})
	}
	if s.AccessHash("root") != rootHash {
		t.Error("a refused call changed the hash")
	}
}

func TestHashSwitches(t *testing.T) {
	t.Parallel()
	inv := testInventory("11.54.0.36")
	inv.Unverified = Unverified{OldHashDiesAfter: Duration(2 * time.Minute), NewHashUsableAfter: Duration(time.Minute)}
	s := startServer(t, inv)
	fresh, _ := mustSucceed(t, s, "accesshash", "user=root&generate=1", key("root", rootHash))["accesshash"].(string)
	for _, step := range []struct {
		after    time.Duration
		old, new bool
	}{{0, true, false}, {time.Minute, true, true}, {time.Minute, false, true}} {
		s.Advance(step.after)
		if got := callWHM(t, s, "gethostname", "", key("root", rootHash)).status == 200; got != step.old {
			t.Errorf("old hash works = %v", got)
		}
		if got := callWHM(t, s, "gethostname", "", key("root", fresh)).status == 200; got != step.new {
			t.Errorf("new hash works = %v", got)
		}
	}
}

func TestReadingWithoutAHash(t *testing.T) {
	t.Parallel()
	for setting, check := range map[string]func(*testing.T, *Server, answer){
		"empty": func(t *testing.T, _ *Server, a answer) {
			t.Helper()
			if value, ok := a.data(t)["accesshash"]; !ok || value != "" {
				t.Errorf("body %s", a.body)
			}
		},
		"refuse": func(t *testing.T, _ *Server, a answer) {
			t.Helper()
			if result, _ := a.result(t); result != 0 {
				t.Errorf("body %s", a.body)
			}
		},
		"create": func(t *testing.T, s *Server, a answer) {
			t.Helper()
			if value := a.data(t)["accesshash"]; value == "" || value != s.AccessHash("root") {
				t.Errorf("body %s", a.body)
			}
		},
		"absentData": func(t *testing.T, _ *Server, a answer) {
			t.Helper()
			if _, ok := a.decode(t)["data"]; ok {
				t.Errorf("body %s", a.body)
			}
		},
	} {
		inv := testInventory("11.136.0.4")
		root := inv.Users["root"]
		root.AccessHash = ""
		inv.Users["root"] = root
		inv.Unverified.HashReadWhenNone = Choice(setting)
		s := startServer(t, inv)
		check(t, s, callWHM(t, s, "accesshash", "user=root&generate=0", key("root", rootToken)))
	}
}
