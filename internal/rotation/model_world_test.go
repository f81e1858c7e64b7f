// SPDX-License-Identifier: Apache-2.0

package rotation

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"
)

// setting is what does not change while a world is explored.
type setting struct {
	name string
	// next decides; a wrong one shows whether the model notices.
	next func(State) Step
	// own: the rotated hash is the one the operator logs in with.
	own bool
	// lifeline is what the server offers.
	lifeline LifelineKind
	// sessionExpires: a session may die while it is needed, which is the one way to be locked out.
	sessionExpires bool
	// oldLives: a replaced hash works for some time longer.
	oldLives bool
	// slowTokens: a new token is only accepted after a while.
	slowTokens bool
	// faults bounds how many things go wrong.
	faults int
	// library holds every journal that was written.
	library library
}

// The unit of time is the time-out of a call.
const (
	tick        = time.Second
	settleTicks = 1
	// graceTicks is for how long the rejection of a new lifeline is taken for slowness of the server.
	graceTicks = 2
)

// published is the Secret. Its zero value is no Secret.
type published struct {
	exists   bool
	revision int64
	hash     int
}

// token is one token upstream. Its zero value is no token.
type token struct {
	name    string
	serial  int
	delayed bool
}

// world is one state of everything. It is comparable, so that a state that was seen before is recognised.
type world struct {
	// In the cluster: the journal as it stands in its Secret, the published Secret, the object's status and annotation.
	journal int
	secret  published
	status  int64
	request string

	// Upstream: hashes are numbered in the order of their making; 0 was there before. late holds until when lost issues
	// may still be applied.
	hash, old int
	hashes    int
	late      [2]int
	tokens    [4]token
	session   int
	serials   int
	now       int

	// Memory of the run, which a crash forgets.
	run       Run
	held      int
	recovered bool
	proven    int64

	// For the invariants.
	faults      int
	regenerated int64
	foreign     bool
	expired     bool
	accepted    uint32
	highest     int64
}

const none = -1

func (s *setting) begin() world {
	s.library = newLibrary()
	w := world{old: none}
	if s.own {
		w.secret = published{exists: true}
	}
	return w
}

// library keeps journals as they stand in their Secret. Worlds refer to them by number, so that worlds are small and
// journals are decoded once.
type library struct {
	journals []*Journal
	numbers  map[string]int
}

// newLibrary returns a library in which number 0 is the journal that was never written.
func newLibrary() library {
	return library{journals: []*Journal{{}}, numbers: map[string]int{}}
}

// read returns what a run finds in the Secret.
func (l *library) read(number int) *Journal { return l.journals[number].Clone() }

// peek returns it for those who change nothing.
func (l *library) peek(number int) *Journal { return l.journals[number] }

func (l *library) write(j *Journal) int {
	data, err := Encode(j)
	if err != nil {
		panic(fmt.Sprintf("a journal in memory cannot be written: %v", err))
	}
	key := ""
	for _, name := range slices.Sorted(maps.Keys(data)) {
		key += name + string(data[name])
	}
	if number, known := l.numbers[key]; known {
		return number
	}
	read, err := Decode(data)
	if err != nil {
		panic(fmt.Sprintf("a journal that was written cannot be read: %v", err))
	}
	l.journals = append(l.journals, read)
	l.numbers[key] = len(l.journals) - 1
	return l.numbers[key]
}

func at(ticks int) time.Time         { return time.Unix(int64(ticks)*int64(tick/time.Second), 0).UTC() }
func ticksOf(t time.Time) int        { return int(t.Unix()) }
func hashValue(n int) Value          { return Value{"accesshash": strconv.Itoa(n)} }
func fingerprint(n int) string       { return "f" + strconv.Itoa(n) }
func (w *world) works(hash int) bool { return hash == w.hash || hash == w.old }
func (w *world) wrote(hash int) bool { return w.accepted&(1<<hash) != 0 }

// valueOf returns the number of the hash in an entry.
func valueOf(e *Entry) int {
	n, err := strconv.Atoi(e.Value["accesshash"])
	if err != nil {
		panic("an entry without a hash: " + err.Error())
	}
	return n
}

// operatorWorks tells whether the operator can log in with what the server object refers to.
func (w *world) operatorWorks(s *setting) bool {
	return !s.own || w.secret.exists && w.works(w.secret.hash)
}

// lifelineWorks tells whether the server accepts the lifeline in the journal.
func (w *world) lifelineWorks(l *Lifeline) bool {
	if l == nil || !l.Open {
		return false
	}
	serial, err := strconv.Atoi(l.Value["serial"])
	if err != nil {
		panic("a lifeline without a value: " + err.Error())
	}
	if l.Kind == LifelineSession {
		return w.session == serial
	}
	t := w.token(l.ID)
	return t != nil && t.serial == serial && !t.delayed
}

// openTokens counts the tokens upstream.
func (w *world) openTokens() int {
	n := 0
	for _, t := range w.tokens {
		if t.name != "" {
			n++
		}
	}
	return n
}

func (w *world) token(name string) *token {
	for i := range w.tokens {
		if w.tokens[i].name == name {
			return &w.tokens[i]
		}
	}
	return nil
}

// regenerate replaces the hash, as WHM does.
func (w *world) regenerate(s *setting) {
	w.hashes++
	if w.old = none; s.oldLives {
		w.old = w.hash
	}
	w.hash = w.hashes
}

// pass lets time pass. What could still have been applied by then was applied before, or never will be.
func (w *world) pass(ticks int) {
	w.now += ticks
	for i, until := range w.late {
		if until != 0 && until <= w.now {
			w.late[i] = 0
		}
	}
	for i := range w.tokens {
		w.tokens[i].delayed = w.tokens[i].delayed && ticks == 0
	}
}

// endRun forgets what is only in memory.
func (w *world) endRun() {
	w.run, w.held, w.recovered, w.proven = Run{}, 0, false, w.status
}

// report writes the status at the end of a run that did not crash.
func (w *world) report(s *setting) {
	if e := s.library.read(w.journal).Newest(); e != nil && e.Phase == Issued && w.secret.exists && w.secret.revision == e.Revision {
		w.status = e.Revision
	}
}

// state is what the controller would ask Next with.
func (w *world) state(s *setting, j *Journal) State {
	e, current := j.Newest(), j.Current()
	holds := current != nil && w.secret.exists &&
		w.secret.revision == current.Revision && w.secret.hash == valueOf(current)
	return State{
		Journal: j, Now: at(w.now), Request: w.request, Settle: settleTicks * tick,
		FirstRevision: max(w.status, w.secret.revision) + 1, NeedsLifeline: s.own,
		Published: w.secret.revision, Intact: holds && e.Phase == Issued,
		Lost:   e != nil && e.Phase == Intended && current != nil && !holds,
		Proven: w.proven, Run: w.run,
	}
}
