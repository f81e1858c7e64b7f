// SPDX-License-Identifier: Apache-2.0

package rotation

import "testing"

// TestEveryExchange explores login tokens that people bring, take away and put back, with every combination of crashes, lost
// answers, conflicts and lost records.
func TestEveryExchange(t *testing.T) {
	t.Parallel()
	for _, s := range []oneShot{
		{name: "two inputs", inputs: 2, faults: 3},
		{name: "three inputs", inputs: 3, faults: 2},
		{name: "asked for again", inputs: 2, requests: true, faults: 2},
	} {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			s.next = Next
			x, err := explore[oneShotWorld](&s)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("explored %d states with up to %d faults", len(x.worlds), s.faults)
		})
	}
}

// TestExchangeModelNotices shows that the model would find each of these mistakes.
func TestExchangeModelNotices(t *testing.T) {
	t.Parallel()
	for _, m := range []mistake{
		{"exchanges again when the answer was lost", exchangesAgain, "exchanged twice"},
		{"remembers the last input only", remembersOne, "exchanged twice"},
		{"takes a new input for an attempt at the old revision", instead(StepIntend, StepRetry), "step cannot be taken"},
		{"leaves what was forgone", leavesForgone, "not exchanged"},
		{"does not restore the Secret while the answer is lost", restoresLate, "without the Secret"},
		{"publishes nothing", rests(StepPublish), "does not settle"},
		{"forgets that it was asked again", invitesNobody, "nobody is told"},
	} {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			s := oneShot{inputs: 2, requests: true, faults: 2}
			s.next = func(st State) Step { return m.wrong(st, Next(st)) }
			m.noticed(t, func() error { _, err := explore[oneShotWorld](&s); return err })
		})
	}
}

func exchangesAgain(s State, step Step) Step {
	if e := s.Journal.Newest(); step.Why == RestConsumed && e.Phase == Intended && e.Baseline == s.Input {
		return Step{Kind: StepRetry}
	}
	return step
}

func remembersOne(s State, step Step) Step {
	if e := s.Journal.Newest(); step.Why == RestConsumed && s.Input != "" && e.Baseline != s.Input {
		return Step{Kind: StepIntend, Revision: s.following(e), Trigger: TriggerInput}
	}
	return step
}

func leavesForgone(s State, step Step) Step {
	if e := s.Journal.Newest(); step.Kind == StepRetry && e.Baseline == "" {
		return Step{Kind: StepRest, Why: RestConsumed}
	}
	return step
}

func invitesNobody(s State, step Step) Step {
	if step.Why == RestInput && s.Journal.Current() != nil {
		step.Why = RestIdle
	}
	return step
}
