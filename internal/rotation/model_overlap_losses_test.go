// SPDX-License-Identifier: Apache-2.0

package rotation

// overlapLosses is what is lost in the cluster, and what comes back.
var overlapLosses = []event[overlapWorld, overlapSetting]{
	{
		name: "the Secret is deleted", fault: true,
		possible: func(w *overlapWorld, _ *overlapSetting, _ *Journal) bool { return w.secret.revision > 0 },
		happen: func(w *overlapWorld, s *overlapSetting) {
			w.secret = held{}
			w.lose(s)
			w.excuseRevoked(s)
		},
	},
	{
		name: "the status is lost and the operator restarted", fault: true,
		possible: func(w *overlapWorld, _ *overlapSetting, _ *Journal) bool { return w.status > 0 },
		happen: func(w *overlapWorld, s *overlapSetting) {
			w.status, w.handled, w.server = 0, 0, tried{}
			w.restart()
			w.lose(s)
		},
	},
	{
		name: "the operator is down for long", fault: true,
		happen: func(w *overlapWorld, _ *overlapSetting) {
			w.restart()
			w.slept, w.fate = true, true
			w.pass(longTime)
			w.reasons++
		},
	},
	{
		name: "the journal is lost", fault: true,
		possible: func(w *overlapWorld, s *overlapSetting, _ *Journal) bool { return s.losses && w.journal != 0 },
		happen: func(w *overlapWorld, s *overlapSetting) {
			w.pass(1)
			w.replaceJournal(s, 0)
		},
	},
	{
		name: "the journal is restored", fault: true,
		possible: func(w *overlapWorld, _ *overlapSetting, _ *Journal) bool {
			return w.backup.journal != 0 && w.backup.journal != w.journal
		},
		happen: func(w *overlapWorld, s *overlapSetting) {
			w.timePasses()
			w.replaceJournal(s, w.backup.journal)
			w.backup = saved{taken: true}
		},
	},
	{
		name: "everything is restored", fault: true,
		possible: restorable,
		happen:   func(w *overlapWorld, s *overlapSetting) { w.restoreAll(s, w.backup.status) },
	},
	{
		name: "everything but the status is restored", fault: true,
		possible: restorable,
		happen:   func(w *overlapWorld, s *overlapSetting) { w.restoreAll(s, 0) },
	},
}

func restorable(w *overlapWorld, _ *overlapSetting, _ *Journal) bool {
	b := w.backup
	return b.journal != 0 && (b.journal != w.journal || b.secret != w.secret)
}

// restart forgets what the operator knew.
func (w *overlapWorld) restart() { w.look = look{}; w.endRun() }

// timePasses before somebody restores a backup.
func (w *overlapWorld) timePasses() {
	w.restart()
	w.slept = true
	w.pass(longTime)
}

// replaceJournal puts another journal in the place of the present one. What that one does not know may come on top of what
// there may be.
func (w *overlapWorld) replaceJournal(s *overlapSetting, journal int32) {
	w.journal, w.issued, w.fate = journal, 0, true
	w.reasons += 2
	w.endRun()
	j := s.library.peek(int(journal))
	for i := range w.tokens {
		if t := &w.tokens[i]; t.serial != 0 && !t.revoked && !j.holds(tokenNames[t.name]) {
			w.extra++
		}
	}
	w.lose(s)
}

// holds tells whether the journal has the value of a name.
func (j *Journal) holds(id string) bool {
	for i := range j.Entries {
		if j.Entries[i].ID == id && j.Entries[i].Phase == Issued {
			return true
		}
	}
	return false
}

// restoreAll restores journal, Secret and status. Whoever used what was published since goes on with it for a while.
func (w *overlapWorld) restoreAll(s *overlapSetting, status int8) {
	w.timePasses()
	w.secret, w.status = w.backup.secret, status
	w.highest = w.secret.revision
	w.server, w.restarted, w.rolled = tried{}, w.secret.revision, w.secret.revision
	w.replaceJournal(s, w.backup.journal)
	for i := range w.tokens {
		if t := &w.tokens[i]; t.published && !s.library.peek(int(w.journal)).holds(tokenNames[t.name]) {
			t.replaced = w.now
		}
	}
	for _, serial := range []uint8{w.secret.serial, w.secret.previous} {
		if !w.works(serial) {
			w.kill(serial)
		}
	}
	if !w.secret.exists {
		// It is made from the journal without a question, because the operator may need it to ask.
		w.excuseRevoked(s)
	}
	w.backup = saved{taken: true}
}

// lose takes back what nobody can know any more to have been published.
func (w *overlapWorld) lose(s *overlapSetting) {
	e := s.library.peek(int(w.journal)).Current()
	if e == nil {
		w.highest = w.secret.revision
		return
	}
	known := int64(max(w.secret.revision, w.status))
	w.highest = min(w.highest, max(w.secret.revision, int8(min(known, e.Revision))))
	if e.Revision <= known {
		return
	}
	if t := w.bySerial(serialOf(e)); t != nil {
		t.published = false
	}
}

// excuseRevoked excuses what is revoked and not dropped from the journal yet. When it was replaced stood in the Secret, so
// it is taken for one that overlaps, until it is revoked once more.
func (w *overlapWorld) excuseRevoked(s *overlapSetting) {
	for _, e := range s.library.peek(int(w.journal)).Entries {
		if e.Phase == Issued && !w.willWork(serialOf(&e)) {
			w.killed |= 1 << serialOf(&e)
		}
	}
}
