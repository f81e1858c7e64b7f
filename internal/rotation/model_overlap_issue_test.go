// SPDX-License-Identifier: Apache-2.0

package rotation

// This file follows how the controller issues tokens, finds out what became of lost ones and proves them.

func (x *overlapRun) issue() error {
	if err := x.login(); err != nil {
		return err
	}
	x.overlapWorld.run.Fresh = false
	e := x.j.Newest()
	noRoom := x.live() >= MostLive && x.look.taken && x.look.seen == x.list().seen
	if noRoom && x.listed(numberOf(e.ID)) == nil {
		x.sin = "issues although it saw that there is no room"
	}
	create := func() bool { return x.create(x.s, numberOf(e.ID), x.spec, clockOf(e.ExpiresAt)) }
	outcomes := []string{
		"issued", "issued slowly", "refused", "crash before issue", "crash after issue", "answer lost",
		"timed out, applied", "timed out, may be applied late",
	}
	if x.s.paused {
		outcomes = append(outcomes, "leader paused, may be applied long afterwards")
	}
	switch x.happens(outcomes...) {
	case "issued slowly":
		x.pass(1)
	case "refused":
		return x.recoverRefused()
	case "crash before issue":
		return errCrash
	case "crash after issue":
		create()
		return errCrash
	case "answer lost":
		create()
		return errFailed
	case "timed out, applied":
		create()
		x.pass(1)
		return errFailed
	case "timed out, may be applied late":
		// Waited for during one time-out; applied within another one, or not.
		x.applyLate(lateToken{name: numberOf(e.ID), spec: x.spec, until: x.now + 2, expires: clockOf(e.ExpiresAt)})
		x.pass(1)
		return errFailed
	case "leader paused, may be applied long afterwards":
		x.extra++
		x.applyLate(lateToken{name: numberOf(e.ID), spec: x.spec, until: x.now + longTime, expires: clockOf(e.ExpiresAt)})
		return errCrash
	}
	if !create() {
		return x.recoverRefused()
	}
	x.holds, x.expires, x.overlapWorld.run.Held = x.serials, clockOf(e.ExpiresAt), true
	return nil
}

// recoverRefused finds out whether the name was the reason; otherwise the refusal stalls.
func (x *overlapRun) recoverRefused() error {
	if err := x.recover(); err != nil {
		return err
	}
	if !x.overlapWorld.run.Dropped {
		return errFailed
	}
	return nil
}

// lookAgain lists what there is upstream.
func (x *overlapRun) lookAgain() error {
	if err := x.read(); err != nil {
		return err
	}
	x.look = x.list()
	return nil
}

func (x *overlapRun) recover() error {
	if err := x.login(); err != nil {
		return err
	}
	if err := x.lookAgain(); err != nil {
		return err
	}
	if x.j.Adopt(x.unknown(x.j)...) {
		if err := x.save(); err != nil {
			return err
		}
	}
	return x.dropIntended()
}

// dropIntended revokes what bears the intended name, or adopts it if an earlier future of a restored cluster made it.
func (x *overlapRun) dropIntended() error {
	e := x.j.Newest()
	t := x.listed(numberOf(e.ID))
	x.overlapWorld.run.Absent, x.overlapWorld.run.Dropped = true, t != nil
	switch {
	case t == nil:
		return nil
	case !e.Made(atClock(t.made), atClock(x.now), 0):
		x.j.Disown(Stray{ID: e.ID, FoundAt: atClock(x.now)})
		return x.save()
	}
	if err := x.revoke(t.name); err != nil {
		return err
	}
	return x.lookAgain()
}

// revoke revokes a token that may be gone already.
func (x *overlapRun) revoke(name uint8) error {
	drop := func() {
		if t := x.listed(name); t != nil {
			x.accuse(t)
			x.drop(x.s, t)
		}
	}
	switch x.happens("revoked", "revoking failed", "crash before revoking", "crash after revoking", "answer lost") {
	case "revoking failed":
		return errFailed
	case "crash before revoking":
		return errCrash
	case "crash after revoking":
		drop()
		return errCrash
	case "answer lost":
		drop()
		return errFailed
	}
	drop()
	return nil
}

// accept takes a token for proven that is what it was asked for. One that was asked for before the spec changed is not
// published any more.
func (x *overlapRun) accept(e *Entry) error {
	if t := x.bySerial(serialOf(e)); t.spec != x.spec && int64(x.secret.revision) != e.Revision {
		x.j.Discard()
		return x.save()
	}
	x.proven = int8(e.Revision)
	return nil
}

// await lets time pass until a value is accepted, if that will be.
func (x *overlapRun) await(serial uint8) {
	if !x.works(serial) && x.willWork(serial) {
		x.pass(1)
	}
}

func (x *overlapRun) verify() error {
	e := x.j.Newest()
	if err := x.read(); err != nil {
		return err
	}
	if x.works(serialOf(e)) && x.happens("accepted", "not accepted yet") == "accepted" {
		return x.accept(e)
	}
	if x.state(x.s, x.j).SelfRejected && x.j.CanFallBack(atClock(x.now)) {
		// Nobody lets the operator in to ask, so the next best is tried.
		return x.fallBack()
	}
	if err := x.login(); err != nil {
		x.await(serialOf(e))
		return err
	}
	if err := x.lookAgain(); err != nil {
		return err
	}
	t := x.listed(numberOf(e.ID))
	switch {
	case t != nil && !x.isExpired(t):
		x.await(serialOf(e))
		return errFailed
	case int64(x.secret.revision) == e.Revision:
		// The look says that it is missing.
		return nil
	}
	x.j.Discard()
	return x.save()
}
