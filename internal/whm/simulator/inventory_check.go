// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// completed returns the inventory with defaults filled in, or says what is
// wrong with it. It shares no map with the receiver.
func (inv Inventory) completed() (Inventory, error) {
	inv = inv.clone()
	if inv.Hostname == "" {
		inv.Hostname = defaultHostname
	}
	if len(inv.StoreProviders) == 0 {
		inv.StoreProviders = []string{defaultProvider}
	}
	if inv.Version == "" {
		inv.Version = defaultVersion
	}
	release, err := parseVersion(inv.Version)
	if err != nil {
		return Inventory{}, err
	}
	if inv.Policies, err = inv.Policies.completed(release); err != nil {
		return Inventory{}, fmt.Errorf("policies: %w", err)
	}
	if inv.Unverified, err = inv.Unverified.completed(); err != nil {
		return Inventory{}, fmt.Errorf("unverified: %w", err)
	}
	if err := inv.checkUsers(); err != nil {
		return Inventory{}, err
	}
	return inv, inv.checkAccounts()
}

func (inv Inventory) clone() Inventory {
	inv.StoreProviders = slices.Clone(inv.StoreProviders)
	inv.Users = maps.Clone(inv.Users)
	for name, user := range inv.Users {
		user.ACLs = slices.Clone(user.ACLs)
		user.Tokens = cloneTokens(user.Tokens)
		inv.Users[name] = user
	}
	inv.Accounts = maps.Clone(inv.Accounts)
	for name, account := range inv.Accounts {
		account.DisabledFeatures = slices.Clone(account.DisabledFeatures)
		account.Tokens = cloneTokens(account.Tokens)
		inv.Accounts[name] = account.cloneServiceUsers()
	}
	inv.Policies.CPHulk.Whitelist = slices.Clone(inv.Policies.CPHulk.Whitelist)
	inv.Policies.DisabledRoles = slices.Clone(inv.Policies.DisabledRoles)
	inv.Policies.TwoFactorIssuers = maps.Clone(inv.Policies.TwoFactorIssuers)
	inv.Policies.PasswordStrength = maps.Clone(inv.Policies.PasswordStrength)
	return inv
}

func cloneTokens(tokens map[string]Token) map[string]Token {
	tokens = maps.Clone(tokens)
	for name, token := range tokens {
		token.ACLs = slices.Clone(token.ACLs)
		token.Features = slices.Clone(token.Features)
		token.WhitelistIPs = slices.Clone(token.WhitelistIPs)
		tokens[name] = token
	}
	return tokens
}

func (inv Inventory) checkUsers() error {
	if _, ok := inv.Users[rootUser]; !ok {
		return fmt.Errorf("users: add %q, every server has it", rootUser)
	}
	for name, user := range inv.Users {
		if err := checkLoginName(name); err != nil {
			return fmt.Errorf("users: %w", err)
		}
		if unknown := unknownACLs(user.ACLs); len(unknown) > 0 {
			return fmt.Errorf("users.%s.acls: unknown %s", name, strings.Join(unknown, ", "))
		}
		if strings.ContainsAny(user.AccessHash, "\r\n") {
			return fmt.Errorf("users.%s.accessHash: write it in one line", name)
		}
		if err := checkTokens(user.Tokens); err != nil {
			return fmt.Errorf("users.%s.%w", name, err)
		}
	}
	return nil
}

func (inv Inventory) checkAccounts() error {
	for name, account := range inv.Accounts {
		if err := checkLoginName(name); err != nil {
			return fmt.Errorf("accounts: %w", err)
		}
		if account.Owner == "" {
			account.Owner = rootUser
			inv.Accounts[name] = account
		}
		if _, ok := inv.Users[account.Owner]; !ok {
			return fmt.Errorf("accounts.%s.owner: no user %q", name, account.Owner)
		}
		if other := inv.Users[name].Password; other != "" && account.Password != "" && other != account.Password {
			return fmt.Errorf("accounts.%s.password: differs from users.%s.password, but they are one system user", name, name)
		}
		if err := checkTokens(account.Tokens); err != nil {
			return fmt.Errorf("accounts.%s.%w", name, err)
		}
		if err := account.checkServiceUsers(name, inv.Policies.NoDatabasePrefix); err != nil {
			return fmt.Errorf("accounts.%s.%w", name, err)
		}
	}
	return nil
}

func checkLoginName(name string) error {
	if name == "" || strings.ToLower(name) != name || strings.ContainsAny(name, " :@/") {
		return fmt.Errorf("%q is not a system user name", name)
	}
	return nil
}

func checkTokens(tokens map[string]Token) error {
	for name, token := range tokens {
		if !validTokenName(name) {
			return fmt.Errorf("tokens: %q is not a token name (1 to 50 of A-Z a-z 0-9 _ -)", name)
		}
		if token.Value == "" {
			return fmt.Errorf("tokens.%s.value: missing", name)
		}
		if unknown := unknownACLs(token.ACLs); len(unknown) > 0 {
			return fmt.Errorf("tokens.%s.acls: unknown %s", name, strings.Join(unknown, ", "))
		}
		if _, err := parseNetworks(token.WhitelistIPs); err != nil {
			return fmt.Errorf("tokens.%s.whitelistIPs: %w", name, err)
		}
	}
	return nil
}
