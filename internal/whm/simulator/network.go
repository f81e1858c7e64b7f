// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"fmt"
	"net/netip"
	"strconv"
)

// parseNetworks reads addresses and networks; a lone address is a network of
// its full length.
func parseNetworks(texts []string) ([]netip.Prefix, error) {
	var networks []netip.Prefix
	for _, text := range texts {
		network, err := parseNetwork(text)
		if err != nil {
			return nil, err
		}
		networks = append(networks, network)
	}
	return networks, nil
}

func parseNetwork(text string) (netip.Prefix, error) {
	if network, err := netip.ParsePrefix(text); err == nil {
		return network, nil
	}
	addr, err := netip.ParseAddr(text)
	if err != nil || addr.Zone() != "" {
		return netip.Prefix{}, fmt.Errorf("%q is neither an IP address nor a network", text)
	}
	return netip.PrefixFrom(addr, addr.BitLen()), nil
}

// expanded writes an entry as servers return it: IPv6 with every group and
// digit, an address without the length.
func expanded(network netip.Prefix) string {
	text := network.Addr().StringExpanded()
	if network.Bits() < network.Addr().BitLen() {
		text += "/" + strconv.Itoa(network.Bits())
	}
	return text
}

func containsAddr(networks []netip.Prefix, addr netip.Addr) bool {
	for _, network := range networks {
		if network.Contains(addr) {
			return true
		}
	}
	return false
}

// sameNetwork compares as a loose cookie check does: the /24 of IPv4, the /64
// of IPv6.
func sameNetwork(a, b netip.Addr) bool {
	bits := 24
	if a.Is6() {
		bits = 64
	}
	network, err := a.Prefix(bits)
	return err == nil && network.Contains(b)
}
