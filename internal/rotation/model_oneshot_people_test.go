// SPDX-License-Identifier: Apache-2.0

package rotation

func (s *oneShot) happenings(w *oneShotWorld, visit func(after oneShotWorld, story string)) {
	count := func(w *oneShotWorld) { w.faults++ }
	forget := func(after oneShotWorld, story string) {
		after.forget(s.library.peek(after.journal))
		visit(after, story)
	}
	whatHappens(people, w, s, s.library.peek(w.journal), w.faults < s.faults, count, forget)
}

// people are those who bring login tokens, and those who lose records.
var people = []event[oneShotWorld, oneShot]{
	{
		name:     "a person brings another input",
		possible: func(w *oneShotWorld, s *oneShot, _ *Journal) bool { return w.brought < s.inputs },
		happen:   func(w *oneShotWorld, _ *oneShot) { w.brought++; w.input = w.brought },
	},
	{
		name: "a person puts the input before back", fault: true,
		possible: func(w *oneShotWorld, _ *oneShot, _ *Journal) bool { return w.input > 1 },
		happen:   func(w *oneShotWorld, _ *oneShot) { w.input-- },
	},
	{
		name: "a person deletes the input", fault: true,
		possible: func(w *oneShotWorld, _ *oneShot, _ *Journal) bool { return w.input > 0 },
		happen:   func(w *oneShotWorld, _ *oneShot) { w.input = 0 },
	},
	{
		name:     "somebody asks for another one",
		possible: func(w *oneShotWorld, s *oneShot, _ *Journal) bool { return s.requests && w.request == 0 },
		happen:   func(w *oneShotWorld, _ *oneShot) { w.request = 1 },
	},
	{
		name: "the Secret is deleted", fault: true,
		possible: func(w *oneShotWorld, _ *oneShot, _ *Journal) bool { return w.secret.exists },
		happen:   func(w *oneShotWorld, _ *oneShot) { w.secret = published{} },
	},
	{
		name: "the journal is deleted", fault: true,
		possible: func(w *oneShotWorld, _ *oneShot, _ *Journal) bool { return w.journal != 0 && w.seen == none },
		happen:   func(w *oneShotWorld, _ *oneShot) { w.journal = 0 },
	},
	{
		name: "the status is lost and the operator restarted", fault: true,
		possible: func(w *oneShotWorld, _ *oneShot, _ *Journal) bool { return w.status > 0 || w.used > 0 },
		happen: func(w *oneShotWorld, _ *oneShot) {
			w.status, w.used, w.current = 0, 0, 0
			w.endRun()
		},
	},
}

func (s *oneShot) excused(*oneShotWorld) bool { return false }

func (s *oneShot) judge(w *oneShotWorld) (broken string, settled bool) {
	j := s.library.peek(w.journal)
	settled = w.seen == none && w.rebuiltIfOutlived(j.Clone()) == nil
	step := Step{}
	if settled {
		step = s.next(w.state(j))
		settled = step.Kind == StepRest
	}
	return w.broken(j, settled, step.Why), settled
}

func (w *oneShotWorld) broken(j *Journal, settled bool, why RestReason) string {
	for n, times := range w.exchanged {
		if times > 1 && !w.forgotten[n] {
			return "an input was exchanged twice"
		}
	}
	switch {
	case w.impossible:
		return "the step cannot be taken"
	case w.secret.exists && !w.answered[w.secret.hash]:
		return "published what nobody answered"
	case w.secret.exists && w.secret.revision < w.highest && w.journal != 0 && !j.Behind(w.highest):
		return "a revision went down"
	case settled:
		return w.unsettled(j, why)
	}
	return ""
}

func (w *oneShotWorld) unsettled(j *Journal, why RestReason) string {
	current := j.Current()
	switch {
	case current != nil && (!w.secret.exists || w.secret.hash != valueOf(current)):
		return "settled without the Secret"
	case w.input > 0 && !j.IsUsed(fingerprint(w.input)):
		return "settled with an input that was not exchanged"
	case why != RestConsumed && w.input > 0 && current != nil && w.input != w.secret.hash:
		return "settled with an input that was lost, and nobody is told"
	case why == RestIdle && (current == nil || w.requested() != j.HandledRequest):
		return "settled without a credential, and nobody is told"
	}
	return ""
}
