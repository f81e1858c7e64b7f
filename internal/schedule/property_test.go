package schedule

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// zones have daylight saving on both hemispheres, at midnight, by half an hour,
// by two hours, around Ramadan, abolished, or none; some skipped a whole day.
var zones = []string{
	"UTC", "Africa/Cairo", "Africa/Casablanca", "Africa/El_Aaiun", "Africa/Juba", "Africa/Windhoek", "America/Adak",
	"America/Asuncion", "America/Caracas", "America/Chicago", "America/Godthab", "America/Havana", "America/New_York",
	"America/Santiago", "America/Sao_Paulo", "America/Scoresbysund", "America/St_Johns", "Antarctica/Casey",
	"Antarctica/Troll", "Asia/Amman", "Asia/Beirut", "Asia/Dhaka", "Asia/Gaza", "Asia/Kathmandu", "Asia/Kolkata",
	"Asia/Pyongyang", "Asia/Tehran", "Asia/Tokyo", "Atlantic/Azores", "Australia/Lord_Howe", "Australia/Sydney",
	"Europe/Berlin", "Europe/Dublin", "Europe/Istanbul", "Europe/London", "Europe/Moscow", "Europe/Volgograd",
	"Pacific/Apia", "Pacific/Auckland", "Pacific/Chatham", "Pacific/Easter", "Pacific/Fakaofo", "Pacific/Norfolk",
}

// transitions returns the changes of a zone's offset in the years under test.
func transitions(loc *time.Location) []time.Time {
	var out []time.Time
	last := time.Date(2038, 1, 1, 0, 0, 0, 0, time.UTC)
	for t := time.Date(2000, 1, 1, 0, 0, 0, 0, loc); ; {
		_, end := t.ZoneBounds()
		if end.IsZero() || end.After(last) {
			return out
		}
		out, t = append(out, end), end
	}
}

// hands is a set of wall-clock times of day: the hours and minutes that a cron
// expression lists.
type hands struct{ hours, minutes []int }

func randomHands(r *rand.Rand) hands {
	h := hands{hours: r.Perm(24)[:1+r.IntN(24)], minutes: r.Perm(60)[:1+r.IntN(4)]}
	if r.IntN(2) == 0 {
		h.hours = []int{r.IntN(4)} // where clocks are changed
	}
	return h
}

func (h hands) cron() string {
	list := func(values []int) string { return strings.Trim(strings.ReplaceAll(fmt.Sprint(values), " ", ","), "[]") }
	return list(h.minutes) + " " + list(h.hours) + " * * *"
}

// observe watches a clock minute by minute: a listed time happens when the
// clock shows it or jumps past it, unless it has shown it before.
func (h hands) observe(loc *time.Location, from, until time.Time) []time.Time {
	var out []time.Time
	seen := wallOf(from, loc)
	for t := from.Add(time.Minute); t.Before(until); t = t.Add(time.Minute) {
		shown, hit := wallOf(t, loc), false
		for ; seen.Before(shown); seen = seen.Add(time.Minute) {
			w := seen.Add(time.Minute)
			hit = hit || slices.Contains(h.hours, w.Hour()) && slices.Contains(h.minutes, w.Minute())
		}
		if hit {
			out = append(out, t.UTC())
		}
	}
	return out
}

func TestCronAgreesWithAWatchedClock(t *testing.T) {
	t.Parallel()
	for _, zone := range zones {
		t.Run(zone, func(t *testing.T) {
			t.Parallel()
			r := newRand(t)
			loc, err := time.LoadLocation(zone)
			if err != nil {
				t.Fatal(err)
			}
			changes := append(transitions(loc), time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC))
			for range 8 {
				compareAround(t, randomHands(r), loc, changes[r.IntN(len(changes))].Truncate(time.Minute))
			}
		})
	}
}

func compareAround(t *testing.T, h hands, loc *time.Location, change time.Time) {
	t.Helper()
	s := mustParse(t, Spec{Cron: h.cron(), TimeZone: loc.String()})
	from, until := change.Add(-8*time.Hour), change.Add(8*time.Hour)
	want := h.observe(loc, from, until)
	var got []time.Time
	for m := s.cron.next(from); m.Before(until); m = s.cron.next(m) {
		got = append(got, m)
	}
	if !slices.EqualFunc(got, want, time.Time.Equal) {
		t.Errorf("%s in %s around %v:\n got %v\nwant %v", h.cron(), loc, change, got, want)
	}
}

