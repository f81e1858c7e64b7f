// SPDX-License-Identifier: Apache-2.0

package simulator

// carrierFunctions call cPanel functions for an account of the caller.
func carrierFunctions() []function {
	const acl = "cpanel-api"
	return []function{
		{name: carrierUAPI, since: "86", only1: true, acl: acl, handle: carryUAPI},
		// Labelled 84, but older clients than that call it.
		{name: carrierCPanel, since: "11.40", acl: acl, handle: carryCPanel},
	}
}

// mayCarry reports whether the caller controls the account that the call names.
func (c *call) mayCarry() bool {
	_, isAccount := c.st.inv.Accounts[c.uapi.account]
	return isAccount && c.st.mayActFor(c.who.user, c.uapi.account)
}

// carryUAPI succeeds whenever the inner function could be called: what that
// one says stands inside.
func carryUAPI(c *call) outcome {
	switch {
	case c.uapi.module == "" || c.uapi.name == "":
		return refused("The parameters “cpanel.module” and “cpanel.function” are required.")
	case !c.mayCarry():
		return refused("You do not have a user named “%s”.", c.uapi.account)
	}
	inner := c.st.callUAPI(c.exchange, c.uapi.account, c.denyInner)
	o := done(object{"uapi": inner.bare()})
	o.inner = &inner
	return o
}

// carryCPanel is the older carrier. Clients were seen to get its answer without
// the envelope, and the vendor's description has one: a switch decides.
func carryCPanel(c *call) outcome {
	const badUser = "User parameter is invalid or was not supplied"
	switch {
	case !c.mayCarry():
		return outcome{reason: badUser, whole: object{
			"data": object{"reason": badUser, "result": "0"}, "type": "text", "error": badUser,
		}}
	case c.uapi.version != versionUAPI:
		return c.st.callOlder(c.exchange, c.uapi.account, c.denyInner)
	}
	inner := c.st.callUAPI(c.exchange, c.uapi.account, c.denyInner)
	o := done(inner.wrapped(c.uapi))
	o.inner = &inner
	if c.st.unverified().CPanelAnswer == "wrapped" {
		o.whole = o.data
	}
	return o
}
