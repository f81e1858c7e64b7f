// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"time"
)

// state is everything the simulated server remembers. The server's mutex
// guards it: no method locks.
type state struct {
	// inv has settings, users and accounts. Passwords, hashes, tokens and secrets
	// of second factors in it are empty: credentials is their only home.
	inv     Inventory
	release version

	credentials []*credential
	sessions    []*session
	pending     pendingTOTP
	usedCodes   map[string]bool
	storeURLs   map[*credential]string
	hulk        hulk
	ledger      ledger
}

func newState(inv Inventory, now time.Time) (*state, error) {
	st := &state{hulk: newHulk()}
	return st, st.apply(inv, now)
}

func (st *state) unverified() *Unverified { return &st.inv.Unverified }

func (st *state) policies() *Policies { return &st.inv.Policies }

// issue stores a new credential and enters it into the ledger.
func (st *state) issue(c credential, by origin, now time.Time) *credential {
	c.fingerprint = Fingerprint(c.value)
	c.issuedAt = now
	c.issuedBy = by
	if c.createdAt.IsZero() {
		c.createdAt = now
	}
	stored := &c
	st.credentials = append(st.credentials, stored)
	return stored
}

// stored returns the credentials of one kind and user that the server still
// keeps, oldest first.
func (st *state) stored(kind Kind, user string) []*credential {
	var found []*credential
	for _, c := range st.credentials {
		if c.kind == kind && c.user == user && c.current() {
			found = append(found, c)
		}
	}
	return found
}

// only returns the single stored credential of a kind that exists once per
// user (hash, password), or nil.
func (st *state) only(kind Kind, user string) *credential {
	for _, c := range st.credentials {
		if c.kind == kind && c.user == user && c.current() {
			return c
		}
	}
	return nil
}

// token returns the stored token of that name, or nil.
func (st *state) token(kind Kind, user, name string) *credential {
	for _, c := range st.credentials {
		if c.name == name && c.kind == kind && c.user == user && c.current() {
			return c
		}
	}
	return nil
}

// matching returns the credential with this value that the server would accept
// now, expired or not, or nil.
func (st *state) matching(kind Kind, user, value string, now time.Time) *credential {
	if value == "" {
		return nil
	}
	for _, c := range st.credentials {
		if c.kind == kind && c.user == user && c.value == value && c.accepted(now) {
			return c
		}
	}
	return nil
}

// aclsOf returns what a WHM user holds.
func (st *state) aclsOf(user string) aclSet {
	if user == rootUser {
		return newACLSet(aclAll)
	}
	return newACLSet(st.inv.Users[user].ACLs...)
}

func (st *state) suspended(user string) bool {
	return st.inv.Users[user].Suspended || st.inv.Accounts[user].Suspended
}

func (st *state) totpSecret(user string) string {
	return st.valueOf(KindTOTP, user)
}

// mayActFor reports whether a caller controls an account: its own, one it
// owns, or any for root.
func (st *state) mayActFor(caller, account string) bool {
	_, isUser := st.inv.Users[account]
	acc, isAccount := st.inv.Accounts[account]
	switch {
	case !isUser && !isAccount:
		return false
	case caller == rootUser || caller == account:
		return true
	default:
		return isAccount && acc.Owner == caller
	}
}
