// SPDX-License-Identifier: Apache-2.0

package rotation

import "testing"

// TestEveryLoan explores credentials that end by themselves, for some time, with every combination of crashes, lost answers,
// conflicts, early ends and meddling people.
func TestEveryLoan(t *testing.T) {
	t.Parallel()
	for _, s := range []ephemeral{
		{name: "kept fresh", keepFresh: true, faults: 2},
		{name: "kept fresh, may end early", keepFresh: true, endsEarly: true, faults: 2},
		{name: "on demand", faults: 3},
		{name: "on demand, may end early", endsEarly: true, faults: 2},
	} {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			s.next = Next
			x, err := explore[ephemeralWorld](&s)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("explored %d states with up to %d faults", len(x.worlds), s.faults)
		})
	}
}

// TestLoanModelNotices shows that the model would find each of these mistakes.
func TestLoanModelNotices(t *testing.T) {
	t.Parallel()
	fresh, demanded := ephemeral{keepFresh: true, endsEarly: true, faults: 2}, ephemeral{endsEarly: true, faults: 2}
	for _, m := range []struct {
		mistake
		world ephemeral
	}{
		{mistake{"issues an attempt twice", instead(StepRetry, StepIssue), "under one name"}, fresh},
		{mistake{"replaces too late", replacesLate, "has ended"}, fresh},
		{mistake{"withdraws what is kept fresh", withdraws, "withdrawn although"}, fresh},
		{mistake{"does not notice an early end", overlooksEnd, "has ended"}, fresh},
		{mistake{"never withdraws", rests(StepWithdraw), "without publishing"}, demanded},
		{mistake{"leaves what has ended while another one is waited for", waitsBeforeWithdrawal, "another one while"}, demanded},
		{mistake{"issues without a request", issuesUnasked, "nobody asked"}, demanded},
		{mistake{"forgets the second request", forgetsRequest, "until what is published has ended"}, demanded},
	} {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			m.world.next = func(s State) Step { return m.wrong(s, Next(s)) }
			m.noticed(t, func() error { _, err := explore[ephemeralWorld](&m.world); return err })
		})
	}
}

func replacesLate(_ State, step Step) Step {
	if step.Kind == StepRest && !step.Until.IsZero() {
		step.Until = step.Until.Add(lifeTicks * tick)
	}
	return step
}

func withdraws(s State, step Step) Step {
	if e := s.Journal.Newest(); step.Kind == StepIntend && e != nil && !e.Withdrawn && e.Phase == Issued {
		return Step{Kind: StepWithdraw}
	}
	return step
}

func waitsBeforeWithdrawal(s State, step Step) Step {
	if e := s.Journal.Newest(); step.Kind == StepWithdraw && e.Phase == Intended {
		return Step{Kind: StepRetry}
	}
	return step
}

func overlooksEnd(s State, _ Step) Step {
	s.Drift = DriftNone
	return Next(s)
}

func issuesUnasked(s State, step Step) Step {
	if step.Kind == StepRest && s.Journal.Newest() == nil {
		return Step{Kind: StepIntend, Revision: 1, Trigger: TriggerInitial}
	}
	return step
}
