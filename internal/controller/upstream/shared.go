// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/time/rate"
	"k8s.io/utils/clock"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/whm"
)

const (
	defaultRequestsPerSecond = 10
	defaultConcurrency       = 2

	// breakAfter is how many calls in a row must find the server unavailable before it is left alone for breakFor.
	breakAfter = 3
	breakFor   = 30 * time.Second

	// hashLoginMemory is how long the finding that a server refuses access hashes is remembered: asking costs a failed
	// login, and with many objects those would add up.
	hashLoginMemory = time.Hour
)

// BreakerOpenError says that a server is left alone because it did not answer repeatedly. It wraps the last failure,
// which is what people want to know.
type BreakerOpenError struct{ cause error }

func (e *BreakerOpenError) Error() string {
	return "the server did not answer repeatedly and is left alone for a while"
}

// Unwrap returns the last failure of a call.
func (e *BreakerOpenError) Unwrap() error { return e.cause }

// shared is what all objects that refer to one server have in common.
type shared struct {
	clock   clock.PassiveClock
	gate    *Gate
	limiter *rate.Limiter
	notify  func()
	// whm and cpanel listen on ports of their own: a firewall may be in the way of one of them.
	whm, cpanel *circuit

	mu          sync.Mutex
	slots       int
	taken       int
	connection  *Connection
	hashRefused time.Time
	tokens      Snapshot
	touched     time.Time

	// usedCodes outlives connections: a server may not take a one-time code twice.
	usedCodes whm.UsedCodes
}

func newShared(clk clock.PassiveClock, status *v1alpha1.AuthenticationStatus, notify func()) *shared {
	s := &shared{
		clock:   clk,
		gate:    &Gate{clock: clk},
		limiter: rate.NewLimiter(defaultRequestsPerSecond, defaultRequestsPerSecond),
		slots:   defaultConcurrency,
		notify:  notify,
		whm:     newCircuit(),
		cpanel:  newCircuit(),
	}
	s.gate.restore(status)
	return s
}

func (s *shared) limit(limits *v1alpha1.ServerLimits) {
	perSecond, slots := defaultRequestsPerSecond, defaultConcurrency
	if limits != nil && limits.RequestsPerSecond > 0 {
		perSecond = int(limits.RequestsPerSecond)
	}
	if limits != nil && limits.MaxConcurrentRequests > 0 {
		slots = int(limits.MaxConcurrentRequests)
	}
	s.limiter.SetLimit(rate.Limit(perSecond))
	s.limiter.SetBurst(perSecond)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.slots = slots
}

// guard surrounds every call to WHM, whichever credential it uses.
func (s *shared) guard(ctx context.Context, _ string) (func(error), error) { return s.pass(ctx, s.whm) }

// guardCPanel is guard for cPanel.
func (s *shared) guardCPanel(ctx context.Context, _ string) (func(error), error) {
	return s.pass(ctx, s.cpanel)
}

func (s *shared) pass(ctx context.Context, to *circuit) (func(error), error) {
	if err := s.limiter.Wait(ctx); err != nil {
		return nil, err
	}
	return to.enter(ctx)
}

// availability returns err if it says that the server is not there. A login that waits for another one-time code has not
// asked.
func availability(err error) error {
	if whm.IsUnavailable(err) && !errors.Is(err, whm.ErrCodeUsed) {
		return err
	}
	return nil
}

// afterwardsKey marks the context of calls that say nothing about the credential.
type afterwardsKey struct{}

// Afterwards returns a context for calls that are made right after the credential was accepted. Nobody knows how every
// server words that a privilege is missing; if like a failed login, the credential is not to blame.
func Afterwards(ctx context.Context) context.Context {
	return context.WithValue(ctx, afterwardsKey{}, true)
}

func isAfterwards(ctx context.Context) bool { return ctx.Value(afterwardsKey{}) != nil }

// login is whose calls a guard of the operator's own credential judges.
type login struct {
	// codes is true if a one-time code goes with the password.
	codes bool

	mu         sync.Mutex
	credential string
}

// rename names the credential anew, whose value is the same.
func (l *login) rename(credential string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.credential = credential
}

func (l *login) name() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.credential
}

// guardOperator surrounds every call with the operator's own credential.
func (s *shared) guardOperator(l *login) func(context.Context, string) (func(error), error) {
	return func(ctx context.Context, function string) (func(error), error) {
		if err := s.gate.Closed(); err != nil {
			return nil, err
		}
		done, err := s.guard(ctx, function)
		if err != nil {
			return nil, err
		}
		return func(err error) {
			done(err)
			if !isAfterwards(ctx) {
				s.judge(l, err)
			}
		}, nil
	}
}

func (s *shared) judge(l *login, err error) {
	switch {
	case whm.IsUnauthenticated(err), whm.IsTwoFactorRequired(err):
		code := l.codes && whm.IsTwoFactorRequired(err) && !errors.Is(err, whm.ErrSecondFactorNotSetUp)
		if s.gate.reject(l.name(), code) {
			s.notify()
		}
	case err == nil, whm.IsForbidden(err), whm.IsRefused(err), whm.IsUnsupported(err):
		s.gate.accept(l.name())
	}
}
