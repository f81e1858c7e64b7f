// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"slices"
	"strings"
	"testing"
)

func TestNormalizeAllowedIP(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"192.0.2.1":     "192.0.2.1",
		" 192.0.2.1 ":   "192.0.2.1",
		"192.0.2.1/32":  "192.0.2.1",
		"192.0.2.77/24": "192.0.2.0/24",
		"0.0.0.0/0":     "0.0.0.0/0",
		"2001:0db8:0000:0000:0000:0000:0000:0001":     "2001:db8::1",
		"2001:0DB8:0000:0000:0000:0000:0000:0001/128": "2001:db8::1",
		"2001:0db8:0000:0000:0000:0000:0000:0000/32":  "2001:db8::/32",
		"2001:db8:1::/32":  "2001:db8::/32",
		"::ffff:192.0.2.1": "192.0.2.1",
		"0000:0000:0000:0000:0000:ffff:c000:0201/120": "192.0.2.0/24",
		"::/0": "::/0",
	} {
		got, err := NormalizeAllowedIP(in)
		noError(t, err)
		equal(t, in, got, want)
	}
	for _, bad := range []string{"", "any", "host.example.com", "192.0.2.1/33", "192.0.2", "192.0.2.1-192.0.2.9", "fe80::1%eth0", "192.0.2.1/"} {
		got, err := NormalizeAllowedIP(bad)
		equal(t, bad, err != nil && got == "", true)
	}
}

func TestSameAllowedIPs(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		a, b []string
		same bool
	}{
		{nil, nil, true},
		{nil, []string{}, true},
		{[]string{"any"}, nil, true},
		{[]string{"192.0.2.1"}, nil, false},
		{[]string{"192.0.2.1"}, []string{"any"}, false},
		{[]string{"192.0.2.1"}, []string{"192.0.2.1/32"}, true},
		{[]string{"2001:db8::1", "192.0.2.0/24"}, []string{"192.0.2.9/24", "2001:0db8:0000:0000:0000:0000:0000:0001"}, true},
		{[]string{"192.0.2.1", "192.0.2.1/32"}, []string{"192.0.2.1"}, true},
		{[]string{"192.0.2.1"}, []string{"192.0.2.1", "192.0.2.2"}, false},
		{[]string{"192.0.2.0/25", "192.0.2.128/25"}, []string{"192.0.2.0/24"}, false},
		{[]string{"odd"}, []string{"odd"}, true},
		{[]string{"odd"}, []string{"other"}, false},
	} {
		equal(t, strings.Join(tc.a, ",")+" and "+strings.Join(tc.b, ","), SameAllowedIPs(tc.a, tc.b), tc.same)
		equal(t, strings.Join(tc.b, ",")+" and "+strings.Join(tc.a, ","), SameAllowedIPs(tc.b, tc.a), tc.same)
	}
	list := []string{"192.0.2.2", "192.0.2.1/32"}
	SameAllowedIPs(list, nil)
	equal(t, "input kept", slices.Equal(list, []string{"192.0.2.2", "192.0.2.1/32"}), true)
}
