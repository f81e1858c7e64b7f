// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"sync"
	"testing"
	"time"
)

// TestManyClientsAtOnce is for the race detector, and checks that changes made
// at the same time leave one hash and a complete ledger.
func TestManyClientsAtOnce(t *testing.T) {
	t.Parallel()
	s := startServer(t, testInventory("11.136.0.4"))
	const clients, rounds = 6, 4
	var group sync.WaitGroup
	for range clients {
		group.Go(func() {
			for range rounds {
				if _, err := rotate(t, s); err != nil {
					t.Errorf("rotate: %v", err)
				}
			}
		})
	}
	group.Go(func() {
		for range clients * rounds {
			s.Ledger()
			s.Faults()
			s.Advance(time.Second)
			if err := s.SetPolicies(func(p *Policies) { p.SessionIdle = Duration(time.Minute) }); err != nil {
				t.Errorf("policies: %v", err)
			}
		}
	})
	group.Wait()
	ledger, live := s.Ledger(), 0
	for _, c := range ledger.Credentials {
		if c.Kind == KindHash && c.Live {
			live++
			if c.Fingerprint != Fingerprint(s.AccessHash("root")) {
				t.Error("the live hash is not the stored one")
			}
		}
	}
	ids := map[int]bool{}
	for _, call := range ledger.Calls {
		ids[call.ID] = true
	}
	if live != 1 || len(ledger.Calls) != clients*rounds || len(ids) != clients*rounds {
		t.Errorf("%d live hashes, %d calls with %d IDs", live, len(ledger.Calls), len(ids))
	}
}

func TestFunctionsHaveAFirstAndALastRelease(t *testing.T) {
	t.Parallel()
	fn := function{since: "64", removed: "88"}
	for release, want := range map[string]bool{
		"11.62.0.9": false, "11.64": true, "11.64.0.1": true, "64": true, "11.87.9.9": true, "11.88.0.0": false, "11.136.0.4": false,
	} {
		if got := fn.existsIn(mustVersion(release)); got != want {
			t.Errorf("%s: %v", release, got)
		}
	}
}
