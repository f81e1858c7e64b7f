// SPDX-License-Identifier: Apache-2.0

package rotation

import (
	"slices"
	"strings"
)

// chooser replays a sequence of choices and extends it with first choices. Trying all sequences takes every way through
// code that asks it what happens.
type chooser struct {
	taken []int
	sizes []int
	asked int
	trail []string
}

// pick returns one of the outcomes. The first one is what happens if nothing goes wrong.
func (c *chooser) pick(outcomes ...string) string {
	if c.asked == len(c.taken) {
		c.taken, c.sizes = append(c.taken, 0), append(c.sizes, len(outcomes))
	}
	chosen := outcomes[c.taken[c.asked]]
	c.asked++
	if chosen != outcomes[0] {
		c.trail = append(c.trail, chosen)
	}
	return chosen
}

// again prepares the next sequence; false if there is none.
func (c *chooser) again() bool {
	for i, size := range slices.Backward(c.sizes) {
		if c.taken[i]+1 < size {
			c.taken, c.sizes = c.taken[:i+1], c.sizes[:i+1]
			c.taken[i]++
			c.asked, c.trail = 0, nil
			return true
		}
	}
	return false
}

func (c *chooser) story(step StepKind) string {
	return strings.Join(append([]string{string(step)}, c.trail...), ", ")
}

// luck decides what becomes of a call.
type luck struct {
	c *chooser
	// faults counts how many things went wrong so far; most bounds it.
	faults *int
	most   int
}

// happens asks for one of the outcomes; all but the first are faults and only happen while there are some left.
func (l luck) happens(outcomes ...string) string {
	if *l.faults >= l.most {
		outcomes = outcomes[:1]
	}
	chosen := l.c.pick(outcomes...)
	if chosen != outcomes[0] {
		*l.faults++
	}
	return chosen
}

// read asks upstream for something; pass lets the time of a call pass.
func (l luck) read(pass func()) error {
	switch l.happens("answered", "answered slowly", "read failed", "crash at read") {
	case "answered slowly":
		pass()
	case "read failed":
		pass()
		return errFailed
	case "crash at read":
		return errCrash
	}
	return nil
}

// write writes to the API server; it is compare-and-swap, so a conflict is a write that did not happen.
func (l luck) write(apply func()) error {
	switch l.happens("written", "conflict", "crash before write", "crash after write") {
	case "conflict":
		return errFailed
	case "crash before write":
		return errCrash
	case "crash after write":
		apply()
		return errCrash
	}
	apply()
	return nil
}
