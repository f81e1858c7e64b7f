// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"encoding/json"
	"regexp"
	"time"
)

// tokenACL is the privilege behind most token functions.
const tokenACL = "manage-api-tokens"

// Refusals that tokens of WHM and of accounts share. Their wording is not
// verified.
const (
	textBadTokenName = "The token name “%s” is invalid: use 1 to 50 of the characters A-Z, a-z, 0-9, _ and -."
	textTokenExists  = "The API token “%s” already exists."
	textNoToken      = "The API token “%s” does not exist."
)

var tokenNameForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,50}$`)

func validTokenName(name string) bool { return tokenNameForm.MatchString(name) }

// tokenFunctions manage the API tokens of the calling user.
func tokenFunctions() []function {
	return []function{
		{name: "api_token_create", since: "64", only1: true, acl: tokenACL, mutating: always, handle: createToken},
		{name: "api_token_list", since: "64", only1: true, acl: tokenACL, handle: listTokens},
		{name: "api_token_revoke", since: "64", only1: true, acl: tokenACL, mutating: always, handle: revokeTokens},
		{name: "api_token_update", since: "68", only1: true, acl: tokenACL, mutating: always, handle: updateToken},
		{name: "api_token_get_details", since: "98", only1: true, acl: tokenACL, secret: []string{"token"}, handle: tokenDetails,
			aclWhen: func(u *Unverified) bool { return u.DetailsNeedACL == yes }},
	}
}

func createToken(c *call) outcome {
	name := c.form.get("token_name")
	if no := c.checkNewName(name); no != nil {
		return *no
	}
	limits, no := c.tokenLimits()
	switch {
	case no != nil:
		return *no
	case !c.overTLS:
		return refused("You must use a secure connection to create an API token.")
	case c.st.suspended(c.who.user):
		return refused("The account “%s” is suspended.", c.who.user)
	}
	u := c.st.unverified()
	t := c.st.issue(credential{
		kind: KindToken, user: c.who.user, name: name, value: newTokenValue(),
		acls: limits.acls, networks: limits.networks, expiresAt: limits.expiresAt,
		usableFrom: c.now.Add(time.Duration(u.TokenUsableAfter)),
	}, c.by("api_token_create"), c.now)
	c.call.Applied = true
	data := u.numbers(t.details())
	data["token"] = t.value
	return done(data)
}

// checkNewName refuses a name that is malformed, taken or reserved.
func (c *call) checkNewName(name string) *outcome {
	switch {
	case !validTokenName(name):
		return new(refused(textBadTokenName, name))
	case c.st.token(KindToken, c.who.user, name) != nil:
		return new(refused(textTokenExists, name))
	case c.who.user == rootUser && c.st.release.atLeast("138") && (name == "WebPros_Dashboard" || name == "WP-Dashboard"):
		return new(refused("The token name “%s” is reserved.", name))
	default:
		return nil
	}
}

func listTokens(c *call) outcome {
	tokens, flags := object{}, aclFlags{u: c.st.unverified(), held: c.st.aclsOf(c.who.user), seen: map[string]json.RawMessage{}}
	for _, t := range c.st.stored(KindToken, c.who.user) {
		entry := flags.u.numbers(t.details())
		entry["acls"] = flags.of(t)
		if flags.u.NullsInTokenList == "absent" {
			dropNulls(entry)
		}
		tokens[t.name] = entry
	}
	if len(tokens) == 0 && c.st.unverified().EmptyTokenList == "array" {
		return done(object{"tokens": []string{}})
	}
	return done(object{"tokens": tokens})
}

// revokeTokens takes all names or none: a refusal has changed nothing.
func revokeTokens(c *call) outcome {
	names := c.form.list("token_name")
	if len(names) == 0 {
		return refused("The parameter “token_name” is required.")
	}
	u := c.st.unverified()
	for _, name := range names {
		if c.st.token(KindToken, c.who.user, name) == nil && u.RevokeUnknownToken == refuse {
			return refused(textNoToken, name)
		}
	}
	for _, name := range names {
		if t := c.st.token(KindToken, c.who.user, name); t != nil {
			t.revoke(c.by("api_token_revoke"), c.now, time.Duration(u.RevokedTokenDiesAfter))
			c.call.Applied = true
		}
	}
	return done(nil)
}

// updateToken replaces the whole description: what is left out is reset, and
// the vendor documents that a missing acl grants all the caller has.
func updateToken(c *call) outcome {
	t := c.st.token(KindToken, c.who.user, c.form.get("token_name"))
	if t == nil {
		return refused(textNoToken, c.form.get("token_name"))
	}
	if t.expired(c.now) && c.st.unverified().UpdateExpiredToken == refuse {
		return refused("The API token “%s” has expired.", t.name)
	}
	limits, no := c.tokenLimits()
	if no != nil {
		return *no
	}
	if name := c.form.get("new_name"); name != "" && name != t.name {
		if no := c.checkNewName(name); no != nil {
			return *no
		}
		t.name = name
	}
	t.acls, t.expiresAt = limits.acls, limits.expiresAt
	if limits.hasNetworks || c.st.unverified().UpdateWithoutWhitelist == "clear" {
		t.networks = limits.networks
	}
	c.call.Applied = true
	return done(c.st.unverified().numbers(t.details()))
}

// tokenDetails maps a secret back to its description.
func tokenDetails(c *call) outcome {
	value := c.form.get("token")
	if value == "" {
		return refused("The parameter “token” is required.")
	}
	others := c.who.user == rootUser && c.st.unverified().DetailsOfOtherUsers == yes
	for _, t := range c.st.credentials {
		if t.kind == KindToken && t.value == value && t.current() && (t.user == c.who.user || others) {
			return done(c.st.unverified().numbers(t.details()))
		}
	}
	if c.st.unverified().DetailsUnknownToken == "0" {
		return refused("The API token does not exist.")
	}
	return done(nil)
}
