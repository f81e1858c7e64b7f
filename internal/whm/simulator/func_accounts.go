// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"regexp"
	"slices"
	"strings"
	"time"
)

// accountFunctions make and change accounts. They are here for clients that
// bring their own accounts; the operator manages none.
func accountFunctions() []function {
	old := statusList("result")
	return []function{
		{name: "createacct", since: "11", acl: "create-acct", mutating: always, handle: createAccount, old: oldCreateAccount},
		{name: "removeacct", since: "11", acl: "kill-acct", mutating: always, handle: removeAccount, old: old},
		{name: "suspendacct", since: "11", acl: "suspend-acct", mutating: always, handle: suspendAccount, old: old},
		{name: "unsuspendacct", since: "11", acl: "suspend-acct", mutating: always, handle: unsuspendAccount, old: old},
		{name: "setupreseller", acl: aclAll, mutating: always, handle: setUpReseller, old: old},
		{name: "setacls", since: "11", acl: aclAll, mutating: always, handle: setACLs, old: old},
	}
}

var accountNameForm = regexp.MustCompile(`^[a-z][a-z0-9]{0,15}$`)

func createAccount(c *call) outcome {
	name, domain, password := c.form.get("username"), strings.ToLower(c.form.get("domain")), c.form.get("password")
	if password == "" {
		password = randomFrom(alphaNumeric, 20)
	}
	reseller, _ := c.form.flag("reseller")
	_, isUser := c.st.inv.Users[name]
	_, isAccount := c.st.inv.Accounts[name]
	switch {
	case !accountNameForm.MatchString(name):
		return refused("“%s” is not a valid username.", name)
	case isUser || isAccount:
		return refused("The username “%s” already exists.", name)
	case domain == "" || !strings.Contains(domain, ".") || c.st.accountOfDomain(domain) != "":
		return refused("The domain “%s” is invalid or already exists.", domain)
	case reseller && !c.acls().has(aclAll):
		return refused("You do not have permission to create a reseller.")
	}
	if complaint := c.st.tooWeak(password, "createacct"); complaint != "" {
		return refused("%s", complaint)
	}
	return c.makeAccount(name, domain, password, reseller)
}

func (c *call) makeAccount(name, domain, password string, reseller bool) outcome {
	account := Account{
		Owner: c.who.user, Domain: domain, Email: c.form.get("contactemail"),
		Plan: orDefault(c.form.get("plan"), "default"), IP: accountAddress,
	}
	if c.st.inv.Accounts == nil {
		c.st.inv.Accounts = map[string]Account{}
	}
	c.st.inv.Accounts[name] = account
	if reseller {
		c.st.inv.Users[name] = User{}
	}
	c.st.setPassword(c.exchange, credential{kind: KindPassword, user: name, value: password}, "createacct")
	o := done(object{"ip": account.IP, "package": account.Plan, "nameserver": "ns1." + c.st.inv.Hostname, "nameserver2": "ns2." + c.st.inv.Hostname})
	o.reason, o.output = "Account Creation Ok", "Creating account "+name
	return o
}

// accountAddress is the address of every account, from the range for examples.
const accountAddress = "192.0.2.10"

// oldCreateAccount has the details as options beside the status.
func oldCreateAccount(o outcome) object {
	if o.ok {
		o.data = object{"options": o.data}
	}
	return statusList("result")(o)
}

// ownAccount is the account that a call names, or a refusal.
func (c *call) ownAccount(name string) *outcome {
	if _, isAccount := c.st.inv.Accounts[name]; !isAccount || !c.st.mayActFor(c.who.user, name) {
		return new(refused("You do not have a user named “%s”.", name))
	}
	return nil
}

func removeAccount(c *call) outcome {
	name := orDefault(c.form.get("username"), c.form.get("user"))
	if no := c.ownAccount(name); no != nil {
		return *no
	}
	c.endCredentials(name)
	delete(c.st.inv.Accounts, name)
	delete(c.st.inv.Users, name)
	for other, account := range c.st.inv.Accounts {
		if account.Owner == name {
			account.Owner = rootUser
			c.st.inv.Accounts[other] = account
		}
	}
	c.call.Applied = true
	o := done(nil)
	o.reason, o.output = name+" account removed", "Removing account "+name
	return o
}

// endCredentials ends whatever an account and its users log in with.
func (c *call) endCredentials(account string) {
	for _, s := range slices.Clone(c.st.sessions) {
		if s.user == account || s.cred.account == account {
			c.st.purge(s, "", purgeLogout, c.by(c.fn.name), c.now)
		}
	}
	for _, owned := range c.st.credentials {
		if (owned.user == account || owned.account == account) && owned.current() {
			owned.revoke(c.by(c.fn.name), c.now, 0)
		}
	}
}

func suspendAccount(c *call) outcome {
	name := c.form.get("user")
	if no := c.ownAccount(name); no != nil {
		return *no
	}
	account := c.st.inv.Accounts[name]
	account.Suspended, account.SuspendReason, account.SuspendedAt = true, orDefault(c.form.get("reason"), "Unknown"), c.now
	return c.changed(name, account, "suspended")
}

func unsuspendAccount(c *call) outcome {
	name := c.form.get("user")
	if no := c.ownAccount(name); no != nil {
		return *no
	}
	account := c.st.inv.Accounts[name]
	account.Suspended, account.SuspendReason, account.SuspendedAt = false, "", time.Time{}
	return c.changed(name, account, "unsuspended")
}

func (c *call) changed(name string, account Account, how string) outcome {
	c.st.inv.Accounts[name] = account
	c.call.Applied = true
	o := done(nil)
	o.reason, o.output = name+"’s account has been "+how, "The account "+name+" was "+how
	return o
}

// setUpReseller lets an account log in to WHM, without any privilege yet. The
// privilege that the call itself needs is not verified.
func setUpReseller(c *call) outcome {
	name := c.form.get("user")
	if no := c.ownAccount(name); no != nil {
		return *no
	}
	if _, already := c.st.inv.Users[name]; !already {
		c.st.inv.Users[name] = User{}
	}
	if own, _ := c.form.flag("makeowner"); own {
		account := c.st.inv.Accounts[name]
		account.Owner = name
		c.st.inv.Accounts[name] = account
	}
	c.call.Applied = true
	return done(nil)
}

// setACLs replaces the privileges of a reseller by the ones that are given as
// acl-NAME. Any value grants, even 0, says the vendor's description of it; only
// an empty one does not.
func setACLs(c *call) outcome {
	reseller := c.form.get("reseller")
	user, ok := c.st.inv.Users[reseller]
	if !ok || reseller == rootUser {
		return refused("The user “%s” is not a reseller.", reseller)
	}
	var granted []string
	for parameter := range c.form {
		if name, isACL := strings.CutPrefix(parameter, "acl-"); isACL && c.form.get(parameter) != "" {
			granted = append(granted, name)
		}
	}
	slices.Sort(granted)
	if unknown := unknownACLs(granted); len(unknown) > 0 {
		return refused("The privilege “%s” does not exist.", unknown[0])
	}
	user.ACLs = granted
	c.st.inv.Users[reseller] = user
	c.call.Applied = true
	return done(nil)
}
