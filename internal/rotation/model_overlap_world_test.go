// SPDX-License-Identifier: Apache-2.0

package rotation

import (
	"fmt"
	"strconv"
	"time"
)

// overlapSetting is what does not change while a world of credentials that overlap is explored.
type overlapSetting struct {
	name string
	// next and due decide, and see changes what they decide from; wrong ones show whether the model notices.
	next func(State) Step
	due  func(State) []string
	see  func(*State)
	// sameName: every attempt of a revision uses the same name, which is a mistake.
	sameName bool
	// unproven: objects use what the server object has not tried yet, which is a mistake too.
	unproven bool
	// own: the operator logs in with this token.
	own bool
	// slowTokens: a new token is only accepted after a while.
	slowTokens bool
	// oldLives: a revoked token works for some time longer.
	oldLives bool
	// previous: the Secret also holds the previous token.
	previous bool
	// updates: upstream can change what a token is.
	updates bool
	// respec: somebody changes the spec once.
	respec bool
	// workload: one workload is listed.
	workload bool
	// meddling: people revoke and change the published token.
	meddling bool
	// losses: the journal may be lost.
	losses bool
	// backups: a backup is taken at any time and restored at any other.
	backups bool
	// paused: an operator that lost its lease may still issue, long afterwards.
	paused bool
	// life is for how many ticks the tokens work that are made before endless; zero is for ever.
	life, endless clock
	// scheduled is when a rotation is due once; zero is never.
	scheduled clock
	// requests is how often somebody asks for a rotation.
	requests int8
	// faults bounds how many things go wrong.
	faults int
	// library holds every journal that was written.
	library library
}

// clock counts ticks.
type clock int16

const (
	overlapTicks  = 6
	renewTicks    = 8
	fallBackTicks = 2
	// longTime is longer than anything waits but a schedule.
	longTime = 2000
)

// held is the Secret. Its zero value is no Secret; revision zero is one that the operator never wrote.
type held struct {
	exists   bool
	revision int8
	// name, serial and expires are those of the token in it; previous is the serial of the one before, or zero.
	name, serial, previous uint8
	at, issued, expires    clock
}

// apiToken is a token upstream. Its zero value is no token.
type apiToken struct {
	name, serial, spec uint8
	made, expires      clock
	// published tells that it was ever published, and replaced when another one took its place.
	published bool
	replaced  clock
	// delayed is not accepted yet, revoked is not listed any more, broken is listed and not accepted.
	delayed, revoked, broken bool
}

// lateToken is a creation that was not answered and may still be applied.
type lateToken struct {
	name, spec     uint8
	until, expires clock
}

// look is what the last list of tokens showed: names by number, those that are what the changed spec asks for, and those
// that are what no spec asked for.
type look struct {
	taken                  bool
	seen, changed, altered uint64
}

// tried is what the server object knows of the operator's credential.
type tried struct {
	serial      uint8
	done, letIn bool
}

// saved is a backup.
type saved struct {
	taken   bool
	journal int32
	secret  held
	status  int8
}

// overlapWorld is one state of everything. It is comparable, so that a state that was seen before is recognised.
type overlapWorld struct {
	// In the cluster.
	journal           int32
	secret            held
	status, handled   int8
	request           int8
	spec              uint8
	server            tried
	restarted, rolled int8
	backup            saved

	// Upstream: tokens in the order of their making, numbered from 1. Number 0 is what the operator was set up with.
	tokens  [8]apiToken
	late    [2]lateToken
	serials uint8
	now     clock

	// Memory of the operator, and of the run.
	look      look
	run       Run
	holds     uint8
	expires   clock
	recovered bool
	proven    int8

	// For the invariants: why not everything can be as it should be.
	faults  int
	killed  uint32
	fate    bool
	slept   bool
	extra   int8
	reasons int8
	issued  int8
	highest int8
	sin     string
}

var tokenNames = func() (names [64]string) {
	for i := range names {
		names[i] = fmt.Sprintf("r%da%d", i/mostAttempts, i%mostAttempts+1)
	}
	return names
}()

// mostAttempts is more than any setting comes to.
const mostAttempts = 4

func nameOf(revision int64, attempt int) string {
	if attempt > mostAttempts {
		panic("more attempts than there are names for")
	}
	return tokenNames[revision*mostAttempts+int64(attempt)-1]
}

func numberOf(name string) uint8 {
	for i := range tokenNames {
		if tokenNames[i] == name {
			return uint8(i)
		}
	}
	panic("no name of the operator: " + name)
}

func serialOf(e *Entry) uint8 {
	n, err := strconv.Atoi(e.Value["token"])
	if err != nil {
		panic("an entry without a token: " + err.Error())
	}
	return uint8(n)
}

