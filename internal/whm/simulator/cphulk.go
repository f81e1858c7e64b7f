// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"net/netip"
	"slices"
	"time"
)

// hulk is the memory of the brute-force protection.
type hulk struct {
	byAddress map[netip.Addr][]time.Time
	byAccount map[string][]time.Time
	// counted remembers when a combination of address, user and secret was
	// counted, because a repeat within hours is not another guess.
	counted map[string]time.Time

	addressUntil  map[netip.Addr]time.Time
	firewallUntil map[netip.Addr]time.Time
	accountUntil  map[string]time.Time
}

// failure is one wrong guess.
type failure struct {
	addr         netip.Addr
	user, secret string
	at           time.Time
}

func newHulk() hulk {
	return hulk{
		byAddress: map[netip.Addr][]time.Time{}, byAccount: map[string][]time.Time{}, counted: map[string]time.Time{},
		addressUntil: map[netip.Addr]time.Time{}, firewallUntil: map[netip.Addr]time.Time{}, accountUntil: map[string]time.Time{},
	}
}

// fail counts a failure and reports whether it counted.
func (h *hulk) fail(cfg CPHulk, f failure) bool {
	if !cfg.watches(f.addr) || h.repeats(cfg, f) {
		return false
	}
	h.byAddress[f.addr] = append(within(h.byAddress[f.addr], f.at, cfg.History), f.at)
	if len(within(h.byAddress[f.addr], f.at, cfg.AddressWindow)) >= cfg.PerAddress {
		h.addressUntil[f.addr] = f.at.Add(time.Duration(cfg.AddressBlock))
	}
	if len(h.byAddress[f.addr]) >= cfg.PerAddressOneDay {
		h.firewallUntil[f.addr] = f.at.Add(time.Duration(cfg.OneDayBlock))
	}
	if f.addr.IsLoopback() || cfg.LockForRemote {
		h.failAccount(cfg, f)
	}
	return true
}

func (h *hulk) failAccount(cfg CPHulk, f failure) {
	h.byAccount[f.user] = append(within(h.byAccount[f.user], f.at, cfg.AccountWindow), f.at)
	if len(h.byAccount[f.user]) >= cfg.PerAccount {
		h.accountUntil[f.user] = f.at.Add(time.Duration(cfg.AccountBlock))
	}
}

// repeats reports, and remembers, whether the same guess was counted recently.
func (h *hulk) repeats(cfg CPHulk, f failure) bool {
	guess := Fingerprint(f.addr.String() + "\x00" + f.user + "\x00" + f.secret)
	last, known := h.counted[guess]
	if known && f.at.Sub(last) < time.Duration(cfg.RepeatWindow) {
		return true
	}
	h.counted[guess] = f.at
	return false
}

// watches reports whether failures from the address count.
func (h CPHulk) watches(addr netip.Addr) bool {
	networks, _ := parseNetworks(h.Whitelist) // checked when it was loaded
	return h.Enabled && !containsAddr(networks, addr)
}

// addressBlocked reports whether every login from the address is refused,
// whatever it presents.
func (h *hulk) addressBlocked(cfg CPHulk, addr netip.Addr, now time.Time) bool {
	return cfg.watches(addr) && now.Before(h.addressUntil[addr])
}

// firewalled reports whether connections from the address are cut.
func (h *hulk) firewalled(cfg CPHulk, addr netip.Addr, now time.Time) bool {
	return cfg.watches(addr) && now.Before(h.firewallUntil[addr])
}

// accountLocked reports whether the user's password is refused.
func (h *hulk) accountLocked(cfg CPHulk, user string, addr netip.Addr, now time.Time) bool {
	if user == rootUser && !cfg.LockRoot {
		return false
	}
	return cfg.watches(addr) && now.Before(h.accountUntil[user])
}

// within drops the times that are older than a window.
func within(times []time.Time, now time.Time, window Duration) []time.Time {
	return slices.DeleteFunc(slices.Clone(times), func(t time.Time) bool {
		return now.Sub(t) >= time.Duration(window)
	})
}
