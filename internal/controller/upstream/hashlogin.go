// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"time"

	"github.com/whm-credentials/operator/api/v1alpha1"
)

// HashLogin remembers for all objects of a server that it refuses access hashes. That it accepts them is not remembered:
// asking again costs no failed login, and they may be switched off at any time.
type HashLogin struct{ shared *shared }

// HashLogin returns the memory of a server.
func (p *Pool) HashLogin(server v1alpha1.Server) HashLogin { return HashLogin{p.shared(server)} }

// Refused tells whether a login with an access hash was refused lately. That is forgotten after an hour, because an
// administrator may have switched access hashes on.
func (h HashLogin) Refused() bool {
	s := h.shared
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.hashRefused.IsZero() && s.clock.Since(s.hashRefused) < hashLoginMemory
}

// Record keeps what a login with an access hash showed.
func (h HashLogin) Record(accepted bool) {
	s := h.shared
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hashRefused = time.Time{}
	if !accepted {
		s.hashRefused = s.clock.Now()
	}
}
