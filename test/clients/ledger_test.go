// SPDX-License-Identifier: Apache-2.0

package clients

import (
	"fmt"
	"strings"
	"testing"
)

// call is what the ledger shows of a request, as far as the tests look at it.
type call struct {
	Service, Method, Path, Function, CarriedBy, Account, User, CredentialKind string

	Applied bool
	Status  int
	Result  *int
}

// String is one line: where, what, by whom, and what came of it.
func (c call) String() string {
	line := fmt.Sprintf("%s %s %s", c.Service, c.Method, c.Path)
	if c.CarriedBy == "batch" {
		line = "  in the batch: " + c.Function
	} else if strings.Contains(c.Function, "::") {
		line += " " + c.Function
	}
	if c.Account != "" {
		line += " for " + c.Account
	}
	if c.User != "" {
		line += fmt.Sprintf(" by %s (%s)", c.User, c.CredentialKind)
	}
	line += fmt.Sprintf(" %d", c.Status)
	if c.Result != nil {
		line += fmt.Sprintf("/%d", *c.Result)
	}
	if c.Applied {
		line += " applied"
	}
	return line
}

// calls are the requests that the server took, in order.
func (s simulator) calls(t *testing.T) []string {
	t.Helper()
	var list []call
	s.get(t, "/ledger/calls", &list)
	lines := make([]string, len(list))
	for i, entry := range list {
		lines[i] = entry.String() + "\n"
	}
	return lines
}

// credential is what the ledger shows of a secret, as far as the tests look at it.
type credential struct {
	Kind, User, Name, IssuedHow, RevokedHow string

	Live bool
}

// changes are the credentials that came or went since the start.
func (s simulator) changes(t *testing.T) []string {
	t.Helper()
	var list []credential
	s.get(t, "/ledger/credentials", &list)
	var lines []string
	for _, c := range list {
		if c.IssuedHow == "inventory" && c.RevokedHow == "" {
			continue
		}
		line := fmt.Sprintf("%s %s %s: %s", c.Kind, c.User, c.Name, c.IssuedHow)
		if c.RevokedHow != "" {
			line += ", ended by " + c.RevokedHow
		}
		if c.Live {
			line += ", live"
		}
		lines = append(lines, strings.ReplaceAll(line, " : ", ": ")+"\n")
	}
	return lines
}
