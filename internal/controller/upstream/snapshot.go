// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"maps"
	"slices"
	"time"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/whm"
)

// Snapshot is what the server listed at one time of the tokens of the user that the operator logs in as.
type Snapshot struct {
	// TakenAt is when the server was asked, before it answered: what was created or revoked since then may or may not
	// show. Zero if the server was not asked in this process or may not be.
	TakenAt time.Time
	// User whose tokens they are.
	User string
	// Tokens by name, expired ones too. It is shared, so it must not be changed.
	Tokens map[string]whm.APITokenInfo
}

// Tokens returns the last snapshot that a probe took of a server. It costs no call.
func (p *Pool) Tokens(server v1alpha1.Server) Snapshot {
	s := p.shared(server)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tokens.User != User(server) {
		return Snapshot{}
	}
	return s.tokens
}

// TouchTokens notes that the operator has made or changed tokens: what the next snapshot says of them is news, also if it is
// what the one before said.
func (p *Pool) TouchTokens(server v1alpha1.Server) {
	s := p.shared(server)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.touched = s.clock.Now()
}

// KeepTokens keeps a snapshot for the objects of a server, and tells whether it says anything that the one before did not.
// An older one than is known is dropped.
func (p *Pool) KeepTokens(server v1alpha1.Server, taken Snapshot) (changed bool) {
	s := p.shared(server)
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.tokens
	if taken.TakenAt.Before(before.TakenAt) && taken.User == before.User {
		return false
	}
	s.tokens = taken
	touched := !before.TakenAt.After(s.touched) && taken.TakenAt.After(s.touched)
	return before.TakenAt.IsZero() || touched || before.User != taken.User || !maps.EqualFunc(before.Tokens, taken.Tokens, sameToken)
}

func sameToken(a, b whm.APITokenInfo) bool {
	return a.CreatedAt.Equal(b.CreatedAt) && a.ExpiresAt.Equal(b.ExpiresAt) && slices.Equal(a.ACLs, b.ACLs) &&
		slices.Equal(a.AllowedIPs, b.AllowedIPs)
}
