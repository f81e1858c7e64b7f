// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// version orders server releases. The vendor writes both "11.64.0.1" and "64":
// the leading 11 is the product generation and carries no order.
type version []int

func parseVersion(text string) (version, error) {
	var parts version
	for part := range strings.SplitSeq(text, ".") {
		n, err := strconv.Atoi(part)
		if err != nil || n < 0 {
			return nil, fmt.Errorf("version %q is not of the form 11.136.0.4", text)
		}
		parts = append(parts, n)
	}
	if parts[0] == 11 {
		parts = parts[1:]
	}
	return parts, nil
}

// mustVersion is for the literals of the function tables.
func mustVersion(text string) version {
	v, err := parseVersion(text)
	if err != nil {
		panic(err)
	}
	return v
}

// atLeast reports whether v is the release named by text or a later one.
func (v version) atLeast(text string) bool {
	return slices.Compare(v, mustVersion(text)) >= 0
}
