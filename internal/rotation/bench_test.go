// SPDX-License-Identifier: Apache-2.0

package rotation_test

import (
	"testing"
	"time"

	"github.com/whm-credentials/operator/internal/rotation"
	"github.com/whm-credentials/operator/internal/schedule"
)

// BenchmarkNext measures one decision, with the schedules that take longest to ask.
func BenchmarkNext(b *testing.B) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	interval := parse(b, schedule.Spec{Every: 720 * time.Hour})
	nightly := parse(b, schedule.Spec{
		Cron: "0 3 1 * *", TimeZone: "Europe/Berlin",
		Windows: []schedule.Window{{Cron: "0 2 * * 6,0", TimeZone: "America/New_York", Duration: 3 * time.Hour}},
	})
	for _, c := range []struct {
		name  string
		state rotation.State
		want  rotation.StepKind
	}{
		{"rest/every", stateOf(rotation.Issued, now, interval), rotation.StepRest},
		{"rest/cron and window", stateOf(rotation.Issued, now, nightly), rotation.StepRest},
		{"due", stateOf(rotation.Issued, now.Add(1440*time.Hour), interval), rotation.StepIntend},
		{"recover", stateOf(rotation.Intended, now, interval), rotation.StepRecover},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			var step rotation.Step
			for b.Loop() {
				step = rotation.Next(c.state)
			}
			if step.Kind != c.want {
				b.Fatalf("Next() = %s, want %s", step.Kind, c.want)
			}
		})
	}
}

func parse(b *testing.B, spec schedule.Spec) rotation.Schedule {
	b.Helper()
	s, err := schedule.Parse(spec)
	if err != nil {
		b.Fatal(err)
	}
	return s
}

// stateOf returns the state of an object whose newest revision was begun in the morning of 1 March 2026.
func stateOf(phase rotation.Phase, now time.Time, s rotation.Schedule) rotation.State {
	morning := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	return rotation.State{
		Journal: &rotation.Journal{Entries: []rotation.Entry{{
			Revision: 7, Attempt: 1, Phase: phase, ID: "billing", IntendedAt: morning, IssuedAt: morning,
			Value: rotation.Value{"accesshash": "value"},
		}}},
		Now: now, Schedule: s, Seed: "5b2c8a0e-2f1d-4c3b-9a76-0d1e2f3a4b5c", Settle: time.Minute,
		Published: 7, Intact: true, Proven: 7,
	}
}
