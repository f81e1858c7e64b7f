// SPDX-License-Identifier: Apache-2.0

package bench_test

import (
	"sync"

	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// looks counts reconciliations by controller and object.
type looks struct {
	mu    sync.Mutex
	seen  map[string]map[reconcile.Request]int
	goals map[string]goal
}

// goal is how many different objects somebody waits for.
type goal struct {
	objects int
	reached chan struct{}
}

// reach returns a channel that is closed once a controller has looked at so many different objects. There is one goal
// for each controller.
func (l *looks) reach(controllerName string, objects int) <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.goals == nil {
		l.goals = map[string]goal{}
	}
	g := goal{objects: objects, reached: make(chan struct{})}
	if len(l.seen[controllerName]) >= objects {
		close(g.reached)
	} else {
		l.goals[controllerName] = g
	}
	return g.reached
}

func (l *looks) add(controllerName string, r reconcile.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.seen == nil {
		l.seen = map[string]map[reconcile.Request]int{}
	}
	if l.seen[controllerName] == nil {
		l.seen[controllerName] = map[reconcile.Request]int{}
	}
	objects := l.seen[controllerName]
	objects[r]++
	if g, ok := l.goals[controllerName]; ok && len(objects) >= g.objects {
		close(g.reached)
		delete(l.goals, controllerName)
	}
}

// total returns how many reconciliations a controller has made.
func (l *looks) total(controllerName string) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, count := range l.seen[controllerName] {
		n += count
	}
	return n
}
