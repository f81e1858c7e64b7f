// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"strings"
	"time"
)

// applyServiceUsers makes the passwords of one kind of an account's users agree
// with the inventory.
func (st *state) applyServiceUsers(account string, kind Kind, wanted map[string]string, now time.Time) {
	for _, c := range st.credentials {
		if c.kind == kind && c.account == account && c.current() && wanted[c.user] != c.value {
			c.revoke(byInventory, now, 0)
		}
	}
	for user, value := range wanted {
		if value != "" && st.only(kind, user) == nil {
			st.issue(credential{kind: kind, user: user, account: account, value: value}, byInventory, now)
		}
	}
}

// setPassword replaces what opens something. A password is entered anew even if
// it is the old one: that it was set is what the ledger is asked about.
func (st *state) setPassword(x *exchange, target credential, how string) {
	u := st.unverified()
	if old := st.only(target.kind, target.user); old != nil {
		grace := time.Duration(u.OldPasswordDiesAfter)
		if old.value == target.value {
			grace = 0
		}
		old.revoke(x.by(how), x.now, grace)
	}
	target.usableFrom = x.now.Add(time.Duration(u.NewPasswordUsableAfter))
	st.issue(target, x.by(how), x.now)
	x.call.Applied = true
}

// hasServiceUser reports whether an account has that user of a service.
func (st *state) hasServiceUser(account string, kind Kind, user string) bool {
	_, ok := st.inv.Accounts[account].servicePasswords()[kind][user]
	return ok
}

// accountOfMailbox returns the account that has the mailbox, or "".
func (st *state) accountOfMailbox(address string) string {
	_, domain, _ := strings.Cut(address, "@")
	if account := st.accountOfDomain(domain); st.hasServiceUser(account, KindMailbox, address) {
		return account
	}
	return ""
}

// locked reports whether somebody may log in to nothing: a suspended user, a
// user of a suspended account, or a suspended mailbox.
func (st *state) locked(c *credential) bool {
	if c.kind == KindMailbox && st.inv.Accounts[c.account].Mailboxes[c.user].SuspendedLogin {
		return true
	}
	return st.unverified().SuspendedMayLogIn == no && (st.suspended(c.user) || st.suspended(c.account))
}

// setServiceUser is the common part of the functions that set the password of a
// user of a service.
func (c *uapiCall) setServiceUser(kind Kind, user, password, application string) *uapiOutcome {
	switch {
	case user == "":
		return new(uapiFailed("The parameter “user” is required."))
	case password == "":
		return new(uapiFailed("The parameter “password” is required."))
	case !c.st.hasServiceUser(c.account, kind, user):
		return new(uapiFailed("The user “%s” does not exist.", user))
	}
	if complaint := c.st.tooWeak(password, application); complaint != "" {
		return new(uapiFailed("%s", complaint))
	}
	c.st.setPassword(c.exchange, credential{kind: kind, user: user, account: c.account, value: password}, c.fn.name)
	return nil
}

// login completes a name that may come without its domain.
func (c *uapiCall) login(name string) string {
	if name == "" || strings.Contains(name, "@") {
		return name
	}
	return name + "@" + orDefault(c.form.get("domain"), c.st.inv.Accounts[c.account].Domain)
}
