// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

func addFault(t *testing.T, s *Server, f Fault) FaultID {
	t.Helper()
	id, err := s.AddFault(f)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// rotate regenerates root's hash with the token, which faults do not spoil.
func rotate(t *testing.T, s *Server) (answer, error) {
	t.Helper()
	return try(t, s, s.WHMURL()+"/json-api/accesshash", "api.version=1&user=root&generate=1", key("root", rootToken))
}

func TestFaultsBeforeAndAfterApplying(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		fault   Fault
		applied bool
		lost    bool // the client gets a transport error
		status  int
		body    string
	}{
		"reset before":  {Fault{Kind: FaultReset}, false, true, 0, ""},
		"reset after":   {Fault{Kind: FaultReset, After: true}, true, true, 0, ""},
		"status before": {Fault{Kind: FaultStatus, Status: 503}, false, false, 503, "Service Unavailable"},
		"status after":  {Fault{Kind: FaultStatus, Status: 502, Body: "gone", After: true}, true, false, 502, "gone"},
		"html":          {Fault{Kind: FaultHTML}, false, false, 200, pageLogin},
		"html after":    {Fault{Kind: FaultHTML, Body: "<p>", After: true}, true, false, 200, "<p>"},
		"truncate":      {Fault{Kind: FaultTruncate}, true, true, 200, ""},
		"deny":          {Fault{Kind: FaultDeny, Reason: "no today"}, false, false, 200, `"reason":"no today","result":0`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startServer(t, testInventory("11.136.0.4"))
			tc.fault.Function = "accesshash"
			id := addFault(t, s, tc.fault)
			got, err := rotate(t, s)
			if (err != nil) != tc.lost {
				t.Errorf("error %v", err)
			}
			if !tc.lost && (got.status != tc.status || !strings.Contains(got.body, tc.body)) {
				t.Errorf("%d %s", got.status, got.body)
			}
			if applied := s.AccessHash("root") != rootHash; applied != tc.applied {
				t.Errorf("hash changed = %v", applied)
			}
			call := s.Ledger().Calls[0]
			if call.Applied != tc.applied || !call.Mutating || call.Fault != tc.fault.Kind || call.Status != tc.status {
				t.Errorf("ledger: %+v", call)
			}
			if state := s.Faults()[0]; state.ID != id || state.Hits != 1 {
				t.Errorf("counters %+v", state)
			}
		})
	}
}

func TestTruncatedBodyIsAnUnexpectedEnd(t *testing.T) {
	t.Parallel()
	s := startServer(t, testInventory("11.136.0.4"))
	addFault(t, s, Fault{Kind: FaultTruncate})
	if _, err := rotate(t, s); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("error %v", err)
	}
}

func TestSkipMaxAndCriteria(t *testing.T) {
	t.Parallel()
	s := startServer(t, testInventory("11.136.0.4"))
	addFault(t, s, Fault{Kind: FaultStatus, Status: 500, Function: "gethostname", User: "root", Skip: 1, Max: 2})
	addFault(t, s, Fault{Kind: FaultStatus, Status: 501, Path: "/json-api/myprivs"})
	addFault(t, s, Fault{Kind: FaultStatus, Status: 502, Function: "accesshash", Mutating: true})
	addFault(t, s, Fault{Kind: FaultStatus, Status: 504, Function: functionLogin})
	call := func(function, form string, option requestOption) int {
		return callWHM(t, s, function, form, option).status
	}
	root := key("root", rootToken)
	for i, want := range []int{200, 500, 500, 200} {
		if got := call("gethostname", "", root); got != want {
			t.Errorf("call %d: %d, want %d", i, got, want)
		}
		if got := call("gethostname", "", key("res", resToken)); got != 200 {
			t.Errorf("another user: %d", got)
		}
	}
	if got := call("myprivs", "", root); got != 501 {
		t.Errorf("by path: %d", got)
	}
	if read, write := call("accesshash", "user=root&generate=0", root), call("accesshash", "user=root&generate=1", root); read != 200 || write != 502 {
		t.Errorf("mutating only: %d and %d", read, write)
	}
	if got, _, _ := login(t, s, s.WHMURL(), query("user", "root", "pass", rootPassword)); got.status != 504 {
		t.Errorf("login: %d", got.status)
	}
	s.ClearFaults()
	if got := call("myprivs", "", root); got != 200 || len(s.Faults()) != 0 {
		t.Errorf("cleared: %d", got)
	}
}

func TestHangLastsUntilReleased(t *testing.T) {
	t.Parallel()
	calls := make(chan Call, 1)
	s := startConfig(t, Config{Inventory: testInventory("11.136.0.4"), OnCall: func(c Call) { calls <- c }})
	id := addFault(t, s, Fault{Kind: FaultHang, After: true})
	ended := make(chan error, 1)
	go func() {
		_, err := rotate(t, s)
		ended <- err
	}()
	if call := <-calls; !call.Applied || call.Fault != FaultHang {
		t.Errorf("call %+v", call)
	}
	select {
	case err := <-ended:
		t.Fatalf("ended before its release: %v", err)
	default:
	}
	if !s.RemoveFault(id) || s.RemoveFault(id) {
		t.Error("a rule is removed once")
	}
	if err := <-ended; err == nil {
		t.Error("a released call has no answer")
	}
	mustSucceed(t, s, "gethostname", "", key("root", rootToken))
}

func TestHangEndsWithTheClientAndTheServer(t *testing.T) {
	t.Parallel()
	calls := make(chan Call, 2)
	s := startConfig(t, Config{Inventory: testInventory("11.136.0.4"), OnCall: func(c Call) { calls <- c }})
	addFault(t, s, Fault{Kind: FaultHang})
	ctx, leave := context.WithCancel(t.Context())
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.WHMURL()+"/json-api/version", nil)
	if err != nil {
		t.Fatal(err)
	}
	client, left := rawClient(t, s), make(chan error, 1)
	go func() {
		resp, err := client.Do(req)
		if err == nil {
			err = resp.Body.Close()
		}
		left <- err
	}()
	<-calls
	leave()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Errorf("client: %v", err)
	}
	ended := make(chan error, 1)
	go func() {
		_, err := rotate(t, s)
		ended <- err
	}()
	<-calls
	s.Close()
	if err := <-ended; err == nil {
		t.Error("answered although the server closed")
	}
	if s.AccessHash("root") != rootHash {
		t.Error("a call that hung before applying was applied")
	}
}

func TestDelay(t *testing.T) {
	t.Parallel()
	s := startServer(t, testInventory("11.136.0.4"))
	addFault(t, s, Fault{Kind: FaultDelay, Delay: Duration(50 * time.Millisecond)})
	begin := time.Now()
	mustSucceed(t, s, "gethostname", "", key("root", rootToken))
	if took := time.Since(begin); took < 50*time.Millisecond {
		t.Errorf("took %v", took)
	}
}

func TestFaultsAreChecked(t *testing.T) {
	t.Parallel()
	s := startServer(t, testInventory("11.136.0.4"))
	for _, f := range []Fault{{}, {Kind: "explode"}, {Kind: FaultDelay}, {Kind: FaultReset, Skip: -1}} {
		if _, err := s.AddFault(f); err == nil {
			t.Errorf("%+v was accepted", f)
		}
	}
}
