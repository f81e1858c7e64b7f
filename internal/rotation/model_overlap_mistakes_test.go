// SPDX-License-Identifier: Apache-2.0

package rotation

import (
	"errors"
	"strings"
	"testing"
)

// TestModelNoticesOverlap shows that the model would find each of these mistakes.
func TestModelNoticesOverlap(t *testing.T) {
	t.Parallel()
	foreign := overlapSetting{requests: 2, faults: 1}
	own := overlapSetting{own: true, requests: 1, faults: 1}
	for _, m := range []struct {
		name  string
		world overlapSetting
		wrong func(*overlapSetting)
		want  string
	}{
		{"publishes before it verified", slow(foreign), step(StepVerify, StepPublish), "published does not work"},
		{"issues again without recovering", foreign, step(StepRecover, StepRetry), "more live tokens"},
		{"does not wait for late creations", foreign, decide(settlesAtOnce), "more live tokens"},
		{"issues while there is no room", overlapSetting{requests: 3}, decide(issuesAnyway), "more live tokens"},
		{"retires the one that is published", foreign, retiresPublished, "revokes what is published"},
		{"retires before the overlap is over", foreign, see(func(s *State) { s.Overlap = 0 }), "still overlaps"},
		{"retires before workloads have rolled out", withWorkload(foreign), see(func(s *State) { s.Rolled = true }), "workloads"},
		{"retires before the server object proved the new one", own, retiresUnproven, "let the operator in"},
		{"leaves what it retires in the Secret", withPrevious(foreign), decide(retiresFirst), "as the previous one"},
		{"forgets strays", overlapSetting{paused: true, faults: 1}, see(func(s *State) { s.Unknown = false }), "not published"},
		{"uses a name twice", restored(1), func(s *overlapSetting) { s.sameName = true }, "for ever"},
		{"does not notice what is missing", meddled(foreign), see(func(s *State) { s.Drift = DriftNone }), "does not work"},
		{"does not fall back", own, see(func(s *State) { s.SelfRejected = false }), "does not work"},
		{"falls back to what was rejected", brittle(own), see(forgetsRejections), "more revisions than reasons"},
		{"renews when it is too late", expiring(foreign), see(func(s *State) { s.RenewBefore = 0 }), "does not work"},
		{"takes any proof for that of the newest", restored(2), see(provesAll), "does not work"},
		{"forgets the request", foreign, decide(forgetsRequest), "handling the request"},
		{"never updates", respecified(foreign), step(StepUpdate, StepRest), "what the spec asks for"},
	} {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			m.world.next, m.world.due = Next, State.DueToRetire
			m.wrong(&m.world)
			_, err := explore[overlapWorld](&m.world)
			var found *violation
			if !errors.As(err, &found) || !strings.Contains(found.what, m.want) {
				t.Errorf("explore() = %v, want a violation with %q", err, m.want)
			}
		})
	}
}

func slow(s overlapSetting) overlapSetting         { s.slowTokens = true; return s }
func withWorkload(s overlapSetting) overlapSetting { s.workload = true; return s }
func withPrevious(s overlapSetting) overlapSetting { s.previous = true; return s }
func meddled(s overlapSetting) overlapSetting      { s.meddling = true; return s }
func brittle(s overlapSetting) overlapSetting      { s.faults = 2; return s }
func expiring(s overlapSetting) overlapSetting     { s.life, s.endless = 30, 30; return s }
func respecified(s overlapSetting) overlapSetting  { s.respec, s.updates = true, true; return s }
func restored(faults int) overlapSetting {
	return overlapSetting{backups: true, requests: 1, faults: faults}
}

// decide changes what was decided.
func decide(wrong func(State, Step) Step) func(*overlapSetting) {
	return func(s *overlapSetting) {
		s.next = func(st State) Step { return wrong(st, Next(st)) }
	}
}

func step(due, wrong StepKind) func(*overlapSetting) { return decide(instead(due, wrong)) }

// see changes what is decided from.
func see(wrong func(*State)) func(*overlapSetting) {
	return func(s *overlapSetting) { s.see = wrong }
}

// retiresUnproven does not care whether the server object has tried what is published.
func retiresUnproven(s *overlapSetting) {
	s.unproven = true
	s.see = func(st *State) { st.SelfProven = true }
}

func settlesAtOnce(_ State, step Step) Step {
	if step.Why == RestSettle {
		return Step{Kind: StepRetry}
	}
	return step
}

// issuesAnyway begins a revision although as many overlap as may.
func issuesAnyway(s State, step Step) Step {
	if e := s.Journal.Newest(); step.Why == RestOverlap && e.Phase == Issued {
		return Step{Kind: StepIntend, Revision: e.Revision + 1, Trigger: TriggerRequest, Request: s.Request}
	}
	if step.Kind == StepRecover && s.Run.Fresh {
		return Step{Kind: StepIssue}
	}
	return step
}

// retiresPublished ends what the newest credential replaces before that is published.
func retiresPublished(s *overlapSetting) {
	early := func(st State) bool {
		return st.Published > 0 && st.Published < st.Proven && len(st.Journal.Entries) > 1
	}
	s.next = func(st State) Step {
		if step := Next(st); step.Kind != StepPublish || !early(st) {
			return step
		}
		return Step{Kind: StepRetire}
	}
	s.due = func(st State) []string {
		if !early(st) {
			return st.DueToRetire()
		}
		return []string{st.Journal.Entries[0].ID}
	}
}

// retiresFirst does so while the Secret still has what is retired.
func retiresFirst(s State, step Step) Step {
	if step.Kind == StepPublish && s.Published == s.Journal.Newest().Revision && len(s.DueToRetire()) > 0 {
		return Step{Kind: StepRetire}
	}
	return step
}

func forgetsRejections(s *State) {
	for i := range s.Journal.Entries {
		s.Journal.Entries[i].Rejected = false
	}
}

func provesAll(s *State) {
	if e := s.Journal.Newest(); e != nil && s.Proven > e.Revision {
		s.Proven = e.Revision
	}
}
