// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The oldest and the newest release that the simulator is documented for.
const (
	oldest = "11.40.0.1"
	newest = "11.138.0.1"
)

// numbers are those of a release without the 11 that all begin with.
func numbers(release string) []int {
	var found []int
	for part := range strings.SplitSeq(release, ".") {
		n, err := strconv.Atoi(part)
		if err != nil {
			panic("contract: " + release + " is no release")
		}
		found = append(found, n)
	}
	if len(found) > 0 && found[0] == 11 {
		found = found[1:]
	}
	return found
}

func olderThan(release, other string) bool {
	return slices.Compare(numbers(release), numbers(other)) < 0
}

// firstOf is a release that has what came with since; "" and 11 are the oldest.
func firstOf(since string) string {
	n := append(numbers(orElse(since, oldest)), 0, 0, 0)
	release := fmt.Sprintf("11.%d.%d.%d", n[0], n[1], n[2])
	if olderThan(release, oldest) {
		return oldest
	}
	return release
}

// lastBefore is a release that does not have it yet; "" if there is none.
func lastBefore(since string) string {
	switch n := numbers(orElse(since, "11")); {
	case len(n) == 0:
		return ""
	case len(n) >= 3 && n[2] > 0:
		return fmt.Sprintf("11.%d.%d.%d", n[0], n[1], n[2]-1)
	default:
		return fmt.Sprintf("11.%d.0.99", n[0]-1)
	}
}

func orElse(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

func TestReleasesAroundALabel(t *testing.T) {
	t.Parallel()
	for since, want := range map[string]string{
		"": "11.40.0.1 after ", "11": "11.40.0.1 after ", "64": "11.64.0.0 after 11.63.0.99",
		"11.40": "11.40.0.1 after 11.39.0.99", "54.0.16": "11.54.0.16 after 11.54.0.15",
	} {
		if got := firstOf(since) + " after " + lastBefore(since); got != want {
			t.Errorf("%q: got %s, want %s", since, got, want)
		}
	}
}
