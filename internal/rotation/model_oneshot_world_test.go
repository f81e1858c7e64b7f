// SPDX-License-Identifier: Apache-2.0

package rotation

import (
	"errors"
	"slices"
)

// oneShot is what does not change while a world of exchanges is explored.
type oneShot struct {
	name string
	next func(State) Step
	// inputs is how many a person brings in all.
	inputs int
	// requests: somebody asks for another one.
	requests bool
	faults   int
	library  library
}

// oneShotWorld is one state of everything. Inputs are numbered from 1 in the order in which they are brought.
type oneShotWorld struct {
	cluster
	memory
	tally

	// secret holds what an input was exchanged for, and says which.
	secret published
	// used and current are what the status says was used last, and what the published revision was given for.
	used, current int

	// input is in the person's Secret; brought is how many there were.
	input, brought int
	// seen is what this run has read; none before it has.
	seen int

	// exchanged counts the calls for each input; answered has the inputs whose answer came; forgotten those that no record
	// tells any more, because more records were lost than one.
	exchanged [4]int
	answered  [4]bool
	forgotten [4]bool
}

func (s *oneShot) begin() oneShotWorld {
	s.library = newLibrary()
	return oneShotWorld{seen: none}
}

func (w *oneShotWorld) endRun() {
	w.memory, w.seen = memory{proven: w.status}, none
}

func inputPrint(n int) string {
	if n <= 0 {
		return ""
	}
	return fingerprint(n)
}

func (w *oneShotWorld) state(j *Journal) State {
	e, current := j.Newest(), j.Current()
	holds := current != nil && w.secret == published{exists: true, revision: current.Revision, hash: valueOf(current)}
	input := w.seen
	if input == none {
		input = w.input
	}
	return State{
		Class: OneShot, Journal: j, Now: at(0), Request: w.requested(), Settle: tick, Input: inputPrint(input),
		FirstRevision: max(w.status, w.secret.revision) + 1, Published: w.secret.revision,
		Intact: holds && e.Phase == Issued, Lost: e != nil && e.Phase == Intended && current != nil && !holds,
		Proven: w.proven, Run: w.run,
	}
}

// outlived follows outlived of the controller.
func (w *oneShotWorld) outlived(j *Journal) bool {
	return w.journal == 0 || j.Behind(w.secret.revision)
}

// rebuilt is the journal that the controller makes anew from the Secret and the status; nil if they say nothing.
func (w *oneShotWorld) rebuilt(j *Journal) *Journal {
	given := w.used
	if w.current != 0 {
		given = w.current
	}
	e := Entry{Attempt: 1, Phase: Intended}
	if w.secret.revision > 0 {
		given = w.secret.hash
		e.Phase, e.Value, e.Fingerprint = Issued, hashValue(given), fingerprint(given)
	}
	if given == 0 {
		return nil
	}
	e.ID, e.Baseline = fingerprint(given), fingerprint(given)
	e.Revision = max(w.secret.revision, w.status, 1)
	j.Use(inputPrint(w.used), inputPrint(w.current))
	j.Continue(OneShot, e, at(0))
	j.HandledRequest = w.requested()
	return j
}

// report writes the status at the end of a run that did not crash.
func (w *oneShotWorld) report(j *Journal) {
	if used := w.numbered(j.LastUsed()); used != 0 {
		w.used = used
	}
	if e := j.Newest(); e != nil && e.Phase == Issued && w.secret.revision == e.Revision {
		w.status, w.current = e.Revision, w.numbered(e.ID)
	}
}

func (w *oneShotWorld) numbered(used string) int {
	for n := range len(w.exchanged) {
		if n > 0 && fingerprint(n) == used {
			return n
		}
	}
	return 0
}

