// SPDX-License-Identifier: Apache-2.0

package controller_test

import (
	"sync"
	"sync/atomic"
	"time"

	"k8s.io/client-go/util/workqueue"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// timeline is virtual time: a clock that stands still, and the queues of controllers whose delays end when the clock is
// moved. Watches, workers and calls are real, so what wakes an object is what wakes it in production.
type timeline struct {
	*clocktesting.FakeClock
	// activity counts everything that happens in a queue.
	activity atomic.Int64

	mu     sync.Mutex
	queues []*virtualQueue
}

// newTimeline starts at the present, because the API server's own times are real.
func newTimeline() *timeline {
	return &timeline{FakeClock: clocktesting.NewFakeClock(time.Now().Truncate(time.Second))}
}

// options gives controllers queues on this timeline.
func (t *timeline) options(o controller.Options) controller.Options {
	o.NewQueue = func(
		_ string, limiter workqueue.TypedRateLimiter[reconcile.Request],
	) workqueue.TypedRateLimitingInterface[reconcile.Request] {
		q := &virtualQueue{
			TypedInterface: workqueue.NewTyped[reconcile.Request](),
			limiter:        limiter, time: t, due: map[reconcile.Request]time.Time{},
		}
		t.mu.Lock()
		defer t.mu.Unlock()
		t.queues = append(t.queues, q)
		return q
	}
	return o
}

// forget drops the queues of an operator that has stopped.
func (t *timeline) forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.queues = nil
}

// next returns when the next delay ends; ok is false if there is none.
func (t *timeline) next() (at time.Time, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, q := range t.queues {
		if due, some := q.earliest(); some && (!ok || due.Before(at)) {
			at, ok = due, true
		}
	}
	return at, ok
}

// moveTo sets the clock and ends the delays that are over by then.
func (t *timeline) moveTo(now time.Time) {
	t.SetTime(now)
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, q := range t.queues {
		q.release(now)
	}
}

// idle tells whether no object is worked on or waits for a worker.
func (t *timeline) idle() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, q := range t.queues {
		if q.Len() > 0 || q.working() {
			return false
		}
	}
	return true
}

// virtualQueue is a work queue whose delays end on virtual time. An object waits for one time only, the earliest, and no
// longer once it is worked on, as in the queue that controllers have otherwise.
type virtualQueue struct {
	workqueue.TypedInterface[reconcile.Request]
	limiter workqueue.TypedRateLimiter[reconcile.Request]
	time    *timeline

	mu   sync.Mutex
	busy int
	due  map[reconcile.Request]time.Time
}

func (q *virtualQueue) Add(r reconcile.Request) {
	q.mu.Lock()
	delete(q.due, r)
	q.mu.Unlock()
	q.time.activity.Add(1)
	q.TypedInterface.Add(r)
}

func (q *virtualQueue) AddAfter(r reconcile.Request, delay time.Duration) {
	if delay <= 0 {
		q.Add(r)
		return
	}
	at := q.time.Now().Add(delay)
	q.mu.Lock()
	defer q.mu.Unlock()
	if old, waits := q.due[r]; !waits || at.Before(old) {
		q.due[r] = at
	}
}

func (q *virtualQueue) AddRateLimited(r reconcile.Request)  { q.AddAfter(r, q.limiter.When(r)) }
func (q *virtualQueue) Forget(r reconcile.Request)          { q.limiter.Forget(r) }
func (q *virtualQueue) NumRequeues(r reconcile.Request) int { return q.limiter.NumRequeues(r) }

func (q *virtualQueue) Get() (r reconcile.Request, shutdown bool) {
	if r, shutdown = q.TypedInterface.Get(); !shutdown {
		q.count(1)
	}
	return r, shutdown
}

func (q *virtualQueue) Done(r reconcile.Request) {
	q.TypedInterface.Done(r)
	q.count(-1)
}

func (q *virtualQueue) count(n int) {
	q.time.activity.Add(1)
	q.mu.Lock()
	defer q.mu.Unlock()
	q.busy += n
}

func (q *virtualQueue) working() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.busy > 0
}

func (q *virtualQueue) earliest() (at time.Time, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, due := range q.due {
		if !ok || due.Before(at) {
			at, ok = due, true
		}
	}
	return at, ok
}

func (q *virtualQueue) release(now time.Time) {
	q.mu.Lock()
	var ready []reconcile.Request
	for r, due := range q.due {
		if !due.After(now) {
			ready = append(ready, r)
		}
	}
	q.mu.Unlock()
	for _, r := range ready {
		q.Add(r)
	}
}
