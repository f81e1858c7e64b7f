// SPDX-License-Identifier: Apache-2.0

package simulator

import "time"

// sinceReadOnly is the release whose description has read-only tokens first.
const sinceReadOnly = "137"

// accountTokenFunctions manage the tokens of a cPanel account. Unlike those of
// WHM they have no privileges and no address list.
func accountTokenFunctions() []uapiFunction {
	const since, feature = "80", "apitokens"
	return []uapiFunction{
		{name: "Tokens::create_full_access", since: since, feature: feature, mutating: true, handle: createAccountToken},
		{name: "Tokens::list", since: since, feature: feature, handle: listAccountTokens},
		{name: "Tokens::rename", since: since, feature: feature, mutating: true, handle: renameAccountToken},
		{name: "Tokens::revoke", since: since, feature: feature, mutating: true, handle: revokeAccountToken},
	}
}

// createAccountToken does not say in its answer when the token expires: some
// hosts were reported to ignore the argument.
func createAccountToken(c *uapiCall) uapiOutcome {
	name := c.form.get("name")
	if no := c.checkNewName(name); no != nil {
		return *no
	}
	if c.st.suspended(c.account) {
		return uapiFailed("The account “%s” is suspended.", c.account)
	}
	expiresAt, complaint := c.accountTokenExpiry()
	if complaint != "" {
		return uapiFailed("%s", complaint)
	}
	t := c.st.issue(credential{
		kind: KindAccountToken, user: c.account, name: name, value: newTokenValue(), expiresAt: expiresAt,
		readOnly:   c.st.release.atLeast(sinceReadOnly) && c.form.get("readonly") == "1",
		usableFrom: c.now.Add(time.Duration(c.st.unverified().TokenUsableAfter)),
	}, c.by(c.fn.name), c.now)
	c.call.Applied = true
	return uapiDone(c.st.unverified().numbers(object{"create_time": t.createdAt.Unix(), "token": t.value}))
}

// accountTokenExpiry reads the argument, which releases below 82 do not have.
func (c *uapiCall) accountTokenExpiry() (at time.Time, complaint string) {
	if !c.st.release.atLeast("82") || c.st.unverified().AccountTokenExpiry == "ignored" {
		return time.Time{}, ""
	}
	return parseExpiry(c.form.get("expires_at"), c.now)
}

// checkNewName refuses a name that is malformed or taken.
func (c *uapiCall) checkNewName(name string) *uapiOutcome {
	switch {
	case !validTokenName(name):
		return new(uapiFailed(textBadTokenName, name))
	case c.st.token(KindAccountToken, c.account, name) != nil:
		return new(uapiFailed(textTokenExists, name))
	default:
		return nil
	}
}

func listAccountTokens(c *uapiCall) uapiOutcome {
	entries := []object{}
	for _, t := range c.st.stored(KindAccountToken, c.account) {
		entry := object{
			"name": t.name, "create_time": t.createdAt.Unix(), "expires_at": nil,
			"features": append([]string{}, t.features...), "has_full_access": 1,
		}
		if len(t.features) > 0 {
			entry["has_full_access"] = 0
		}
		if t.readOnly && c.st.release.atLeast(sinceReadOnly) {
			entry["readonly"] = 1
		}
		if !t.expiresAt.IsZero() {
			entry["expires_at"] = t.expiresAt.Unix()
		}
		if c.st.unverified().NullsInTokenList == "absent" {
			dropNulls(entry)
		}
		entries = append(entries, c.st.unverified().numbers(entry))
	}
	return uapiDone(entries)
}

// renameAccountToken changes the name and nothing else: the expiry of these
// tokens cannot be edited.
func renameAccountToken(c *uapiCall) uapiOutcome {
	t := c.st.token(KindAccountToken, c.account, c.form.get("name"))
	if t == nil {
		return uapiFailed(textNoToken, c.form.get("name"))
	}
	if no := c.checkNewName(c.form.get("new_name")); no != nil {
		return *no
	}
	t.name = c.form.get("new_name")
	c.call.Applied = true
	return uapiDone(nil)
}

func revokeAccountToken(c *uapiCall) uapiOutcome {
	u := c.st.unverified()
	t := c.st.token(KindAccountToken, c.account, c.form.get("name"))
	switch {
	case t != nil:
		t.revoke(c.by(c.fn.name), c.now, time.Duration(u.RevokedTokenDiesAfter))
		c.call.Applied = true
		return uapiDone(1)
	case u.RevokeUnknownAccountToken == "zero":
		return uapiDone(0)
	case u.RevokeUnknownAccountToken == "ok":
		return uapiDone(1)
	default:
		return uapiFailed(textNoToken, c.form.get("name"))
	}
}
