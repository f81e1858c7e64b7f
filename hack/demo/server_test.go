// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"
)

func TestReadAddresses(t *testing.T) {
	t.Parallel()
	const block = `Simulating web1.example.com, version 11.136.0.4
  WHM      https://127.0.0.1:34065
  cPanel   https://127.0.0.1:34066
  Admin    http://127.0.0.1:34067
`
	s := &server{}
	if err := s.readAddresses(strings.NewReader(block + "  CA file  web1-ca.pem\n")); err != nil {
		t.Fatal(err)
	}
	if s.endpoint != "https://127.0.0.1:34065" || s.cpanel != "https://127.0.0.1:34066" || s.admin != "http://127.0.0.1:34067" {
		t.Errorf("got endpoint %q, cPanel %q and admin %q", s.endpoint, s.cpanel, s.admin)
	}
	if err := s.readAddresses(strings.NewReader(block)); err == nil {
		t.Error("a simulator that ended before it served was taken for one that serves")
	}
}
