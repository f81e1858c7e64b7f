// SPDX-License-Identifier: Apache-2.0

package rotation

import (
	"fmt"
	"strconv"
)

// This file follows lifeline.go and lifeline_token.go of the controller.

func (x *run) plan(attempt int) *Lifeline {
	if x.s.lifeline == LifelineSession {
		return &Lifeline{Kind: LifelineSession, Attempt: attempt}
	}
	name := fmt.Sprintf("lifeline-r%da%d", x.j.Newest().Revision, attempt)
	return &Lifeline{Kind: LifelineToken, Attempt: attempt, ID: name}
}

func (x *run) openLifeline() error {
	e := x.j.Newest()
	if e.Lifeline == nil {
		e.Lifeline = x.plan(1)
		return x.save()
	}
	if err := x.login(); err != nil {
		return err
	}
	if e.Lifeline.Kind == LifelineToken {
		return x.openToken(e)
	}
	return x.openSession(e)
}

func (x *run) openToken(e *Entry) error {
	if !x.world.run.Fresh {
		if again, err := x.dropLostTokens(e); again || err != nil {
			return err
		}
	}
	if x.token(e.Lifeline.ID) != nil {
		panic("a token of the planned name exists, so the server would refuse it: " + e.Lifeline.ID)
	}
	switch x.happens("opened", "opened slowly", "no token permitted", "opening failed",
		"crash before opening", "crash after opening", "answer lost") {
	case "opened slowly":
		x.pass(1)
	case "no token permitted":
		e.Lifeline = &Lifeline{Kind: LifelineSession, Attempt: e.Lifeline.Attempt + 1}
		return x.save()
	case "opening failed":
		return errFailed
	case "crash before opening":
		return errCrash
	case "crash after opening":
		x.create(e.Lifeline.ID)
		return errCrash
	case "answer lost":
		x.create(e.Lifeline.ID)
		return errFailed
	}
	x.create(e.Lifeline.ID)
	return x.keep(e, x.serials)
}

func (x *run) create(name string) {
	x.serials++
	*x.token("") = token{name: name, serial: x.serials, delayed: x.s.slowTokens}
}

// dropLostTokens revokes what earlier attempts left. If the planned name was among them, the next one is planned.
func (x *run) dropLostTokens(e *Entry) (again bool, err error) {
	again = x.token(e.Lifeline.ID) != nil
	if err := x.revokeLifelines(); err != nil || !again {
		return false, err
	}
	e.Lifeline = x.plan(e.Lifeline.Attempt + 1)
	return true, x.save()
}

// revokeLifelines lists the lifelines of this object, revokes them and lists again.
func (x *run) revokeLifelines() error {
	if err := x.read(); err != nil || x.openTokens() == 0 {
		return err
	}
	for _, t := range x.tokens {
		if t.name == "" {
			continue
		}
		if err := x.revoke(t.name); err != nil {
			return err
		}
	}
	return x.read()
}

// revoke revokes a token that may be gone already.
func (x *run) revoke(name string) error {
	drop := func() {
		if t := x.token(name); t != nil {
			*t = token{}
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

func (x *run) openSession(e *Entry) error {
	open := func() { x.serials++; x.session = x.serials }
	switch x.happens("opened", "opened slowly", "opening failed", "crash after opening") {
	case "opened slowly":
		x.pass(1)
	case "opening failed":
		return errFailed
	case "crash after opening":
		// Nobody knows it, so it might as well not be there.
		return errCrash
	}
	open()
	return x.keep(e, x.serials)
}

func (x *run) keep(e *Entry, serial int) error {
	e.Lifeline.Value = Value{"serial": strconv.Itoa(serial)}
	e.Lifeline.Open, e.Lifeline.OpenedAt = true, at(x.now)
	return x.save()
}

func (x *run) proveLifeline() error {
	if err := x.login(); err != nil {
		return x.waitForLifeline()
	}
	if err := x.read(); err != nil {
		return err
	}
	x.world.run.LifelineProven = true
	return nil
}

// waitForLifeline ends the run until the server accepts the lifeline; time passes meanwhile.
func (x *run) waitForLifeline() error {
	x.pass(1)
	return errFailed
}

// abandonLifeline gives up a lifeline that is rejected for longer than a server may take to accept it.
func (x *run) abandonLifeline() error {
	e := x.j.Newest()
	if at(x.now).Before(e.Lifeline.OpenedAt.Add(graceTicks * tick)) {
		return x.waitForLifeline()
	}
	x.world.run.Fresh = false
	e.Lifeline = x.plan(e.Lifeline.Attempt + 1)
	return x.save()
}

// closeLifeline logs in with the new hash and revokes all lifelines of this object.
func (x *run) closeLifeline() error {
	e := x.j.Newest()
	if x.s.lifeline == LifelineToken {
		if !x.works(valueOf(e)) {
			return errFailed
		}
		if err := x.revokeLifelines(); err != nil {
			return err
		}
	}
	e.Lifeline = nil
	if err := x.save(); err != nil {
		return err
	}
	x.session = 0
	return nil
}
