// SPDX-License-Identifier: Apache-2.0

package rotation

// event is something that happens to the world while the operator does nothing.
type event[W, S any] struct {
	name string
	// fault tells whether it counts as one.
	fault bool
	// possible tells whether it can happen now; nil means always.
	possible func(w *W, s *S, j *Journal) bool
	happen   func(w *W, s *S)
}

// whatHappens calls visit for each of the events that can happen. Faults do only while spare says so; count counts one.
func whatHappens[W, S any](
	events []event[W, S], w *W, s *S, j *Journal, spare bool, count func(*W), visit func(after W, story string),
) {
	for _, e := range events {
		if e.fault && !spare || e.possible != nil && !e.possible(w, s, j) {
			continue
		}
		after := *w
		e.happen(&after, s)
		if e.fault {
			count(&after)
		}
		visit(after, e.name)
	}
}

func (s *setting) happenings(w *world, visit func(after world, story string)) {
	count := func(w *world) { w.faults++ }
	whatHappens(environment, w, s, s.library.peek(w.journal), w.faults < s.faults, count, visit)
}

// longDown is longer than anything waits: late issues are settled and sessions have died.
const longDown = 12

var environment = []event[world, setting]{
	{
		name:     "a late issue is applied",
		possible: func(w *world, _ *setting, _ *Journal) bool { return w.late != [2]int{} },
		happen: func(w *world, s *setting) {
			i := 0
			if w.late[0] == 0 {
				i = 1
			}
			w.late[i] = 0
			w.regenerate(s)
			w.regenerated++
		},
	},
	{
		name:     "the old hash dies",
		possible: func(w *world, _ *setting, _ *Journal) bool { return w.old != none },
		happen:   func(w *world, _ *setting) { w.old = none },
	},
	{
		name:     "somebody requests a rotation",
		possible: func(w *world, _ *setting, _ *Journal) bool { return w.request == "" },
		happen:   func(w *world, _ *setting) { w.request = "please" },
	},
	{
		name: "the Secret is deleted", fault: true,
		// One that the operator never wrote is nobody's to restore.
		possible: func(w *world, _ *setting, _ *Journal) bool { return w.secret.revision > 0 },
		happen:   func(w *world, _ *setting) { w.secret = published{} },
	},
	{
		name: "the status is lost and the operator restarted", fault: true,
		possible: func(w *world, _ *setting, _ *Journal) bool { return w.status > 0 },
		happen:   func(w *world, _ *setting) { w.status = 0; w.endRun() },
	},
	{
		name: "the operator is down for long", fault: true,
		happen: func(w *world, s *setting) {
			w.endRun()
			w.pass(longDown)
			w.expire(s)
		},
	},
	{
		name: "the session expires", fault: true,
		possible: func(w *world, s *setting, _ *Journal) bool { return s.sessionExpires && w.session != 0 },
		happen:   func(w *world, s *setting) { w.expire(s) },
	},
	{
		name: "somebody else replaces the hash before it was verified", fault: true,
		// While the replaced hash still works, the operator cannot notice.
		possible: func(w *world, s *setting, j *Journal) bool {
			e := j.Newest()
			return !s.oldLives && e != nil && e.Phase == Issued && w.secret.revision < e.Revision && !w.wrote(valueOf(e))
		},
		happen: func(w *world, s *setting) { w.regenerate(s); w.foreign = true },
	},
}

// expire kills the session if sessions may die in this setting.
func (w *world) expire(s *setting) {
	if s.sessionExpires && w.session != 0 {
		w.session, w.expired = 0, true
	}
}
