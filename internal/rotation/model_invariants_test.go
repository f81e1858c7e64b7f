// SPDX-License-Identifier: Apache-2.0

package rotation

// settled tells whether the controller would rest until something changes.
func (w *world) settled(s *setting, j *Journal) bool {
	step := s.next(w.state(s, j))
	return step.Kind == StepRest && step.Until.IsZero()
}

func (s *setting) judge(w *world) (broken string, settled bool) {
	j := s.library.peek(w.journal)
	settled = w.settled(s, j)
	return w.broken(s, j, settled), settled
}

// excused tells whether the operator cannot get in any more because a session died that was its only way.
func (s *setting) excused(w *world) bool {
	return w.expired && !w.canGetIn(s, s.library.peek(w.journal))
}

// canGetIn tells whether anything that is written down lets the operator in: the Secret, an open lifeline or, if somebody
// deleted the Secret, a value in the journal, which is published without asking the server.
func (w *world) canGetIn(s *setting, j *Journal) bool {
	if w.operatorWorks(s) {
		return true
	}
	for i := range j.Entries {
		e := &j.Entries[i]
		if w.lifelineInReach(e.Lifeline) || !w.secret.exists && e.Phase == Issued && w.works(valueOf(e)) {
			return true
		}
	}
	return false
}

// lifelineInReach tells whether the lifeline works or is going to.
func (w *world) lifelineInReach(l *Lifeline) bool {
	later := *w
	for i := range later.tokens {
		later.tokens[i].delayed = false
	}
	return later.lifelineWorks(l)
}

// broken returns the invariant that does not hold, or nothing.
func (w *world) broken(s *setting, j *Journal, settled bool) string {
	revision := int64(0)
	if e := j.Newest(); e != nil {
		revision = e.Revision
	}
	switch {
	case w.secret.revision > 0 && !w.wrote(w.secret.hash):
		return "published a value that was never accepted"
	case w.secret.revision > 0 && w.secret.revision < w.highest, revision < w.highest:
		return "a revision went down"
	case w.regenerated > revision+j.Recoveries:
		return "more regenerations than revisions and recoveries"
	case w.openTokens() > 2:
		return "more than two lifelines at once"
	case !w.expired && !w.foreign && !w.canGetIn(s, j):
		return "the operator is locked out"
	case settled:
		return w.unsettled(j)
	}
	return ""
}

// unsettled returns what is not as it should be although there is nothing left to do.
func (w *world) unsettled(j *Journal) string {
	e := j.Newest()
	revisions := int64(1)
	if w.request != "" {
		revisions++
	}
	switch {
	case !w.secret.exists || w.secret.revision != e.Revision:
		return "settled without publishing the newest revision"
	case w.secret.hash != w.hash:
		return "settled with a value that is not the newest upstream"
	case w.tokens != [4]token{} || e.Lifeline != nil:
		return "settled with a lifeline left open"
	case j.HandledRequest != w.request || e.Revision > revisions:
		return "settled without handling the request exactly once"
	case len(j.Entries) != 1:
		return "settled with old values in the journal"
	}
	return ""
}
