// SPDX-License-Identifier: Apache-2.0

// Package outcome holds the three ways in which a phase can end other than well: stalled until a person acts, waiting
// until a time, or a plain error that is retried with back-off. Conditions, requeue and log level follow from the type.
package outcome

import (
	"errors"
	"fmt"
	"time"
)

// Stalled ends a reconciliation until the spec, a referenced object or the server changes.
type Stalled struct {
	// Reason is the condition reason; Message says what to do.
	Reason, Message string
	// Retry is when to look again although nothing changed here, because the cause may lie outside the cluster; zero if
	// that cannot help.
	Retry time.Duration
	cause error
}

// Stall returns a Stalled with a formatted message.
func Stall(reason, format string, args ...any) *Stalled {
	err := fmt.Errorf(format, args...)
	return &Stalled{Reason: reason, Message: err.Error(), cause: errors.Unwrap(err)}
}

// RetryAfter sets when to look again.
func (s *Stalled) RetryAfter(d time.Duration) *Stalled {
	s.Retry = d
	return s
}

func (s *Stalled) Error() string { return s.Message }

// Unwrap returns what caused it, if anything.
func (s *Stalled) Unwrap() error { return s.cause }

// Waiting ends a reconciliation until a known time, or until an event if After is zero. Nothing went wrong.
type Waiting struct {
	// Reason is the condition reason; Message says what for.
	Reason, Message string
	// After is how long to wait; zero means that an event will come.
	After time.Duration
}

// Wait returns a Waiting with a formatted message.
func Wait(after time.Duration, reason, format string, args ...any) *Waiting {
	return &Waiting{Reason: reason, Message: fmt.Sprintf(format, args...), After: after}
}

func (w *Waiting) Error() string { return w.Message }

// Transient is an error that carries a condition reason and is retried with back-off.
type Transient struct {
	// Reason is the condition reason; Message says what failed, without anything that changes from try to try.
	Reason, Message string
	cause           error
}

// Retry returns a Transient with a formatted message.
func Retry(reason, format string, args ...any) *Transient {
	err := fmt.Errorf(format, args...)
	return &Transient{Reason: reason, Message: err.Error(), cause: errors.Unwrap(err)}
}

func (t *Transient) Error() string { return t.Message }

// Unwrap returns what caused it, if anything.
func (t *Transient) Unwrap() error { return t.cause }

// AsStalled returns the Stalled in err's chain, or nil.
func AsStalled(err error) *Stalled { return as[*Stalled](err) }

// AsWaiting returns the Waiting in err's chain, or nil.
func AsWaiting(err error) *Waiting { return as[*Waiting](err) }

// AsTransient returns the Transient in err's chain, or nil.
func AsTransient(err error) *Transient { return as[*Transient](err) }

func as[T error](err error) T {
	target, _ := errors.AsType[T](err)
	return target
}
