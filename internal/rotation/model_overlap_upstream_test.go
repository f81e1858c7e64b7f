// SPDX-License-Identifier: Apache-2.0

package rotation

// bootstrap is the number of what the operator was set up with. It is nobody's to revoke.
const bootstrap = 0

// listed returns the token that is listed under a name, or nil.
func (w *overlapWorld) listed(name uint8) *apiToken {
	for i := range w.tokens {
		if t := &w.tokens[i]; t.serial != 0 && t.name == name && !t.revoked {
			return t
		}
	}
	return nil
}

func (w *overlapWorld) bySerial(serial uint8) *apiToken {
	for i := range w.tokens {
		if w.tokens[i].serial == serial {
			return &w.tokens[i]
		}
	}
	return nil
}

func (w *overlapWorld) isExpired(t *apiToken) bool { return t.expires != 0 && t.expires <= w.now }

// works tells whether the server accepts a value.
func (w *overlapWorld) works(serial uint8) bool {
	if serial == bootstrap {
		return true
	}
	t := w.bySerial(serial)
	return t != nil && !t.delayed && !t.broken && !w.isExpired(t)
}

// live counts the tokens that are listed and have not expired.
func (w *overlapWorld) live() (n int) {
	for i := range w.tokens {
		if t := &w.tokens[i]; t.serial != 0 && !t.revoked && !w.isExpired(t) {
			n++
		}
	}
	return n
}

// create makes a token; upstream refuses a second one of a name.
func (w *overlapWorld) create(s *overlapSetting, name, spec uint8, expires clock) bool {
	if w.listed(name) != nil {
		return false
	}
	w.serials++
	w.issued++
	*w.bySerial(0) = apiToken{name: name, serial: w.serials, spec: spec, made: w.now, expires: expires, delayed: s.slowTokens}
	w.look = look{}
	return true
}

// list returns what a list shows.
func (w *overlapWorld) list() look {
	l := look{taken: true}
	for i := range w.tokens {
		if t := &w.tokens[i]; t.serial != 0 && !t.revoked {
			l.seen |= 1 << t.name
			switch t.spec {
			case changed:
				l.changed |= 1 << t.name
			case altered:
				l.altered |= 1 << t.name
			}
		}
	}
	return l
}

// What a token is, if it is not what was asked for in the beginning.
const (
	changed = 1
	altered = 2
)

// drop takes a token off the list. It may work for some time longer.
func (w *overlapWorld) drop(s *overlapSetting, t *apiToken) {
	w.look = look{}
	if t.revoked = true; !s.oldLives {
		w.forgetRevoked()
	}
}

// forgetRevoked lets revoked tokens die.
func (w *overlapWorld) forgetRevoked() {
	var left [len(w.tokens)]apiToken
	n := 0
	for _, t := range w.tokens {
		if t.serial != 0 && !t.revoked {
			left[n] = t
			n++
		}
	}
	w.tokens = left
}

func (w *overlapWorld) revokedLives() bool {
	for i := range w.tokens {
		if w.tokens[i].revoked {
			return true
		}
	}
	return false
}

// kill notes that a value does not work through no fault of the operator.
func (w *overlapWorld) kill(serial uint8) { w.killed |= 1 << serial; w.fate = true }

func (w *overlapWorld) isKilled(serial uint8) bool { return w.killed&(1<<serial) != 0 }

// pass lets time pass. What could still have been applied by then was applied before, or never will be.
func (w *overlapWorld) pass(ticks clock) {
	if ticks <= 0 {
		return
	}
	w.now += ticks
	for i := range w.late {
		if w.late[i].until != 0 && w.late[i].until <= w.now {
			w.late[i] = lateToken{}
		}
	}
	w.sortLate()
	for i := range w.tokens {
		t := &w.tokens[i]
		if t.delayed = false; w.slept && t.serial != 0 && w.isExpired(t) {
			w.kill(t.serial)
		}
	}
}

func (w *overlapWorld) sortLate() {
	if w.late[0] == (lateToken{}) {
		w.late[0], w.late[1] = w.late[1], w.late[0]
	}
}

func (w *overlapWorld) applyLate(l lateToken) {
	for i := range w.late {
		if w.late[i] == (lateToken{}) {
			w.late[i] = l
			return
		}
	}
	panic("more late creations than the world has room for")
}

// canLogin tells whether objects may use the operator's credential: the server object has tried it and was let in.
func (w *overlapWorld) canLogin(s *overlapSetting) bool {
	return !s.own || s.unproven && w.secret.exists && w.works(w.secret.serial) || w.triedIt() && w.server.letIn && w.works(w.secret.serial)
}

// probe is what the server object does with the operator's credential.
func (w *overlapWorld) probe() tried {
	if !w.secret.exists {
		return w.server
	}
	return tried{done: true, serial: w.secret.serial, letIn: w.works(w.secret.serial)}
}
