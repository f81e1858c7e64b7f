// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"context"
	"errors"
	"testing"
	"time"

	clocktesting "k8s.io/utils/clock/testing"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/outcome"
	"github.com/whm-credentials/operator/internal/whm"
)

func failure(class whm.Class) error { return &whm.Error{Function: "version", Class: class} }

func newTestShared() (s *shared, notified *int) {
	notified = new(0)
	s = newShared(clocktesting.NewFakePassiveClock(time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)), nil, func() { *notified++ })
	s.gate.use("a", differs)
	return s, notified
}

// call makes one call that ends with err, and tells whether it was let through.
func call(t *testing.T, s *shared, function string, err error) (refused error) {
	t.Helper()
	return callIn(t.Context(), s, function, err)
}

func callIn(ctx context.Context, s *shared, function string, err error) (refused error) {
	done, refused := s.guardOperator(&login{credential: "a"})(ctx, function)
	if refused == nil {
		done(err)
	}
	return refused
}

func TestBreakerOpensAfterThreeFailuresInARow(t *testing.T) {
	t.Parallel()
	s, _ := newTestShared()
	for _, err := range []error{
		failure(whm.ClassUnavailable), failure(whm.ClassUnavailable), nil,
		failure(whm.ClassUnavailable), failure(whm.ClassRefused), failure(whm.ClassUnavailable), failure(whm.ClassUnavailable),
	} {
		if refused := call(t, s, "version", err); refused != nil {
			t.Fatalf("open too early: %v", refused)
		}
	}
	last := failure(whm.ClassUnavailable)
	if refused := call(t, s, "version", last); refused != nil {
		t.Fatalf("open too early: %v", refused)
	}
	refused := call(t, s, "version", nil)
	if _, open := errors.AsType[*BreakerOpenError](refused); !open || !errors.Is(refused, last) {
		t.Fatalf("got %v, want an open breaker that keeps the last failure", refused)
	}
}

func TestBreakerOfOnePortLeavesTheOtherAlone(t *testing.T) {
	t.Parallel()
	s, _ := newTestShared()
	for range breakAfter {
		done, err := s.guardCPanel(t.Context(), "list")
		if err != nil {
			t.Fatal(err)
		}
		done(failure(whm.ClassUnavailable))
	}
	if _, err := s.guardCPanel(t.Context(), "list"); err == nil {
		t.Fatal("cPanel is called although it does not answer")
	}
	if refused := call(t, s, "version", nil); refused != nil {
		t.Fatalf("WHM is not called because cPanel does not answer: %v", refused)
	}
}

func TestBreakerDoesNotCountWhatTheOperatorGaveUp(t *testing.T) {
	t.Parallel()
	s, _ := newTestShared()
	ctx, cancel := context.WithCancel(t.Context())
	for range 2 * breakAfter {
		done, err := s.guard(ctx, "version")
		if err != nil {
			// The limiter refuses a context that has ended, which is no failure of the server either.
			continue
		}
		cancel()
		done(failure(whm.ClassUnavailable))
	}
	cancel()
	if refused := call(t, s, "version", nil); refused != nil {
		t.Fatalf("stopping the operator opened the breaker: %v", refused)
	}
}

func TestGuardJudgesTheCredential(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		ctx    context.Context
		err    error
		closed bool
	}{
		"accepted":                 {t.Context(), nil, false},
		"rejected":                 {t.Context(), failure(whm.ClassUnauthenticated), true},
		"asked for a code":         {t.Context(), failure(whm.ClassTwoFactorRequired), true},
		"lacks a privilege":        {t.Context(), failure(whm.ClassForbidden), false},
		"not there":                {t.Context(), failure(whm.ClassUnavailable), false},
		"odd answer":               {t.Context(), failure(whm.ClassMalformed), false},
		"rejected after accepting": {Afterwards(t.Context()), failure(whm.ClassUnauthenticated), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, notified := newTestShared()
			if refused := callIn(tt.ctx, s, "api_token_list", tt.err); refused != nil {
				t.Fatal(refused)
			}
			refused := call(t, s, "myprivs", nil)
			if _, closed := errors.AsType[*GateClosedError](refused); closed != tt.closed {
				t.Errorf("gate: got %v, want closed %t", refused, tt.closed)
			}
			if told := *notified > 0; told != tt.closed {
				t.Errorf("the server object was told: %t, want %t", told, tt.closed)
			}
		})
	}
}

