// SPDX-License-Identifier: Apache-2.0

package rotation

import (
	"slices"
	"time"
)

// nextOverlapping continues when the newest revision is published: what overlaps with it is retired in its time, and it
// is kept what the spec asks for.
func nextOverlapping(s State, e *Entry) Step {
	if due := s.DueToRetire(); len(due) > 0 {
		return Step{Kind: StepRetire}
	}
	if s.outdated(e) && s.CanUpdate && !s.Now.Before(e.NotBefore) {
		return Step{Kind: StepUpdate}
	}
	step := nextRevision(s, e)
	if s.outdated(e) && s.CanUpdate && step.Kind == StepRest && (step.Until.IsZero() || e.NotBefore.Before(step.Until)) {
		step.Until = e.NotBefore
	}
	if next := s.nextRetirement(); step.Kind == StepRest && !next.IsZero() && (step.Until.IsZero() || next.Before(step.Until)) {
		step.Until = next
	}
	return step
}

// outdated tells whether the published credential is not what the spec asks for.
func (s State) outdated(e *Entry) bool { return e.Spec != s.Spec || s.Drift == DriftChanged }

// gone tells whether the entry is published and works no more, or will never be worth publishing.
func (s State) gone(e *Entry) bool {
	ended := expired(e.ExpiresAt, s.Now)
	return s.Published == e.Revision && (s.Drift == DriftMissing || ended) || s.Class == Ephemeral && ended
}

// restorable tells whether it is of use to publish the credential before the intended one again. If a later one is known to
// work, the journal comes from an old backup.
func (s State) restorable() bool {
	current := s.Journal.Current()
	alive := s.Drift != DriftMissing && !expired(current.ExpiresAt, s.Now)
	return s.Proven <= current.Revision && (alive || current.Withdrawn)
}

// fallsBack tells whether the operator was rejected with what was published, and there is something better to log in with.
func (s State) fallsBack() bool {
	current := s.Journal.Current()
	return s.SelfRejected && current != nil && current.Revision == s.Published && s.Journal.CanFallBack(s.Now)
}

// dueOutOfTurn returns when a revision begins that neither schedule nor request asks for. A credential that is gone or is
// about to be does not wait for a window: those who use it could not either.
func (s State) dueOutOfTurn(e *Entry) (time.Time, Trigger) {
	switch {
	case s.Drift == DriftMissing && s.Published == e.Revision:
		return s.Now, TriggerDrift
	case e.Withdrawn && !s.OnDemand:
		// It was asked for once, and now there is to be one at all times.
		return s.Now, TriggerExpiry
	case !s.replacesOutdated() || !s.outdated(e) || s.CanUpdate:
		return time.Time{}, ""
	case s.Schedule == nil:
		return later(s.Now, e.NotBefore), TriggerSpec
	}
	return s.Schedule.NextPermitted(later(s.Now, e.NotBefore)), TriggerSpec
}

// replacesOutdated tells whether a credential is replaced as soon as the spec asks for another one.
func (s State) replacesOutdated() bool {
	return s.Class.Overlaps() || s.Class == Ephemeral && !s.OnDemand
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// Renewal returns when the credential has to be replaced because it expires; zero if it does not. One that is not made to
// live for long is replaced in the middle of its life at the earliest.
func (s State) Renewal(e *Entry) time.Time {
	if e.ExpiresAt.IsZero() || s.OnDemand {
		return time.Time{}
	}
	at, half := e.ExpiresAt.Add(-s.RenewBefore), e.IssuedAt.Add(e.ExpiresAt.Sub(e.IssuedAt)/2)
	if at.Before(half) {
		return half
	}
	return at
}

// full tells whether as many credentials work upstream as may at a time, apart from one that is being issued.
func (s State) full() bool {
	live := 0
	for i := range s.Journal.Entries {
		e := &s.Journal.Entries[i]
		gone := s.Drift == DriftMissing && e.Revision == s.Published
		if e.Phase == Issued && !gone && !expired(e.ExpiresAt, s.Now) {
			live++
		}
	}
	for _, stray := range s.Journal.Strays {
		if !expired(stray.ExpiresAt, s.Now) {
			live++
		}
	}
	return s.Class.Overlaps() && live >= MostLive
}

// waitForRoom retires what is due, and otherwise rests until something is.
func (s State) waitForRoom() Step {
	e := s.Journal.Newest()
	switch {
	case len(s.DueToRetire()) == 0:
		return Step{Kind: StepRest, Why: RestOverlap, Until: s.nextRetirement()}
	case s.Lost:
		// What is retired may still be published as the previous credential.
		return Step{Kind: StepRestore}
	case e != nil && e.Phase == Issued && !s.Intact:
		return Step{Kind: StepPublish}
	}
	return Step{Kind: StepRetire}
}

// DueToRetire returns the IDs of what is to be revoked now.
func (s State) DueToRetire() []string {
	var due []string
	for _, old := range s.Replaced() {
		over := !old.RetiresAt.IsZero() && !s.Now.Before(old.RetiresAt) && s.Rolled && s.SelfProven
		if over || expired(old.ExpiresAt, s.Now) {
			due = append(due, old.ID)
		}
	}
	return due
}

// nextRetirement returns when something is to be revoked next; zero if no time will come for that alone.
func (s State) nextRetirement() (next time.Time) {
	earlier := func(at time.Time) {
		if s.Now.Before(at) && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	for _, old := range s.Replaced() {
		earlier(old.RetiresAt)
		earlier(old.ExpiresAt)
	}
	return next
}

// Replaced is a credential that is going to be revoked.
type Replaced struct {
	// ID under which upstream knows it.
	ID string
	// RetiresAt is when its overlap ends; zero if that is not known yet.
	RetiresAt time.Time
	// ExpiresAt is when it stops working by itself; zero if it does not, or if that is not known.
	ExpiresAt time.Time
	// Entry is nil for a stray.
	Entry *Entry
}

// Replaced returns every credential but the newest, and but the one that is published while a newer one is not.
func (s State) Replaced() []Replaced {
	var all []Replaced
	entries := s.Journal.Entries
	for i := range max(len(entries)-1, 0) {
		e := &entries[i]
		if e.Revision == s.Published || e.Phase != Issued {
			continue
		}
		old := Replaced{ID: e.ID, ExpiresAt: e.ExpiresAt, Entry: e}
		replaced := e.ReplacedAt
		if replaced.IsZero() && s.Published == entries[len(entries)-1].Revision {
			replaced = s.PublishedAt
		}
		if !replaced.IsZero() {
			old.RetiresAt = replaced.Add(s.Overlap)
		}
		all = append(all, old)
	}
	for _, stray := range s.Journal.Strays {
		all = append(all, Replaced{ID: stray.ID, RetiresAt: stray.FoundAt.Add(s.Overlap), ExpiresAt: stray.ExpiresAt})
	}
	return all
}

// Previous returns the credential that overlaps with the given one; nil if there is none. It is not told any more once its
// overlap is over, which is before it is revoked, whatever else that waits for.
func (s State) Previous(e *Entry) *Entry {
	for i := range slices.Backward(s.Journal.Entries) {
		p := &s.Journal.Entries[i]
		if p.Revision >= e.Revision || p.Phase != Issued || p.Rejected {
			continue
		}
		if s.overlapIsOver(p) {
			return nil
		}
		return p
	}
	return nil
}

func (s State) overlapIsOver(p *Entry) bool {
	for _, old := range s.Replaced() {
		if old.Entry == p && !old.RetiresAt.IsZero() && !s.Now.Before(old.RetiresAt) {
			return true
		}
	}
	return expired(p.ExpiresAt, s.Now)
}
