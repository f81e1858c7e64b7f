// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"fmt"
	"net/netip"
	"strconv"
	"testing"
	"time"
)

func hulkInventory(change func(*CPHulk)) Inventory {
	inv := testInventory("11.136.0.4")
	inv.Policies.CPHulk.Enabled = true
	change(&inv.Policies.CPHulk)
	return inv
}

// guess sends wrong passwords, each another one.
func guess(t *testing.T, s *Server, user string, times int) {
	t.Helper()
	for i := range times {
		if got := callWHM(t, s, "version", "", basic(user, fmt.Sprintf("guess %d", i))); got.status != 403 {
			t.Fatalf("guess: %d", got.status)
		}
	}
}

func TestAddressBlockCutsEverythingOff(t *testing.T) {
	t.Parallel()
	s := startServer(t, hulkInventory(func(*CPHulk) {}))
	guess(t, s, "root", 4)
	mustSucceed(t, s, "gethostname", "", key("root", rootToken))
	guess(t, s, "nobody", 1)
	for name, option := range map[string]requestOption{
		"password": basic("root", rootPassword), "token": key("root", rootToken), "hash": key("root", rootHash),
	} {
		if got := callWHM(t, s, "gethostname", "", option); got.body != deniedBody {
			t.Errorf("%s: %s", name, got.body)
		}
	}
	s.Advance(15 * time.Minute)
	mustSucceed(t, s, "gethostname", "", basic("root", rootPassword))
}

func TestAccountLockSparesTokens(t *testing.T) {
	t.Parallel()
	s := startServer(t, hulkInventory(func(h *CPHulk) { h.PerAddress, h.PerAccount, h.LockRoot = 100, 3, true }))
	guess(t, s, "root", 3)
	for name, tc := range map[string]struct {
		option requestOption
		want   int
	}{
		"password": {basic("root", rootPassword), 403}, "hash": {key("root", rootHash), 403}, "token": {key("root", rootToken), 200},
	} {
		if got := callWHM(t, s, "gethostname", "", tc.option); got.status != tc.want {
			t.Errorf("%s: %d, want %d", name, got.status, tc.want)
		}
	}
	if err := s.SetUnverified(Unverified{HashWhileLocked: allow}); err != nil {
		t.Fatal(err)
	}
	mustSucceed(t, s, "gethostname", "", key("root", rootHash))
	s.Advance(5 * time.Minute)
	mustSucceed(t, s, "gethostname", "", basic("root", rootPassword))
}

func TestRootIsExemptFromAccountLocks(t *testing.T) {
	t.Parallel()
	s := startServer(t, hulkInventory(func(h *CPHulk) { h.PerAddress, h.PerAccount = 100, 3 }))
	guess(t, s, "root", 5)
	guess(t, s, "res", 3)
	mustSucceed(t, s, "gethostname", "", basic("root", rootPassword))
	if got := callWHM(t, s, "gethostname", "", basic("res", resPassword)); got.status != 403 {
		t.Errorf("reseller: %d", got.status)
	}
}

func TestTheSameGuessCountsOnce(t *testing.T) {
	t.Parallel()
	s := startServer(t, hulkInventory(func(*CPHulk) {}))
	for range 10 {
		callWHM(t, s, "version", "", key("root", "the same wrong token"))
	}
	mustSucceed(t, s, "gethostname", "", basic("root", rootPassword))
	failed := s.Ledger().FailedLogins
	if len(failed) != 10 || !failed[0].Counted || failed[1].Counted {
		t.Errorf("%d failed logins, first %+v, second %+v", len(failed), failed[0], failed[1])
	}
	if f := failed[0]; f.User != "root" || f.Kind != KindToken || f.Cause != "wrongSecret" || f.Remote != "127.0.0.1" {
		t.Errorf("failed login %+v", f)
	}
}

func TestFirewallCutsConnections(t *testing.T) {
	t.Parallel()
	s := startServer(t, hulkInventory(func(h *CPHulk) { h.PerAddress, h.PerAddressOneDay = 100, 3 }))
	guess(t, s, "root", 3)
	if got, err := try(t, s, s.WHMURL()+"/json-api/version", "", key("root", rootToken)); err == nil {
		t.Errorf("answered %d", got.status)
	}
	s.Advance(23 * time.Hour)
	if _, err := try(t, s, s.WHMURL()+"/json-api/version", "", key("root", rootToken)); err == nil {
		t.Error("answered within the day")
	}
	s.Advance(time.Hour)
	mustSucceed(t, s, "gethostname", "", key("root", rootToken))
}

func TestWhitelistAndSwitch(t *testing.T) {
	t.Parallel()
	listed := startServer(t, hulkInventory(func(h *CPHulk) { h.Whitelist = []string{"127.0.0.0/8"} }))
	guess(t, listed, "root", 6)
	mustSucceed(t, listed, "gethostname", "", basic("root", rootPassword))

	inv := hulkInventory(func(*CPHulk) {})
	inv.Unverified.BadKeysFeedCPHulk = no
	lenient := startServer(t, inv)
	for i := range 6 {
		callWHM(t, lenient, "version", "", key("root", fmt.Sprintf("WRONG%d", i)))
	}
	mustSucceed(t, lenient, "gethostname", "", key("root", rootToken))
	guess(t, lenient, "root", 5)
	if got := callWHM(t, lenient, "gethostname", "", key("root", rootToken)); got.status != 403 {
		t.Errorf("passwords still count: %d", got.status)
	}
	lenient.ForgetFailures()
	mustSucceed(t, lenient, "gethostname", "", key("root", rootToken))
}

func TestFailuresAgeOut(t *testing.T) {
	t.Parallel()
	cfg := CPHulk{Enabled: true}.completed()
	h := newHulk()
	at := time.Unix(1_800_000_000, 0)
	addr := netip.MustParseAddr("192.0.2.1")
	for i := range 20 {
		at = at.Add(4 * time.Minute)
		h.fail(cfg, failure{addr: addr, user: "res", secret: strconv.Itoa(i), at: at})
	}
	if h.addressBlocked(cfg, addr, at) {
		t.Error("four failures within any 15 minutes block the address")
	}
	if h.accountLocked(cfg, "res", addr, at) {
		t.Error("failures from elsewhere lock the account")
	}
}
