// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/whm-credentials/operator/internal/whm/simulator"
)

// sessionIdle is more than the 15 minutes after which WHM ends a session that nobody uses.
const sessionIdle = 20 * time.Minute

func (s *story) audit(ctx context.Context) error {
	published := map[*server]string{}
	for at, name := range map[*server]string{s.web1: billing, s.legacy1: legacyRoot} {
		obj, err := s.awaitRevision(ctx, name, 1)
		if err != nil {
			return err
		}
		published[at] = obj.Status.Current.Fingerprint
		if err := at.advance(ctx, sessionIdle); err != nil {
			return err
		}
	}
	s.did("put the clocks of the servers forward by %.0f minutes, in which idle sessions end", sessionIdle.Minutes())
	rows := [][]string{{"SERVER", "CREDENTIAL", "FINGERPRINT", "MADE BY", "STATE"}}
	for _, at := range s.servers() {
		l, err := at.ledger(ctx)
		if err != nil {
			return err
		}
		found, err := auditServer(at, l, published[at])
		if err != nil {
			return err
		}
		rows = append(rows, found...)
	}
	s.table(rows)
	s.saw("each server has one live access hash, the published one; nothing else that the operator made is alive")
	if err := s.countFailedLogins(ctx); err != nil {
		return err
	}
	return s.searchLog()
}

// auditServer lists what the books say of the credentials, and fails if something lives that should not.
func auditServer(at *server, l simulator.Ledger, published string) ([][]string, error) {
	var rows [][]string
	hashes := 0
	for _, c := range l.Credentials {
		if c.Kind == simulator.KindPassword {
			continue // a person's, and nobody touched it
		}
		state := "revoked"
		switch {
		case c.Live && c.Fingerprint == published:
			state = "live, published"
			hashes++
		case c.Live && c.IssuedHow == "inventory" && c.Kind == simulator.KindToken:
			state = "live, made by a person"
		case c.Live:
			return nil, fmt.Errorf("%s has an orphan: %s %s, made by %s", at.name, c.Kind, c.Fingerprint, c.IssuedHow)
		case c.RevokedAt.IsZero():
			state = "ended by itself"
		}
		how := c.IssuedHow
		if how == "inventory" {
			how = "a person"
		}
		rows = append(rows, []string{at.name, string(c.Kind), c.Fingerprint, how, state})
	}
	if hashes != 1 {
		return nil, fmt.Errorf("%s has %d live hashes that are published, instead of one", at.name, hashes)
	}
	return rows, nil
}

// countFailedLogins checks that the operator stays far from what locks a host out.
func (s *story) countFailedLogins(ctx context.Context) error {
	const bound = 3
	var found []string
	for _, at := range s.servers() {
		l, err := at.ledger(ctx)
		if err != nil {
			return err
		}
		own := len(l.FailedLogins) - at.tries
		if own < 0 || own > bound {
			return fmt.Errorf("the operator failed to log in to %s %d times; at most %d are allowed", at.name, own, bound)
		}
		found = append(found, at.name+" "+strconv.Itoa(own))
	}
	s.saw("failed logins of the operator: %s (it allows itself %d a day, because more lock hosts out)", strings.Join(found, ", "), bound)
	return nil
}

// searchLog looks for credentials in the manager's log.
func (s *story) searchLog() error {
	text, err := s.log.text()
	if err != nil {
		return err
	}
	for _, secret := range s.secrets {
		if strings.Contains(text, secret) {
			return fmt.Errorf("the manager's log shows the credential %s", fingerprint(secret))
		}
	}
	s.saw("none of the %d credentials that were seen stands in the %d lines of the operator's log", len(s.secrets), strings.Count(text, "\n"))
	return nil
}
