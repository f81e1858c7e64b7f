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
