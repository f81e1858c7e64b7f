// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// documentedFunctions are the rows of the documentation's tables of functions.
func documentedFunctions() []string {
	var rows []string
	dash := func(text string) string { return orDefault(text, "–") }
	whm := functionTable()
	for _, name := range slices.Sorted(maps.Keys(whm)) {
		fn := whm[name]
		privilege := dash(fn.acl)
		if fn.aclWhen != nil {
			privilege += ", by a switch"
		}
		rows = append(rows, "| `"+name+"` | "+dash(fn.since)+" | "+privilege+" |")
	}
	uapi := uapiTable()
	for _, name := range slices.Sorted(maps.Keys(uapi)) {
		fn := uapi[name]
		rows = append(rows, "| `"+name+"` | "+dash(fn.since)+" | "+dash(fn.role+fn.feature)+" |")
	}
	return rows
}

func TestDocumentationListsEveryFunction(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../../docs/simulator.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range documentedFunctions() {
		if !strings.Contains(string(page), row) {
			t.Errorf("docs/simulator.md lacks the row\n%s", row)
		}
	}
	for name := range api2 {
		if !strings.Contains(string(page), "`"+name+"`") {
			t.Errorf("docs/simulator.md lacks %s of API 2", name)
		}
	}
}
