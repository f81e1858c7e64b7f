// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Unverified has one switch for each behaviour that no public source settles.
// The zero value means the default of each; [Switches] lists meanings, defaults
// and values, and [Matrix] the settings worth trying one by one.
type Unverified struct {
	OldHashDiesAfter                 Duration `json:"oldHashDiesAfter,omitempty"`
	NewHashUsableAfter               Duration `json:"newHashUsableAfter,omitempty"`
	HashReadWhenNone                 Choice   `json:"hashReadWhenNone,omitempty"`
	AccesshashRefusedWhenSwitchedOff Choice   `json:"accesshashRefusedWhenSwitchedOff,omitempty"`
	AccesshashForResellers           Choice   `json:"accesshashForResellers,omitempty"`
	HashWhileLocked                  Choice   `json:"hashWhileLocked,omitempty"`

	UnauthenticatedStatus     Choice `json:"unauthenticatedStatus,omitempty"`
	ExpiredTokenStatus        Choice `json:"expiredTokenStatus,omitempty"`
	DisallowedAddressStatus   Choice `json:"disallowedAddressStatus,omitempty"`
	LoginRedirectStatus       Choice `json:"loginRedirectStatus,omitempty"`
	SessionDeniedForm         Choice `json:"sessionDeniedForm,omitempty"`
	BadKeysFeedCPHulk         Choice `json:"badKeysFeedCPHulk,omitempty"`
	SuspendedMayLogIn         Choice `json:"suspendedMayLogIn,omitempty"`
	OTPAskedOfCreatedSessions Choice `json:"otpAskedOfCreatedSessions,omitempty"`
	TwoFactorPageStatus       Choice `json:"twoFactorPageStatus,omitempty"`
	OTPAskedOfTokens          Choice `json:"otpAskedOfTokens,omitempty"`

	ACLDeniedForm           Choice `json:"aclDeniedForm,omitempty"`
	VersionDeniedWithoutACL Choice `json:"versionDeniedWithoutACL,omitempty"`
	VersionOldEnvelope      Choice `json:"versionOldEnvelope,omitempty"`
	MyprivsShows            Choice `json:"myprivsShows,omitempty"`
	UnknownAppStatus        Choice `json:"unknownAppStatus,omitempty"`
	AccountFlagsAsString    Choice `json:"accountFlagsAsString,omitempty"`
	AccountsummaryUnknown   Choice `json:"accountsummaryUnknown,omitempty"`
	BatchWithFailure        Choice `json:"batchWithFailure,omitempty"`
	ResultAsString          Choice `json:"resultAsString,omitempty"`

	TokenUsableAfter       Duration `json:"tokenUsableAfter,omitempty"`
	RevokedTokenDiesAfter  Duration `json:"revokedTokenDiesAfter,omitempty"`
	EmptyTokenList         Choice   `json:"emptyTokenList,omitempty"`
	NullsInTokenList       Choice   `json:"nullsInTokenList,omitempty"`
	RevokeUnknownToken     Choice   `json:"revokeUnknownToken,omitempty"`
	DetailsUnknownToken    Choice   `json:"detailsUnknownToken,omitempty"`
	DetailsOfOtherUsers    Choice   `json:"detailsOfOtherUsers,omitempty"`
	AllInTokenList         Choice   `json:"allInTokenList,omitempty"`
	TokenNumbersAsString   Choice   `json:"tokenNumbersAsString,omitempty"`
	DetailsNeedACL         Choice   `json:"detailsNeedACL,omitempty"`
	UpdateExpiredToken     Choice   `json:"updateExpiredToken,omitempty"`
	UpdateWithoutWhitelist Choice   `json:"updateWithoutWhitelist,omitempty"`

	AccountTokenExpiry        Choice `json:"accountTokenExpiry,omitempty"`
	RevokeUnknownAccountToken Choice `json:"revokeUnknownAccountToken,omitempty"`
	CPanelAnswer              Choice `json:"cpanelAnswer,omitempty"`

	OldPasswordDiesAfter   Duration `json:"oldPasswordDiesAfter,omitempty"`
	NewPasswordUsableAfter Duration `json:"newPasswordUsableAfter,omitempty"`
	VerifyFeedsCPHulk      Choice   `json:"verifyFeedsCPHulk,omitempty"`
	WeakPasswordWord       Choice   `json:"weakPasswordWord,omitempty"`
	SetPasswordData        Choice   `json:"setPasswordData,omitempty"`
	PasswdEndsSessions     Choice   `json:"passwdEndsSessions,omitempty"`

	RootSessionForRoot     Choice `json:"rootSessionForRoot,omitempty"`
	SessionURLSingleUse    Choice `json:"sessionURLSingleUse,omitempty"`
	SessionBoundTo         Choice `json:"sessionBoundTo,omitempty"`
	CookieFromElsewhere    Choice `json:"cookieFromElsewhere,omitempty"`
	TempUserOutsideSession Choice `json:"tempUserOutsideSession,omitempty"`
	TempUserAgain          Choice `json:"tempUserAgain,omitempty"`
	ExpiresAsString        Choice `json:"expiresAsString,omitempty"`

	LoginTokenSingleUse          Choice   `json:"loginTokenSingleUse,omitempty"`
	LoginTokenLifetime           Duration `json:"loginTokenLifetime,omitempty"`
	WrongExchangeBurnsLoginToken Choice   `json:"wrongExchangeBurnsLoginToken,omitempty"`
	StorePayload                 Choice   `json:"storePayload,omitempty"`

	WrongSetupCode      Choice `json:"wrongSetupCode,omitempty"`
	CodeTwice           Choice `json:"codeTwice,omitempty"`
	OwnTOTPSecret       Choice `json:"ownTOTPSecret,omitempty"`
	SetupWhilePolicyOff Choice `json:"setupWhilePolicyOff,omitempty"`
}

