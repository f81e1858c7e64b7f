// SPDX-License-Identifier: Apache-2.0

package rotation

import (
	"errors"
	"slices"
	"strconv"
)

// choiceRun carries steps out as credential_issue.go, credential_publish.go and lifeline.go of the controller do.
type choiceRun struct {
	*chosenWorld
	luck
	s *chosen
	j *Journal
}

func (s *chosen) step(w chosenWorld, c *chooser) (chosenWorld, StepKind) {
	j := s.library.read(w.journal)
	x := &choiceRun{chosenWorld: &w, luck: luck{c: c, faults: &w.faults, most: s.faults}, s: s, j: j}
	step := s.next(w.state(s, j))
	if step.Kind == StepRest {
		w.report(j)
		w.endRun()
		if until := step.Until; !until.IsZero() {
			w.pass(ticksOf(until) - w.now)
		}
		return w, StepRest
	}
	switch err := x.take(step); {
	case errors.Is(err, errCrash):
		w.crash()
	case err != nil:
		w.report(s.library.read(w.journal))
		w.endRun()
	}
	return w, step.Kind
}

func (x *choiceRun) save() error { return x.write(func() { x.journal = x.s.library.write(x.j) }) }

func (x *choiceRun) take(step Step) error {
	e := x.j.Newest()
	switch step.Kind {
	case StepIntend:
		return x.intend(step)
	case StepOpenLifeline:
		return x.openLifeline(e)
	case StepProveLifeline:
		if err := x.login(); err != nil {
			return err
		}
		x.run.LifelineProven = true
		return nil
	case StepIssue:
		return x.set(e)
	case StepRetry:
		return x.retry(e)
	case StepStage:
		x.j.Stage(Chosen, Credential{Value: e.Value, Fingerprint: fingerprint(valueOf(e))}, at(x.now), false)
		if err := x.save(); err != nil {
			return err
		}
		x.held, x.run = 0, Run{}
		return nil
	case StepVerify:
		return x.verify(e)
	case StepPublish:
		return x.publish(e)
	case StepRestore:
		return x.publish(x.j.Current())
	case StepCloseLifeline:
		return x.closeLifeline(e)
	default:
		x.impossible = true
		return errFailed
	}
}

// login gets in through the lifeline while it is open, with what is published, or with what may be in force already.
func (x *choiceRun) login() error {
	if !x.letsIn(x.s, x.j) {
		return errFailed
	}
	return nil
}

// choose numbers another value; it counts once it is written down.
func (x *choiceRun) choose() (Value, func() error) {
	number := x.values + 1
	return hashValue(number), func() error {
		return x.write(func() { x.journal, x.values = x.s.library.write(x.j), number })
	}
}

func (x *choiceRun) intend(step Step) error {
	if err := x.login(); err != nil {
		return err
	}
	value, save := x.choose()
	e := x.j.Intend(Chosen, step, Plan{ID: "shop", Value: value}, at(x.now))
	if x.s.own {
		e.Lifeline = planToken(1)
	}
	if err := save(); err != nil {
		return err
	}
	x.run, x.refusal = Run{Fresh: true}, false
	return nil
}

func planToken(attempt int) *Lifeline {
	return &Lifeline{Kind: LifelineToken, Attempt: attempt, ID: "lifeline" + strconv.Itoa(attempt)}
}

func (x *choiceRun) set(e *Entry) error {
	if err := x.login(); err != nil {
		return err
	}
	x.run.Fresh = false
	switch x.happens(append(slices.Clone(runEnds), "timed out, may be applied late")...) {
	case "refused":
		x.refusal = true
		return errFailed
	case "crash before issue":
		return errCrash
	case "crash after issue":
		x.inForce = valueOf(e)
		return errCrash
	case "answer lost":
		x.inForce = valueOf(e)
		return errFailed
	case "timed out, may be applied late":
		x.applyLate(lateCall{valueOf(e), x.now + 2})
		x.pass(1)
		return errFailed
	}
	x.inForce = valueOf(e)
	x.held, x.run.Held, x.refusal = valueOf(e), true, false
	return nil
}

func (x *choiceRun) applyLate(c lateCall) {
	i := slices.Index(x.late[:], lateCall{})
	x.late[i] = c
}

// retry sets the same value again, unless the server refused it and nothing can come of it any more.
func (x *choiceRun) retry(e *Entry) error {
	plan := Plan{ID: e.ID, Value: e.Value}
	save := x.save
	if x.refusal && (e.Attempt == 1 || e.Settled(at(x.now), settleTicks*tick)) {
		plan.Value, save = x.choose()
	}
	x.j.Retry(plan, at(x.now))
	if err := save(); err != nil {
		return err
	}
	x.run.Fresh, x.refusal = true, false
	return nil
}

func (x *choiceRun) verify(e *Entry) error {
	if err := x.luck.read(func() { x.pass(1) }); err != nil {
		return err
	}
	if e.Phase == Issued && valueOf(e) == x.inForce {
		x.proven = e.Revision
		x.accepted |= 1 << valueOf(e)
		return nil
	}
	value := e.Value
	x.j.Discard()
	e.Value, x.run = value, Run{}
	return x.save()
}

func (x *choiceRun) publish(e *Entry) error {
	return x.write(func() {
		x.secret = published{exists: true, revision: e.Revision, hash: valueOf(e)}
		x.highest = max(x.highest, e.Revision)
	})
}

// openLifeline revokes what an attempt left whose answer was lost, and opens another one.
func (x *choiceRun) openLifeline(e *Entry) error {
	if e.Lifeline == nil {
		e.Lifeline = planToken(1)
		return x.save()
	}
	if err := x.login(); err != nil {
		return err
	}
	bit := uint8(1) << e.Lifeline.Attempt
	if x.lifelines&bit != 0 {
		x.lifelines = 0
		e.Lifeline = planToken(e.Lifeline.Attempt + 1)
		return x.save()
	}
	switch x.happens("opened", "opening failed", "crash after opening", "answer lost") {
	case "opening failed":
		return errFailed
	case "crash after opening":
		x.lifelines |= bit
		return errCrash
	case "answer lost":
		x.lifelines |= bit
		return errFailed
	}
	x.lifelines |= bit
	e.Lifeline.Open, e.Lifeline.Value = true, Value{"token": e.Lifeline.ID}
	return x.save()
}

func (x *choiceRun) closeLifeline(e *Entry) error {
	if !x.operatorWorks(x.s) {
		return errFailed
	}
	switch x.happens("closed", "closing failed", "crash after closing") {
	case "closing failed":
		return errFailed
	case "crash after closing":
		x.lifelines = 0
		return errCrash
	}
	x.lifelines = 0
	e.Lifeline = nil
	return x.save()
}
