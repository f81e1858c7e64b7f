// SPDX-License-Identifier: Apache-2.0

package tokens

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/whm-credentials/operator/internal/whm"
)

// Digest identifies what the token shall be apart from its name, with the time that it lives instead of the time at which
// it expires, so that it is the same for any time of issue.
func (s Spec) Digest(life time.Duration) string {
	addresses := make([]string, 0, len(s.AllowedIPs))
	for _, a := range s.AllowedIPs {
		if normal, err := whm.NormalizeAllowedIP(a); err == nil {
			a = normal
		}
		addresses = append(addresses, a)
	}
	slices.Sort(addresses)
	acls := slices.Sorted(slices.Values(s.ACLs))
	sum := sha256.Sum256(fmt.Appendf(nil, "%t\n%s\n%s\n%s", s.AllPrivileges, strings.Join(acls, " "),
		strings.Join(addresses, " "), life))
	return hex.EncodeToString(sum[:])[:16]
}

// Differs says what the server has other than was asked for; empty if nothing. What a token with all privileges is listed
// with is not documented well enough to be judged, and neither is whether addresses are told by every version.
func (s Spec) Differs(have Info) string {
	var wrong []string
	if !s.AllPrivileges && !sameACLs(s.ACLs, have.ACLs) {
		wrong = append(wrong, "it has the privileges "+listed(have.ACLs)+" instead of "+listed(s.ACLs))
	}
	if len(have.AllowedIPs) > 0 && !whm.SameAllowedIPs(s.AllowedIPs, have.AllowedIPs) {
		wrong = append(wrong, "it is limited to the addresses "+listed(have.AllowedIPs)+" instead of "+listed(s.AllowedIPs))
	}
	if !have.ExpiresAt.Equal(s.ExpiresAt) {
		wrong = append(wrong, "it "+ends(have.ExpiresAt)+" instead of one that "+ends(s.ExpiresAt))
	}
	return strings.Join(wrong, "; ")
}

func sameACLs(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

func listed(all []string) string {
	const most = 16
	switch n := len(all); {
	case n == 0:
		return "(none)"
	case n > most:
		return strings.Join(all[:most], ", ") + fmt.Sprintf(" and %d more", n-most)
	}
	return strings.Join(all, ", ")
}

func ends(at time.Time) string {
	if at.IsZero() {
		return "never expires"
	}
	return "expires at " + at.UTC().Format(time.RFC3339)
}