func atClock(c clock) time.Time {
	if c == 0 {
		return time.Time{}
	}
	return at(int(c))
}

func clockOf(t time.Time) clock {
	if t.IsZero() {
		return 0
	}
	return clock(ticksOf(t))
}

func specOf(spec uint8) string { return "spec" + strconv.Itoa(int(spec)) }

func (s *overlapSetting) begin() overlapWorld {
	s.library = newLibrary()
	w := overlapWorld{now: 1, reasons: 1}
	if s.own {
		w.secret.exists = true
	}
	if s.scheduled > 0 {
		w.reasons++
	}
	if s.life > 0 {
		w.reasons += int8(s.endless/(s.life-renewTicks)) + 1
	}
	return w
}

// once is a schedule with a single due time.
type once struct{ due time.Time }

func (o once) At(last, now time.Time, _ string) time.Time {
	switch {
	case !last.Before(o.due):
		return time.Time{}
	case now.Before(o.due):
		return o.due
	}
	return now
}

func (o once) NextPermitted(t time.Time) time.Time { return t }

// state is what the controller would ask Next with.
func (w *overlapWorld) state(s *overlapSetting, j *Journal) State {
	st := State{
		Journal: j, Now: atClock(w.now), Settle: settleTicks * tick, Seed: "seed",
		FirstRevision: int64(max(w.status, w.secret.revision)) + 1, Published: int64(w.secret.revision),
		Proven: int64(w.proven), Run: w.run, Class: Additive, RestartPending: w.restartPending(s),
		Overlapping: Overlapping{
			Overlap: overlapTicks * tick, RenewBefore: renewTicks * tick, Rolled: !s.workload || w.rolled == w.secret.revision,
			SelfProven: !s.own || w.server.letIn && w.triedIt(), SelfRejected: s.own && !w.server.letIn && w.triedIt(),
			Spec: specOf(w.spec), CanUpdate: s.updates, Drift: w.drift(j), Unknown: len(w.unknown(j)) > 0,
		},
	}
	if w.request > 0 {
		st.Request = strconv.Itoa(int(w.request))
	}
	if s.scheduled > 0 {
		st.Schedule = once{due: atClock(s.scheduled)}
	}
	if w.secret.revision > 0 {
		st.PublishedAt = atClock(w.secret.at)
	}
	if s.see != nil {
		s.see(&st)
	}
	e, current := j.Newest(), j.Current()
	st.Intact = e != nil && e.Phase == Issued && w.secret == w.desired(s, st, e)
	st.Lost = e != nil && e.Phase == Intended && current != nil && w.secret != w.desired(s, st, current)
	return st
}

// desired returns the Secret as it should be for an entry.
func (w *overlapWorld) desired(s *overlapSetting, st State, e *Entry) held {
	h := held{
		exists: true, revision: int8(e.Revision), name: numberOf(e.ID), serial: serialOf(e),
		at: w.now, issued: clockOf(e.IssuedAt), expires: clockOf(e.ExpiresAt),
	}
	if w.secret.revision == h.revision {
		h.at = w.secret.at
	}
	if p := st.Previous(e); s.previous && p != nil {
		h.previous = serialOf(p)
	}
	return h
}

func (w *overlapWorld) restartPending(s *overlapSetting) bool {
	return s.workload && w.secret.revision > 0 && w.restarted != w.secret.revision
}

// triedIt tells whether the server object has tried what is in the Secret.
func (w *overlapWorld) triedIt() bool {
	return w.server.done && w.secret.exists && w.server.serial == w.secret.serial
}

// drift returns what the last look shows of the published token.
func (w *overlapWorld) drift(j *Journal) Drift {
	for i := range j.Entries {
		e := &j.Entries[i]
		if !w.look.taken || w.secret.revision == 0 || e.Revision != int64(w.secret.revision) || e.Phase != Issued {
			continue
		}
		switch bit := uint64(1) << numberOf(e.ID); {
		case w.look.seen&bit == 0:
			return DriftMissing
		case w.look.altered&bit != 0 || (w.look.changed&bit != 0) != (w.spec == changed):
			return DriftChanged
		}
	}
	return DriftNone
}

// unknown returns what the last look shows and the journal does not know.
func (w *overlapWorld) unknown(j *Journal) (strays []Stray) {
	for i := range tokenNames {
		if w.look.seen&(1<<i) != 0 && !j.Knows(tokenNames[i]) {
			strays = append(strays, Stray{ID: tokenNames[i], FoundAt: atClock(w.now)})
		}
	}
	return strays
}
