// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"maps"
	"slices"
)

// serverFunctions say who the server and the caller are.
func serverFunctions() []function {
	return []function{
		{name: "version", acl: "basic-system-info", handle: serverVersion,
			aclWhen: func(u *Unverified) bool { return u.VersionDeniedWithoutACL == yes }},
		{name: "gethostname", handle: hostname},
		{name: "myprivs", handle: privileges},
		{name: "applist", handle: applications},
		{name: "loadavg", handle: loadAverage},
	}
}

func serverVersion(c *call) outcome {
	data := object{"version": c.st.inv.Version}
	o := done(data)
	if c.st.unverified().VersionOldEnvelope == yes {
		o.whole = object{"cpanelresult": object{"apiversion": "2", "data": data, "type": "text"}}
	}
	return o
}

func hostname(c *call) outcome {
	return done(object{"hostname": c.st.inv.Hostname})
}

// privileges answers as live hosts were seen to: a list of one object, with
// numbers for root and strings for a reseller, and three ways to say no.
func privileges(c *call) outcome {
	held := c.acls()
	if c.st.unverified().MyprivsShows == "user" {
		held = c.st.aclsOf(c.who.user)
	}
	var granted any = "1"
	if c.who.user == rootUser {
		granted = 1
	}
	list := object{}
	for i, name := range aclNames {
		switch {
		case held.has(name):
			list[name] = granted
		case i%3 == 0:
			list[name] = 0
		case i%3 == 1:
			list[name] = ""
		}
	}
	return done(object{"privileges": []object{list}})
}

// applications lists what the caller may call on this release.
func applications(c *call) outcome {
	names := []string{}
	for _, name := range slices.Sorted(maps.Keys(c.srv.functions)) {
		if fn := c.srv.functions[name]; fn.existsIn(c.st.release) && c.permitted(fn) {
			names = append(names, name)
		}
	}
	return done(object{"app": names})
}

// loadAverage answers without an envelope whatever version of the API is asked
// for, as the tests of the vendor's own client have it.
func loadAverage(*call) outcome {
	o := done(nil)
	o.whole = object{"one": "0.10", "five": "0.15", "fifteen": "0.20"}
	return o
}
