// SPDX-License-Identifier: Apache-2.0

package rotation

import (
	"testing"
	"time"
)

var (
	noon    = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	issued1 = Entry{Revision: 1, Attempt: 1, Phase: Issued, IssuedAt: noon, Value: Value{"accesshash": "one"}}
)

// fixed is a schedule with one due time and one window.
type fixed struct{ due, opens time.Time }

func (f fixed) At(_, now time.Time, _ string) time.Time {
	if f.due.IsZero() || now.Before(f.due) {
		return f.due
	}
	return f.NextPermitted(now)
}

func (f fixed) NextPermitted(t time.Time) time.Time {
	if t.Before(f.opens) {
		return f.opens
	}
	return t
}

// atRest returns the state of an object at rest with revision 1, changed by the arguments.
func atRest(changes ...func(*State)) State {
	s := State{
		Journal: &Journal{Entries: []Entry{issued1}, HandledRequest: "old"},
		Now:     noon, Request: "old", Settle: time.Minute, FirstRevision: 2, Published: 1, Intact: true, Proven: 1,
	}
	for _, change := range changes {
		change(&s)
	}
	return s
}

// underWay returns the state in which revision 2 was intended at noon by an earlier run.
func underWay(changes ...func(*State)) State {
	s := atRest(func(s *State) {
		s.Journal.Entries = append(s.Journal.Entries, Entry{Revision: 2, Attempt: 1, Phase: Intended, IntendedAt: noon})
		s.Intact = false
	})
	for _, change := range changes {
		change(&s)
	}
	return s
}

func withLifeline(open bool) func(*State) {
	return func(s *State) {
		s.NeedsLifeline = true
		s.Journal.Newest().Lifeline = &Lifeline{Kind: LifelineSession, Attempt: 1, Open: open, Value: Value{"cookie": "c"}}
	}
}

type stepCase struct {
	name  string
	state State
	want  Step
}

func checkSteps(t *testing.T, cases []stepCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := Next(c.state); got != c.want {
				t.Errorf("Next() = %+v, want %+v", got, c.want)
			}
		})
	}
}

func TestNextOfAnIssuedRevision(t *testing.T) {
	t.Parallel()
	unpublished := func(s *State) { s.Published, s.Intact, s.Proven = 0, false, 0 }
	checkSteps(t, []stepCase{
		{"verifies what was never published", atRest(unpublished), Step{Kind: StepVerify}},
		{
			"publishes what was verified", atRest(unpublished, func(s *State) { s.Proven = 1 }),
			Step{Kind: StepPublish},
		},
		{
			"heals a changed Secret without asking the server",
			atRest(func(s *State) { s.Intact = false }), Step{Kind: StepPublish},
		},
		{
			"proves what is published after the status was lost",
			atRest(func(s *State) { s.Proven = 0 }), Step{Kind: StepVerify},
		},
		{
			"heals a deleted Secret without asking the server",
			atRest(func(s *State) { s.Published, s.Intact = 0, false }), Step{Kind: StepPublish},
		},
		{
			"replaces a Secret of another revision", atRest(func(s *State) { s.Published, s.Intact = 9, false }),
			Step{Kind: StepPublish},
		},
		{"closes the lifeline after publishing", atRest(withLifeline(true)), Step{Kind: StepCloseLifeline}},
		{
			"publishes before it closes the lifeline",
			atRest(withLifeline(true), func(s *State) { s.Intact = false }), Step{Kind: StepPublish},
		},
		{
			"closes the lifeline before it restarts",
			atRest(withLifeline(true), func(s *State) { s.RestartPending = true }), Step{Kind: StepCloseLifeline},
		},
		{"restarts workloads", atRest(func(s *State) { s.RestartPending = true }), Step{Kind: StepRestart}},
		{
			"restarts before the next revision",
			atRest(func(s *State) { s.RestartPending, s.Request = true, "new" }), Step{Kind: StepRestart},
		},
		{"rests", atRest(), Step{Kind: StepRest, Why: RestIdle}},
	})
}

