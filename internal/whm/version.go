// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"fmt"
	"strconv"
	"strings"
)

// Version is the version of a cPanel & WHM server. The zero Version is unknown
// and older than every other. Versions can be compared with ==.
type Version struct {
	text  string
	major int
}

// ParseVersion reads versions such as "11.136.0.4", "136.0.4" and
// "11.54.0 (build 36)".
func ParseVersion(s string) (Version, error) {
	s = strings.TrimSpace(s)
	number, _, _ := strings.Cut(s, " ")
	parts := strings.Split(number, ".")
	numbers := make([]int, len(parts))
	for i, p := range parts {
		n, err := strconv.ParseUint(p, 10, 31)
		if err != nil {
			return Version{}, fmt.Errorf("version %.40q is not made of numbers and dots", s)
		}
		numbers[i] = int(n)
	}
	v := Version{text: s, major: numbers[0]}
	// 11 is a prefix that never changed; the number behind it is the one that
	// the vendor calls the version.
	if numbers[0] == 11 && len(numbers) > 1 {
		v.major = numbers[1]
	}
	return v, nil
}

// Major returns the number that the vendor calls the version: 136 for
// "11.136.0.4", 0 when unknown.
func (v Version) Major() int { return v.major }

// AtLeast reports whether the server has the functions of version major.
func (v Version) AtLeast(major int) bool { return v.major >= major }

// IsZero reports whether the version is unknown.
func (v Version) IsZero() bool { return v == Version{} }

// String returns the version as the server sent it, "" when unknown.
func (v Version) String() string { return v.text }
