// SPDX-License-Identifier: Apache-2.0

package crash_test

import (
	"context"
	"errors"
	"fmt"
	"sync"

	. "github.com/onsi/ginkgo/v2"
)

// atOnce is how many cases run side by side. Most of a case is waiting for time-outs.
const atOnce = 16

// errNotCome fails a case in which the request that it was about was never made.
var errNotCome = errors.New("the request did not come")

// testCase is one run with one trouble.
type testCase interface {
	fmt.Stringer
	play(ctx context.Context) error
}

// playAll plays every case and fails with all that went wrong. A case that fails does not stop the others, so that one
// look at a failed suite shows how far a mistake reaches.
func playAll[C testCase](ctx context.Context, cases []C) {
	GinkgoHelper()
	var (
		group  sync.WaitGroup
		mu     sync.Mutex
		failed []error
	)
	played := 0
	slots := make(chan struct{}, atOnce)
	for _, c := range cases {
		if !wanted(c.String()) {
			continue
		}
		played++
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			if err := c.play(ctx); err != nil {
				mu.Lock()
				defer mu.Unlock()
				failed = append(failed, fmt.Errorf("%s: %w", c, err))
			}
		})
	}
	group.Wait()
	AddReportEntry("cases", played)
	if err := errors.Join(failed...); err != nil {
		Fail(fmt.Sprintf("%d of %d cases: %v", len(failed), len(cases), err))
	}
}
