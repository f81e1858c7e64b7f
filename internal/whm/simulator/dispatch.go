// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"net/http"
	"slices"
)

// function is one entry of the function table: everything about a call that
// is not its effect.
type function struct {
	name string
	// since and removed bound the releases that have it; empty: no bound.
	since, removed string
	// acl is the privilege it needs; empty: none.
	acl string
	// aclWhen says under which switches acl is needed; nil: always.
	aclWhen func(*Unverified) bool
	// only1 functions exist in version 1 of the API and not in the older one.
	only1 bool
	// mutating reports whether a call with these arguments asks for a change;
	// nil: never.
	mutating func(params) bool
	// secret names the arguments that the ledger must not show.
	secret []string
	handle func(*call) outcome
	// old writes the answer to a call without api.version; nil: data at top
	// level, and refusals in a list of one status.
	old func(outcome) object
}

// always is for functions that change something on every call.
func always(params) bool { return true }

// call is what a function works with.
type call struct {
	*exchange
	st *state
	fn *function
	// denyInner is a fault rule against the cPanel function that is carried.
	denyInner *Fault
}

// acls is what the caller may do: its user's privileges within the limits of
// its credential.
func (c *call) acls() aclSet {
	held := c.st.aclsOf(c.who.user)
	if c.who.cred.acls == nil {
		return held
	}
	return c.who.cred.acls.and(held)
}

// permitted reports whether the caller holds the privilege of a function.
func (c *call) permitted(fn *function) bool {
	needed := fn.acl != "" && (fn.aclWhen == nil || fn.aclWhen(c.st.unverified()))
	return !needed || c.acls().has(fn.acl)
}

// functionTable indexes the functions of WHM API 1. A later chapter adds its
// list here.
func functionTable() map[string]*function {
	table := map[string]*function{}
	for _, fn := range slices.Concat(
		serverFunctions(), accesshashFunctions(), tokenFunctions(), sessionFunctions(), carrierFunctions(), passwordFunctions(),
		twoFactorFunctions(), storeFunctions(), accountFunctions(), accountListFunctions(), batchFunctions(),
	) {
		table[fn.name] = &fn
	}
	return table
}

func (fn *function) existsIn(release version) bool {
	return (fn.since == "" || release.atLeast(fn.since)) && (fn.removed == "" || !release.atLeast(fn.removed))
}

// respond runs one request under the server's lock.
func (st *state) respond(x *exchange, deny *Fault) reply {
	st.purgeExpired(x.now)
	switch {
	case x.function() == functionLogin:
		return st.login(x)
	case x.function() == functionLogout:
		return st.logout(x)
	case !x.entersAPI():
		return st.page(x)
	case x.entersXML() && st.release.atLeast(xmlRemoved):
		return htmlReply(http.StatusNotFound, "<html><body>Not Found</body></html>")
	case x.entersXML():
		return st.respondAPI(x, deny).asXML(x)
	default:
		return st.respondAPI(x, deny)
	}
}

// respondAPI runs a call of a program.
func (st *state) respondAPI(x *exchange, deny *Fault) reply {
	if rejection := st.authenticate(x); rejection != nil {
		return *rejection
	}
	switch {
	case x.service == serviceCPanel && x.uapi != nil:
		return st.serveUAPI(x, deny)
	case x.service != serviceWHM || x.entersUAPI():
		return x.wrongService()
	default:
		return st.dispatch(x, deny)
	}
}

// dispatch gates and runs a WHM function.
func (st *state) dispatch(x *exchange, deny *Fault) reply {
	version1 := x.form.get("api.version") == "1"
	fn := x.srv.functions[x.function()]
	if fn == nil || !fn.existsIn(st.release) || (fn.only1 && !version1) {
		return st.unknownApp(x, version1)
	}
	c := &call{exchange: x, st: st, fn: fn}
	if !c.permitted(fn) {
		return st.aclDenied(c, version1)
	}
	if x.uapi != nil && deny != nil && deny.Function == x.call.Function {
		c.denyInner, deny = deny, nil
	}
	if deny != nil {
		return st.wrap(x, denied("%s", deny.Reason), version1)
	}
	return st.wrap(x, fn.handle(c), version1)
}

func (st *state) wrap(x *exchange, o outcome, version1 bool) reply {
	if !version1 {
		if fn := x.srv.functions[x.function()]; fn != nil && fn.old != nil && o.whole == nil {
			o.whole = fn.old(o)
		}
		return o.legacy()
	}
	return o.envelope(x.function(), st.unverified().ResultAsString == yes)
}

func (st *state) unknownApp(x *exchange, version1 bool) reply {
	r := denied("Unknown app (%s) requested for this version (1) of the API.", x.function()).
		envelope(x.function(), st.unverified().ResultAsString == yes)
	if !version1 {
		r.body = encode(object{"error": "Unknown App Requested: " + x.function()})
	}
	r.status = st.unverified().UnknownAppStatus.number()
	return r
}

// aclDenied refuses a caller without the privilege.
func (st *state) aclDenied(c *call, version1 bool) reply {
	if st.unverified().ACLDeniedForm == "login403" {
		return accessDenied("403")
	}
	o := denied("Access denied: you do not have permission to use “%s”, which requires the privilege “%s”.", c.fn.name, c.fn.acl)
	r := st.wrap(c.exchange, o, version1)
	if st.unverified().ACLDeniedForm == "envelope403" {
		r.status = http.StatusForbidden
	}
	return r
}