func randomSpec(r *rand.Rand) Spec {
	spec := Spec{TimeZone: zones[r.IntN(len(zones))]}
	switch r.IntN(5) {
	case 0, 1:
		spec.Every = MinEvery + time.Duration(r.Int64N(int64(60*24*time.Hour)))
	case 2, 3:
		spec.Cron = randomHands(r).cron()
	}
	for range r.IntN(4) {
		spec.Windows = append(spec.Windows, Window{
			Cron:     randomHands(r).cron(),
			TimeZone: zones[r.IntN(len(zones))],
			Duration: MinWindow + time.Duration(r.Int64N(int64(3*time.Hour))),
		})
	}
	return spec
}

func randomInstant(r *rand.Rand) time.Time {
	start := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	return start.Add(time.Duration(r.Int64N(int64(20 * 365 * 24 * time.Hour))))
}

func TestScheduleProperties(t *testing.T) {
	t.Parallel()
	r := newRand(t)
	for range 600 {
		spec, last, uid := randomSpec(r), randomInstant(r), uids(r, 1)[0]
		s := mustParse(t, spec)
		next := s.Next(last, uid)
		if spec.Every == 0 && spec.Cron == "" {
			if !next.IsZero() {
				t.Fatalf("%+v: Next = %v without a cadence", spec, next)
			}
			continue
		}
		if !next.After(last) || !s.Permitted(next) || next.Nanosecond() != 0 || next.Location() != time.UTC {
			t.Fatalf("%+v: Next(%v, %s) = %#v, permitted %v", spec, last, uid, next, s.Permitted(next))
		}
		if again := mustParse(t, spec).Next(last, uid); !again.Equal(next) {
			t.Fatalf("%+v: Next(%v, %s) = %v, then %v", spec, last, uid, next, again)
		}
		if len(spec.Windows) == 0 && spec.Every > 0 && next.Sub(last) > spec.Every {
			t.Fatalf("%+v: %v after %v is older than the interval", spec, next, last)
		}
		checkAt(t, s, r, last, uid)
	}
}

// checkAt plays an operator that may be restarted at any moment before it acts.
func checkAt(t *testing.T, s *Schedule, r *rand.Rand, last time.Time, uid string) {
	t.Helper()
	next := s.Next(last, uid)
	now := last.Add(time.Duration(r.Int64N(int64(3 * next.Sub(last)))))
	first := s.At(last, now, uid)
	if first.Before(now) || first.Before(next) || !s.Permitted(first) {
		t.Fatalf("%+v: At(%v, %v, %s) = %v, Next is %v", s, last, now, uid, first, next)
	}
	for range 5 {
		if first.After(now) {
			now = now.Add(time.Duration(r.Int64N(int64(first.Sub(now) + 1))))
		}
		if again := s.At(last, now, uid); !again.Equal(first) && now.Before(first) {
			t.Fatalf("%+v: At(%v, %v, %s) = %v, before the restart it was %v", s, last, now, uid, again, first)
		}
	}
	if got := s.At(last, first, uid); !got.Equal(first) {
		t.Fatalf("%+v: At(%v, %v, %s) = %v, want to act at once", s, last, first, uid, got)
	}
}

func FuzzCron(f *testing.F) {
	for _, expr := range []string{"0 3 * * *", "@daily", "*/7 0-23/5 ? JAN-MAR 7", "59 23 31 12 5", "22-2 L W #3 H"} {
		f.Add(expr, "Europe/Berlin", int64(1774746000))
	}
	f.Fuzz(func(t *testing.T, expr, zone string, unix int64) {
		s, err := Parse(Spec{Cron: expr, TimeZone: zone})
		if err != nil {
			return
		}
		last := time.Unix(unix%(1<<33), 0)
		if next := s.Next(last, zone); !next.After(last) {
			t.Errorf("%q in %q: %v after %v", expr, zone, next, last)
		}
	})
}
