// SPDX-License-Identifier: Apache-2.0

package rotation

// Mistakes that a decision could make: each changes the step that Next decided.

// instead takes one step where another is due.
func instead(due, wrong StepKind) func(State, Step) Step {
	return func(_ State, step Step) Step {
		if step.Kind == due {
			return Step{Kind: wrong}
		}
		return step
	}
}

// settlesEarly takes the time of the intention for the time of the issue.
func settlesEarly(s State, step Step) Step {
	e := s.Journal.Newest()
	if step.Why == RestSettle && !s.Now.Before(e.IntendedAt.Add(s.Settle)) {
		return Step{Kind: StepRetry}
	}
	return step
}

func closesEarly(s State, step Step) Step {
	if e := s.Journal.Newest(); step.Kind == StepVerify && e.Lifeline != nil {
		return Step{Kind: StepCloseLifeline}
	}
	return step
}

func keepsLifeline(_ State, step Step) Step {
	if step.Kind == StepCloseLifeline {
		return Step{Kind: StepRest, Why: RestIdle}
	}
	return step
}

func restoresLate(s State, step Step) Step {
	if step.Kind == StepRestore {
		s.Lost = false
		return Next(s)
	}
	return step
}

func forgetsRequest(_ State, step Step) Step {
	if step.Kind == StepIntend && step.Trigger == TriggerRequest {
		return Step{Kind: StepRest, Why: RestIdle}
	}
	return step
}
