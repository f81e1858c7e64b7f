// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"slices"
	"strings"
)

// WHM functions that carry a cPanel function. The cPanel port knows the second
// one too.
const (
	carrierUAPI   = "uapi_cpanel"
	carrierCPanel = "cpanel"
)

// versionUAPI is the apiversion that means UAPI; 1 and 2 are older families.
const (
	version2    = "2"
	versionUAPI = "3"
)

// uapiRequest is the cPanel function that a request asks for, whichever way.
type uapiRequest struct {
	module, name string
	// account is whom it runs for; empty on cPanel, where it is the caller.
	account string
	// version is the family, versionUAPI unless the old carrier asks for less.
	version string
	// carrier is the function that carries it; empty for /execute.
	carrier string
	// own are the arguments that name all this, and hold no secret.
	own []string
}

// fullName is the name in the ledger and in fault rules.
func (u *uapiRequest) fullName() string { return u.module + "::" + u.name }

// requestedUAPI reads the ways to call a cPanel function; nil: it is no such
// call.
func requestedUAPI(x *exchange) *uapiRequest {
	switch {
	case x.entersUAPI():
		if x.service != serviceCPanel {
			return nil
		}
		module, name, _ := strings.Cut(x.function(), "::")
		return &uapiRequest{module: module, name: name, version: versionUAPI}
	case x.service == serviceWHM && x.function() == carrierUAPI:
		u := &uapiRequest{version: versionUAPI, carrier: carrierUAPI}
		u.read(x.form, "cpanel.module", "cpanel.function", "cpanel.user", "")
		return u
	case x.service != serviceWebmail && x.function() == carrierCPanel:
		u := &uapiRequest{version: version2, carrier: carrierCPanel}
		prefix := "cpanel_jsonapi_"
		if x.entersXML() {
			prefix = "cpanel_xmlapi_"
		}
		u.read(x.form, prefix+"module", prefix+"func", prefix+"user", prefix+"apiversion")
		return u
	default:
		return nil
	}
}

// read takes the request from the arguments of those names.
func (u *uapiRequest) read(form params, module, name, account, version string) {
	u.module, u.name, u.account = form.get(module), form.get(name), form.get(account)
	u.version = orDefault(form.get(version), u.version)
	u.own = []string{"api.version", module, name, account, version}
}

// describe completes what the ledger shows, and returns the arguments that may
// hold a secret: all of a function that nobody knows.
func (u *uapiRequest) describe(x *exchange) (secret []string) {
	name := u.fullName()
	switch u.version {
	case versionUAPI:
	case version2:
		name = api2[name]
	default:
		name = ""
	}
	if fn := x.srv.uapi[name]; fn != nil {
		x.call.Mutating = fn.mutating
		return nil
	}
	return slices.DeleteFunc(x.form.names(), func(name string) bool { return slices.Contains(u.own, name) })
}
