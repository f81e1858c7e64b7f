// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

// sessionIdle is more than the 15 minutes after which WHM ends a session that nobody uses.
const sessionIdle = 20 * time.Minute

func (s *story) audit(ctx context.Context) error {
	published, err := s.published(ctx)
	if err != nil {
		return err
	}
	for _, at := range s.servers() {
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
	s.saw("what stands in the Secrets is alive; nothing else that the operator made is")
	if err := s.countFailedLogins(ctx); err != nil {
		return err
	}
	return s.searchLog()
}

// published returns the fingerprints of what the operator has published of each server.
func (s *story) published(ctx context.Context) (map[*server][]string, error) {
	all := map[*server][]string{}
	for name, at := range map[string]*server{inventory: s.web1, billing: s.web1, reseller: s.web2, shop: s.web2, ownToken: s.web3} {
		obj, err := s.awaitRetired(ctx, name)
		if err != nil {
			return nil, err
		}
		all[at] = append(all[at], obj.Status.Current.Fingerprint)
	}
	given, err := s.storeTokens(ctx)
	if err != nil {
		return nil, err
	}
	all[s.web1] = append(all[s.web1], given...)
	obj, err := s.awaitHash(ctx, legacyRoot, 1)
	if err != nil {
		return nil, err
	}
	all[s.legacy1] = append(all[s.legacy1], obj.Status.Current.Fingerprint)
	second := &v1alpha1.TwoFactorRotation{}
	if err := s.awaitRevision(ctx, second, secondFactor, 1); err != nil {
		return nil, err
	}
	all[s.legacy2] = append(all[s.legacy2], second.Status.Current.Fingerprint)
	passwords, err := s.publishedPasswords(ctx)
	all[s.web1] = append(all[s.web1], passwords...)
	return all, err
}

// fromInventory is how the books call what a server was started with.
const fromInventory = "inventory"

// auditServer lists what the books say of the credentials, and fails if something lives that should not.
func auditServer(at *server, l simulator.Ledger, published []string) ([][]string, error) {
	var rows [][]string
	live := 0
	for _, c := range l.Credentials {
		if c.Kind == simulator.KindPassword {
			continue // a person's, and nobody touched it
		}
		state := stateOf(at, c, published)
		switch state {
		case livePublished:
			live++
		case orphan:
			return nil, fmt.Errorf("%s has an orphan: %s %s, made by %s", at.name, c.Kind, c.Fingerprint, c.IssuedHow)
		}
		how := c.IssuedHow
		if how == fromInventory {
			how = "a person"
		}
		rows = append(rows, []string{at.name, string(c.Kind), c.Fingerprint, how, state})
	}
	if live != len(published) {
		return nil, fmt.Errorf("%s has %d of %d credentials that are published", at.name, live, len(published))
	}
	return rows, nil
}

const (
	livePublished = "live, published"
	orphan        = "live, and nobody's"
)

// stateOf says what has become of a credential.
func stateOf(at *server, c simulator.Credential, published []string) string {
	switch {
	case c.Live && slices.Contains(published, c.Fingerprint):
		return livePublished
	case c.Live && c.IssuedHow == fromInventory && c.Kind == simulator.KindToken:
		return "live, made by a person"
	case c.Live && c.Kind == simulator.KindHash && at.hashesOff:
		return "switched off"
	case c.Live && ofStore(c.Kind):
		return "lost with its answer"
	case c.Live:
		return orphan
	case c.RevokedAt.IsZero():
		return "ended by itself"
	}
	return "revoked"
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
