// SPDX-License-Identifier: Apache-2.0

package rotation

import "errors"

// How a run of the controller ends before its time.
var (
	errCrash    = errors.New("crash")
	errFailed   = errors.New("failed, comes back later")
	errRejected = errors.New("credential rejected")
)

// run carries steps out in a world. It does what credential_steps.go, credential_publish.go and lifeline.go of the
// controller do, in the same order, because the order of effects and journal writes is what is to be explored; who changes one has to change the
// other. Where the controller calls upstream or the API server, it asks the chooser what becomes of the call.
type run struct {
	*world
	luck
	s *setting
	j *Journal
}

// step takes one step and whatever becomes of the run.
func (s *setting) step(w world, c *chooser) (after world, kind StepKind) {
	j := s.library.read(w.journal)
	x := &run{world: &w, luck: luck{c: c, faults: &w.faults, most: s.faults}, s: s, j: j}
	step := s.next(w.state(s, j))
	if step.Kind == StepRest {
		w.report(s)
		w.endRun()
		if until := step.Until; !until.IsZero() && c.pick("in time", "woken early") == "in time" {
			w.pass(ticksOf(until) - w.now)
		}
		return w, StepRest
	}
	if err := x.take(step); err != nil {
		if !errors.Is(err, errCrash) {
			w.report(s)
		}
		w.endRun()
	}
	return w, step.Kind
}

func (x *run) take(step Step) error {
	switch step.Kind {
	case StepIntend:
		return x.intend(step)
	case StepOpenLifeline:
		return x.openLifeline()
	case StepProveLifeline:
		return x.proveLifeline()
	case StepIssue:
		return x.issue()
	case StepRecover:
		return x.recover()
	case StepRetry:
		return x.retry()
	case StepRestore:
		return x.publish(x.j.Current())
	case StepStage:
		return x.stage()
	case StepVerify:
		return x.verify()
	case StepPublish:
		return x.publish(x.j.Newest())
	case StepCloseLifeline:
		return x.closeLifeline()
	case StepRest, StepRestart, StepFallBack, StepAdopt, StepUpdate, StepRetire:
	}
	panic("the model does not take the step " + step.Kind)
}

// read asks upstream for something.
func (x *run) read() error { return x.luck.read(func() { x.pass(1) }) }

// save writes the journal.
func (x *run) save() error { return x.write(func() { x.journal = x.s.library.write(x.j) }) }

// login gets in through the lifeline while it is open, and with the operator's credential otherwise. That one is not
// tried by objects if the server object could not log in with it.
func (x *run) login() error {
	if e := x.j.Newest(); e != nil && e.Lifeline != nil && e.Lifeline.Open {
		if !x.lifelineWorks(e.Lifeline) {
			return errRejected
		}
		return nil
	}
	if !x.operatorWorks(x.s) {
		return errFailed
	}
	return nil
}

func (x *run) intend(step Step) error {
	if err := x.login(); err != nil {
		return err
	}
	if err := x.read(); err != nil {
		return err
	}
	e := x.j.Intend(Replacing, step, Plan{ID: "root", Baseline: fingerprint(x.hash)}, at(x.now))
	if x.s.own {
		e.Lifeline = x.plan(1)
	}
	if err := x.save(); err != nil {
		return err
	}
	x.world.run = Run{Fresh: true}
	return nil
}

func (x *run) issue() error {
	if err := x.login(); err != nil {
		return err
	}
	x.world.run.Fresh = false
	switch x.happens("issued", "issued slowly", "refused", "crash before issue", "crash after issue", "answer lost",
		"timed out, applied", "timed out, may be applied late") {
	case "issued slowly":
		x.pass(1)
	case "refused":
		return errFailed
	case "crash before issue":
		return errCrash
	case "crash after issue":
		x.regenerateOnce()
		return errCrash
	case "answer lost":
		x.regenerateOnce()
		return errFailed
	case "timed out, applied":
		x.regenerateOnce()
		x.pass(1)
		return errFailed
	case "timed out, may be applied late":
		// Waited for during one time-out; applied within another one, or not.
		x.applyLate(x.now + 2)
		x.pass(1)
		return errFailed
	}
	x.regenerateOnce()
	x.held, x.world.run.Held, x.recovered = x.hash, true, false
	return nil
}

func (x *run) regenerateOnce() {
	x.regenerate(x.s)
	x.regenerated++
}

func (x *run) applyLate(until int) {
	for i := range x.late {
		if x.late[i] == 0 {
			x.late[i] = until
			return
		}
	}
	panic("more late issues than the world has room for")
}

func (x *run) recover() error {
	switch err := x.login(); {
	case errors.Is(err, errRejected):
		return x.abandonLifeline()
	case err != nil:
		return err
	}
	if err := x.read(); err != nil {
		return err
	}
	if fingerprint(x.hash) != x.j.Newest().Baseline {
		x.held, x.recovered, x.world.run.Held = x.hash, true, true
	} else {
		x.world.run.Absent = true
	}
	return nil
}

func (x *run) retry() error {
	x.j.Retry(Plan{ID: "root", Baseline: x.j.Newest().Baseline}, at(x.now))
	if err := x.save(); err != nil {
		return err
	}
	x.world.run.Fresh, x.world.run.Absent = true, false
	return nil
}

func (x *run) stage() error {
	issued := Credential{Value: hashValue(x.held), Fingerprint: fingerprint(x.held)}
	x.j.Stage(Replacing, issued, at(x.now), x.recovered)
	if err := x.save(); err != nil {
		return err
	}
	x.held, x.world.run = 0, Run{}
	return nil
}

func (x *run) verify() error {
	e := x.j.Newest()
	if err := x.read(); err != nil {
		return err
	}
	if x.works(valueOf(e)) && x.happens("accepted", "not accepted yet") == "accepted" {
		x.proven = e.Revision
		x.accepted |= 1 << valueOf(e)
		return nil
	}
	if x.login() == nil && x.read() == nil && fingerprint(x.hash) != e.Fingerprint {
		x.held, x.recovered = x.hash, true
		return x.stage()
	}
	return errFailed
}

func (x *run) publish(e *Entry) error {
	return x.write(func() {
		x.secret = published{exists: true, revision: e.Revision, hash: valueOf(e)}
		x.highest = max(x.highest, e.Revision)
	})
}
