// SPDX-License-Identifier: Apache-2.0

package rotation

import (
	"errors"
	"strings"
	"testing"
)

// TestEveryInterleaving explores two revisions with every combination of crashes, lost and late answers, conflicts and
// meddling people.
func TestEveryInterleaving(t *testing.T) {
	t.Parallel()
	for _, s := range []setting{
		{name: "foreign, old hash dies at once", faults: 3},
		{name: "foreign, old hash dies later", oldLives: true, faults: 2},
		{name: "own, token, old hash dies at once", own: true, lifeline: LifelineToken, faults: 2},
		{name: "own, token, old hash dies later", own: true, lifeline: LifelineToken, oldLives: true, faults: 2},
		{name: "own, token accepted after a while", own: true, lifeline: LifelineToken, slowTokens: true, faults: 2},
		{name: "own, session, old hash dies at once", own: true, lifeline: LifelineSession, faults: 2},
		{name: "own, session that expires", own: true, lifeline: LifelineSession, sessionExpires: true, faults: 2},
		{name: "own, session that expires, old hash dies later", own: true, lifeline: LifelineSession,
			sessionExpires: true, oldLives: true, faults: 2},
	} {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			s.next = Next
			x, err := explore[world](&s)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("explored %d states with up to %d faults", len(x.worlds), s.faults)
		})
	}
}

// TestModelNotices shows that the model would find each of these mistakes.
func TestModelNotices(t *testing.T) {
	t.Parallel()
	own := setting{own: true, lifeline: LifelineToken, faults: 2}
	for _, m := range []struct {
		name  string
		world setting
		wrong func(State, Step) Step
		want  string
	}{
		{"issues again without recovering", own, instead(StepRecover, StepRetry), "locked out"},
		{"publishes before it verified", own, instead(StepVerify, StepPublish), "never accepted"},
		{"does not wait for late issues", setting{faults: 2}, settlesEarly, "not the newest"},
		{"issues without a lifeline", own, instead(StepOpenLifeline, StepIssue), "locked out"},
		{"closes the lifeline before it published", own, closesEarly, "locked out"},
		{"keeps the lifeline", own, keepsLifeline, "left open"},
		{"does not restore the Secret in the middle", own, restoresLate, "does not settle"},
		{"forgets the request", own, forgetsRequest, "exactly once"},
	} {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			m.world.next = func(s State) Step { return m.wrong(s, Next(s)) }
			_, err := explore[world](&m.world)
			var found *violation
			if !errors.As(err, &found) || !strings.Contains(found.what, m.want) {
				t.Errorf("explore() = %v, want a violation with %q", err, m.want)
			}
		})
	}
}
