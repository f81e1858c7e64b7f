// SPDX-License-Identifier: Apache-2.0

package rotation

import "time"

// nextInput begins a revision for an input that was not used yet. One that was used is never used again, whatever came of
// it.
func (s State) nextInput(e *Entry) Step {
	fresh := s.Input != "" && !s.Journal.IsUsed(s.Input)
	intended := e != nil && e.Phase == Intended
	current := s.Journal.Current()
	switch {
	case fresh && intended && e.Baseline == "":
		return Step{Kind: StepRetry}
	case fresh:
		return Step{Kind: StepIntend, Revision: s.following(e), Trigger: TriggerInput, Request: s.Request}
	case intended && e.Baseline != "", s.Input != "" && (current == nil || s.Input != current.Baseline):
		return Step{Kind: StepRest, Why: RestConsumed}
	case current == nil || s.requested():
		return Step{Kind: StepRest, Why: RestInput}
	}
	return Step{Kind: StepRest, Why: RestIdle}
}

// following returns the number of the revision after e.
func (s State) following(e *Entry) int64 {
	first := max(s.FirstRevision, 1)
	if e == nil {
		return first
	}
	return max(e.Revision+1, first)
}

// ended tells whether a credential that was asked for once has ended and is still in the journal.
func (s State) ended(e *Entry) bool {
	return s.OnDemand && e != nil && e.Phase == Issued && !e.Withdrawn &&
		(expired(e.ExpiresAt, s.Now) || s.Drift == DriftMissing && s.Published == e.Revision)
}

// endOf returns when a credential that was asked for once is withdrawn; zero if it is not.
func (s State) endOf(e *Entry) time.Time {
	if !s.OnDemand || e.Withdrawn {
		return time.Time{}
	}
	return e.ExpiresAt
}

// mayUndo tells whether an attempt whose answer was lost may still be applied and set what was chosen for it. While that is
// the newest revision it does no harm; the next one would not notice that it was undone.
func (s State) mayUndo(e *Entry) bool {
	return s.Class == Chosen && e.Attempt > 1 && s.Now.Before(e.settledAt(s.Settle))
}

// Settled tells whether an attempt that was not applied by now will not be applied any more.
func (e *Entry) Settled(now time.Time, settle time.Duration) bool {
	return !now.Before(e.settledAt(settle))
}
