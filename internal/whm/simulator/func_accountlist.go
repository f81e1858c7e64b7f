// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// accountListFunctions show the accounts of the caller.
func accountListFunctions() []function {
	return []function{
		{name: "listaccts", since: "11", acl: "list-accts", handle: listAccounts, old: statusBeside},
		{name: "accountsummary", since: "11", acl: "acct-summary", handle: accountSummary, old: statusBeside},
		{name: "list_users", only1: true, acl: "list-accts", handle: listUsers},
	}
}

// sinceLocked is the release from which a list calls its flag is_locked; older
// ones say suspendlock. The exact release is not verified.
const sinceLocked = "60"

// accountEntry is what lists show of an account.
func (st *state) accountEntry(name string) object {
	account := st.inv.Accounts[name]
	reason := "not suspended"
	if account.Suspended {
		reason = account.SuspendReason
	}
	locked := "suspendlock"
	if st.release.atLeast(sinceLocked) {
		locked = "is_locked"
	}
	entry := object{
		"user": name, "domain": account.Domain, "email": orDefault(account.Email, "*unknown*"), "owner": account.Owner,
		"suspended": number(account.Suspended), "suspendreason": reason, "suspendtime": unixOrZero(account.SuspendedAt), locked: 0,
		"plan": orDefault(account.Plan, "default"), "ip": orDefault(account.IP, accountAddress),
	}
	if st.unverified().AccountFlagsAsString == yes {
		for _, name := range []string{"suspended", "suspendtime", locked} {
			if n, ok := entry[name].(int); ok {
				entry[name] = strconv.Itoa(n)
			}
		}
	}
	return entry
}

func unixOrZero(at time.Time) int {
	if at.IsZero() {
		return 0
	}
	return int(at.Unix())
}

// accountsOf are the names of the accounts that the caller controls.
func (c *call) accountsOf() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(c.st.inv.Accounts)), func(name string) bool {
		return !c.st.mayActFor(c.who.user, name)
	})
}

func listAccounts(c *call) outcome {
	matches, complaint := c.accountFilter()
	if complaint != "" {
		return refused("%s", complaint)
	}
	entries := []object{}
	for _, name := range c.accountsOf() {
		if entry := c.st.accountEntry(name); matches(entry) {
			entries = append(entries, c.wanted(entry))
		}
	}
	o := done(object{"acct": entries})
	o.reason = "Ok"
	return o
}

// accountFilter reads search, searchtype and searchmethod.
func (c *call) accountFilter() (matches func(object) bool, complaint string) {
	search := c.form.get("search")
	if search == "" {
		return func(object) bool { return true }, ""
	}
	field := map[string]string{"": "domain", "domain": "domain", "owner": "owner", "user": "user", "ip": "ip", "package": "plan"}[c.form.get("searchtype")]
	if field == "" {
		return nil, "The parameter “searchtype” must be one of domain, owner, user, ip, package."
	}
	if c.form.get("searchmethod") == "exact" {
		return func(entry object) bool { return entry[field] == search }, ""
	}
	expression, err := regexp.Compile(search)
	if err != nil {
		return nil, "The parameter “search” is not a regular expression."
	}
	return func(entry object) bool {
		text, _ := entry[field].(string)
		return expression.MatchString(text)
	}, ""
}

// wanted leaves the fields of an entry that the call asks for.
func (c *call) wanted(entry object) object {
	if want := c.form.get("want"); want != "" {
		fields := strings.Split(want, ",")
		maps.DeleteFunc(entry, func(name string, _ any) bool { return !slices.Contains(fields, name) })
	}
	return entry
}

func accountSummary(c *call) outcome {
	name := c.form.get("user")
	if name == "" {
		name = c.st.accountOfDomain(c.form.get("domain"))
	}
	if slices.Contains(c.accountsOf(), name) {
		o := done(object{"acct": []object{c.st.accountEntry(name)}})
		o.reason = "Ok"
		return o
	}
	if c.st.unverified().AccountsummaryUnknown == "empty" {
		return done(object{"acct": []object{}})
	}
	return denied("Account does not exist.")
}

func listUsers(c *call) outcome {
	users := c.accountsOf()
	if c.who.user == rootUser {
		users = append([]string{rootUser}, users...)
	}
	return done(object{"users": users})
}
