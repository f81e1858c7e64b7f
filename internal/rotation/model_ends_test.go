// SPDX-License-Identifier: Apache-2.0

package rotation

import (
	"errors"
	"strings"
	"testing"
)

// What the models of chosen, lent and exchanged credentials share.

// mistake is one that a decision could make, and what the model says of it.
type mistake struct {
	name  string
	wrong func(State, Step) Step
	want  string
}

// noticed checks that an exploration ends with the violation.
func (m mistake) noticed(t *testing.T, explored func() error) {
	t.Helper()
	var found *violation
	if err := explored(); !errors.As(err, &found) || !strings.Contains(found.what, m.want) {
		t.Errorf("explore() = %v, want a violation with %q", err, m.want)
	}
}

// rests does nothing where a step is due.
func rests(due StepKind) func(State, Step) Step {
	return func(_ State, step Step) Step {
		if step.Kind == due {
			return Step{Kind: StepRest, Why: RestIdle}
		}
		return step
	}
}

// cluster is what a world keeps in the cluster, apart from the published Secret.
type cluster struct {
	// journal is 0 if there is none.
	journal int
	// status is the revision that the status reports.
	status int64
	// request is the rotate annotation; 0 is none.
	request int
}

// memory is what a run knows and a crash forgets.
type memory struct {
	run    Run
	held   int
	proven int64
}

// tally is what the invariants need.
type tally struct {
	faults  int
	highest int64
	// impossible is true if a step was decided that makes no sense.
	impossible bool
}

// requestText is the annotation for a number.
func requestText(n int) string {
	if n == 0 {
		return ""
	}
	return "request-" + fingerprint(n)
}

// requested is the annotation.
func (c cluster) requested() string { return requestText(c.request) }

// runEnds are the outcomes of the one mutating call that every class has in common.
var runEnds = []string{"issued", "refused", "crash before issue", "crash after issue", "answer lost"}
