// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Unverified has one switch for each behaviour that no public source settles.
// The zero value means the default of each; [Switches] lists meanings, defaults
// and values, and [Matrix] the settings worth trying one by one.
type Unverified struct {
	OldHashDiesAfter                 Duration `json:"oldHashDiesAfter,omitempty"`
	NewHashUsableAfter               Duration `json:"newHashUsableAfter,omitempty"`
	HashReadWhenNone                 string   `json:"hashReadWhenNone,omitempty"`
	AccesshashRefusedWhenSwitchedOff string   `json:"accesshashRefusedWhenSwitchedOff,omitempty"`
	AccesshashForResellers           string   `json:"accesshashForResellers,omitempty"`
	HashWhileLocked                  string   `json:"hashWhileLocked,omitempty"`

	UnauthenticatedStatus   string `json:"unauthenticatedStatus,omitempty"`
	ExpiredTokenStatus      string `json:"expiredTokenStatus,omitempty"`
	DisallowedAddressStatus string `json:"disallowedAddressStatus,omitempty"`
	SessionDeniedForm       string `json:"sessionDeniedForm,omitempty"`
	BadKeysFeedCPHulk       string `json:"badKeysFeedCPHulk,omitempty"`
	SuspendedMayLogIn       string `json:"suspendedMayLogIn,omitempty"`
	TwoFactorPageStatus     string `json:"twoFactorPageStatus,omitempty"`
	OTPAskedOfTokens        string `json:"otpAskedOfTokens,omitempty"`

	ACLDeniedForm           string `json:"aclDeniedForm,omitempty"`
	VersionDeniedWithoutACL string `json:"versionDeniedWithoutACL,omitempty"`
	VersionOldEnvelope      string `json:"versionOldEnvelope,omitempty"`
	MyprivsShows            string `json:"myprivsShows,omitempty"`
	UnknownAppStatus        string `json:"unknownAppStatus,omitempty"`
	ResultAsString          string `json:"resultAsString,omitempty"`

	TokenUsableAfter       Duration `json:"tokenUsableAfter,omitempty"`
	RevokedTokenDiesAfter  Duration `json:"revokedTokenDiesAfter,omitempty"`
	EmptyTokenList         string   `json:"emptyTokenList,omitempty"`
	NullsInTokenList       string   `json:"nullsInTokenList,omitempty"`
	RevokeUnknownToken     string   `json:"revokeUnknownToken,omitempty"`
	DetailsUnknownToken    string   `json:"detailsUnknownToken,omitempty"`
	DetailsOfOtherUsers    string   `json:"detailsOfOtherUsers,omitempty"`
	UpdateWithoutWhitelist string   `json:"updateWithoutWhitelist,omitempty"`

	RootSessionForRoot  string `json:"rootSessionForRoot,omitempty"`
	SessionURLSingleUse string `json:"sessionURLSingleUse,omitempty"`
	SessionBoundTo      string `json:"sessionBoundTo,omitempty"`
	ExpiresAsString     string `json:"expiresAsString,omitempty"`
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
