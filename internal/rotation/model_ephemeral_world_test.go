// SPDX-License-Identifier: Apache-2.0

package rotation

import (
	"fmt"
	"slices"
	"time"
)

const (
	// lifeTicks is how long a credential lives, and freshTicks when it is replaced.
	lifeTicks, freshTicks = 6, 3
	// horizonTicks ends the exploration of what never comes to an end by itself.
	horizonTicks = 9
)

// ephemeral is what does not change while a world of loans is explored.
type ephemeral struct {
	name string
	next func(State) Step
	// keepFresh: it is replaced before it ends; otherwise it is given for each request and withdrawn.
	keepFresh bool
	// endsEarly: it may be ended upstream before its time, which its next use shows.
	endsEarly bool
	faults    int
	library   library
}

// ephemeralWorld is one state of everything. Credentials are numbered in the order of their issue.
type ephemeralWorld struct {
	cluster
	memory
	tally
	// secret holds a number; 0 once it is withdrawn.
	secret published

	// ends says until when each credential works; 0 if it was never made or was ended.
	ends   [12]int
	issued int
	now    int
	// asked is the journal's number of the last attempt that was asked for, to see one that is asked for twice.
	asked [2]int64
	twice bool
}

func (s *ephemeral) begin() ephemeralWorld {
	s.library = newLibrary()
	return ephemeralWorld{}
}

func (w *ephemeralWorld) endRun() { w.memory = memory{proven: w.status} }

func (w *ephemeralWorld) works(n int) bool { return n > 0 && w.now < w.ends[n] }

// everyFresh is the schedule of what is kept fresh.
type everyFresh struct{}

func (everyFresh) At(last, now time.Time, _ string) time.Time {
	return later(now, last.Add(freshTicks*tick))
}

func (everyFresh) NextPermitted(t time.Time) time.Time { return t }

// contentOf is what the Secret holds of an entry.
func contentOf(e *Entry) int {
	if e.Withdrawn {
		return 0
	}
	return valueOf(e)
}

func (w *ephemeralWorld) state(s *ephemeral, j *Journal) State {
	e, current := j.Newest(), j.Current()
	holds := current != nil && w.secret == published{exists: true, revision: current.Revision, hash: contentOf(current)}
	st := State{
		Class: Ephemeral, Journal: j, Now: at(w.now), Request: w.requested(), Settle: settleTicks * tick, OnDemand: !s.keepFresh,
		FirstRevision: max(w.status, w.secret.revision) + 1, Published: w.secret.revision,
		Intact: holds && e.Phase == Issued, Lost: e != nil && e.Phase == Intended && current != nil && !holds,
		Proven: w.proven, Run: w.run,
	}
	if s.keepFresh {
		st.Schedule = everyFresh{}
	}
	if current != nil && !current.Withdrawn && w.secret.revision == current.Revision && !w.works(valueOf(current)) {
		// The look before each decision shows it.
		st.Drift = DriftMissing
	}
	return st
}

func (w *ephemeralWorld) report(j *Journal) {
	if e := j.Newest(); e != nil && e.Phase == Issued && w.secret.revision == e.Revision {
		w.status = e.Revision
	}
}

func (s *ephemeral) excused(*ephemeralWorld) bool { return false }

func (s *ephemeral) judge(w *ephemeralWorld) (broken string, settled bool) {
	j := s.library.peek(w.journal)
	step := s.next(w.state(s, j))
	resting := step.Kind == StepRest
	return w.broken(s, j, step, resting), resting && step.Until.IsZero() || w.now >= horizonTicks
}

func (w *ephemeralWorld) broken(s *ephemeral, j *Journal, step Step, resting bool) string {
	e := j.Newest()
	switch {
	case w.impossible:
		return "the step cannot be taken"
	case w.twice:
		return "asked for two credentials under one name"
	case w.secret.revision < w.highest && w.secret.exists:
		return "a revision went down"
	case e != nil && int64(w.issued) > e.Revision+j.Recoveries:
		return "more credentials than revisions and recoveries"
	case e != nil && e.Withdrawn && s.keepFresh:
		return "withdrawn although it is to be kept fresh"
	case !s.keepFresh && (step.Kind == StepIssue || step.Kind == StepRetry) && w.secret.hash != 0 && !w.works(w.secret.hash):
		return "asks for another one while what is published has ended"
	case e != nil && !s.keepFresh && j.HandledRequest == "":
		return "issued what nobody asked for"
	case resting && e != nil:
		return w.atRest(s, j, step)
	case resting && (s.keepFresh || w.request != 0):
		return "rests without handling the request exactly once"
	}
	return ""
}

