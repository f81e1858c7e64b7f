// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"slices"
)

// uapiFunction is one entry of the table of cPanel functions.
type uapiFunction struct {
	// name is Module::function.
	name string
	// since is the first release that has it; empty: no bound.
	since string
	// feature is the entry of the feature list that an account needs.
	feature string
	// role is the server role without which the function does not exist; empty:
	// it always does.
	role     string
	mutating bool
	handle   func(*uapiCall) uapiOutcome
}

// uapiCall is what a cPanel function works with.
type uapiCall struct {
	*exchange
	st *state
	// account is whom the function runs for, who need not be the caller.
	account string
	fn      *uapiFunction
}

// uapiTable indexes the cPanel functions.
func uapiTable() map[string]*uapiFunction {
	table := map[string]*uapiFunction{}
	for _, fn := range slices.Concat(
		accountTokenFunctions(), accountServerFunctions(),
		emailFunctions(), ftpFunctions(), webDiskFunctions(), mysqlFunctions(), postgresqlFunctions(), strengthFunctions(),
		accountSessionFunctions(), accountTwoFactorFunctions(), marketFunctions(),
	) {
		table[fn.name] = &fn
	}
	return table
}

// serveUAPI answers on the cPanel port, where the caller is the account.
func (st *state) serveUAPI(x *exchange, deny *Fault) reply {
	if x.uapi.version != versionUAPI {
		return st.callOlder(x, x.who.user, deny).legacy()
	}
	o := st.callUAPI(x, x.who.user, deny)
	if x.uapi.carrier == "" {
		return o.reply(o.bare())
	}
	return o.reply(o.wrapped(x.uapi))
}

// callUAPI gates and runs a cPanel function. The texts of the refusals are not
// verified.
func (st *state) callUAPI(x *exchange, account string, deny *Fault) uapiOutcome {
	fn := x.srv.uapi[x.uapi.fullName()]
	if fn == nil || !st.release.atLeast(orDefault(fn.since, "0")) || slices.Contains(st.policies().DisabledRoles, fn.role) {
		return uapiFailed("The system could not find the function “%s” in the module “%s”.", x.uapi.name, x.uapi.module)
	}
	c := &uapiCall{exchange: x, st: st, account: account, fn: fn}
	switch {
	case !c.featureOn():
		return uapiFailed("You do not have the feature “%s”.", fn.feature)
	case fn.mutating && x.who.cred.readOnly:
		return uapiFailed("This API token is read-only.")
	case deny != nil:
		return uapiFailed("%s", deny.Reason)
	default:
		return fn.handle(c)
	}
}

// featureOn reports whether account and credential have the feature of the
// function. Only tokens of accounts are limited to features.
func (c *uapiCall) featureOn() bool {
	if c.fn.feature == "" {
		return true
	}
	limits := c.who.cred.features
	return !slices.Contains(c.st.inv.Accounts[c.account].DisabledFeatures, c.fn.feature) &&
		(len(limits) == 0 || slices.Contains(limits, c.fn.feature))
}

// accountServerFunctions are harmless reads, good for trying a credential that
// may do little.
func accountServerFunctions() []uapiFunction {
	return []uapiFunction{{name: "SSH::get_port", since: "11.42", handle: func(*uapiCall) uapiOutcome {
		return uapiDone(object{"port": "22"}) // a number in the description, a string on the wire
	}}}
}
