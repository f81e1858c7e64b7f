// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/whm-credentials/operator/internal/whm/simulator"
)

// ledger returns the simulator's books: every credential and every call.
func (s *server) ledger(ctx context.Context) (simulator.Ledger, error) {
	var l simulator.Ledger
	return l, s.control(ctx, http.MethodGet, "/ledger", nil, &l)
}

// breakNext makes the next call that matches go wrong; mend removes the rule.
func (s *server) breakNext(ctx context.Context, f simulator.Fault) error {
	f.Max = 1
	return s.control(ctx, http.MethodPost, "/faults", f, nil)
}

func (s *server) mend(ctx context.Context) error {
	return s.control(ctx, http.MethodDelete, "/faults", nil, nil)
}

// advance moves the server's clock.
func (s *server) advance(ctx context.Context, by time.Duration) error {
	return s.control(ctx, http.MethodPost, "/clock", map[string]string{"advance": by.String()}, nil)
}

// control calls the simulator's admin interface, which no real server has.
func (s *server) control(ctx context.Context, method, path string, body, into any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, method, s.admin+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("ask simulator %s: %w", s.name, err)
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	switch {
	case err != nil:
		return fmt.Errorf("ask simulator %s: %w", s.name, err)
	case response.StatusCode >= http.StatusBadRequest:
		return fmt.Errorf("simulator %s: %s %s: %s: %s", s.name, method, path, response.Status, answer)
	case into == nil:
		return nil
	}
	return json.Unmarshal(answer, into)
}

// mark remembers how far the list of calls goes.
func (s *server) mark(ctx context.Context) (int, error) {
	l, err := s.ledger(ctx)
	return len(l.Calls), err
}

// callsSince returns the calls after a mark.
func (s *server) callsSince(ctx context.Context, mark int) ([]simulator.Call, error) {
	l, err := s.ledger(ctx)
	if err != nil {
		return nil, err
	}
	return l.Calls[mark:], nil
}

// liveHash returns the fingerprint of root's access hash as the server has it.
func (s *server) liveHash(ctx context.Context) (string, error) {
	l, err := s.ledger(ctx)
	for _, c := range l.Credentials {
		if c.Kind == simulator.KindHash && c.Live {
			return c.Fingerprint, err
		}
	}
	return "", err
}
