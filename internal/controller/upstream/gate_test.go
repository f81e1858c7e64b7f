// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"errors"
	"testing"
	"time"

	clocktesting "k8s.io/utils/clock/testing"
)

func newGate() (*Gate, *clocktesting.FakePassiveClock) {
	clk := clocktesting.NewFakePassiveClock(time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC))
	return &Gate{clock: clk}, clk
}

// afterRestart returns a gate that another run of the operator restored from the status.
func (g *Gate) afterRestart() *Gate {
	restored := &Gate{clock: g.clock}
	restored.restore(g.Status())
	return restored
}

func open(g *Gate) bool { return g.Closed() == nil }

// attempts lets a day pass minute by minute and counts the logins that the gate lets through, all of which fail.
func attempts(g *Gate, clk *clocktesting.FakePassiveClock, credential string, d time.Duration) (count int) {
	for end := clk.Now().Add(d); clk.Now().Before(end); clk.SetTime(clk.Now().Add(time.Minute)) {
		if open(g) {
			g.reject(credential, false)
			count++
		}
	}
	return count
}

func TestGateLetsThreeFailuresThroughADay(t *testing.T) {
	t.Parallel()
	g, clk := newGate()
	g.use("a", differs)
	for day := range 7 {
		if n := attempts(g, clk, "a", 24*time.Hour); n > budget {
			t.Fatalf("day %d: %d failed logins, want at most %d", day, n, budget)
		}
	}
}

func TestGateSaysWhenItOpens(t *testing.T) {
	t.Parallel()
	g, clk := newGate()
	g.use("a", differs)
	if !g.reject("a", false) {
		t.Fatal("the first rejection is news")
	}
	var closed *GateClosedError
	if err := g.Closed(); !errors.As(err, &closed) || !closed.Until.Equal(clk.Now().Add(slowProbe)) {
		t.Fatalf("got %v, want a closed gate until %s", err, clk.Now().Add(slowProbe))
	}
	clk.SetTime(closed.Until)
	if !open(g) {
		t.Fatal("the gate stays closed after its time")
	}
	g.accept("a")
	if s := g.Status(); s.Rejected || s.NextAttemptTime != nil {
		t.Fatalf("after a good login the status is %+v", s)
	}
}

func TestGateJudgesOnlyTheCredentialInUse(t *testing.T) {
	t.Parallel()
	g, _ := newGate()
	g.use("new", differs)
	if g.reject("old", false) || !open(g) {
		t.Fatal("a late answer to the old credential closed the gate for the new one")
	}
	g.reject("new", false)
	g.accept("old")
	if open(g) {
		t.Fatal("a late answer to the old credential opened the gate for the new one")
	}
}

func TestGateAfterAChangedSecret(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		change   change
		failures int
		want     bool
	}{
		{"another value is tried at once", differs, 1, true},
		{"another value is tried at once, whatever the old one cost", differs, budget, true},
		{"touched metadata changes nothing", same, 1, false},
		{"what may be the same is tried within the budget", unknown, budget - 1, true},
		{"what may be the same is not tried beyond the budget", unknown, budget, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g, clk := newGate()
			g.use("a", differs)
			for range tt.failures {
				g.reject("a", false)
				clk.SetTime(clk.Now().Add(time.Minute))
			}
			g = g.afterRestart()
			g.use("b", tt.change)
			if open(g) != tt.want {
				t.Fatalf("open: got %t, want %t", open(g), tt.want)
			}
		})
	}
}

func TestGateForgivesAfterADay(t *testing.T) {
	t.Parallel()
	g, clk := newGate()
	g.use("a", differs)
	for range budget {
		g.reject("a", false)
	}
	g = g.afterRestart()
	g.use("b", unknown)
	clk.SetTime(clk.Now().Add(budgetPeriod + 2*time.Minute))
	if !open(g) {
		t.Fatal("the budget is a day's, but the gate is still closed")
	}
}

func TestGateStandsInTheStatus(t *testing.T) {
	t.Parallel()
	g, _ := newGate()
	g.use("a", differs)
	g.reject("a", false)
	restored := g.afterRestart()
	restored.use("a", unknown)
	if open(restored) {
		t.Fatal("a restart opened the gate")
	}
	if got := restored.Status(); got.Credential != "a" || !got.Rejected || len(got.FailedLogins) != 1 {
		t.Fatalf("the status after a restart is %+v", got)
	}
}

func TestRejectedCodeIsFollowedByAnother(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		before int
		code   bool
		want   time.Duration
	}{
		"the first code of a day":    {0, true, nextCode},
		"the second code of a day":   {1, true, slowProbe},
		"the third code of a day":    {2, true, budgetPeriod + time.Minute},
		"not a question of the code": {0, false, slowProbe},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g, clk := newGate()
			g.use("a", differs)
			for range tt.before {
				g.reject("a", true)
			}
			g.reject("a", tt.code)
			var closed *GateClosedError
			if err := g.afterRestart().Closed(); !errors.As(err, &closed) || !closed.Until.Equal(clk.Now().Add(tt.want)) {
				t.Fatalf("got %v, want a closed gate for %s", err, tt.want)
			}
		})
	}
}

func TestRejectedCodesStayInTheBudget(t *testing.T) {
	t.Parallel()
	g, clk := newGate()
	g.use("a", differs)
	count := 0
	for end := clk.Now().Add(24 * time.Hour); clk.Now().Before(end); clk.SetTime(clk.Now().Add(20 * time.Second)) {
		if open(g) {
			g.reject("a", true)
			count++
		}
	}
	if count != budget {
		t.Fatalf("%d failed logins in a day, want %d", count, budget)
	}
}
