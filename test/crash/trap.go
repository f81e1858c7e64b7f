// SPDX-License-Identifier: Apache-2.0

package crash

import (
	"fmt"
	"slices"
	"sync"
)

// Side is the server that a request goes to.
type Side string

// The two servers that the manager changes anything on.
const (
	API Side = "api"
	WHM Side = "whm"
)

// Request is one mutating request of a run. Naming it by what it does keeps the name right when two requests that have
// nothing to do with each other change places.
type Request struct {
	Side Side
	// What it does, such as "PUT secrets/journal" or "accesshash".
	What string
	// Nth of this sort in the run, from 1.
	Nth int
}

func (r Request) String() string { return fmt.Sprintf("%s %s #%d", r.Side, r.What, r.Nth) }

// Moment is when the manager is killed.
type Moment string

const (
	// Before: the server never sees the request.
	Before Moment = "before"
	// After: the server has done what was asked and the manager never learns of it.
	After Moment = "after"
)

// Point is where the manager is killed.
type Point struct {
	Request
	Moment Moment
}

func (p Point) String() string { return string(p.Moment) + " " + p.Request.String() }

// Points returns both moments of every request.
func Points(requests []Request) []Point {
	points := make([]Point, 0, 2*len(requests))
	for _, r := range requests {
		points = append(points, Point{r, Before}, Point{r, After})
	}
	return points
}

// Trap counts mutating requests and springs at some of them. Its methods are safe for concurrent use.
type Trap struct {
	// Kill ends the manager at once and returns when it is gone.
	Kill func()
	// Pause stops the manager instead, if it is set. It returns when the server may have the request.
	Pause func(Moment)

	mu     sync.Mutex
	set    bool
	at     []Point // those that are still to come
	sprung int
	counts map[string]int
	seen   []Request
	later  int // where in seen the requests after the first spring begin
}

// Set begins to count; the trap springs at each of the points in turn.
func (t *Trap) Set(at []Point) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.set, t.at, t.sprung = true, at, 0
	t.counts, t.seen, t.later = map[string]int{}, nil, 0
}

// Release stops counting and returns what was counted, what of it after the manager was killed for the first time, and
// how often it was killed.
func (t *Trap) Release() (seen, later []Request, sprung int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.set = false
	return slices.Clone(t.seen), slices.Clone(t.seen[t.later:]), t.sprung
}

// Sprung tells how often the manager was killed since Set.
func (t *Trap) Sprung() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.sprung
}

// Delivery is how a request is handed to its server.
type Delivery string

const (
	// Heard: the manager gets the answer.
	Heard Delivery = "heard"
	// Unheard: nobody gets the answer.
	Unheard Delivery = "unheard"
	// Stubborn: the server gets the request even if the manager has given up waiting.
	Stubborn Delivery = "stubborn"
)

// pass takes one mutating request past the trap. It returns false if the manager is dead and nobody waits for an answer.
func (t *Trap) pass(side Side, what string, forward func(Delivery)) bool {
	moment := t.enter(side, what)
	switch {
	case moment == "":
		forward(Heard)
		return true
	case t.Pause != nil:
		t.Pause(moment)
		forward(Stubborn)
		return true
	case moment == After:
		forward(Unheard)
	}
	t.Kill()
	return false
}

// enter counts a request and returns when the manager dies at it; empty if it does not.
func (t *Trap) enter(side Side, what string) Moment {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.set {
		return ""
	}
	key := string(side) + what
	t.counts[key]++
	r := Request{Side: side, What: what, Nth: t.counts[key]}
	t.seen = append(t.seen, r)
	if len(t.at) == 0 || t.at[0].Request != r {
		return ""
	}
	moment := t.at[0].Moment
	t.at = t.at[1:]
	if t.sprung++; t.sprung == 1 {
		t.later = len(t.seen)
	}
	return moment
}
