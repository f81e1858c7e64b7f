package schedule

import (
	"testing"
	"time"
)

var sundayNight = Window{Cron: "0 2 * * SUN", TimeZone: "Europe/Berlin", Duration: 4 * time.Hour}

func TestPermitted(t *testing.T) {
	t.Parallel()
	lunch := Window{Cron: "30 12 * * MON-FRI", Duration: 45 * time.Minute}
	s := mustParse(t, Spec{Windows: []Window{sundayNight, lunch}})
	for instant, want := range map[string]bool{
		"2026-03-01T00:59:59.999Z": false, // Sunday, before 02:00 in Berlin
		"2026-03-01T01:00:00Z":     true,
		"2026-03-01T04:59:59.999Z": true,
		"2026-03-01T05:00:00Z":     false,
		"2026-03-01T12:30:00Z":     false, // no lunch on Sundays
		"2026-03-02T12:30:00Z":     true,
		"2026-03-02T13:15:00Z":     false,
	} {
		if got := s.Permitted(at(t, instant)); got != want {
			t.Errorf("Permitted(%s) = %v, want %v", instant, got, want)
		}
	}
	if !mustParse(t, Spec{}).Permitted(time.Unix(0, 0)) {
		t.Error("without windows everything is permitted")
	}
}

func TestNextPermitted(t *testing.T) {
	t.Parallel()
	late := Window{Cron: "0 23 * * *", Duration: 3 * time.Hour} // past midnight
	s := mustParse(t, Spec{Windows: []Window{sundayNight, late}})
	for from, want := range map[string]string{
		"2026-03-02T10:00:00Z":   "2026-03-02T23:00:00Z",
		"2026-03-03T01:59:59.5Z": "2026-03-03T01:59:59.5Z",
		"2026-03-03T02:00:00Z":   "2026-03-03T23:00:00Z",
		"2026-03-01T03:00:00Z":   "2026-03-01T03:00:00Z",
	} {
		if got := s.NextPermitted(at(t, from)); !got.Equal(at(t, want)) {
			t.Errorf("NextPermitted(%s) = %v, want %s", from, got, want)
		}
	}
}

func TestWindowHasItsOwnZone(t *testing.T) {
	t.Parallel()
	for zone, want := range map[string]string{"": "2026-03-02T03:00:00Z", "Asia/Tokyo": "2026-03-01T18:00:00Z"} {
		s := mustParse(t, Spec{Cron: "0 3 * * *", TimeZone: "Europe/Berlin",
			Windows: []Window{{Cron: "0 3 * * *", TimeZone: zone, Duration: time.Hour}}})
		if got := s.NextPermitted(at(t, "2026-03-01T10:00:00Z")); !got.Equal(at(t, want)) {
			t.Errorf("zone %q: got %v, want %s", zone, got, want)
		}
	}
}

func TestDueOutsideWindowsMovesToTheNextOpening(t *testing.T) {
	t.Parallel()
	opening := at(t, "2026-03-08T01:00:00Z")
	last := at(t, "2026-03-01T02:00:00Z")
	for _, spec := range []Spec{
		{Every: 24 * time.Hour}, // longer than the window
		{Every: 168*time.Hour - 3*time.Hour},
		{Cron: "0 12 * * *"},
	} {
		spec.Windows = []Window{sundayNight}
		wantBetween(t, mustParse(t, spec).Next(last, seed), opening, opening.Add(MaxDelay))
	}
}

func TestCronJitterStaysInsideTheWindow(t *testing.T) {
	t.Parallel()
	// The match is two minutes before the end; the delay would be up to five.
	s := mustParse(t, Spec{Cron: "58 2 * * *", Windows: []Window{{Cron: "0 2 * * *", Duration: time.Hour}}})
	match := at(t, "2026-03-02T02:58:00Z")
	for _, uid := range uids(newRand(t), 200) {
		got := s.Next(at(t, "2026-03-01T10:00:00Z"), uid)
		wantBetween(t, got, match, match.Add(2*time.Minute))
	}
}

func TestAtMakesUpForAMissedWindow(t *testing.T) {
	t.Parallel()
	s := mustParse(t, Spec{Every: 24 * time.Hour, Windows: []Window{sundayNight}})
	last := at(t, "2026-03-01T02:00:00Z")
	missed := s.Next(last, seed)
	opening := at(t, "2026-03-15T01:00:00Z") // the operator was down on the 8th
	slot := s.At(last, at(t, "2026-03-10T00:00:00Z"), seed)
	wantBetween(t, slot, opening.Add(time.Second), opening.Add(MaxDelay))
	for _, tc := range []struct{ now, want time.Time }{
		{missed, missed},
		{missed.Add(time.Second), missed.Add(time.Second)}, // late, in the same window
		{opening, slot}, // starting in the window keeps the spread
		{slot.Add(-1), slot},
		{slot, slot},
		{slot.Add(time.Hour), slot.Add(time.Hour)},
	} {
		if got := s.At(last, tc.now, seed); !got.Equal(tc.want) {
			t.Errorf("At(%v) = %v, want %v", tc.now, got, tc.want)
		}
	}
}
