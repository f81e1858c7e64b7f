// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"maps"
	"regexp"
	"slices"
)

// emailFunctions look after the mailboxes of an account.
func emailFunctions() []uapiFunction {
	return []uapiFunction{
		{name: "Email::passwd_pop", role: roleMail, mutating: true, handle: setMailboxPassword},
		{name: "Email::list_pops", role: roleMail, handle: listMailboxes},
		{name: "Email::verify_password", role: roleMail, handle: verifyMailboxPassword},
	}
}

func setMailboxPassword(c *uapiCall) uapiOutcome {
	if no := c.setServiceUser(KindMailbox, c.login(c.form.get("email")), c.form.get("password"), "pop"); no != nil {
		return *no
	}
	return uapiDone(nil)
}

// listMailboxes lists the account's own mailbox, which it cannot do without,
// among the others.
func listMailboxes(c *uapiCall) uapiOutcome {
	wanted, err := regexp.Compile(c.form.get("regex"))
	if err != nil {
		return uapiFailed("The parameter “regex” is not a regular expression.")
	}
	account, entries := c.st.inv.Accounts[c.account], []object{}
	if skip, _ := c.form.flag("skip_main"); !skip && wanted.MatchString(c.account) {
		entries = append(entries, mailboxEntry(c.account, "Main Account", Mailbox{}))
	}
	for _, address := range slices.Sorted(maps.Keys(account.Mailboxes)) {
		if wanted.MatchString(address) {
			entries = append(entries, mailboxEntry(address, address, account.Mailboxes[address]))
		}
	}
	return uapiDone(entries)
}

func mailboxEntry(email, login string, box Mailbox) object {
	return object{
		"email": email, "login": login,
		"suspended_login": number(box.SuspendedLogin), "suspended_incoming": number(box.SuspendedIncoming),
	}
}

// verifyMailboxPassword answers 0 for a wrong password and for a mailbox that
// does not exist alike.
func verifyMailboxPassword(c *uapiCall) uapiOutcome {
	email, password := c.form.get("email"), c.form.get("password")
	if email == "" || password == "" {
		return uapiFailed("The parameters “email” and “password” are required.")
	}
	return uapiDone(number(c.mailPasswordIsRight(c.login(email), password)))
}

// mailPasswordIsRight checks a password of a mailbox of the account. Whether
// a wrong one is a failed login is a switch, and then a locked-out address or
// user is refused as at any login.
func (c *uapiCall) mailPasswordIsRight(address, password string) bool {
	feeds := c.st.unverified().VerifyFeedsCPHulk == yes
	hulk := c.st.policies().CPHulk
	if feeds && (c.st.hulk.addressBlocked(hulk, c.remote, c.now) || c.st.hulk.accountLocked(hulk, address, c.remote, c.now)) {
		return false
	}
	found := c.st.matching(KindMailbox, address, password, c.now)
	right := found != nil && found.account == c.account
	if !right && feeds {
		counted := c.st.hulk.fail(hulk, failure{addr: c.remote, user: address, secret: password, at: c.now})
		c.st.ledger.failedLogins = append(c.st.ledger.failedLogins, FailedLogin{
			Time: c.now, Remote: c.remote.String(), User: address, Kind: KindMailbox, Cause: string(causeWrong), Counted: counted,
		})
	}
	return right && !c.st.locked(found)
}

// number writes a flag as the vendor does.
func number(flag bool) int {
	if flag {
		return 1
	}
	return 0
}
