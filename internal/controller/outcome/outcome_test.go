// SPDX-License-Identifier: Apache-2.0

package outcome_test

import (
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/whm-credentials/operator/internal/controller/outcome"
)

func TestOutcomesKeepReasonMessageAndCause(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		err    error
		reason func(error) string
		cause  bool
	}{
		"stalled": {
			outcome.Stall("Reason", "do %s: %w", "this", io.EOF),
			func(err error) string { return outcome.AsStalled(err).Reason }, true,
		},
		"waiting": {
			outcome.Wait(time.Minute, "Reason", "do %s: %v", "this", io.EOF),
			func(err error) string { return outcome.AsWaiting(err).Reason }, false,
		},
		"transient": {
			outcome.Retry("Reason", "do %s: %w", "this", io.EOF),
			func(err error) string { return outcome.AsTransient(err).Reason }, true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wrapped := fmt.Errorf("phase: %w", tt.err)
			if got := tt.reason(wrapped); got != "Reason" {
				t.Errorf("reason: got %q", got)
			}
			if got := tt.err.Error(); got != "do this: EOF" {
				t.Errorf("message: got %q", got)
			}
			if got := errors.Is(wrapped, io.EOF); got != tt.cause {
				t.Errorf("cause in the chain: got %t, want %t", got, tt.cause)
			}
		})
	}
}

func TestOutcomesAreNotMistakenForEachOther(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		err                         error
		stalled, waiting, transient bool
	}{
		"stalled":   {outcome.Stall("Reason", "text"), true, false, false},
		"waiting":   {outcome.Wait(0, "Reason", "text"), false, true, false},
		"transient": {outcome.Retry("Reason", "text"), false, false, true},
		"plain":     {io.EOF, false, false, false},
		"none":      {nil, false, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := outcome.AsStalled(tt.err) != nil; got != tt.stalled {
				t.Errorf("stalled: got %t", got)
			}
			if got := outcome.AsWaiting(tt.err) != nil; got != tt.waiting {
				t.Errorf("waiting: got %t", got)
			}
			if got := outcome.AsTransient(tt.err) != nil; got != tt.transient {
				t.Errorf("transient: got %t", got)
			}
		})
	}
}

func TestStalledMayBeLookedAtAgain(t *testing.T) {
	t.Parallel()
	if got := outcome.Stall("Reason", "text").RetryAfter(time.Hour); got.Retry != time.Hour || got.Reason != "Reason" {
		t.Errorf("got %+v", got)
	}
}
