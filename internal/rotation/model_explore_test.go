// SPDX-License-Identifier: Apache-2.0

package rotation

import (
	"fmt"
	"strings"
)

// mostQuietSteps bounds the steps without faults from any state until nothing is left to do.
const mostQuietSteps = 40

// mostWorlds is several times what any setting has; more means that something goes round and round.
const mostWorlds = 100_000

// exploration is what is known of the worlds that can be reached.
type exploration struct {
	s      *setting
	worlds []world
	// from and by tell how each world was reached first.
	from []int
	by   []string
	// quiet is where each world goes if nothing goes wrong, or done.
	quiet []int
	index map[world]int
}

// done marks a world in which nothing is left to do.
const done = -1

// violation is an invariant that does not hold, with the shortest story that leads there.
type violation struct{ what, story string }

func (v *violation) Error() string { return v.what + v.story }

// explore visits every world that can be reached, breadth first, and returns the first violation.
func explore(s *setting) (*exploration, error) {
	s.library = newLibrary()
	x := &exploration{s: s, index: map[world]int{}}
	x.visit(newWorld(s), 0, "begin")
	for i := 0; i < len(x.worlds); i++ { //nolint:intrange // the list grows while it is walked
		if len(x.worlds) > mostWorlds {
			return x, x.violation(i, "there is no end of states")
		}
		if err := x.expand(i); err != nil {
			return x, err
		}
	}
	return x, x.allSettle()
}

func (x *exploration) visit(w world, from int, by string) int {
	if i, seen := x.index[w]; seen {
		return i
	}
	i := len(x.worlds)
	x.index[w] = i
	x.worlds, x.from, x.by = append(x.worlds, w), append(x.from, from), append(x.by, by)
	return i
}

// expand visits the successors of a world.
func (x *exploration) expand(i int) error {
	w := x.worlds[i]
	j := x.s.library.read(w.journal)
	settled := w.settled(x.s, j)
	if what := w.broken(x.s, j, settled); what != "" {
		return x.violation(i, what)
	}
	for _, e := range environment {
		if e.fault && w.faults >= x.s.faults || e.possible != nil && !e.possible(&w, x.s, j) {
			continue
		}
		after := w
		e.happen(&after, x.s)
		if e.fault {
			after.faults++
		}
		x.visit(after, i, e.name)
	}
	if settled {
		x.quiet = append(x.quiet, done)
		return nil
	}
	return x.expandSteps(i, w)
}

func (x *exploration) expandSteps(i int, w world) error {
	c := &chooser{}
	for first := true; first || c.again(); first = false {
		after, kind := w.step(x.s, c)
		k := x.visit(after, i, c.story(kind))
		if first {
			x.quiet = append(x.quiet, k)
		}
	}
	return nil
}

// allSettle follows every world without faults until nothing is left to do.
func (x *exploration) allSettle() error {
	for i := range x.worlds {
		if last, ok := x.settles(i); !ok && !x.worlds[last].excused(x.s) {
			return x.violation(i, "does not settle by itself")
		}
	}
	return nil
}

func (x *exploration) settles(i int) (last int, ok bool) {
	for range mostQuietSteps {
		if x.quiet[i] == done {
			return i, true
		}
		i = x.quiet[i]
	}
	return i, false
}

func (x *exploration) violation(i int, what string) error {
	var story []string
	for k := i; k != 0; k = x.from[k] {
		story = append([]string{x.by[k]}, story...)
	}
	return &violation{what, fmt.Sprintf(" after\n  %s\nin %+v", strings.Join(story, "\n  "), x.worlds[i])}
}
