// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"fmt"
	"slices"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/clock"

	"github.com/whm-credentials/operator/api/v1alpha1"
)

const (
	// budget is how many failed logins a rejected credential may cost in budgetPeriod. cPHulk locks an address out after
	// five by default, and people need some of those for themselves.
	budget       = 3
	budgetPeriod = 24 * time.Hour
	// mostFailures is how many the status takes.
	mostFailures = 8
	// slowProbe is how long a rejected credential rests before it is tried again, because the cause may have been on the
	// server.
	slowProbe = 12 * time.Hour
	// nextCode is how long a credential rests whose one-time code was rejected for the first time in a day: the operator may
	// have used that code before it restarted, or it came too late. Then another one is due.
	nextCode = time.Minute
)

// GateClosedError says that a credential is not used because the server rejected it.
type GateClosedError struct {
	// Until is when it is tried again; a changed auth Secret is tried at once.
	Until time.Time
}

func (e *GateClosedError) Error() string {
	return fmt.Sprintf("the server rejected the credential; it is not tried again before %s unless the auth Secret changes",
		e.Until.UTC().Format(time.RFC3339))
}

// Gate counts failed logins of one server's credential and closes when the credential is rejected.
type Gate struct {
	clock clock.PassiveClock

	mu         sync.Mutex
	credential string
	rejected   bool
	failures   []time.Time
	next       time.Time
}

// restore takes over what the server object's status remembers. It is called once, before the first use.
func (g *Gate) restore(status *v1alpha1.AuthenticationStatus) {
	if status == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.credential, g.rejected = status.Credential, status.Rejected
	for _, t := range status.FailedLogins {
		g.failures = append(g.failures, t.Time)
	}
	if status.NextAttemptTime != nil {
		g.next = status.NextAttemptTime.Time
	}
}

// change says what is known of a credential in comparison with the one before.
type change int

const (
	// differs: it has another value.
	differs change = iota
	// same: only the Secret's metadata changed, as it does for reasons that have nothing to do with the credential.
	same
	// unknown: the Secret changed while the operator was down, and nothing that could be compared was kept of a password.
	unknown
)

// use names the credential that is about to be used. One with the same value inherits all that is known of it. One that
// may have the same value is tried at once, but only within the budget.
func (g *Gate) use(credential string, c change) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if credential == g.credential {
		return
	}
	g.credential = credential
	switch c {
	case differs:
		g.rejected, g.failures, g.next = false, nil, time.Time{}
	case unknown:
		g.prune()
		if g.rejected {
			g.next = g.free()
		}
	case same:
	}
}

// free returns when the budget has room for another failed login.
func (g *Gate) free() time.Time {
	if n := len(g.failures); n >= budget {
		return g.failures[n-budget].Add(budgetPeriod + time.Minute)
	}
	return g.clock.Now()
}

// Closed returns a *GateClosedError while the credential must not be used.
func (g *Gate) Closed() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.rejected && g.clock.Now().Before(g.next) {
		return &GateClosedError{Until: g.next}
	}
	return nil
}

// AwaitsTry tells whether the credential was rejected and may be tried again.
func (g *Gate) AwaitsTry() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.rejected && !g.clock.Now().Before(g.next)
}

// reject closes the gate after a failed login with the credential, and tells whether that is news. code is true if it was
// the one-time code that the server did not take.
func (g *Gate) reject(credential string, code bool) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if credential != g.credential {
		return false
	}
	now := g.clock.Now()
	g.failures = append(g.failures, now)
	g.prune()
	g.next = now.Add(slowProbe)
	if code && len(g.failures) == 1 {
		g.next = now.Add(nextCode)
	}
	if free := g.free(); free.After(g.next) {
		g.next = free
	}
	g.rejected = true
	return true
}

// Affords tells whether another failed login of the same user is within the budget.
func (g *Gate) Affords() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.prune()
	return len(g.failures) < budget
}

// charge counts a failed login that was made for the same user with another credential.
func (g *Gate) charge() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.failures = append(g.failures, g.clock.Now())
	g.prune()
	g.failures = g.failures[max(len(g.failures)-mostFailures, 0):]
	if free := g.free(); g.rejected && free.After(g.next) {
		g.next = free
	}
}

// accept opens the gate after a login that worked. The failures stay on the account until they are a day old, because
// the server's memory of them does not end with a good login.
func (g *Gate) accept(credential string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if credential == g.credential {
		g.rejected, g.next = false, time.Time{}
		g.prune()
	}
}

func (g *Gate) prune() {
	now := g.clock.Now()
	g.failures = slices.DeleteFunc(g.failures, func(t time.Time) bool { return now.Sub(t) >= budgetPeriod })
}

// Status returns what has to survive a restart of the operator.
func (g *Gate) Status() *v1alpha1.AuthenticationStatus {
	g.mu.Lock()
	defer g.mu.Unlock()
	status := &v1alpha1.AuthenticationStatus{Credential: g.credential, Rejected: g.rejected}
	for _, t := range g.failures {
		status.FailedLogins = append(status.FailedLogins, metav1.NewTime(t.Truncate(time.Second)))
	}
	if !g.next.IsZero() {
		next := metav1.NewTime(g.next.Truncate(time.Second))
		status.NextAttemptTime = &next
	}
	return status
}
