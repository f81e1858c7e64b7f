// SPDX-License-Identifier: Apache-2.0

package rotation

import (
	"slices"
	"strconv"
)

// chosen is what does not change while a world of chosen values is explored.
type chosen struct {
	name string
	next func(State) Step
	// own: it is what the operator logs in with, so a lifeline is opened.
	own     bool
	faults  int
	library library
}

// lateCall is one that may still be applied. Its zero value is none.
type lateCall struct{ value, until int }

// chosenWorld is one state of everything. Values are numbered in the order in which they are chosen; 0 was there before.
type chosenWorld struct {
	cluster
	memory
	tally
	secret published

	// inForce is the value that the server has; values counts those that were chosen.
	inForce, values int
	late            [3]lateCall
	// lifelines has a bit for each attempt at one that is open upstream.
	lifelines uint8
	now       int
	// refusal is true while the operator remembers that the server refused the newest attempt.
	refusal  bool
	accepted uint16
}

func (s *chosen) begin() chosenWorld {
	s.library = newLibrary()
	return chosenWorld{secret: published{exists: s.own}}
}

func (w *chosenWorld) endRun() { w.memory = memory{proven: w.status} }

func (w *chosenWorld) crash() { w.endRun(); w.refusal = false }

func (w *chosenWorld) pass(ticks int) {
	w.now += ticks
	for i := range w.late {
		if w.late[i].until <= w.now {
			w.late[i] = lateCall{}
		}
	}
}

func (w *chosenWorld) operatorWorks(s *chosen) bool {
	return !s.own || w.secret.exists && w.secret.hash == w.inForce
}

func (w *chosenWorld) lifelineWorks(e *Entry) bool {
	return e != nil && e.Lifeline != nil && e.Lifeline.Open && w.lifelines&(1<<e.Lifeline.Attempt) != 0
}

// letsIn tells whether anything lets the operator in: what is published, a lifeline, or what is about to be set, which may
// be in force already.
func (w *chosenWorld) letsIn(s *chosen, j *Journal) bool {
	e := j.Newest()
	return w.operatorWorks(s) || w.lifelineWorks(e) || e != nil && e.Value != nil && valueOf(e) == w.inForce
}

// canGetIn tells whether anything that is written down lets the operator in: a value in the journal is published without
// asking the server.
func (w *chosenWorld) canGetIn(s *chosen, j *Journal) bool {
	return w.letsIn(s, j) || slices.ContainsFunc(j.Entries, func(e Entry) bool {
		return e.Phase == Issued && valueOf(&e) == w.inForce
	})
}

func (w *chosenWorld) report(j *Journal) {
	if e := j.Newest(); e != nil && e.Phase == Issued && w.secret.revision == e.Revision {
		w.status = e.Revision
	}
}

func (w *chosenWorld) state(s *chosen, j *Journal) State {
	e, current := j.Newest(), j.Current()
	holds := current != nil && w.secret == published{exists: true, revision: current.Revision, hash: valueOf(current)}
	return State{
		Class: Chosen, Journal: j, Now: at(w.now), Request: w.requested(), Settle: settleTicks * tick,
		FirstRevision: max(w.status, w.secret.revision) + 1, NeedsLifeline: s.own,
		Published: w.secret.revision, Intact: holds && e.Phase == Issued,
		Lost: e != nil && e.Phase == Intended && current != nil && !holds, Proven: w.proven, Run: w.run,
	}
}

func (s *chosen) excused(*chosenWorld) bool { return false }

func (s *chosen) judge(w *chosenWorld) (broken string, settled bool) {
	j := s.library.peek(w.journal)
	step := s.next(w.state(s, j))
	settled = step.Kind == StepRest && step.Until.IsZero()
	return w.broken(s, j, settled), settled
}

func (w *chosenWorld) broken(s *chosen, j *Journal, settled bool) string {
	revision := int64(0)
	if e := j.Newest(); e != nil {
		revision = e.Revision
	}
	switch {
	case w.impossible:
		return "the step cannot be taken"
	case w.secret.revision > 0 && w.accepted&(1<<w.secret.hash) == 0:
		return "published a value that was never accepted"
	case revision < w.highest:
		return "a revision went down"
	case int64(w.values) > revision+j.Recoveries:
		return "more values than revisions and recoveries"
	case !w.canGetIn(s, j):
		return "locked out"
	case settled:
		return w.unsettled(j)
	}
	return ""
}

func (w *chosenWorld) unsettled(j *Journal) string {
	e := j.Newest()
	switch {
	case e.Phase != Issued || w.secret != published{exists: true, revision: e.Revision, hash: valueOf(e)}:
		return "settled without publishing the newest revision"
	case w.secret.hash != w.inForce:
		return "settled with a value that is not in force"
	case w.lifelines != 0 || e.Lifeline != nil:
		return "settled with a lifeline left open"
	case j.HandledRequest != w.requested() || e.Revision > int64(w.request)+1:
		return "settled without handling the request exactly once"
	case len(j.Entries) != 1:
		return "settled with old values in the journal"
	}
	return ""
}

func (s *chosen) happenings(w *chosenWorld, visit func(after chosenWorld, story string)) {
	count := func(w *chosenWorld) { w.faults++ }
	whatHappens(choiceEvents, w, s, s.library.peek(w.journal), w.faults < s.faults, count, visit)
}

var choiceEvents = []event[chosenWorld, chosen]{
	lateChoice(0), lateChoice(1), lateChoice(2),
	{
		name:     "somebody requests a rotation",
		possible: func(w *chosenWorld, _ *chosen, _ *Journal) bool { return w.request == 0 },
		happen:   func(w *chosenWorld, _ *chosen) { w.request = 1 },
	},
	{
		name: "the Secret is deleted", fault: true,
		possible: func(w *chosenWorld, _ *chosen, _ *Journal) bool { return w.secret.revision > 0 },
		happen:   func(w *chosenWorld, _ *chosen) { w.secret = published{} },
	},
	{
		name: "the status is lost and the operator restarted", fault: true,
		possible: func(w *chosenWorld, _ *chosen, _ *Journal) bool { return w.status > 0 },
		happen:   func(w *chosenWorld, _ *chosen) { w.status = 0; w.crash() },
	},
	{
		name: "the operator is down for long", fault: true,
		happen: func(w *chosenWorld, _ *chosen) { w.crash(); w.pass(longDown) },
	},
}

// lateChoice applies a call that nobody waits for any more.
func lateChoice(i int) event[chosenWorld, chosen] {
	return event[chosenWorld, chosen]{
		name:     "late call " + strconv.Itoa(i) + " is applied",
		possible: func(w *chosenWorld, _ *chosen, _ *Journal) bool { return w.late[i] != lateCall{} },
		happen:   func(w *chosenWorld, _ *chosen) { w.inForce, w.late[i] = w.late[i].value, lateCall{} },
	}
}
