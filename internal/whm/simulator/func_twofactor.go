// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"maps"
	"slices"
	"strings"
)

// twoFactorFunctions set up and remove second factors.
func twoFactorFunctions() []function {
	const prefix, since, own, others = "twofactorauth_", "54", "create-acct", aclAll
	return []function{
		{name: prefix + "generate_tfa_config", since: since, only1: true, acl: own, handle: generateTwoFactor},
		{name: prefix + "set_tfa_config", since: since, only1: true, acl: own, mutating: always, handle: setTwoFactor},
		{name: prefix + "remove_user_config", since: since, only1: true, acl: own, mutating: always, handle: removeTwoFactor},
		{name: prefix + "get_user_configs", since: since, only1: true, acl: own, handle: twoFactorConfigs},
		{name: prefix + "policy_status", since: since, only1: true, handle: func(c *call) outcome {
			return done(object{"is_enabled": number(!c.st.policies().TwoFactorOff)})
		}},
		{name: prefix + "enable_policy", since: since, only1: true, acl: others, mutating: always, handle: switchTwoFactor(false)},
		{name: prefix + "disable_policy", since: since, only1: true, acl: others, mutating: always, handle: switchTwoFactor(true)},
		{name: prefix + "get_issuer", since: since, only1: true, acl: own, handle: func(c *call) outcome {
			issuer, systemWide := c.st.issuer(c.who.user)
			return done(object{"issuer": issuer, "system_wide_issuer": systemWide})
		}},
		{name: prefix + "set_issuer", since: since, only1: true, acl: own, mutating: always, handle: setIssuer},
		{name: prefix + "get_tfa_config_for_user", since: "118", only1: true, acl: others, handle: rawTwoFactor},
		{name: prefix + "set_tfa_config_for_user", since: "118", only1: true, acl: others, mutating: always, handle: setRawTwoFactor},
	}
}

func generateTwoFactor(c *call) outcome {
	issuer, _ := c.st.issuer(c.who.user)
	return done(c.st.generateTOTP(c.who.user, issuer))
}

func setTwoFactor(c *call) outcome {
	complaint := c.st.trySecondFactor(c.exchange, c.who.user, c.fn.name)
	switch {
	case complaint == textWrongCode && c.st.unverified().WrongSetupCode == "success0":
		return done(object{"success": 0})
	case complaint != "":
		return refused("%s", complaint)
	default:
		return done(object{"success": 1})
	}
}

// removeTwoFactor names also those who had no second factor.
func removeTwoFactor(c *call) outcome {
	users := c.form.list("user")
	if len(users) == 0 {
		return refused("The parameter “user” is required.")
	}
	modified, failed := []string{}, object{}
	for _, user := range users {
		if !c.st.mayActFor(c.who.user, user) {
			failed[user] = "You are not authorized to modify “" + user + "”."
			continue
		}
		c.st.setTOTP(c.exchange, credential{kind: KindTOTP, user: user}, c.fn.name)
		modified = append(modified, user)
	}
	return done(object{"users_modified": modified, "failed": failed})
}

func twoFactorConfigs(c *call) outcome {
	configs, only := object{}, c.form.get("user")
	names := slices.Concat(slices.Collect(maps.Keys(c.st.inv.Users)), slices.Collect(maps.Keys(c.st.inv.Accounts)))
	for _, name := range names {
		if c.st.mayActFor(c.who.user, name) && (only == "" || only == name) {
			configs[name] = object{
				"is_enabled":     number(c.st.totpSecret(name) != ""),
				"primary_domain": orDefault(c.st.inv.Accounts[name].Domain, c.st.inv.Hostname),
			}
		}
	}
	return done(configs)
}

func switchTwoFactor(off bool) func(*call) outcome {
	return func(c *call) outcome {
		c.st.inv.Policies.TwoFactorOff = off
		c.call.Applied = true
		return done(nil)
	}
}

func setIssuer(c *call) outcome {
	if c.form.get("issuer") == "" {
		return refused("The parameter “issuer” is required.")
	}
	issuers := maps.Clone(c.st.inv.Policies.TwoFactorIssuers)
	if issuers == nil {
		issuers = map[string]string{}
	}
	issuers[c.who.user] = c.form.get("issuer")
	c.st.inv.Policies.TwoFactorIssuers = issuers
	c.call.Applied = true
	return done(nil)
}

// rawTwoFactor shows the secrets of an account and of its mailboxes. There are
// no team users here.
func rawTwoFactor(c *call) outcome {
	user := c.form.get("user")
	if !c.st.mayActFor(c.who.user, user) {
		return refused("You do not have a user named “%s”.", user)
	}
	entry, mailboxes := object{"team": object{}}, object{}
	if secret := c.st.totpSecret(user); secret != "" {
		entry["primary_account"] = object{"secret": secret}
	}
	for address := range c.st.inv.Accounts[user].Mailboxes {
		if secret := c.st.totpSecret(address); secret != "" {
			mailboxes[address] = object{"secret": secret}
		}
	}
	entry["email"] = mailboxes
	return done(object{user: entry})
}

// setRawTwoFactor takes the same shape in a JSON body. It asks for no code, and
// changes either all that is named or nothing.
func setRawTwoFactor(c *call) outcome {
	var targets []credential
	for user, value := range c.json {
		entry, ok := value.(map[string]any)
		switch {
		case !ok && strings.HasPrefix(user, "api."):
			continue
		case !ok || !c.st.mayActFor(c.who.user, user):
			return refused("You do not have a user named “%s”.", user)
		}
		found, err := c.rawSecrets(user, entry)
		if err != nil {
			return refused("%s: %v.", user, err)
		}
		targets = append(targets, found...)
	}
	if len(targets) == 0 {
		return refused("The request names no secret.")
	}
	for _, target := range targets {
		c.st.setTOTP(c.exchange, target, c.fn.name)
	}
	return done(nil)
}

// rawSecrets are the secrets of one user in the body.
func (c *call) rawSecrets(user string, entry map[string]any) ([]credential, error) {
	var found []credential
	if primary, ok := entry["primary_account"]; ok {
		secret, err := secretOf(primary)
		if err != nil {
			return nil, err
		}
		found = append(found, credential{kind: KindTOTP, user: user, value: secret})
	}
	mailboxes, _ := entry["email"].(map[string]any)
	for address, value := range mailboxes {
		secret, err := secretOf(value)
		if err != nil {
			return nil, err
		}
		found = append(found, credential{kind: KindTOTP, user: address, account: user, value: secret})
	}
	return found, nil
}
