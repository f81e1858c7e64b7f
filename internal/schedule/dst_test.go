package schedule

import (
	"slices"
	"testing"
	"time"
)

func matches(t *testing.T, expr, zone, from, until string) []string {
	t.Helper()
	s := mustParse(t, Spec{Cron: expr, TimeZone: zone})
	var out []string
	for m := s.cron.next(at(t, from)); m.Before(at(t, until)); m = s.cron.next(m) {
		out = append(out, m.Format(time.RFC3339))
	}
	return out
}

func TestClockChanges(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		cron, zone, from, until string
		want                    []string
	}{
		"skipped time happens right after the gap": {"30 2 * * *", "America/New_York",
			"2026-03-07T12:00:00Z", "2026-03-09T12:00:00Z", []string{"2026-03-08T07:00:00Z", "2026-03-09T06:30:00Z"}},
		"several skipped times happen once": {"*/20 2 * * *", "Europe/Berlin",
			"2026-03-29T00:00:00Z", "2026-03-29T20:00:00Z", []string{"2026-03-29T01:00:00Z"}},
		"skipped and valid time coincide": {"0 2,3 * * *", "Europe/Berlin",
			"2026-03-29T00:00:00Z", "2026-03-29T20:00:00Z", []string{"2026-03-29T01:00:00Z"}},
		"skipped midnight": {"@daily", "Africa/Cairo",
			"2026-04-23T12:00:00Z", "2026-04-24T12:00:00Z", []string{"2026-04-23T22:00:00Z"}},
		"skipped day": {"0 12 * * *", "Pacific/Apia",
			"2011-12-30T00:00:00Z", "2011-12-31T12:00:00Z", []string{"2011-12-30T10:00:00Z", "2011-12-30T22:00:00Z"}},
		"repeated time counts once": {"30 1 * * *", "America/New_York",
			"2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z", []string{"2026-11-01T05:30:00Z"}},
		"hourly pauses for the repeated hour": {"0 * * * *", "America/New_York",
			"2026-11-01T04:30:00Z", "2026-11-01T08:00:00Z", []string{"2026-11-01T05:00:00Z", "2026-11-01T07:00:00Z"}},
		"half an hour repeated": {"*/15 1 * * *", "Australia/Lord_Howe",
			"2026-04-04T13:00:00Z", "2026-04-04T18:00:00Z",
			[]string{"2026-04-04T14:00:00Z", "2026-04-04T14:15:00Z", "2026-04-04T14:30:00Z", "2026-04-04T14:45:00Z"}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := matches(t, tc.cron, tc.zone, tc.from, tc.until)
			if !slices.Equal(got, tc.want) {
				t.Errorf("got %v, want %v", got, tc.want)
			}
		})
	}
}
