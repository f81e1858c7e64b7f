// SPDX-License-Identifier: Apache-2.0

package rotation

import (
	"fmt"
	"strings"
)

// mostQuietSteps bounds the steps without faults from any state until nothing is left to do.
const mostQuietSteps = 100

// mostWorlds is several times what any setting has; more means that something goes round and round.
const mostWorlds = 500_000

// model is what is explored: worlds, what the operator does in them, and what happens to it. W is comparable, so that a
// world that was seen before is recognised.
type model[W comparable] interface {
	// begin returns the world in which everything begins.
	begin() W
	// judge returns the invariant that does not hold, or nothing, and whether nothing is left to do.
	judge(w *W) (broken string, settled bool)
	// happenings calls visit with what can happen while the operator does nothing.
	happenings(w *W, visit func(after W, story string))
	// step lets the operator take a step; what becomes of it is the chooser's to say.
	step(w W, c *chooser) (after W, kind StepKind)
	// excused tells whether a world need not settle.
	excused(w *W) bool
}

// exploration is what is known of the worlds that can be reached.
type exploration[W comparable] struct {
	m      model[W]
	worlds []W
	// from and by tell how each world was reached first.
	from []int
	by   []string
	// quiet is where each world goes if nothing goes wrong, or done.
	quiet []int
	index map[W]int
}

// done marks a world in which nothing is left to do.
const done = -1

// violation is an invariant that does not hold, with the shortest story that leads there.
type violation struct{ what, story string }

func (v *violation) Error() string { return v.what + v.story }

// explore visits every world that can be reached, breadth first, and returns the first violation.
func explore[W comparable](m model[W]) (*exploration[W], error) {
	x := &exploration[W]{m: m, index: map[W]int{}}
	x.visit(m.begin(), 0, "begin")
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

func (x *exploration[W]) visit(w W, from int, by string) int {
	if i, seen := x.index[w]; seen {
		return i
	}
	i := len(x.worlds)
	x.index[w] = i
	x.worlds, x.from, x.by = append(x.worlds, w), append(x.from, from), append(x.by, by)
	return i
}

// expand visits the successors of a world.
func (x *exploration[W]) expand(i int) error {
	w := x.worlds[i]
	broken, settled := x.m.judge(&w)
	if broken != "" {
		return x.violation(i, broken)
	}
	x.m.happenings(&w, func(after W, story string) { x.visit(after, i, story) })
	if settled {
		x.quiet = append(x.quiet, done)
		return nil
	}
	c := &chooser{}
	for first := true; first || c.again(); first = false {
		after, kind := x.m.step(w, c)
		k := x.visit(after, i, c.story(kind))
		if first {
			x.quiet = append(x.quiet, k)
		}
	}
	return nil
}

// allSettle follows every world without faults until nothing is left to do.
func (x *exploration[W]) allSettle() error {
	for i := range x.worlds {
		if last, ok := x.settles(i); !ok && !x.m.excused(&x.worlds[last]) {
			return x.violation(i, "does not settle by itself")
		}
	}
	return nil
}

func (x *exploration[W]) settles(i int) (last int, ok bool) {
	for range mostQuietSteps {
		if x.quiet[i] == done {
			return i, true
		}
		i = x.quiet[i]
	}
	return i, false
}

func (x *exploration[W]) violation(i int, what string) error {
	var story []string
	for k := i; k != 0; k = x.from[k] {
		story = append([]string{x.by[k]}, story...)
	}
	return &violation{what, fmt.Sprintf(" after\n  %s\nin %+v", strings.Join(story, "\n  "), x.worlds[i])}
}
