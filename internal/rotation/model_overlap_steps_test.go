// SPDX-License-Identifier: Apache-2.0

package rotation

import (
	"errors"
	"strconv"
)

// stepRebuild is what the controller does before it asks what to do, if the journal is missing or older than the Secret.
const stepRebuild StepKind = "Rebuild"

// overlapRun carries steps out in a world of credentials that overlap, as the controller does, in the same order.
type overlapRun struct {
	*overlapWorld
	luck
	s *overlapSetting
	j *Journal
}

// step takes one step and whatever becomes of the run.
func (s *overlapSetting) step(w overlapWorld, c *chooser) (after overlapWorld, kind StepKind) {
	x := &overlapRun{
		overlapWorld: &w, luck: luck{c: c, faults: &w.faults, most: s.faults}, s: s, j: s.library.read(int(w.journal)),
	}
	kind, err := x.takeNext()
	if err != nil {
		if !errors.Is(err, errCrash) {
			x.report()
		} else {
			w.look = look{}
		}
		w.endRun()
	}
	return w, kind
}

func (x *overlapRun) takeNext() (StepKind, error) {
	if x.behind(x.j) {
		return stepRebuild, x.rebuild()
	}
	step := x.s.next(x.state(x.s, x.j))
	if step.Kind == StepRest {
		x.rest(step)
		return StepRest, nil
	}
	return step.Kind, x.take(step)
}

// behind tells whether the journal has to be continued from the Secret.
func (w *overlapWorld) behind(j *Journal) bool { return j.Behind(int64(w.secret.revision)) }

// rest ends the run. What others do goes on meanwhile.
func (x *overlapRun) rest(step Step) {
	x.report()
	x.endRun()
	var outcomes []string
	if x.busy(x.s) {
		outcomes = append(outcomes, "others go on")
	}
	if !step.Until.IsZero() {
		outcomes = append(outcomes, "in time")
	}
	switch x.c.pick(append(outcomes, "woken early")...) {
	case "others go on":
		x.goOn(x.s)
	case "in time":
		x.pass(clockOf(step.Until) - x.now)
	}
}

// busy tells whether others would do something by themselves.
func (w *overlapWorld) busy(s *overlapSetting) bool {
	after := *w
	after.goOn(s)
	return after != *w
}

// goOn lets the server object log in and look, and workloads roll out.
func (w *overlapWorld) goOn(s *overlapSetting) {
	switch {
	case s.own && w.server != w.probe():
		w.server = w.probe()
	case w.canLogin(s) && w.look != w.list():
		w.look = w.list()
	case w.canRollOut():
		w.rolled = w.restarted
	}
}

// canRollOut tells whether workloads become ready with what is published.
func (w *overlapWorld) canRollOut() bool {
	return w.rolled != w.restarted && w.secret.revision == w.restarted && w.works(w.secret.serial)
}

func (x *overlapRun) take(step Step) error {
	switch step.Kind {
	case StepIntend:
		return x.intend(step)
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
	case StepRestart:
		return x.write(func() { x.restarted = x.secret.revision })
	case StepFallBack, StepAdopt, StepUpdate, StepRetire:
		return x.takeOverlapping(step)
	case StepRest, StepOpenLifeline, StepProveLifeline, StepCloseLifeline:
	}
	panic("the model does not take the step " + step.Kind)
}

// read asks upstream for something.
func (x *overlapRun) read() error { return x.luck.read(func() { x.pass(1) }) }

// save writes the journal.
func (x *overlapRun) save() error {
	return x.write(func() { x.journal = int32(x.s.library.write(x.j)) })
}

// login fails until the server object was let in with what is in the Secret; it goes on trying.
func (x *overlapRun) login() error {
	if x.canLogin(x.s) {
		return nil
	}
	if x.secret.exists {
		x.await(x.secret.serial)
	}
	x.server = x.probe()
	return errFailed
}

// endRun forgets what is only in memory.
func (w *overlapWorld) endRun() {
	w.run, w.holds, w.expires, w.recovered, w.proven = Run{}, 0, 0, false, w.status
}

// report writes the status at the end of a run that did not crash.
func (x *overlapRun) report() {
	j := x.s.library.peek(int(x.journal))
	if e := j.Newest(); e != nil && e.Phase == Issued && int64(x.secret.revision) == e.Revision {
		x.status = x.secret.revision
	}
	handled, _ := strconv.Atoi(j.HandledRequest)
	x.handled = int8(handled)
}

func (x *overlapRun) plan(revision int64, attempt int) Plan {
	if x.s.sameName {
		attempt = 1
	}
	p := Plan{ID: nameOf(revision, attempt), Spec: specOf(x.spec)}
	if x.s.life > 0 && x.now < x.s.endless {
		p.ExpiresAt = atClock(x.now + x.s.life)
	}
	return p
}

func (x *overlapRun) intend(step Step) error {
	if err := x.login(); err != nil {
		return err
	}
	x.j.Supersede(atClock(x.secret.at))
	x.j.Intend(Additive, step, x.plan(step.Revision, 1), atClock(x.now))
	if err := x.save(); err != nil {
		return err
	}
	x.overlapWorld.run = Run{Fresh: true}
	return nil
}

func (x *overlapRun) retry() error {
	e := x.j.Newest()
	x.j.Retry(x.plan(e.Revision, e.Attempt+1), atClock(x.now))
	if err := x.save(); err != nil {
		return err
	}
	x.overlapWorld.run = Run{Fresh: true}
	return nil
}

func (x *overlapRun) stage() error {
	issued := Credential{
		Value: Value{"token": strconv.Itoa(int(x.holds))}, Fingerprint: fingerprint(int(x.holds)), ExpiresAt: atClock(x.expires),
	}
	x.j.Stage(Additive, issued, atClock(x.now), false)
	if err := x.save(); err != nil {
		return err
	}
	x.holds, x.expires, x.overlapWorld.run = 0, 0, Run{}
	return nil
}

func (x *overlapRun) publish(e *Entry) error {
	desired := x.desired(x.s, x.state(x.s, x.j), e)
	return x.write(func() {
		if t := x.bySerial(x.secret.serial); t != nil && x.secret.serial != desired.serial && t.serial != 0 {
			t.replaced = x.now
		}
		x.secret = desired
		if t := x.bySerial(desired.serial); t != nil {
			t.published = true
		}
		x.highest = max(x.highest, desired.revision)
	})
}

// rebuild continues the journal from the Secret, and adopts what else there is.
func (x *overlapRun) rebuild() error {
	if err := x.login(); err != nil {
		return err
	}
	if err := x.lookAgain(); err != nil {
		return err
	}
	h := x.secret
	x.j.Continue(Additive, Entry{
		Revision: int64(max(h.revision, x.status)), Attempt: 1, Phase: Issued, ID: tokenNames[h.name], Spec: specOf(x.spec),
		Fingerprint: fingerprint(int(h.serial)), IssuedAt: atClock(h.issued), ExpiresAt: atClock(h.expires),
		Value: Value{"token": strconv.Itoa(int(h.serial))},
	}, atClock(x.now))
	if x.j.HandledRequest == "" && x.handled > 0 {
		x.j.HandledRequest = strconv.Itoa(int(x.handled))
	}
	x.j.Adopt(x.unknown(x.j)...)
	if err := x.save(); err != nil {
		return err
	}
	x.proven = 0
	return nil
}
