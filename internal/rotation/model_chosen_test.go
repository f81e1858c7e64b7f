// SPDX-License-Identifier: Apache-2.0

package rotation

import "testing"

// TestEveryChoice explores two revisions of a value that the operator chooses, with every combination of crashes, lost and
// late answers, refusals, conflicts and meddling people.
func TestEveryChoice(t *testing.T) {
	t.Parallel()
	for _, s := range []chosen{
		{name: "foreign", faults: 3},
		{name: "own", own: true, faults: 2},
	} {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			s.next = Next
			x, err := explore[chosenWorld](&s)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("explored %d states with up to %d faults", len(x.worlds), s.faults)
		})
	}
}

// TestChoiceModelNotices shows that the model would find each of these mistakes.
func TestChoiceModelNotices(t *testing.T) {
	t.Parallel()
	foreign, own := chosen{faults: 2}, chosen{own: true, faults: 2}
	for _, m := range []struct {
		mistake
		world chosen
	}{
		{mistake{"publishes before it verified", instead(StepVerify, StepPublish), "never accepted"}, foreign},
		{mistake{"takes a lost answer for a good one", stagesUnanswered, "never accepted"}, foreign},
		{mistake{"begins the next revision while a late answer may come", beginsEarly, "not in force"}, foreign},
		{mistake{"waits for ever when the answer was lost", rests(StepRetry), "settled without publishing"}, foreign},
		{mistake{"forgets the request", forgetsRequest, "exactly once"}, foreign},
		{mistake{"chooses anew when the answer was lost", startsOver, "locked out"}, own},
		{mistake{"keeps the lifeline", keepsLifeline, "left open"}, own},
	} {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			m.world.next = func(s State) Step { return m.wrong(s, Next(s)) }
			m.noticed(t, func() error { _, err := explore[chosenWorld](&m.world); return err })
		})
	}
}

// stagesUnanswered publishes the value that was chosen although nobody said that it was set.
func stagesUnanswered(s State, step Step) Step {
	if step.Kind == StepRetry {
		s.Proven = s.Journal.Newest().Revision
		return Step{Kind: StepPublish}
	}
	return step
}

func beginsEarly(s State, step Step) Step {
	if step.Kind == StepRest && step.Why == RestSettle {
		return Step{Kind: StepIntend, Revision: s.following(s.Journal.Newest()), Trigger: TriggerRequest, Request: s.Request}
	}
	return step
}

// startsOver forgets the value that was chosen. What is written down of it is the one way in if the lifeline is not open.
func startsOver(s State, step Step) Step {
	if e := s.Journal.Newest(); step.Kind == StepRetry || step.Kind == StepOpenLifeline && !s.Run.Fresh && e.Value != nil {
		return Step{Kind: StepIntend, Revision: s.following(e), Trigger: TriggerRequest}
	}
	if step.Kind == StepOpenLifeline {
		return Step{Kind: StepIssue}
	}
	return step
}
