// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"fmt"
	"time"
)

// Ledger returns a copy of what the server knows about credentials and calls.
func (s *Server) Ledger() Ledger {
	now := s.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.st.snapshot(now)
}

// OnCall sets a hook that gets every call after it took effect and was entered
// into the ledger, and before its answer is sent: a hook that blocks delays the
// answer. It must not keep the Params map to change it. nil removes the hook.
func (s *Server) OnCall(hook func(Call)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.onCall = hook
}

// Now is the server's virtual time.
func (s *Server) Now() time.Time { return s.clock.now() }

// Advance moves the virtual clock and returns the new time. A negative
// duration moves it back.
func (s *Server) Advance(d time.Duration) time.Time { return s.clock.advance(d) }

// SetTime sets the virtual clock, which runs on from there.
func (s *Server) SetTime(t time.Time) { s.clock.set(t) }

// Inventory is the present state in the shape of an inventory. It holds the
// secret values: it is for tests, not for logs.
func (s *Server) Inventory() Inventory {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.st.inventory()
}

// Update changes the server behind everybody's back, as an administrator
// would: change gets the present inventory, and secrets that it replaces or
// removes are revoked at once. An inventory that does not hold together is
// refused as a whole.
func (s *Server) Update(change func(*Inventory)) error {
	now := s.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	inv := s.st.inventory()
	change(&inv)
	if err := s.st.apply(inv, now); err != nil {
		return fmt.Errorf("update inventory: %w", err)
	}
	return nil
}

// SetVersion upgrades or downgrades the server.
func (s *Server) SetVersion(release string) error {
	return s.Update(func(inv *Inventory) { inv.Version = release })
}

// SetUnverified replaces all switches; omitted ones get their defaults.
func (s *Server) SetUnverified(u Unverified) error {
	return s.Update(func(inv *Inventory) { inv.Unverified = u })
}

// SetPolicies changes settings.
func (s *Server) SetPolicies(change func(*Policies)) error {
	return s.Update(func(inv *Inventory) { change(&inv.Policies) })
}

// SetUser creates a WHM user or replaces one with all its credentials.
func (s *Server) SetUser(name string, user User) error {
	return s.Update(func(inv *Inventory) { inv.Users[name] = user })
}

// AccessHash is the stored access hash of a user, or "".
func (s *Server) AccessHash(user string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.st.valueOf(KindHash, user)
}

// Tokens are the WHM tokens of a user by name, expired ones included: what the
// user would see in a list, with the secrets.
func (s *Server) Tokens(user string) map[string]Token {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.st.tokensOf(KindToken, user)
}

// AccountTokens are the tokens of a cPanel account by name, as [Server.Tokens].
func (s *Server) AccountTokens(account string) map[string]Token {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.st.tokensOf(KindAccountToken, account)
}

// Authenticates reports whether a credential would be accepted now. It counts
// nothing and leaves address limits, lock-outs and second factors aside. A
// session is named by the value of its cookie.
func (s *Server) Authenticates(user string, kind Kind, value string) bool {
	now := s.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.st.authenticates(user, kind, value, now)
}

// SessionStands reports whether a session is worth handing out: it was not
// ended and not idle for too long, whether its URL was opened already or, as
// [Server.Authenticates] does not accept, is still to be opened.
func (s *Server) SessionStands(user, value string) bool {
	now := s.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.st.sessionByValue(value)
	return found != nil && found.user == user && s.st.usable(found, now)
}

// ForgetFailures empties the memory of cPHulk and lifts its locks, as flushing
// the login history does.
func (s *Server) ForgetFailures() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.st.hulk = newHulk()
}
