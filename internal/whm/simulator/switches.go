// SPDX-License-Identifier: Apache-2.0

package simulator

// Values that several switches share.
const (
	yes    = "true"
	no     = "false"
	allow  = "allow"
	refuse = "refuse"
)

// Switch describes one field of [Unverified].
type Switch struct {
	// Name is the key in the inventory.
	Name string `json:"name"`
	// Meaning says what the switch decides.
	Meaning string `json:"meaning"`
	// Default is the value of an omitted switch.
	Default string `json:"default"`
	// Values are the choices, the default first. For durations they are
	// examples worth testing, and any other duration is accepted.
	Values []string `json:"values"`
}

func (s Switch) isDuration() bool { return s.Default == "0s" }

// Setting is one row of [Matrix].
type Setting struct {
	// Name is "defaults" or "switch=value".
	Name string
	// Unverified is ready to be put into an [Inventory].
	Unverified Unverified
}

// Switches lists every unverified behaviour in the order of the documentation.
func Switches() []Switch {
	var all []Switch
	for _, group := range [][]Switch{hashSwitches, loginSwitches, callSwitches, tokenSwitches, accountSwitches, passwordSwitches, sessionSwitches, storeSwitches, twoFactorSwitches} {
		all = append(all, group...)
	}
	return all
}

// Matrix returns the defaults and then every other value of every switch, one
// at a time. With names given, only those switches vary.
func Matrix(names ...string) []Setting {
	wanted := newACLSet(names...)
	settings := []Setting{{Name: "defaults"}}
	for _, s := range Switches() {
		if len(names) > 0 && !wanted[s.Name] {
			continue
		}
		for _, value := range s.Values[1:] {
			u, err := unverifiedFrom(map[string]string{s.Name: value})
			if err != nil {
				panic("simulator: the table of switches does not match Unverified: " + err.Error())
			}
			settings = append(settings, Setting{Name: s.Name + "=" + value, Unverified: u})
		}
	}
	return settings
}

var hashSwitches = []Switch{
	{"oldHashDiesAfter", "how long the replaced access hash keeps working", "0s", []string{"0s", "2m"}},
	{"newHashUsableAfter", "how long after its creation an access hash starts to work", "0s", []string{"0s", "5s"}},
	{"hashReadWhenNone", "what accesshash generate=0 does when the user has none: an empty string, a refusal, making one, or no data member", "empty", []string{"empty", refuse, "create", "absentData"}},
	{"accesshashRefusedWhenSwitchedOff", "whether the function itself is refused while hash logins are switched off", no, []string{no, yes}},
	{"accesshashForResellers", "whether a reseller may read and regenerate its own hash", no, []string{no, yes}},
	{"hashWhileLocked", "whether a hash logs in while cPHulk has locked the account, as tokens do", refuse, []string{refuse, allow}},
}

var loginSwitches = []Switch{
	{"unauthenticatedStatus", "HTTP status for a wrong or missing credential", "403", []string{"403", "401"}},
	{"expiredTokenStatus", "HTTP status for a token past its expiry", "403", []string{"403", "401"}},
	{"disallowedAddressStatus", "HTTP status for a token used from an address outside its list", "403", []string{"403", "401"}},
	{"loginRedirectStatus", "HTTP status that sends a browser on after the login form", "301", []string{"301", "302"}},
	{"sessionDeniedForm", "what a call with an ended session gets: the JSON rejection or the HTML login page", "json", []string{"json", "html"}},
	{"badKeysFeedCPHulk", "whether a wrong token or hash counts as a failed login", yes, []string{yes, no}},
	{"suspendedMayLogIn", "whether a suspended user still authenticates", no, []string{no, yes}},
	{"otpAskedOfTokens", "whether the API two-factor policy asks tokens and hashes for a code too", no, []string{no, yes}},
	{"otpAskedOfCreatedSessions", "whether the API two-factor policy stops calls in a session that create_user_session made", no, []string{no, yes}},
	{"twoFactorPageStatus", "HTTP status of the page that asks an API caller for a code", "200", []string{"200", "401"}},
}

var callSwitches = []Switch{
	{"aclDeniedForm", "what a call without the privilege gets: the envelope with result 0, the same with HTTP 403, or the 403 of a failed login", "envelope", []string{"envelope", "envelope403", "login403"}},
	{"versionDeniedWithoutACL", "whether version needs the privilege basic-system-info", yes, []string{yes, no}},
	{"versionOldEnvelope", "whether version answers in the cpanelresult shape", no, []string{no, yes}},
	{"myprivsShows", "whether myprivs reports the limits of the token or the privileges of its user", "credential", []string{"credential", "user"}},
	{"unknownAppStatus", "HTTP status for a function the server does not have", "200", []string{"200", "404"}},
	{"accountFlagsAsString", "whether flags and times in lists of accounts are strings", no, []string{no, yes}},
	{"accountsummaryUnknown", "what accountsummary of an account that does not exist gives: a refusal, or an empty list", refuse, []string{refuse, "empty"}},
	{"batchWithFailure", "metadata.result of a batch in which a command failed", "1", []string{"1", "0"}},
	{"resultAsString", "whether metadata.result is \"1\" instead of 1", no, []string{no, yes}},
}

