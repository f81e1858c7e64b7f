// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"fmt"
	"os"
	"time"

	"sigs.k8s.io/yaml"
)

// rootUser is the one user that owns everything on a WHM server.
const rootUser = "root"

const (
	defaultHostname = "server.example.com"
	defaultVersion  = "11.136.0.4"
)

// Inventory describes one server. As input it is where the simulation starts;
// [Server.Inventory] returns the same shape for the present state.
type Inventory struct {
	// Hostname is what gethostname answers and what session URLs point to.
	// Omitted: server.example.com.
	Hostname string `json:"hostname,omitempty"`
	// Version is the release, such as 11.54.0.36. Functions younger than it
	// are unknown applications. Omitted: 11.136.0.4.
	Version string `json:"version,omitempty"`
	// Users are root, which must be there, and the resellers, by name.
	Users map[string]User `json:"users,omitempty"`
	// Accounts are the cPanel accounts by name. A reseller that is an account
	// too has an entry here and one in Users.
	Accounts map[string]Account `json:"accounts,omitempty"`
	// ClockSkew is how far the server's clock is ahead of the simulation's, or
	// behind if negative, such as -90s. It shows in Date headers, and codes of a
	// second factor are checked against it.
	ClockSkew Skew `json:"clockSkew,omitempty"`
	// StoreProviders are the stores that logins can be had from.
	// Omitted: cPStore.
	StoreProviders []string `json:"storeProviders,omitempty"`
	// Policies are the documented server settings.
	Policies Policies `json:"policies,omitzero"`
	// Unverified picks a side where no public source says what a server does.
	Unverified Unverified `json:"unverified,omitzero"`
}

// User is somebody who may log in to WHM.
type User struct {
	// Password for Basic authentication and /login. Omitted: none works.
	Password string `json:"password,omitempty"`
	// ACLs are the privileges by their API names. Root holds "all" in any case.
	ACLs []string `json:"acls,omitempty"`
	// AccessHash is the stored remote access key. Omitted: none exists.
	AccessHash string `json:"accessHash,omitempty"`
	// Tokens are the API tokens by name.
	Tokens map[string]Token `json:"tokens,omitempty"`
	// TOTPSecret is the base32 secret; set means that the user has two-factor
	// authentication configured.
	TOTPSecret string `json:"totpSecret,omitempty"`
	// Suspended users cannot log in.
	Suspended bool `json:"suspended,omitempty"`
}

// Token is one API token.
type Token struct {
	// Value is the secret. Required.
	Value string `json:"value"`
	// ACLs limit the token. Omitted: everything its user holds.
	ACLs []string `json:"acls,omitempty"`
	// CreatedAt is what lists show. Omitted: the time the token was loaded.
	CreatedAt time.Time `json:"createdAt,omitzero"`
	// ExpiresAt ends the token, which stays listed. Omitted: never.
	ExpiresAt time.Time `json:"expiresAt,omitzero"`
	// WhitelistIPs are the addresses or networks it may be used from.
	// Omitted: any.
	WhitelistIPs []string `json:"whitelistIPs,omitempty"`
	// Features limit a token of a cPanel account. Omitted: full access.
	Features []string `json:"features,omitempty"`
	// ReadOnly tokens of cPanel accounts may change nothing.
	ReadOnly bool `json:"readOnly,omitempty"`
}

// Account is a cPanel account.
type Account struct {
	// Owner is root or the reseller that may act for the account.
	// Omitted: root.
	Owner string `json:"owner,omitempty"`
	// Domain is the main domain; mail addresses of it are webmail users.
	Domain string `json:"domain,omitempty"`
	// Password opens cPanel. Omitted: none works.
	Password string `json:"password,omitempty"`
	// TOTPSecret is the base32 two-factor secret. Omitted: not configured.
	TOTPSecret string `json:"totpSecret,omitempty"`
	// Tokens are the account's own tokens (cPanel, not WHM) by name.
	Tokens map[string]Token `json:"tokens,omitempty"`
	// DisabledFeatures are missing in the account's feature list, such as
	// apitokens: functions that need them are refused.
	DisabledFeatures []string `json:"disabledFeatures,omitempty"`
	// Suspended accounts cannot log in. SuspendReason and SuspendedAt are what
	// lists show of it.
	Suspended     bool      `json:"suspended,omitempty"`
	SuspendReason string    `json:"suspendReason,omitempty"`
	SuspendedAt   time.Time `json:"suspendedAt,omitzero"`
	// Email, Plan and IP are shown in lists and mean nothing here.
	Email string `json:"email,omitempty"`
	Plan  string `json:"plan,omitempty"`
	IP    string `json:"ip,omitempty"`

	// Mailboxes are by full address, in the account's domain.
	Mailboxes map[string]Mailbox `json:"mailboxes,omitempty"`
	// FTPUsers and WebDiskUsers are by full login, name@domain.
	FTPUsers     map[string]FTPUser     `json:"ftpUsers,omitempty"`
	WebDiskUsers map[string]WebDiskUser `json:"webDiskUsers,omitempty"`
	// MySQLUsers and PostgreSQLUsers are by full name, with the account's
	// prefix. The name of the account itself is one too.
	MySQLUsers      map[string]DatabaseUser `json:"mysqlUsers,omitempty"`
	PostgreSQLUsers map[string]DatabaseUser `json:"postgresqlUsers,omitempty"`
}

// LoadInventory reads an inventory from a YAML file. Unknown keys are refused,
// so that a misspelt switch does not pass for its default.
func LoadInventory(path string) (Inventory, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Inventory{}, fmt.Errorf("read inventory: %w", err)
	}
	return ParseInventory(text)
}

// ParseInventory reads an inventory from YAML or JSON and checks it.
func ParseInventory(text []byte) (Inventory, error) {
	var inv Inventory
	if err := yaml.UnmarshalStrict(text, &inv); err != nil {
		return Inventory{}, fmt.Errorf("parse inventory: %w", err)
	}
	inv, err := inv.completed()
	if err != nil {
		return Inventory{}, fmt.Errorf("check inventory: %w", err)
	}
	return inv, nil
}
