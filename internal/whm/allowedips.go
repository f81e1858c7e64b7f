// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
)

// mappedBits are the bits before the IPv4 address in an IPv6 one that stands for
// it.
const mappedBits = 96

// NormalizeAllowedIP returns an address or CIDR block in its shortest spelling,
// so that equal ones are equal texts: WHM writes IPv6 addresses out in full. A
// block of one address becomes that address, and the bits of a block that do not
// count become 0.
func NormalizeAllowedIP(s string) (string, error) {
	s = strings.TrimSpace(s)
	block, err := netip.ParsePrefix(s)
	if addr, bare := netip.ParseAddr(s); bare == nil && addr.Zone() == "" {
		block, err = netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	if err != nil {
		return "", errors.New("expected an IP address or a CIDR block")
	}
	if block.Addr().Is4In6() && block.Bits() >= mappedBits {
		block = netip.PrefixFrom(block.Addr().Unmap(), block.Bits()-mappedBits)
	}
	if block.IsSingleIP() {
		return block.Addr().String(), nil
	}
	return block.Masked().String(), nil
}

// SameAllowedIPs reports whether two lists limit a token to the same entries, in
// any order and spelling. It does not merge blocks. A list with WHM's word for
// every address limits nothing, as an empty one; whether WHM ever sends it back
// is not verified.
func SameAllowedIPs(a, b []string) bool {
	return slices.Equal(normalizeAllowedIPs(a), normalizeAllowedIPs(b))
}

func normalizeAllowedIPs(list []string) []string {
	var out []string
	for _, s := range list {
		if strings.EqualFold(strings.TrimSpace(s), anyAddress) {
			return nil
		}
		if n, err := NormalizeAllowedIP(s); err == nil {
			s = n
		}
		out = append(out, s)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
