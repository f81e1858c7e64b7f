// SPDX-License-Identifier: Apache-2.0

package clients

import (
	"os/exec"
	"testing"
)

// scenarios are the libraries at work, by the name of what they are expected to do.
var scenarios = []scenario{
	{"cpanel-lib", "current.json", node("cpanel-lib.js")},
	{"cpanel-lib-older", "older.json", node("cpanel-lib-older.js")},
	{"cpanel-rest-api", "current.json", node("cpanel-rest-api.js")},
	{"cpanel-rest-api-xml", "older.json", node("cpanel-rest-api-xml.js")},
	{"cpanel-rest-api-xml-removed", "current.json", node("cpanel-rest-api-xml.js", "removed")},
	{"cpanel-node", "current.json", node("cpanel-node.js")},
	{"cpanel-uapi", "current.json", node("cpanel-uapi.js")},
	{"session", "current.json", node("session.js")},
}

func TestLibrariesOfNPM(t *testing.T) {
	t.Parallel()
	for _, sc := range scenarios {
		t.Run(sc.name, sc.play)
	}
}

// TestVendorsPerl needs a module that only CPAN has, so it runs where somebody installed that.
func TestVendorsPerl(t *testing.T) {
	t.Parallel()
	if err := exec.Command("perl", "-McPanel::PublicAPI", "-e1").Run(); err != nil {
		t.Skip("the Perl module cPanel::PublicAPI is not installed; CPAN has it")
	}
	for _, sc := range []scenario{
		{"publicapi", "current.json", []string{"perl", "perl/publicapi.pl"}},
		{"publicapi-older", "older.json", []string{"perl", "perl/publicapi.pl", "older"}},
	} {
		t.Run(sc.name, sc.play)
	}
}