// forget notes which inputs no record tells any more.
func (w *oneShotWorld) forget(j *Journal) {
	for n := 1; n < len(w.exchanged); n++ {
		known := w.journal != 0 && j.IsUsed(fingerprint(n)) || w.secret.hash == n || w.used == n || w.current == n
		w.forgotten[n] = w.forgotten[n] || w.exchanged[n] > 0 && !known
	}
}

func (s *oneShot) step(w oneShotWorld, c *chooser) (oneShotWorld, StepKind) {
	j := s.library.read(w.journal)
	x := &exchangeRun{oneShotWorld: &w, luck: luck{c: c, faults: &w.faults, most: s.faults}, s: s, j: j}
	if w.seen == none {
		w.seen = w.input
	}
	if again := w.rebuiltIfOutlived(j); again != nil {
		x.j = again
		x.end(x.save())
		return w, "Rebuild"
	}
	step := s.next(w.state(j))
	if step.Kind == StepRest {
		w.report(j)
		w.endRun()
		return w, StepRest
	}
	x.end(x.take(step))
	return w, step.Kind
}

func (w *oneShotWorld) rebuiltIfOutlived(j *Journal) *Journal {
	if !w.outlived(j) {
		return nil
	}
	return w.rebuilt(j)
}

// exchangeRun carries steps out as credential_steps.go, credential_issue.go and credential_input.go of the controller do.
type exchangeRun struct {
	*oneShotWorld
	luck
	s *oneShot
	j *Journal
}

// end ends the run if the step did.
func (x *exchangeRun) end(err error) {
	if err == nil {
		return
	}
	if !errors.Is(err, errCrash) {
		x.report(x.s.library.read(x.journal))
	}
	x.endRun()
}

func (x *exchangeRun) save() error { return x.write(func() { x.journal = x.s.library.write(x.j) }) }

func (x *exchangeRun) take(step Step) error {
	e := x.j.Newest()
	if e == nil && step.Kind != StepIntend {
		x.impossible = true
		return errFailed
	}
	switch step.Kind {
	case StepIntend:
		x.j.Intend(OneShot, step, x.plan(), at(0))
		return x.fresh(x.save())
	case StepRetry:
		if e.Phase != Intended {
			x.impossible = true
			return errFailed
		}
		x.j.Retry(x.plan(), at(0))
		return x.fresh(x.save())
	case StepIssue:
		return x.exchange()
	case StepStage:
		x.j.Stage(OneShot, Credential{Value: hashValue(x.held), Fingerprint: fingerprint(x.held)}, at(0), false)
		if err := x.save(); err != nil {
			return err
		}
		x.held, x.run = 0, Run{}
		return nil
	case StepVerify:
		x.proven = e.Revision
		return nil
	case StepPublish:
		return x.publish(e)
	case StepRestore:
		return x.publish(x.j.Current())
	default:
		x.impossible = true
		return errFailed
	}
}

func (x *exchangeRun) plan() Plan { return Plan{ID: inputPrint(x.seen), Baseline: inputPrint(x.seen)} }

func (x *exchangeRun) fresh(err error) error {
	if err == nil {
		x.run = Run{Fresh: true}
	}
	return err
}

func (x *exchangeRun) exchange() error {
	x.run.Fresh = false
	switch x.happens(append(slices.Clone(runEnds), "not reached")...) {
	case "refused":
		x.exchanged[x.seen]++
		return errFailed
	case "crash before issue":
		return errCrash
	case "crash after issue":
		x.exchanged[x.seen]++
		return errCrash
	case "answer lost":
		x.exchanged[x.seen]++
		return errFailed
	case "not reached":
		x.j.Forgo()
		if err := x.save(); err != nil {
			return err
		}
		return errFailed
	}
	x.exchanged[x.seen]++
	x.answered[x.seen] = true
	x.held, x.run.Held = x.seen, true
	return nil
}

func (x *exchangeRun) publish(e *Entry) error {
	return x.write(func() {
		x.secret = published{exists: true, revision: e.Revision, hash: valueOf(e)}
		x.highest = max(x.highest, e.Revision)
	})
}
