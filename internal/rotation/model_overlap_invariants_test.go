// SPDX-License-Identifier: Apache-2.0

package rotation

import "strconv"

func (s *overlapSetting) judge(w *overlapWorld) (broken string, settled bool) {
	j := s.library.peek(int(w.journal))
	if !w.behind(j) && !w.busy(s) {
		step := s.next(w.state(s, j))
		settled = step.Kind == StepRest && step.Until.IsZero()
	}
	if broken = w.broken(s, j); broken == "" && settled && (!s.own || w.canGetIn(j)) {
		broken = w.unsettled(s, j)
	}
	return broken, settled
}

// excused tells whether the operator cannot get in any more, which is never its own fault; see broken. Or it waits for a
// token that is listed and is never going to be accepted.
func (s *overlapSetting) excused(w *overlapWorld) bool {
	j := s.library.peek(int(w.journal))
	if e := j.Newest(); e != nil && e.Phase == Issued && int64(w.secret.revision) != e.Revision {
		if t := w.bySerial(serialOf(e)); t != nil && t.broken {
			return true
		}
	}
	return s.own && !w.canGetIn(j)
}

// canGetIn tells whether anything that is written down lets the operator in: what is published, or what is going to be
// published without its help.
func (w *overlapWorld) canGetIn(j *Journal) bool {
	if w.secret.exists && w.willWork(w.secret.serial) {
		return true
	}
	for i := range j.Entries {
		if e := &j.Entries[i]; !w.behind(j) && e.Phase == Issued && !e.Rejected && w.willWork(serialOf(e)) {
			return true
		}
	}
	return false
}

// willWork tells whether the server accepts a value or is going to.
func (w *overlapWorld) willWork(serial uint8) bool {
	later := *w
	for i := range later.tokens {
		later.tokens[i].delayed = false
	}
	return later.works(serial)
}

// broken returns the invariant that does not hold, or nothing.
func (w *overlapWorld) broken(s *overlapSetting, j *Journal) string {
	e, h := j.Newest(), w.secret
	switch {
	case w.sin != "":
		return w.sin
	case h.exists && !w.works(h.serial) && !w.isKilled(h.serial) && !w.expiredByFate():
		return "what is published does not work"
	case h.previous != 0 && w.useless(h.previous) && !w.isKilled(h.previous):
		return "what is published as the previous one does not work"
	case h.revision > 0 && h.revision < w.highest:
		return "a revision went down"
	case w.live() > MostLive+int(w.extra):
		return "more live tokens than there may be"
	case e != nil && int64(w.issued) > e.Revision+j.Recoveries:
		return "more issues than revisions and recoveries"
	case e != nil && e.Revision > int64(w.reasons):
		return "more revisions than reasons"
	case e != nil && e.Attempt > mostAttempts:
		return "tries for ever"
	case s.own && !w.fate && !w.canGetIn(j):
		return "the operator is locked out"
	}
	return ""
}

// expiredByFate tells whether what is published expired, and the operator had to fall back to it shortly before that.
func (w *overlapWorld) expiredByFate() bool {
	return w.fate && w.bySerial(w.secret.serial) != nil && w.isExpired(w.bySerial(w.secret.serial))
}

// useless tells whether a token does not work although it has not expired.
func (w *overlapWorld) useless(serial uint8) bool {
	t := w.bySerial(serial)
	return t == nil || !w.works(serial) && !w.isExpired(t)
}

// unsettled returns what is not as it should be although there is nothing left to do.
func (w *overlapWorld) unsettled(s *overlapSetting, j *Journal) string {
	e := j.Newest()
	switch {
	case !w.secret.exists || int64(w.secret.revision) != e.Revision || w.secret.serial != serialOf(e):
		return "settled without publishing the newest revision"
	case !w.works(w.secret.serial):
		return "settled with something published that does not work"
	case w.secret.previous != 0:
		return "settled with a previous token published"
	case w.look.seen != 1<<w.secret.name:
		return "settled with tokens that are not published"
	case w.bySerial(w.secret.serial).spec != w.spec || e.Spec != specOf(w.spec):
		return "settled with a token that is not what the spec asks for"
	case len(j.Entries) != 1 || len(j.Strays) != 0:
		return "settled with more in the journal than there is"
	case w.request > 0 && j.HandledRequest != strconv.Itoa(int(w.request)):
		return "settled without handling the request"
	case s.workload && w.rolled != w.secret.revision:
		return "settled before workloads have rolled out"
	}
	return ""
}
