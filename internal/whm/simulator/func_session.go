// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// sessionFunctions prepare logins for others.
func sessionFunctions() []function {
	return []function{{
		name: "create_user_session", since: "11.40", only1: true, acl: "create-user-session",
		mutating: always, handle: createUserSession,
	}}
}

func createUserSession(c *call) outcome {
	user, svc := c.form.get("user"), service(c.form.get("service"))
	switch {
	case user == "":
		return refused("The parameter “user” is required.")
	case !slices.Contains([]service{serviceWHM, serviceCPanel, serviceWebmail}, svc):
		return refused("The parameter “service” must be one of cpaneld, whostmgrd, webmaild.")
	case user == rootUser && c.who.user == rootUser && c.st.unverified().RootSessionForRoot == refuse:
		return refused("You do not have access to create a session for “%s”.", user)
	case !c.mayOpenFor(user, svc):
		return refused("You do not have a user named “%s”.", user)
	case c.st.suspended(user):
		return refused("The account “%s” is suspended.", user)
	}
	s := c.st.newSession(c.exchange, user, svc, ":create_user_session", "create_user_session")
	if c.st.unverified().SessionBoundTo == "creator" {
		s.addr = c.remote
	}
	c.call.Applied = true
	o := done(c.sessionData(s))
	o.reason = "Created session"
	return o
}

// mayOpenFor reports whether the caller controls the user and the user may use
// the service.
func (c *call) mayOpenFor(user string, svc service) bool {
	if strings.Contains(user, "@") {
		owner := c.st.accountOfMailbox(user)
		return svc == serviceWebmail && owner != "" && c.st.mayActFor(c.who.user, owner)
	}
	return c.st.knows(user, svc) && c.st.mayActFor(c.who.user, user)
}

func (c *call) sessionData(s *session) object {
	data := object{
		"session": s.cred.value, "service": string(s.service), "cp_security_token": s.token,
		"url": c.sessionURL(s), "expires": c.st.wallClock(s.cred.expiresAt).Unix(),
	}
	if c.st.unverified().ExpiresAsString == yes {
		data["expires"] = strconv.FormatInt(c.st.wallClock(s.cred.expiresAt).Unix(), 10)
	}
	if locale := c.form.get("locale"); locale != "" {
		data["locale"] = locale
	}
	return data
}

// sessionURL names the server's own host unless the caller prefers another
// name; the port is the one the service really listens on.
func (c *call) sessionURL(s *session) string {
	host := c.form.get("preferred_domain")
	if host == "" {
		host = c.st.inv.Hostname
	}
	query := url.Values{"session": {s.cred.value}}
	for _, name := range []string{"app", "locale"} {
		if value := c.form.get(name); value != "" {
			query.Set(name, value)
		}
	}
	address := url.URL{
		Scheme: "https", Host: net.JoinHostPort(host, c.srv.port(s.service)),
		Path: s.token + "/login/", RawQuery: query.Encode(),
	}
	return address.String()
}
