// SPDX-License-Identifier: Apache-2.0

package whm

import "testing"

func TestParseVersion(t *testing.T) {
	t.Parallel()
	for in, major := range map[string]int{
		"11.136.0.4": 136, "136.0.4": 136, "11.54.0 (build 36)": 54, "11.40": 40, "11": 11,
		" 11.137.9999.106\n": 137, "132": 132,
	} {
		v, err := ParseVersion(in)
		noError(t, err)
		equal(t, in, v.Major(), major)
		equal(t, in+" at least itself", v.AtLeast(major), true)
		equal(t, in+" at least the next", v.AtLeast(major+1), false)
	}
	v, err := ParseVersion(" 11.136.0.4\n")
	noError(t, err)
	equal(t, "String", v.String(), "11.136.0.4")
}

func TestParseVersionRefuses(t *testing.T) {
	t.Parallel()
	for _, in := range []string{"", " ", "x", "11.", ".11", "11.-1", "11.1x", "11.99999999999", "v11.136"} {
		if v, err := ParseVersion(in); err == nil || !v.IsZero() {
			t.Errorf("ParseVersion(%q) = %v, %v; want an error", in, v, err)
		}
	}
	equal(t, "unknown is at least 1", Version{}.AtLeast(1), false)
}
