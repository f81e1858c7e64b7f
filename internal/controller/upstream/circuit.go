// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"context"
	"errors"
	"sync"

	"github.com/sony/gobreaker/v2"
)

// circuit keeps calls away from a port that does not answer.
type circuit struct {
	mu      sync.Mutex
	breaker *gobreaker.TwoStepCircuitBreaker[any]
	// failure is why the server was not there when it was called last.
	failure error
}

func newCircuit() *circuit { return &circuit{breaker: newBreaker()} }

func newBreaker() *gobreaker.TwoStepCircuitBreaker[any] {
	return gobreaker.NewTwoStepCircuitBreaker[any](gobreaker.Settings{
		Timeout:     breakFor,
		MaxRequests: 1,
		ReadyToTrip: func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= breakAfter },
		IsExcluded:  func(err error) bool { return errors.Is(err, context.Canceled) },
	})
}

// reset closes the circuit.
func (c *circuit) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.breaker = newBreaker()
}

// enter returns a *BreakerOpenError while the port is left alone, and what has to be told the outcome of the call otherwise.
func (c *circuit) enter(ctx context.Context) (func(error), error) {
	breaker, failure := c.now()
	done, err := breaker.Allow()
	if err != nil {
		return nil, &BreakerOpenError{cause: failure}
	}
	return func(err error) {
		if given := ctx.Err(); errors.Is(given, context.Canceled) {
			// That the operator itself gave up, because it stops, says nothing about the server.
			done(given)
			return
		}
		err = availability(err)
		c.remember(err)
		done(err)
	}, nil
}

func (c *circuit) now() (*gobreaker.TwoStepCircuitBreaker[any], error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.breaker, c.failure
}

func (c *circuit) remember(failure error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.failure = failure
}