// atRest returns what is wrong while nothing is done until a time.
func (w *ephemeralWorld) atRest(s *ephemeral, j *Journal, step Step) string {
	e := j.Newest()
	held := w.secret.hash
	switch {
	case !w.secret.exists || w.secret.revision != e.Revision || held != contentOf(e):
		return "rests without publishing the newest revision"
	case held != 0 && !w.works(held):
		return "rests while what is published has ended"
	case held != 0 && (step.Until.IsZero() || step.Until.After(e.ExpiresAt)):
		return "rests until what is published has ended"
	case j.HandledRequest != w.requested() && !s.keepFresh:
		return "rests without handling the request exactly once"
	case len(j.Entries) != 1:
		return "rests with old values in the journal"
	}
	return ""
}

func (s *ephemeral) happenings(w *ephemeralWorld, visit func(after ephemeralWorld, story string)) {
	count := func(w *ephemeralWorld) { w.faults++ }
	whatHappens(loanEvents, w, s, s.library.peek(w.journal), w.faults < s.faults, count, visit)
}

var loanEvents = []event[ephemeralWorld, ephemeral]{
	{
		name: "somebody asks for one",
		possible: func(w *ephemeralWorld, s *ephemeral, _ *Journal) bool {
			return w.request < 1 || w.request < 2 && !s.keepFresh
		},
		happen: func(w *ephemeralWorld, _ *ephemeral) { w.request++ },
	},
	{
		name: "the published one ends early", fault: true,
		possible: func(w *ephemeralWorld, s *ephemeral, _ *Journal) bool { return s.endsEarly && w.works(w.secret.hash) },
		happen:   func(w *ephemeralWorld, _ *ephemeral) { w.ends[w.secret.hash] = 0 },
	},
	{
		name: "the Secret is deleted", fault: true,
		possible: func(w *ephemeralWorld, _ *ephemeral, _ *Journal) bool { return w.secret.revision > 0 },
		happen:   func(w *ephemeralWorld, _ *ephemeral) { w.secret = published{} },
	},
	{
		name: "the status is lost and the operator restarted", fault: true,
		possible: func(w *ephemeralWorld, _ *ephemeral, _ *Journal) bool { return w.status > 0 },
		happen:   func(w *ephemeralWorld, _ *ephemeral) { w.status = 0; w.endRun() },
	},
	{
		name: "the operator is down for long", fault: true,
		happen: func(w *ephemeralWorld, _ *ephemeral) { w.endRun(); w.now += lifeTicks },
	},
}

// loanRun carries steps out as credential_issue.go and credential_lent.go of the controller do.
type loanRun struct {
	*ephemeralWorld
	luck
	s *ephemeral
	j *Journal
}

func (x *loanRun) save() error { return x.write(func() { x.journal = x.s.library.write(x.j) }) }

// made is what the server makes for an attempt.
func (x *loanRun) made(e *Entry) {
	name := [2]int64{e.Revision, int64(e.Attempt)}
	x.twice = x.twice || x.asked == name
	x.asked = name
	x.issued++
	x.ends[x.issued] = x.now + lifeTicks
}

func (x *loanRun) issue(e *Entry) error {
	x.run.Fresh = false
	switch x.happens(append(slices.Clone(runEnds), "issued slowly")...) {
	case "refused":
		return errFailed
	case "crash before issue":
		return errCrash
	case "crash after issue":
		x.made(e)
		return errCrash
	case "answer lost":
		x.made(e)
		x.now++
		return errFailed
	case "issued slowly":
		x.made(e)
		x.now++
	default:
		x.made(e)
	}
	x.held, x.run.Held = x.issued, true
	return nil
}

func loanName(revision int64, attempt int) string { return fmt.Sprintf("r%da%d", revision, attempt) }
