// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"fmt"
	"time"
)

// How the cookie of a session is tied to the address that obtained it.
const (
	CookieStrict = "strict" // the very address
	CookieLoose  = "loose"  // its /24 or /64 network
	CookieOff    = "off"    // any address
)

// Policies are server settings whose effect is documented by the vendor.
type Policies struct {
	// AllowDeprecatedAccessHash lets access hashes log in. Omitted: as on a new
	// installation of that version, so true below 72 and false from 72. The
	// value is fixed when it is loaded: a later change of the version is an
	// upgrade, which keeps it.
	AllowDeprecatedAccessHash *bool `json:"allowDeprecatedAccessHash,omitempty"`
	// TwoFactorOff switches two-factor authentication off for the whole
	// server, as before version 54.
	TwoFactorOff bool `json:"twoFactorOff,omitempty"`
	// RequireTwoFactorForAPI asks API callers with a configured second factor
	// for a code ("API requests" of the security policies). Omitted: only the
	// login form asks.
	RequireTwoFactorForAPI bool `json:"requireTwoFactorForAPI,omitempty"`
	// TwoFactorIssuers are the names that apps show beside codes, by the root or
	// reseller user who set them. Omitted: the hostname.
	TwoFactorIssuers map[string]string `json:"twoFactorIssuers,omitempty"`
	// CookieAddressCheck is strict, loose or off. Omitted: strict.
	CookieAddressCheck string `json:"cookieAddressCheck,omitempty"`
	// SessionIdle ends a session that was not used for so long. Omitted: 15m.
	SessionIdle Duration `json:"sessionIdle,omitempty"`
	// ServePlainHTTP answers on the plain port. Omitted: it redirects to TLS.
	ServePlainHTTP bool `json:"servePlainHTTP,omitempty"`
	// DisabledRoles are the server roles that are switched off, by the vendor's
	// names: Receive Mail, FTP, MySQL, PostgreSQL, Web Disk. The functions of
	// such a role do not exist.
	DisabledRoles []string `json:"disabledRoles,omitempty"`
	// NoDatabasePrefix lets names of databases and their users do without the
	// account's prefix.
	NoDatabasePrefix bool `json:"noDatabasePrefix,omitempty"`
	// PasswordStrength is the least strength of a password by application, such
	// as mysql, and under "default" for all others. Omitted: 65.
	PasswordStrength map[string]int `json:"passwordStrength,omitempty"`
	// CPHulk is the brute-force protection.
	CPHulk CPHulk `json:"cphulk,omitzero"`
}

// CPHulk holds the limits of the brute-force protection. The numbers left out
// are those of a new installation.
type CPHulk struct {
	// Enabled turns the protection on. Omitted: off.
	Enabled bool `json:"enabled,omitempty"`
	// PerAddress failures within AddressWindow block an address for
	// AddressBlock. Omitted: 5, 15m and 15m.
	PerAddress    int      `json:"perAddress,omitempty"`
	AddressWindow Duration `json:"addressWindow,omitempty"`
	AddressBlock  Duration `json:"addressBlock,omitempty"`
	// PerAccount failures within AccountWindow lock an account for
	// AccountBlock. Omitted: 15, 5m and 5m.
	PerAccount    int      `json:"perAccount,omitempty"`
	AccountWindow Duration `json:"accountWindow,omitempty"`
	AccountBlock  Duration `json:"accountBlock,omitempty"`
	// PerAddressOneDay failures within History put an address into the
	// firewall for OneDayBlock: connections from it are cut.
	// Omitted: 30, 6h and 24h.
	PerAddressOneDay int      `json:"perAddressOneDay,omitempty"`
	History          Duration `json:"history,omitempty"`
	OneDayBlock      Duration `json:"oneDayBlock,omitempty"`
	// RepeatWindow counts the same address, user and secret once.
	// Omitted: 6h.
	RepeatWindow Duration `json:"repeatWindow,omitempty"`
	// LockRoot includes root in the account locks. Omitted: root is exempt.
	LockRoot bool `json:"lockRoot,omitempty"`
	// LockForRemote includes failures from other addresses than loopback in
	// the account locks. Omitted: local ones only.
	LockForRemote bool `json:"lockForRemote,omitempty"`
	// Whitelist are addresses or networks that are never counted or blocked.
	Whitelist []string `json:"whitelist,omitempty"`
}

func (p Policies) completed(release version) (Policies, error) {
	if p.AllowDeprecatedAccessHash == nil {
		p.AllowDeprecatedAccessHash = new(!release.atLeast("72"))
	}
	switch p.CookieAddressCheck {
	case "":
		p.CookieAddressCheck = CookieStrict
	case CookieStrict, CookieLoose, CookieOff:
	default:
		return p, fmt.Errorf("cookieAddressCheck: %q is none of strict, loose, off", p.CookieAddressCheck)
	}
	p.SessionIdle = Duration(p.SessionIdle.or(15 * time.Minute))
	if err := p.checkServices(); err != nil {
		return p, err
	}
	if _, err := parseNetworks(p.CPHulk.Whitelist); err != nil {
		return p, fmt.Errorf("cphulk.whitelist: %w", err)
	}
	p.CPHulk = p.CPHulk.completed()
	return p, nil
}

func (h CPHulk) completed() CPHulk {
	for _, number := range []struct {
		value    *int
		fallback int
	}{{&h.PerAddress, 5}, {&h.PerAccount, 15}, {&h.PerAddressOneDay, 30}} {
		if *number.value <= 0 {
			*number.value = number.fallback
		}
	}
	for _, period := range []struct {
		value    *Duration
		fallback time.Duration
	}{
		{&h.AddressWindow, 15 * time.Minute}, {&h.AddressBlock, 15 * time.Minute},
		{&h.AccountWindow, 5 * time.Minute}, {&h.AccountBlock, 5 * time.Minute},
		{&h.History, 6 * time.Hour}, {&h.OneDayBlock, 24 * time.Hour}, {&h.RepeatWindow, 6 * time.Hour},
	} {
		*period.value = Duration(period.value.or(period.fallback))
	}
	return h
}
