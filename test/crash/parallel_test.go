// SPDX-License-Identifier: Apache-2.0

package crash_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// atOnce is how many cases run side by side. Most of a case is waiting for time-outs.
const atOnce = 6

// each runs play for every case and returns all that went wrong. A case that fails does not stop the others, so that one
// look at a failed suite shows how far a mistake reaches.
func each[C fmt.Stringer](ctx context.Context, cases []C, play func(context.Context, C) error) error {
	var (
		group  sync.WaitGroup
		mu     sync.Mutex
		failed []error
	)
	slots := make(chan struct{}, atOnce)
	for _, c := range cases {
		if !wanted(c.String()) {
			continue
		}
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			if err := play(ctx, c); err != nil {
				mu.Lock()
				defer mu.Unlock()
				failed = append(failed, fmt.Errorf("%s: %w", c, err))
			}
		})
	}
	group.Wait()
	return errors.Join(failed...)
}
