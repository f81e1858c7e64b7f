// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"time"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

func (s *story) rotateOwn(ctx context.Context) error {
	s.note("The operator logs in to legacy1 with the access hash in Secret %s, and rotates that very hash.", legacyRoot)
	s.note("Were the answer with the new hash lost, it would be locked out. So it opens a second way in beforehand, its")
	s.note("lifeline: a token where the server has them, a session of root on a server as old as this one.")
	old, mark, err := s.ownHash(ctx)
	if err != nil {
		return err
	}
	begun := time.Now()
	revision, err := s.ask(ctx, &v1alpha1.AccessHashRotation{}, legacyRoot)
	if err != nil {
		return err
	}
	if _, err := s.awaitHash(ctx, legacyRoot, revision); err != nil {
		return err
	}
	took := s.measure("a rotation of the operator's own hash", begun)
	if err := s.expectOneRegeneration(ctx, s.legacy1, mark, fmt.Sprintf("revision %d is published, %s after that", revision, took)); err != nil {
		return err
	}
	if err := s.showLifeline(ctx, mark); err != nil {
		return err
	}
	return s.showOwnLogin(ctx, old)
}

// ownHash returns the hash that the operator logs in to legacy1 with, and a mark in that server's books.
func (s *story) ownHash(ctx context.Context) (string, int, error) {
	secret, err := s.secret(ctx, legacyRoot)
	if err != nil {
		return "", 0, err
	}
	mark, err := s.legacy1.mark(ctx)
	return string(secret.Data["accesshash"]), mark, err
}

// showLifeline shows from the server's books which credential made which change.
func (s *story) showLifeline(ctx context.Context, mark int) error {
	calls, err := s.legacy1.callsSince(ctx, mark)
	if err != nil {
		return err
	}
	var through simulator.Kind
	rows := [][]string{}
	for _, c := range calls {
		if !c.Applied || c.Function == "" || c.CredentialKind == "" {
			continue
		}
		if c.Function == "accesshash" {
			through = c.CredentialKind
		}
		rows = append(rows, []string{c.Function, fmt.Sprintf("by %s with its %s %s", c.User, c.CredentialKind, c.Credential)})
	}
	if through != simulator.KindSession {
		return fmt.Errorf("the hash was replaced with a %s, not through the lifeline", through)
	}
	s.saw("the books of legacy1 say that the hash was replaced through the lifeline:")
	s.table(rows)
	return nil
}

// showOwnLogin checks that the operator logs in with what it published.
func (s *story) showOwnLogin(ctx context.Context, old string) error {
	fresh, _, err := s.ownHash(ctx)
	if err != nil {
		return err
	}
	if err := s.expectRefused(ctx, s.legacy1, "the old hash", old); err != nil {
		return err
	}
	err = s.eventually(ctx, func(ctx context.Context) error {
		l, err := s.legacy1.ledger(ctx)
		if err != nil {
			return err
		}
		for _, c := range l.Calls {
			// Only the probe of the server object asks for its name.
			if c.Function == "gethostname" && c.Credential == fingerprint(fresh) {
				return nil
			}
		}
		return fmt.Errorf("WHMServer %s has not used its new hash", s.legacy1.name)
	})
	if err != nil {
		return err
	}
	if _, err := s.awaitServer(ctx, s.legacy1.name); err != nil {
		return err
	}
	s.saw("WHMServer legacy1 is Ready and logs in with the new one (%s)", fingerprint(fresh))
	return nil
}
