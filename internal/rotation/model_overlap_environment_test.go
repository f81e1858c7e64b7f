// SPDX-License-Identifier: Apache-2.0

package rotation

func (s *overlapSetting) happenings(w *overlapWorld, visit func(after overlapWorld, story string)) {
	count := func(w *overlapWorld) { w.faults++ }
	j := s.library.peek(int(w.journal))
	for _, events := range [][]event[overlapWorld, overlapSetting]{overlapCourse, overlapLosses, overlapMeddling} {
		whatHappens(events, w, s, j, w.faults < s.faults, count, visit)
	}
}

// overlapCourse is what happens anyway.
var overlapCourse = []event[overlapWorld, overlapSetting]{
	{
		name:     "a late creation is applied",
		possible: func(w *overlapWorld, _ *overlapSetting, _ *Journal) bool { return w.late[0] != lateToken{} },
		happen: func(w *overlapWorld, s *overlapSetting) {
			l := w.late[0]
			w.late[0] = lateToken{}
			w.sortLate()
			w.create(s, l.name, l.spec, l.expires)
		},
	},
	{
		name: "somebody looks",
		possible: func(w *overlapWorld, s *overlapSetting, _ *Journal) bool {
			return w.canLogin(s) && w.look != w.list()
		},
		happen: func(w *overlapWorld, _ *overlapSetting) { w.look = w.list() },
	},
	{
		name:     "the server object logs in",
		possible: func(w *overlapWorld, s *overlapSetting, _ *Journal) bool { return s.own && w.server != w.probe() },
		happen:   func(w *overlapWorld, _ *overlapSetting) { w.server = w.probe() },
	},
	{
		name:     "workloads have rolled out",
		possible: func(w *overlapWorld, s *overlapSetting, _ *Journal) bool { return s.workload && w.canRollOut() },
		happen:   func(w *overlapWorld, _ *overlapSetting) { w.rolled = w.restarted },
	},
	{
		name:     "revoked tokens die",
		possible: func(w *overlapWorld, _ *overlapSetting, _ *Journal) bool { return w.revokedLives() },
		happen:   func(w *overlapWorld, _ *overlapSetting) { w.forgetRevoked() },
	},
	{
		name:     "somebody requests a rotation",
		possible: func(w *overlapWorld, s *overlapSetting, _ *Journal) bool { return w.request < s.requests },
		happen:   func(w *overlapWorld, _ *overlapSetting) { w.request++; w.reasons++ },
	},
	{
		name:     "somebody changes the spec",
		possible: func(w *overlapWorld, s *overlapSetting, _ *Journal) bool { return s.respec && w.spec == 0 },
		happen:   func(w *overlapWorld, _ *overlapSetting) { w.spec++; w.reasons++ },
	},
	{
		name: "a backup is taken",
		possible: func(w *overlapWorld, s *overlapSetting, _ *Journal) bool {
			return s.backups && !w.backup.taken && w.journal != 0
		},
		happen: func(w *overlapWorld, _ *overlapSetting) {
			w.backup = saved{taken: true, journal: w.journal, secret: w.secret, status: w.status}
		},
	},
}

// overlapMeddling is what people do upstream.
var overlapMeddling = []event[overlapWorld, overlapSetting]{
	{
		name: "somebody revokes the published token", fault: true,
		possible: publishedIsListed,
		happen: func(w *overlapWorld, s *overlapSetting) {
			seen := w.look
			w.kill(w.secret.serial)
			w.drop(s, w.bySerial(w.secret.serial))
			w.look = seen
			w.reasons++
		},
	},
	{
		name: "somebody changes what the published token is", fault: true,
		possible: publishedIsListed,
		happen: func(w *overlapWorld, _ *overlapSetting) {
			w.bySerial(w.secret.serial).spec = altered
			w.reasons++
		},
	},
	{
		name: "the published token is not accepted any more", fault: true,
		possible: func(w *overlapWorld, s *overlapSetting, _ *Journal) bool {
			t := w.bySerial(w.secret.serial)
			return s.own && w.secret.revision > 0 && t != nil && !t.broken
		},
		happen: func(w *overlapWorld, _ *overlapSetting) {
			w.bySerial(w.secret.serial).broken = true
			w.kill(w.secret.serial)
			w.reasons += 2
		},
	},
}

func publishedIsListed(w *overlapWorld, s *overlapSetting, _ *Journal) bool {
	t := w.bySerial(w.secret.serial)
	return s.meddling && w.secret.revision > 0 && t != nil && !t.revoked
}