func TestNextOfASuspendedObject(t *testing.T) {
	t.Parallel()
	suspended := func(s *State) { s.Suspended = true }
	rest := Step{Kind: StepRest, Why: RestSuspended}
	checkSteps(t, []stepCase{
		{"in the beginning", State{Journal: &Journal{}, Suspended: true}, rest},
		{"while a request waits", atRest(suspended, func(s *State) { s.Request = "new" }), rest},
		{"while the Secret is damaged", atRest(suspended, func(s *State) { s.Intact = false }), rest},
		{"in the middle of a revision", underWay(suspended, func(s *State) { s.Run.Held = true }), rest},
		{"in the middle of a revision with a lost Secret", underWay(suspended, func(s *State) { s.Lost = true }), rest},
	})
}

func TestNextOfAnIntendedRevision(t *testing.T) {
	t.Parallel()
	run := func(r Run) func(*State) { return func(s *State) { s.Run = r } }
	after := func(d time.Duration) func(*State) { return func(s *State) { s.Now = noon.Add(d) } }
	checkSteps(t, []stepCase{
		{"issues if it was written down just now", underWay(run(Run{Fresh: true})), Step{Kind: StepIssue}},
		{"stages what this run holds", underWay(run(Run{Held: true, Fresh: true})), Step{Kind: StepStage}},
		{
			"stages before it restores",
			underWay(run(Run{Held: true}), func(s *State) { s.Lost = true }), Step{Kind: StepStage},
		},
		{
			"restores the Secret before anything upstream",
			underWay(withLifeline(false), run(Run{Fresh: true}), func(s *State) { s.Lost = true }), Step{Kind: StepRestore},
		},
		{"recovers what another run began", underWay(), Step{Kind: StepRecover}},
		{
			"recovers without waiting for the settle time", underWay(after(time.Hour)), Step{Kind: StepRecover},
		},
		{
			"does not issue what was written down too long ago",
			underWay(run(Run{Fresh: true}), after(time.Minute)), Step{Kind: StepRecover},
		},
		{
			"waits for a late answer", underWay(run(Run{Absent: true}), after(3*time.Minute-1)),
			Step{Kind: StepRest, Why: RestSettle, Until: noon.Add(3 * time.Minute)},
		},
		{"tries again once that is settled", underWay(run(Run{Absent: true}), after(3*time.Minute)), Step{Kind: StepRetry}},
		{
			"finishes before it looks at a request", underWay(func(s *State) { s.Request = "new" }),
			Step{Kind: StepRecover},
		},
	})
}

func TestNextKeepsTheOrderOfALifeline(t *testing.T) {
	t.Parallel()
	run := func(r Run) func(*State) { return func(s *State) { s.Run = r } }
	checkSteps(t, []stepCase{
		{
			"opens one that was not planned",
			underWay(run(Run{Fresh: true}), func(s *State) { s.NeedsLifeline = true }), Step{Kind: StepOpenLifeline},
		},
		{"opens one that was planned", underWay(withLifeline(false), run(Run{Fresh: true})), Step{Kind: StepOpenLifeline}},
		{"opens one to recover through", underWay(withLifeline(false)), Step{Kind: StepOpenLifeline}},
		{"proves it before it issues", underWay(withLifeline(true), run(Run{Fresh: true})), Step{Kind: StepProveLifeline}},
		{
			"issues through a proven one", underWay(withLifeline(true), run(Run{Fresh: true, LifelineProven: true})),
			Step{Kind: StepIssue},
		},
		{"recovers through an open one", underWay(withLifeline(true)), Step{Kind: StepRecover}},
		{
			"issues without one where that risk was accepted",
			underWay(withLifeline(false), run(Run{Fresh: true}), func(s *State) { s.NeedsLifeline = false }),
			Step{Kind: StepIssue},
		},
	})
}
