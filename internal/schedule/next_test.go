package schedule

import (
	"testing"
	"time"
)

// seed has a share of about 0.43, so every jitter below is visible.
const seed = "4f0c8d0e-58a5-4b0e-9d5f-6f3f4f7a2d14"

func mustParse(t testing.TB, spec Spec) *Schedule {
	t.Helper()
	s, err := Parse(spec)
	if err != nil {
		t.Fatalf("Parse(%+v): %v", spec, err)
	}
	return s
}

func at(t testing.TB, value string) time.Time {
	t.Helper()
	parsed, err := time.Parse(time.RFC3339Nano, value)
	if err != nil {
		t.Fatal(err)
	}
	return parsed.UTC()
}

// wantBetween checks for an instant in [from, until).
func wantBetween(t testing.TB, got, from, until time.Time) {
	t.Helper()
	if got.Before(from) || !got.Before(until) {
		t.Errorf("got %v, want an instant in [%v, %v)", got, from, until)
	}
}

func TestNextIntervalIsShortenedByJitter(t *testing.T) {
	t.Parallel()
	last := at(t, "2026-03-01T10:00:00Z")
	for _, tc := range []struct{ every, jitter time.Duration }{
		{time.Minute, 6 * time.Second},
		{5 * time.Hour, 30 * time.Minute},
		{720 * time.Hour, MaxIntervalJitter},
	} {
		due := last.Add(tc.every)
		got := mustParse(t, Spec{Every: tc.every}).Next(last, seed)
		wantBetween(t, got, due.Add(-tc.jitter), due)
	}
}

func TestNextIgnoresWhatAStatusCannotStore(t *testing.T) {
	t.Parallel()
	last := at(t, "2026-03-01T10:00:00.987654321Z")
	for _, spec := range []Spec{{Every: 90*time.Minute + time.Nanosecond}, {Cron: "*/7 * * * *"}} {
		s := mustParse(t, spec)
		got, stored := s.Next(last, seed), s.Next(last.Truncate(time.Second), seed)
		if !got.Equal(stored) || got.Nanosecond() != 0 {
			t.Errorf("%+v: got %v from the clock and %v from the status", spec, got, stored)
		}
	}
}

func TestNextCronIsDelayedByJitter(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		cron, last, match string
		jitter            time.Duration
	}{
		{"0 3 * * *", "2026-03-01T10:00:00Z", "2026-03-02T03:00:00Z", MaxDelay},
		{"*/10 * * * *", "2026-03-01T10:00:00Z", "2026-03-01T10:10:00Z", time.Minute},
		{"0 0 29 2 *", "2096-02-29T00:00:00Z", "2104-02-29T00:00:00Z", MaxDelay},
		{"0 12 13 * FRI", "2026-03-01T10:00:00Z", "2026-03-06T12:00:00Z", MaxDelay},
	} {
		match := at(t, tc.match)
		got := mustParse(t, Spec{Cron: tc.cron}).Next(at(t, tc.last), seed)
		wantBetween(t, got, match.Add(time.Second), match.Add(tc.jitter))
	}
}

func TestNextReadsCronInItsZone(t *testing.T) {
	t.Parallel()
	s := mustParse(t, Spec{Cron: "0 3 * * *", TimeZone: "Asia/Tokyo"})
	match := at(t, "2026-03-01T18:00:00Z")
	wantBetween(t, s.Next(at(t, "2026-03-01T10:00:00Z"), seed), match, match.Add(MaxDelay))
}

func TestFirstRotationIsDueAtOnceAndNotJittered(t *testing.T) {
	t.Parallel()
	now := at(t, "2026-03-01T10:00:00.5Z")
	window := []Window{{Cron: "0 22 * * *", Duration: time.Hour}}
	for _, spec := range []Spec{{}, {Every: time.Hour}, {Cron: "0 3 * * *"}} {
		if got := mustParse(t, spec).At(time.Time{}, now, seed); !got.Equal(now) {
			t.Errorf("%+v: got %v, want now", spec, got)
		}
		spec.Windows = window
		if got, want := mustParse(t, spec).At(time.Time{}, now, seed), at(t, "2026-03-01T22:00:00Z"); !got.Equal(want) {
			t.Errorf("%+v: got %v, want the opening %v", spec, got, want)
		}
		if got, want := mustParse(t, spec).Next(time.Time{}, seed), at(t, "1970-01-01T22:00:00Z"); !got.Equal(want) {
			t.Errorf("%+v: got %v, want the first opening of all, %v", spec, got, want)
		}
	}
}

func TestOnDemandOnlyNeverComesDueAgain(t *testing.T) {
	t.Parallel()
	last := at(t, "2026-03-01T10:00:00Z")
	for _, windows := range [][]Window{nil, {{Cron: "@daily", Duration: time.Hour}}} {
		s := mustParse(t, Spec{Windows: windows})
		if got := s.Next(last, seed); !got.IsZero() {
			t.Errorf("Next = %v, want zero", got)
		}
		if got := s.At(last, last.AddDate(9, 0, 0), seed); !got.IsZero() {
			t.Errorf("At = %v, want zero", got)
		}
	}
}

func TestAtWithoutWindows(t *testing.T) {
	t.Parallel()
	s := mustParse(t, Spec{Every: time.Hour})
	last := at(t, "2026-03-01T10:00:00Z")
	due := s.Next(last, seed)
	for _, tc := range []struct{ now, want time.Time }{
		{last, due},
		{due.Add(-1), due},
		{due, due},
		{due.Add(1), due.Add(1)},
		{due.AddDate(1, 0, 0), due.AddDate(1, 0, 0)},
	} {
		if got := s.At(last, tc.now, seed); !got.Equal(tc.want) {
			t.Errorf("At(%v) = %v, want %v", tc.now, got, tc.want)
		}
	}
}