var tokenSwitches = []Switch{
	{"tokenUsableAfter", "how long after its creation a token starts to work", "0s", []string{"0s", "5s"}},
	{"revokedTokenDiesAfter", "how long a revoked token, no longer listed, keeps working", "0s", []string{"0s", "2m"}},
	{"emptyTokenList", "how an empty token list is written: {} or []", "object", []string{"object", "array"}},
	{"nullsInTokenList", "whether an expiry or address list that is not set is null or left out", "null", []string{"null", "absent"}},
	{"allInTokenList", "how the list writes a token that holds all: all alone, the others beside it as 0, or each as 1", "alone", []string{"alone", "others0", "each"}},
	{"tokenNumbersAsString", "whether times and flags of tokens, of WHM and of accounts, are strings", no, []string{no, yes}},
	{"revokeUnknownToken", "what revoking a name that does not exist gives", refuse, []string{refuse, "ok"}},
	{"detailsUnknownToken", "metadata.result of api_token_get_details for an unknown secret", "1", []string{"1", "0"}},
	{"detailsOfOtherUsers", "whether root may look up the token of another user", no, []string{no, yes}},
	{"detailsNeedACL", "whether api_token_get_details needs the privilege manage-api-tokens", no, []string{no, yes}},
	{"updateExpiredToken", "whether api_token_update may change, and so revive, a token past its expiry", allow, []string{allow, refuse}},
	{"updateWithoutWhitelist", "what api_token_update without addresses does to the list", "clear", []string{"clear", "keep"}},
}

var accountSwitches = []Switch{
	{"accountTokenExpiry", "whether the expiry of a cPanel account's token is honoured or silently ignored, as was reported of some hosts", "honoured", []string{"honoured", "ignored"}},
	{"revokeUnknownAccountToken", "what Tokens::revoke of a name that does not exist gives: a refusal, status 1 with data 0, or data 1", refuse, []string{refuse, "zero", "ok"}},
	{"cpanelAnswer", "what the cpanel function puts around a UAPI answer: nothing but module and function, or metadata and data around those too", "wrapped", []string{"wrapped", "enveloped"}},
}

var passwordSwitches = []Switch{
	{"oldPasswordDiesAfter", "how long a replaced password keeps working, whatever it opens", "0s", []string{"0s", "2m"}},
	{"newPasswordUsableAfter", "how long after it was set a password starts to work", "0s", []string{"0s", "5s"}},
	{"verifyFeedsCPHulk", "whether a wrong password given to verify_password or …_check_password counts as a failed login", no, []string{no, yes}},
	{"weakPasswordWord", "the last word of the complaint about a weak password, which servers of different age write differently", "guess", []string{"guess", "crack"}},
	{"setPasswordData", "what setting a database password has for data on success: failures as an empty list, or null", "failures", []string{"failures", "null"}},
	{"passwdEndsSessions", "whose sessions passwd ends: root's in WHM alone, as documented from 118, or those of anybody", "root", []string{"root", "all"}},
}

var sessionSwitches = []Switch{
	{"rootSessionForRoot", "whether root may open a session for root with create_user_session", allow, []string{allow, refuse}},
	{"sessionURLSingleUse", "whether a session URL can be opened only once", yes, []string{yes, no}},
	{"sessionBoundTo", "whose address the cookie of a created session is tied to: the first visitor or the creator", "visitor", []string{"visitor", "creator"}},
	{"cookieFromElsewhere", "what a cookie from another address than its own costs: the call, or the whole session", refuse, []string{refuse, "purge"}},
	{"tempUserOutsideSession", "whether create_temp_user can be called without a session, with a token or password", refuse, []string{refuse, allow}},
	{"tempUserAgain", "what create_temp_user answers in a session that has a temporary user: the same name with created 0, or another user", "same", []string{"same", "another"}},
	{"expiresAsString", "whether create_user_session writes expires as a string", no, []string{no, yes}},
}

var storeSwitches = []Switch{
	{"loginTokenSingleUse", "whether a store login token can be exchanged only once", yes, []string{yes, no}},
	{"loginTokenLifetime", "how long a store login token can be exchanged; 0s is without end", "0s", []string{"0s", "10m"}},
	{"wrongExchangeBurnsLoginToken", "whether an exchange with the wrong provider or URL uses the login token up", no, []string{no, yes}},
	{"storePayload", "how validate_login_token writes the two tokens: a list of one object, as described, or the object", "array", []string{"array", "object"}},
}

var twoFactorSwitches = []Switch{
	{"wrongSetupCode", "what setting up a second factor with a wrong code gives: a refusal, or result 1 with success 0", refuse, []string{refuse, "success0"}},
	{"codeTwice", "whether the login form takes a code that was used before, to log in or to set up the second factor", allow, []string{allow, refuse}},
	{"ownTOTPSecret", "whether a secret that the server did not generate can be set up", allow, []string{allow, refuse}},
	{"setupWhilePolicyOff", "whether a second factor can be set up while the server has two-factor authentication switched off", refuse, []string{refuse, allow}},
}
