// SPDX-License-Identifier: Apache-2.0

package crash_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
)

// atOnce is how many cases run side by side in each of the processes that make starts. Most of a case is waiting for time-outs.
const atOnce = 12

// errNotCome fails a case in which the request that it was about was never made.
var errNotCome = errors.New("the request did not come")

// errTookAnotherWay is returned of a run that recovered without the request at which it was to be killed again. What a
// recovery asks for depends on how much of a settle time is over when the manager is up again.
var errTookAnotherWay = errors.New("the recovery took another way")

// mostOtherWays is the share of cases, as one in so many, that may take another way: a suite that is killed nowhere proves
// nothing.
const mostOtherWays = 20

// testCase is one run with one trouble.
type testCase interface {
	fmt.Stringer
	play(ctx context.Context) error
}

// cases are played side by side. One that fails does not stop the others, so that one look at a failed suite shows how far
// a mistake reaches.
type cases struct {
	slots chan struct{}
	group sync.WaitGroup

	mu     sync.Mutex
	played int
	others int
	failed []error
	// slowest is the case that took longest, because the group waits for it at its end.
	slowest string
	longest time.Duration
}

func newCases() *cases { return &cases{slots: make(chan struct{}, atOnce)} }

// add plays a case as soon as there is a slot.
func (p *cases) add(ctx context.Context, c testCase) {
	if wanted(c.String()) {
		p.later(c.String(), func() error { return c.play(ctx) })
	}
}

// lead plays what the cases that come of it depend on, and then those.
func (p *cases) lead(ctx context.Context, name string, find func() ([]crashed, error)) {
	p.later(name, func() error {
		found, err := find()
		for _, c := range found {
			p.add(ctx, c)
		}
		return err
	})
}

func (p *cases) later(name string, play func() error) {
	p.group.Go(func() {
		p.slots <- struct{}{}
		defer func() { <-p.slots }()
		began := time.Now()
		err := play()
		took := time.Since(began)
		p.mu.Lock()
		defer p.mu.Unlock()
		p.played++
		if took > p.longest {
			p.slowest, p.longest = name, took
		}
		switch {
		case errors.Is(err, errTookAnotherWay):
			p.others++
		case err != nil:
			p.failed = append(p.failed, fmt.Errorf("%s: %w", name, err))
		}
	})
}

// end waits for all of them, and fails with all that went wrong.
func (p *cases) end() {
	GinkgoHelper()
	p.group.Wait()
	AddReportEntry("cases", p.played)
	AddReportEntry("slowest", fmt.Sprintf("%s: %s", p.slowest, p.longest.Truncate(time.Second)))
	if p.others*mostOtherWays > p.played {
		p.failed = append(p.failed, fmt.Errorf("%d recoveries took another way than they were to be killed on", p.others))
	}
	if err := errors.Join(p.failed...); err != nil {
		Fail(fmt.Sprintf("%d of %d cases: %v", len(p.failed), p.played, err))
	}
}

// playAll plays every case.
func playAll[C testCase](ctx context.Context, all []C) {
	GinkgoHelper()
	p := newCases()
	for _, c := range all {
		p.add(ctx, c)
	}
	p.end()
}
