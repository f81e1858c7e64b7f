package schedule

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// newRand logs its seed, so a failure can be repeated.
func newRand(t testing.TB) *rand.Rand {
	t.Helper()
	seed := rand.Uint64()
	t.Logf("random seed %d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

func uids(r *rand.Rand, n int) []string {
	out := make([]string, n)
	for i := range out {
		hi, lo := r.Uint64(), r.Uint64()
		out[i] = fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x",
			hi>>32, hi>>16&0xffff, hi&0xfff, lo>>48&0x3fff|0x8000, lo&0xffffffffffff)
	}
	return out
}

// TestFleetIsSpread has 10,000 objects that were all rotated at one moment.
func TestFleetIsSpread(t *testing.T) {
	t.Parallel()
	last := at(t, "2026-03-01T10:00:00Z")
	tests := map[string]struct {
		spec    Spec
		from    string
		minutes int
	}{
		"interval": {Spec{Every: 720 * time.Hour}, "2026-03-31T09:00:00Z", 60},
		"cron":     {Spec{Cron: "0 3 * * *"}, "2026-03-02T03:00:00Z", 5},
		"moved to a window": {Spec{Every: 24 * time.Hour, Windows: []Window{sundayNight}},
			"2026-03-08T01:00:00Z", 5},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const fleet = 10_000
			s, from := mustParse(t, tc.spec), at(t, tc.from)
			perMinute := make([]int, tc.minutes+1)
			for _, uid := range uids(newRand(t), fleet) {
				got := s.Next(last, uid)
				wantBetween(t, got, from, from.Add(time.Duration(tc.minutes)*time.Minute+time.Second))
				perMinute[int(got.Sub(from)/time.Minute)]++
			}
			mean := float64(fleet) / float64(tc.minutes)
			for minute, n := range perMinute {
				if float64(n) > 1.5*mean {
					t.Errorf("minute %d has %d rotations, the mean is %.0f", minute, n, mean)
				}
			}
		})
	}
}

func TestJitterIsNeverRedrawn(t *testing.T) {
	t.Parallel()
	const every = 30 * time.Hour
	s := mustParse(t, Spec{Every: every})
	last := at(t, "2026-03-01T10:00:00Z")
	first := s.Next(last, seed).Sub(last)
	for range 50 {
		next := s.Next(last, seed)
		if next.Sub(last) != first {
			t.Fatalf("the interval after %v is %v, before it was %v", last, next.Sub(last), first)
		}
		last = next
	}
	if first >= every || first < every-MaxIntervalJitter {
		t.Errorf("the interval is %v", first)
	}
}
