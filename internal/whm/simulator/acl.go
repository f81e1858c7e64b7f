// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"maps"
	"slices"
)

// aclAll is the privilege that includes all others.
const aclAll = "all"

// aclNames are the privileges by their API names, as the vendor's page on
// reseller privileges lists them.
var aclNames = []string{
	"acct-summary", "add-pkg", "add-pkg-ip", "add-pkg-shell", "all", "allow-addoncreate",
	"allow-emaillimits-pkgs", "allow-parkedcreate", "allow-shell", "allow-unlimited-bw-pkgs",
	"allow-unlimited-disk-pkgs", "allow-unlimited-pkgs", "assign-root-account-enhancements",
	"basic-system-info", "basic-whm-functions", "clustering", "connected-applications",
	"cors-proxy-get", "cpanel-api", "cpanel-integration", "create-acct", "create-dns",
	"create-user-session", "demo-setup", "digest-auth", "edit-account", "edit-dns", "edit-mx",
	"edit-pkg", "file-restore", "generate-email-config", "kill-acct", "kill-dns", "limit-bandwidth",
	"list-accts", "list-pkgs", "locale-edit", "mailcheck", "manage-api-tokens", "manage-dns-records",
	"manage-oidc", "manage-styles", "mysql-info", "news", "ns-config", "park-dns", "passwd",
	"public-contact", "quota", "rearrange-accts", "resftp", "restart", "show-bandwidth", "ssl",
	"ssl-buy", "ssl-gencrt", "ssl-info", "stats", "status", "suspend-acct", "thirdparty",
	"track-email", "upgrade-account", "viewglobalpackages",
}

// aclSet is a set of privileges; one that holds "all" holds each.
type aclSet map[string]bool

func newACLSet(names ...string) aclSet {
	set := make(aclSet, len(names))
	for _, name := range names {
		set[name] = true
	}
	return set
}

func (s aclSet) has(name string) bool { return s[aclAll] || s[name] }

// names returns the set in a stable order. "all" stands for itself.
func (s aclSet) names() []string { return append([]string{}, slices.Sorted(maps.Keys(s))...) }

// and is what both sets grant: a token never exceeds its user, even when the
// user lost privileges after the token was made.
func (s aclSet) and(other aclSet) aclSet {
	if s[aclAll] {
		return other
	}
	both := aclSet{}
	for name := range s {
		if other.has(name) {
			both[name] = true
		}
	}
	return both
}

func unknownACLs(names []string) []string {
	var unknown []string
	for _, name := range names {
		if !slices.Contains(aclNames, name) {
			unknown = append(unknown, name)
		}
	}
	return unknown
}
