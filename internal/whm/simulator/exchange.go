// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"net/http"
	"net/netip"
	"regexp"
	"strings"
	"time"
)

// service is one of the three listeners of a cPanel server.
type service string

// The names are the ones create_user_session uses.
const (
	serviceWHM     service = "whostmgrd"
	serviceCPanel  service = "cpaneld"
	serviceWebmail service = "webmaild"
)

// Names under which pages that change something appear in ledger and faults.
const (
	functionLogin  = "login"
	functionLogout = "logout"
)

// securityToken is the first path segment of session requests.
var securityToken = regexp.MustCompile(`^/cpsess[0-9]+`)

// exchange is one request on its way through the server.
type exchange struct {
	srv     *Server
	service service
	w       http.ResponseWriter
	r       *http.Request
	now     time.Time
	remote  netip.Addr
	overTLS bool

	cpsess string // "/cpsess123", or empty
	path   string // the rest of the path
	form   params
	// json is the body of a request that sends an object instead of a form.
	json map[string]any
	// uapi is set when the request asks for a cPanel function.
	uapi *uapiRequest

	// who is set once the caller is known.
	who principal
	// claimed is the user name the request presents, proven or not.
	claimed string
	call    Call
}

func newExchange(s *Server, svc service, w http.ResponseWriter, r *http.Request) (*exchange, error) {
	x := &exchange{srv: s, service: svc, w: w, r: r, now: s.Now(), overTLS: r.TLS != nil}
	if port, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		x.remote = port.Addr().Unmap()
	}
	x.cpsess = securityToken.FindString(r.URL.Path)
	x.path = strings.TrimPrefix(r.URL.Path, x.cpsess)
	if err := x.readParams(); err != nil {
		return nil, err
	}
	x.claimed = claimedUser(x)
	x.call = Call{
		Time: x.now, Remote: x.remote.String(), Service: string(svc),
		Method: r.Method, Path: x.shownPath(), Function: x.function(),
	}
	if x.uapi = requestedUAPI(x); x.uapi != nil && x.uapi.fullName() != "::" {
		x.call.Function, x.call.CarriedBy, x.call.Account = x.uapi.fullName(), x.uapi.carrier, x.uapi.account
	}
	return x, nil
}

// function is what the path asks for: a WHM function, Module::function, login,
// logout, or empty for pages. What a carrier carries is in uapi.
func (x *exchange) function() string {
	if x.path == "/login" || x.path == "/login/" {
		return functionLogin
	}
	if x.path == "/logout" || x.path == "/logout/" {
		return functionLogout
	}
	for _, family := range []string{"/json-api/", pathXML} {
		if name, ok := strings.CutPrefix(x.path, family); ok {
			return strings.Trim(name, "/")
		}
	}
	if name, ok := strings.CutPrefix(x.path, "/execute/"); ok {
		return strings.ReplaceAll(strings.Trim(name, "/"), "/", "::")
	}
	return ""
}

// shownPath is the path without the security token of a session.
func (x *exchange) shownPath() string {
	if x.cpsess == "" {
		return x.path
	}
	return "/cpsess" + mask + x.path
}

// entersUAPI reports whether the caller wants a cPanel function.
func (x *exchange) entersUAPI() bool { return strings.HasPrefix(x.path, "/execute/") }

// describe completes what the ledger shows of the request. It is called with
// the server's lock held, because only the state knows which values are secret.
func (x *exchange) describe(st *state) {
	secret := x.form.names() // of an unknown function, any argument may be one
	switch fn := x.srv.functions[x.function()]; {
	case x.uapi != nil:
		secret = x.uapi.describe(x)
	case x.service == serviceWHM && fn != nil:
		secret = fn.secret
		x.call.Mutating = fn.mutating != nil && fn.mutating(x.form) || fn.name == functionBatch && x.batchMutates()
	case x.function() == functionLogin:
		secret = nil
		x.call.Mutating = x.form.has("session") || x.form.has("user")
	case x.function() == functionLogout:
		x.call.Mutating = true
	}
	x.call.Params = x.form.masked(secret, st.isSecret)
}

// entersAPI reports whether the caller is a program, which wants data and no
// pages.
func (x *exchange) entersAPI() bool {
	return strings.HasPrefix(x.path, "/json-api/") || x.entersXML() || x.entersUAPI()
}

// by is the origin of changes that this call makes.
func (x *exchange) by(how string) origin {
	return origin{call: x.call.ID, credential: x.call.Credential, how: how}
}
