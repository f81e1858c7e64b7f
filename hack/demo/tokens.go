// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/whm-credentials/operator/internal/whm/simulator"
)

// tokens returns every token that the server has or had, by its fingerprint.
func (s *server) tokens(ctx context.Context) (map[string]simulator.Credential, error) {
	l, err := s.ledger(ctx)
	if err != nil {
		return nil, err
	}
	all := map[string]simulator.Credential{}
	for _, c := range l.Credentials {
		if c.Kind == simulator.KindToken || c.Kind == simulator.KindAccountToken {
			all[c.Fingerprint] = c
		}
	}
	return all, nil
}

// expectTokens checks which tokens of the operator's making work on the server.
func (s *story) expectTokens(ctx context.Context, at *server, fingerprints ...string) error {
	all, err := at.tokens(ctx)
	if err != nil {
		return err
	}
	var live []string
	for mark, c := range all {
		if c.Live && c.IssuedHow != fromInventory {
			live = append(live, mark)
		}
	}
	slices.Sort(live)
	slices.Sort(fingerprints)
	if !slices.Equal(live, fingerprints) {
		return fmt.Errorf("%s has the live tokens %v instead of %v", at.name, live, fingerprints)
	}
	return nil
}

// applied counts the calls of a function that changed something.
func applied(calls []simulator.Call, function string) (n int) {
	for _, c := range calls {
		if c.Function == function && c.Applied {
			n++
		}
	}
	return n
}
