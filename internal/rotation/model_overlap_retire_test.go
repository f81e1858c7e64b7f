// SPDX-License-Identifier: Apache-2.0

package rotation

// This file follows how the controller keeps a published token what it should be, and ends those before it.

func (x *overlapRun) takeOverlapping(step Step) error {
	switch step.Kind { //nolint:exhaustive // the others are taken elsewhere
	case StepFallBack:
		return x.fallBack()
	case StepAdopt:
		x.j.Adopt(x.unknown(x.j)...)
		return x.save()
	case StepUpdate:
		return x.update()
	}
	return x.retire()
}

func (x *overlapRun) fallBack() error {
	x.j.FallBack(atClock(x.now + fallBackTicks))
	if err := x.save(); err != nil {
		return err
	}
	x.overlapWorld.run = Run{}
	return nil
}

// update makes the token upstream what the spec asks for; it says all of what the token is to be, so it can be repeated.
func (x *overlapRun) update() error {
	if err := x.login(); err != nil {
		return err
	}
	e := x.j.Newest()
	apply := func() error {
		t := x.listed(numberOf(e.ID))
		if t == nil {
			return x.lookAgain()
		}
		t.spec = x.spec
		x.look = look{}
		return nil
	}
	switch x.happens("updated", "refused", "crash before update", "crash after update", "answer lost") {
	case "refused":
		return errFailed
	case "crash before update":
		return errCrash
	case "crash after update":
		return firstOf(apply(), errCrash)
	case "answer lost":
		return firstOf(apply(), errFailed)
	}
	if err := apply(); err != nil || x.listed(numberOf(e.ID)) == nil {
		return err
	}
	e.Spec = specOf(x.spec)
	return x.save()
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// retire revokes what is due, proves that it is gone and drops it from the journal.
func (x *overlapRun) retire() error {
	if err := x.login(); err != nil {
		return err
	}
	due := x.s.due(x.state(x.s, x.j))
	for _, id := range due {
		if err := x.revoke(numberOf(id)); err != nil {
			return err
		}
	}
	if err := x.lookAgain(); err != nil {
		return err
	}
	x.j.Adopt(x.unknown(x.j)...)
	x.j.Retire(due...)
	return x.save()
}

// accuse notes if a token must not be revoked now.
func (w *overlapWorld) accuse(t *apiToken) {
	useful := t.published && !t.broken && !w.isExpired(t)
	switch {
	case w.secret.exists && w.secret.serial == t.serial && !t.broken:
		w.sin = "revokes what is published"
	case w.secret.previous == t.serial && !w.isExpired(t):
		w.sin = "revokes what is published as the previous one"
	case useful && w.now < t.replaced+overlapTicks:
		w.sin = "revokes what still overlaps"
	case useful && w.rolled != w.restarted:
		w.sin = "revokes what workloads still use"
	case w.server.done && t.published && w.server.serial != w.secret.serial && !w.isExpired(t):
		w.sin = "revokes before the server object has let the operator in with the published one"
	}
}
