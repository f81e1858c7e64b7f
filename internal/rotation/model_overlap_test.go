// SPDX-License-Identifier: Apache-2.0

package rotation

import "testing"

var overlapSettings = []overlapSetting{
	{name: "foreign", requests: 1, faults: 2},
	{name: "foreign, three revisions", requests: 3, faults: 1},
	{name: "foreign, accepted after a while, dies later", slowTokens: true, oldLives: true, requests: 1, faults: 2},
	{name: "own", own: true, requests: 1, faults: 2},
	{name: "own, three revisions", own: true, requests: 3, faults: 1},
	{name: "own, accepted after a while", own: true, slowTokens: true, requests: 1, faults: 2},
	{name: "with the previous one", previous: true, requests: 1, faults: 2},
	{name: "own, with the previous one", own: true, previous: true, requests: 1, faults: 2},
	{name: "with a workload", workload: true, meddling: true, requests: 1, faults: 1},
	{name: "with a workload, journal lost", workload: true, losses: true, meddling: true, faults: 2},
	{name: "people meddle", meddling: true, previous: true, scheduled: 40, faults: 2},
	{name: "upstream updates", meddling: true, updates: true, respec: true, faults: 2},
	{name: "upstream cannot update", meddling: true, respec: true, requests: 1, faults: 1},
	{name: "expiring", life: 30, endless: 30, requests: 1, faults: 1},
	{name: "own, expiring", own: true, life: 30, endless: 30, faults: 2},
	{name: "journal lost", losses: true, meddling: true, requests: 1, faults: 2},
	{name: "own, journal lost", own: true, losses: true, requests: 1, faults: 2},
	{name: "restored", backups: true, requests: 1, faults: 1},
	{name: "own, restored", own: true, backups: true, requests: 1, faults: 1},
	{name: "restored, then anything", backups: true, faults: 2},
	{name: "leader paused", paused: true, requests: 1, faults: 2},
}

// TestEveryInterleavingOfOverlap explores tokens that exist side by side.
func TestEveryInterleavingOfOverlap(t *testing.T) {
	t.Parallel()
	for _, s := range overlapSettings {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			s.next, s.due = Next, State.DueToRetire
			x, err := explore[overlapWorld](&s)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("explored %d states with up to %d faults", len(x.worlds), s.faults)
		})
	}
}
