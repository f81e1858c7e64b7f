// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"net/netip"
	"strings"
	"time"
)

// accountSessionFunctions open sessions from cPanel, and a database user inside
// one.
func accountSessionFunctions() []uapiFunction {
	const prefix = "Session::create_webmail_session_for_"
	return []uapiFunction{
		{name: prefix + "mail_user", mutating: true, handle: webmailSession},
		{name: prefix + "mail_user_check_password", mutating: true, handle: webmailSessionWithPassword},
		{name: prefix + "self", mutating: true, handle: func(c *uapiCall) uapiOutcome { return c.openWebmail(c.account) }},
		{name: "Session::create_temp_user", since: "54.0.16", mutating: true, handle: createTempUser},
	}
}

// mailUser is the mailbox that the call names, or a complaint.
func (c *uapiCall) mailUser() (address string, complaint *uapiOutcome) {
	login, domain := c.form.get("login"), c.form.get("domain")
	address = login + "@" + domain
	switch {
	case login == "" || domain == "":
		return "", new(uapiFailed("The parameters “login” and “domain” are required."))
	case !c.st.hasServiceUser(c.account, KindMailbox, address):
		return "", new(uapiFailed("The account “%s” has no mailbox “%s”.", c.account, address))
	default:
		return address, nil
	}
}

func webmailSession(c *uapiCall) uapiOutcome {
	address, no := c.mailUser()
	if no != nil {
		return *no
	}
	return c.openWebmail(address)
}

func webmailSessionWithPassword(c *uapiCall) uapiOutcome {
	address, no := c.mailUser()
	switch {
	case no != nil:
		return *no
	case !c.mailPasswordIsRight(address, c.form.get("password")):
		return uapiFailed("The password is incorrect or the mailbox is suspended.")
	default:
		return c.openWebmail(address)
	}
}

// openWebmail prepares a session. Its cookie is for the address the caller
// names, by default the caller's own, which is wrong for a user elsewhere.
func (c *uapiCall) openWebmail(user string) uapiOutcome {
	remote := c.remote
	if text := c.form.get("remote_address"); text != "" {
		named, err := netip.ParseAddr(text)
		if err != nil {
			return uapiFailed("The parameter “remote_address” is not an IP address.")
		}
		remote = named.Unmap()
	}
	owner := credential{kind: KindMailbox, user: user, account: c.account}
	if c.st.locked(&owner) {
		return uapiFailed("The mailbox “%s” is suspended.", user)
	}
	name := strings.TrimPrefix(c.fn.name, "Session::")
	s := c.st.newSession(c.exchange, user, serviceWebmail, ":"+name, c.fn.name)
	s.addr = remote
	c.call.Applied = true
	return uapiDone(object{"session": s.cred.value, "token": s.token, "hostname": nil})
}

// createTempUser makes a database user that dies with the session, so that
// there must be one: a token has none.
func createTempUser(c *uapiCall) uapiOutcome {
	u := c.st.unverified()
	fresh := credential{kind: KindTempUser, user: c.account, account: c.account, value: newTempUser(c.account)}
	switch {
	case c.who.session != nil && c.service == serviceCPanel:
		fresh.within = c.who.cred
	case u.TempUserOutsideSession == allow:
		fresh.expiresAt = c.now.Add(time.Duration(c.st.policies().SessionIdle))
	default:
		return uapiFailed("This function can be called only inside a cPanel session.")
	}
	if known := c.tempUser(fresh.within); known != nil && u.TempUserAgain == "same" {
		return uapiDone(object{"created": 0, "session_temp_user": known.value})
	}
	c.st.issue(fresh, c.by(c.fn.name), c.now)
	c.call.Applied = true
	return uapiDone(object{"created": 1, "session_temp_user": fresh.value})
}

// tempUser is the one that a session has, or nil.
func (c *uapiCall) tempUser(session *credential) *credential {
	for _, known := range c.st.stored(KindTempUser, c.account) {
		if session != nil && known.within == session {
			return known
		}
	}
	return nil
}

// newTempUser has the form of real names: a prefix, two letters of the account
// and random ones.
func newTempUser(account string) string {
	return "cpses_" + account[:min(len(account), 2)] + randomFrom(alphaNumeric, 8)
}
