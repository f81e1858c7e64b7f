// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"errors"

	"github.com/pquerna/otp/totp"
)

// textWrongCode is the documented complaint about a wrong code, which a wrong
// clock causes too.
const textWrongCode = "The security code is invalid."

// pendingTOTP remembers which secrets the server made up for whom. They open
// nothing until one is set up.
type pendingTOTP map[string]map[string]bool

// generateTOTP makes a secret of 16 characters, as in the documented example,
// and stores nothing that a login would ask about.
func (st *state) generateTOTP(user, issuer string) object {
	const rawBytes = 10
	key, err := totp.Generate(totp.GenerateOpts{Issuer: issuer, AccountName: user, SecretSize: rawBytes})
	if err != nil {
		panic("simulator: no secret: " + err.Error())
	}
	if st.pending == nil {
		st.pending = pendingTOTP{}
	}
	if st.pending[user] == nil {
		st.pending[user] = map[string]bool{}
	}
	st.pending[user][key.Secret()] = true
	return object{"secret": key.Secret(), "otpauth_str": key.URL()}
}

// trySecondFactor sets up a secret if the code shows that its holder has it.
func (st *state) trySecondFactor(x *exchange, user, how string) (complaint string) {
	u, secret := st.unverified(), x.form.get("secret")
	switch {
	case secret == "":
		return "The parameter “secret” is required."
	case !x.form.has("tfa_token"):
		return "The parameter “tfa_token” is required."
	case st.policies().TwoFactorOff && u.SetupWhilePolicyOff == refuse:
		return "Two-factor authentication is disabled on the server."
	case !st.pending[user][secret] && u.OwnTOTPSecret == refuse:
		return "The secret was not generated for this user."
	case !validCode(x.form.get("tfa_token"), secret, st.wallClock(x.now)):
		return textWrongCode
	}
	st.setTOTP(x, credential{kind: KindTOTP, user: user, value: secret}, how)
	delete(st.pending, user)
	st.useCode(user, x.form.get("tfa_token"))
	return ""
}

// useCode remembers a code. Codes come again by chance once in a million, which
// is too rare to forget any.
func (st *state) useCode(user, code string) {
	if st.usedCodes == nil {
		st.usedCodes = map[string]bool{}
	}
	st.usedCodes[user+":"+code] = true
}

// setTOTP replaces the secret of a user; an empty value only removes it.
func (st *state) setTOTP(x *exchange, target credential, how string) {
	old := st.only(KindTOTP, target.user)
	removed := old != nil
	if removed {
		old.revoke(x.by(how), x.now, 0)
	}
	if target.value != "" {
		st.issue(target, x.by(how), x.now)
	}
	x.call.Applied = x.call.Applied || target.value != "" || removed
}

// issuer is the name beside the codes of a user, and that of the whole server.
func (st *state) issuer(user string) (own, systemWide string) {
	names := st.policies().TwoFactorIssuers
	systemWide = orDefault(names[rootUser], st.inv.Hostname)
	return orDefault(names[user], systemWide), systemWide
}

// accountTwoFactorFunctions are the same for a cPanel account.
func accountTwoFactorFunctions() []uapiFunction {
	const since, module = "54", "TwoFactorAuth::"
	return []uapiFunction{
		{name: module + "generate_user_configuration", since: since, handle: func(c *uapiCall) uapiOutcome {
			_, issuer := c.st.issuer(rootUser)
			return uapiDone(c.st.generateTOTP(c.account, issuer))
		}},
		{name: module + "set_user_configuration", since: since, mutating: true, handle: setAccountTwoFactor},
		{name: module + "get_user_configuration", since: since, handle: func(c *uapiCall) uapiOutcome {
			_, issuer := c.st.issuer(rootUser)
			return uapiDone(object{"is_enabled": number(c.st.totpSecret(c.account) != ""), "issuer": issuer})
		}},
		{name: module + "remove_user_configuration", since: since, mutating: true, handle: func(c *uapiCall) uapiOutcome {
			c.st.setTOTP(c.exchange, credential{kind: KindTOTP, user: c.account}, c.fn.name)
			return uapiDone(object{"tfa_removed": 1})
		}},
	}
}

func setAccountTwoFactor(c *uapiCall) uapiOutcome {
	complaint := c.st.trySecondFactor(c.exchange, c.account, c.fn.name)
	switch {
	case complaint == textWrongCode && c.st.unverified().WrongSetupCode == "success0":
		return uapiDone(object{"tfa_configured": 0})
	case complaint != "":
		return uapiFailed("%s", complaint)
	default:
		return uapiDone(object{"tfa_configured": 1})
	}
}

// secretOf reads {"secret": "…"} and refuses everything else.
func secretOf(value any) (string, error) {
	entry, _ := value.(map[string]any)
	secret, ok := entry["secret"].(string)
	if !ok {
		return "", errors.New("an entry needs a secret")
	}
	return secret, nil
}