func TestOutcomeOfErrors(t *testing.T) {
	t.Parallel()
	last := failure(whm.ClassUnavailable)
	for name, tt := range map[string]struct {
		err    error
		reason string
		kind   string
	}{
		"rejected":     {failure(whm.ClassUnauthenticated), v1alpha1.WaitingForServerReason, "waiting"},
		"code":         {failure(whm.ClassTwoFactorRequired), v1alpha1.WaitingForServerReason, "waiting"},
		"forbidden":    {failure(whm.ClassForbidden), v1alpha1.ForbiddenReason, "stalled"},
		"unsupported":  {failure(whm.ClassUnsupported), v1alpha1.UnsupportedReason, "stalled"},
		"refused":      {failure(whm.ClassRefused), v1alpha1.RefusedReason, "stalled"},
		"invalid":      {failure(whm.ClassInvalidInput), v1alpha1.RefusedReason, "stalled"},
		"unavailable":  {last, v1alpha1.UnavailableReason, "transient"},
		"malformed":    {failure(whm.ClassMalformed), v1alpha1.UnavailableReason, "transient"},
		"of our own":   {errors.New("boom"), "", ""},
		"nothing":      {nil, "", ""},
		"gate closed":  {guarded(t, &GateClosedError{}), v1alpha1.WaitingForServerReason, "waiting"},
		"breaker open": {guarded(t, &BreakerOpenError{cause: last}), v1alpha1.UnavailableReason, "transient"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			kind, reason := "", ""
			got := Outcome(tt.err)
			if s := outcome.AsStalled(got); s != nil {
				kind, reason = "stalled", s.Reason
			}
			if w := outcome.AsWaiting(got); w != nil {
				kind, reason = "waiting", w.Reason
			}
			if r := outcome.AsTransient(got); r != nil {
				kind, reason = "transient", r.Reason
			}
			if kind != tt.kind || reason != tt.reason {
				t.Errorf("got %s %s (%v), want %s %s", kind, reason, got, tt.kind, tt.reason)
			}
		})
	}
}

// guarded returns the error of a call that a guard refused.
func guarded(t *testing.T, refusal error) error {
	t.Helper()
	c, err := whm.New(whm.Options{
		Endpoint: "https://localhost:2087",
		Guard:    func(context.Context, string) (func(error), error) { return nil, refusal },
	}, whm.WithPassword("root", whm.NewSecret("password")))
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Version(t.Context())
	return err
}

func TestOutcomeTextStaysTheSameWhileTheBreakerIsOpen(t *testing.T) {
	t.Parallel()
	last := failure(whm.ClassUnavailable)
	before, during := Outcome(last).Error(), Outcome(guarded(t, &BreakerOpenError{cause: last})).Error()
	if before != during {
		t.Errorf("the status would change from %q to %q and back", before, during)
	}
}

func TestSlots(t *testing.T) {
	t.Parallel()
	p := NewPool(nil, clocktesting.NewFakePassiveClock(time.Now()), "test", func(v1alpha1.Server) {})
	one, other := &v1alpha1.WHMServer{}, &v1alpha1.WHMServer{}
	one.UID, other.UID = "one", "other"
	first, ok := p.TrySlot(one)
	second, ok2 := p.TrySlot(one)
	if _, third := p.TrySlot(one); !ok || !ok2 || third {
		t.Fatal("a server has two slots unless its spec says otherwise")
	}
	if _, ok := p.TrySlot(other); !ok {
		t.Error("a busy server took the slots of another one")
	}
	first()
	first()
	if _, ok := p.TrySlot(one); !ok {
		t.Error("a slot that was given back is not free")
	}
	if _, ok := p.TrySlot(one); ok {
		t.Error("a slot that was given back twice counts twice")
	}
	second()
	one.Spec.Limits = &v1alpha1.ServerLimits{MaxConcurrentRequests: 1}
	if _, ok := p.TrySlot(one); ok {
		t.Error("a smaller limit does not hold at once")
	}
}

func TestRefusedHashLoginsAreRememberedForAnHour(t *testing.T) {
	t.Parallel()
	clk := clocktesting.NewFakePassiveClock(time.Now())
	p := NewPool(nil, clk, "test", func(v1alpha1.Server) {})
	server := &v1alpha1.WHMServer{}
	h := p.HashLogin(server)
	h.Record(true)
	if h.Refused() {
		t.Error("an accepted login counts as refused")
	}
	h.Record(false)
	clk.SetTime(clk.Now().Add(hashLoginMemory - time.Second))
	if !p.HashLogin(server).Refused() {
		t.Error("the refusal is forgotten before its time")
	}
	clk.SetTime(clk.Now().Add(time.Second))
	if h.Refused() {
		t.Error("the refusal is not forgotten after an hour")
	}
}