// Choice is the value of a switch that is no duration: a word, or one of true,
// false and an HTTP status, which YAML and JSON may write without quotes.
type Choice string

// UnmarshalJSON takes strings, booleans and numbers.
func (c *Choice) UnmarshalJSON(text []byte) error {
	var word string
	if err := json.Unmarshal(text, &word); err == nil {
		*c = Choice(word)
		return nil
	}
	var scalar any
	if err := json.Unmarshal(text, &scalar); err != nil {
		return err
	}
	switch scalar.(type) {
	case bool, float64:
		*c = Choice(text)
		return nil
	default:
		return fmt.Errorf("%s is not a value of a switch", text)
	}
}

// number is the value of a switch that chooses an HTTP status. Those switches
// have nothing but numbers among their values.
func (c Choice) number() int {
	n, _ := strconv.Atoi(string(c))
	return n
}

// completed fills in defaults and refuses values that no switch knows. It goes
// through the JSON form because that is the form the table of switches names.
func (u Unverified) completed() (Unverified, error) {
	set, err := u.values()
	if err != nil {
		return u, err
	}
	for _, s := range Switches() {
		value, given := set[s.Name]
		switch {
		case !given && !s.isDuration():
			set[s.Name] = s.Default
		case given && !s.isDuration() && !slices.Contains(s.Values, value):
			return u, fmt.Errorf("%s: %q is none of %s", s.Name, value, strings.Join(s.Values, ", "))
		}
	}
	return unverifiedFrom(set)
}

func (u Unverified) values() (map[string]string, error) {
	text, err := json.Marshal(u)
	if err != nil {
		return nil, err
	}
	set := map[string]string{}
	return set, json.Unmarshal(text, &set)
}

func unverifiedFrom(set map[string]string) (Unverified, error) {
	var u Unverified
	text, err := json.Marshal(set)
	if err != nil {
		return u, err
	}
	return u, json.Unmarshal(text, &u)
}
