// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"time"
)

// apply makes the state agree with an inventory. Credentials that the
// inventory changes are revoked and issued "by inventory", as an administrator
// would do behind everybody's back.
func (st *state) apply(inv Inventory, now time.Time) error {
	inv, err := inv.completed()
	if err != nil {
		return err
	}
	st.release = mustVersion(inv.Version)
	names := map[string]bool{}
	for _, known := range []Inventory{st.inv, inv} {
		for name := range known.Users {
			names[name] = true
		}
		for name := range known.Accounts {
			names[name] = true
		}
	}
	for name := range names {
		st.applySecrets(name, inv.Users[name], inv.Accounts[name], now)
	}
	st.inv = withoutSecrets(inv)
	return nil
}

func (st *state) applySecrets(name string, user User, account Account, now time.Time) {
	password := user.Password
	if password == "" {
		password = account.Password
	}
	totpSecret := user.TOTPSecret
	if totpSecret == "" {
		totpSecret = account.TOTPSecret
	}
	st.applySingle(KindPassword, name, password, now)
	st.applySingle(KindTOTP, name, totpSecret, now)
	st.applySingle(KindHash, name, user.AccessHash, now)
	st.applyTokens(KindToken, name, user.Tokens, now)
	st.applyTokens(KindAccountToken, name, account.Tokens, now)
	for kind, passwords := range account.servicePasswords() {
		st.applyServiceUsers(name, kind, passwords, now)
	}
}

func (st *state) applySingle(kind Kind, user, value string, now time.Time) {
	if old := st.only(kind, user); old != nil {
		if old.value == value {
			return
		}
		old.revoke(byInventory, now, 0)
	}
	if value != "" {
		st.issue(credential{kind: kind, user: user, value: value}, byInventory, now)
	}
}

func (st *state) applyTokens(kind Kind, user string, tokens map[string]Token, now time.Time) {
	known := map[string]*credential{}
	for _, old := range st.stored(kind, user) {
		if token, kept := tokens[old.name]; !kept || token.Value != old.value {
			old.revoke(byInventory, now, 0)
			continue
		}
		known[old.name] = old
	}
	for name, token := range tokens {
		c := known[name]
		if c == nil {
			c = st.issue(credential{kind: kind, user: user, name: name, value: token.Value, createdAt: token.CreatedAt}, byInventory, now)
		}
		c.acls = nil
		if len(token.ACLs) > 0 {
			c.acls = newACLSet(token.ACLs...)
		}
		if !token.CreatedAt.IsZero() {
			c.createdAt = token.CreatedAt
		}
		c.expiresAt, c.features, c.readOnly = token.ExpiresAt, token.Features, token.ReadOnly
		c.networks, _ = parseNetworks(token.WhitelistIPs) // checked by completed
	}
}

func withoutSecrets(inv Inventory) Inventory {
	for name, user := range inv.Users {
		user.Password, user.AccessHash, user.TOTPSecret, user.Tokens = "", "", "", nil
		inv.Users[name] = user
	}
	for name, account := range inv.Accounts {
		account.Password, account.TOTPSecret, account.Tokens = "", "", nil
		inv.Accounts[name] = account.withServicePasswords(func(Kind, string) string { return "" })
	}
	return inv
}

// inventory is the present state in the shape of an inventory, secrets
// included.
func (st *state) inventory() Inventory {
	inv := st.inv.clone()
	for name, user := range inv.Users {
		user.Password = st.valueOf(KindPassword, name)
		user.AccessHash = st.valueOf(KindHash, name)
		user.TOTPSecret = st.valueOf(KindTOTP, name)
		user.Tokens = st.tokensOf(KindToken, name)
		inv.Users[name] = user
	}
	for name, account := range inv.Accounts {
		account.Password = st.valueOf(KindPassword, name)
		account.TOTPSecret = st.valueOf(KindTOTP, name)
		account.Tokens = st.tokensOf(KindAccountToken, name)
		inv.Accounts[name] = account.withServicePasswords(st.valueOf)
	}
	return inv
}

func (st *state) valueOf(kind Kind, user string) string {
	if c := st.only(kind, user); c != nil {
		return c.value
	}
	return ""
}

func (st *state) tokensOf(kind Kind, user string) map[string]Token {
	tokens := map[string]Token{}
	for _, c := range st.stored(kind, user) {
		token := Token{
			Value: c.value, ACLs: c.acls.names(), CreatedAt: c.createdAt, ExpiresAt: c.expiresAt,
			Features: c.features, ReadOnly: c.readOnly,
		}
		for _, network := range c.networks {
			token.WhitelistIPs = append(token.WhitelistIPs, expanded(network))
		}
		tokens[c.name] = token
	}
	return tokens
}
