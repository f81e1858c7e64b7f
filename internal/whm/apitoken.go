// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"context"
	"encoding/json"
	"net/url"
	"regexp"
	"strconv"
	"time"
)

// tokenName is what WHM accepts as the name of a token.
var tokenName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,50}$`)

// APITokenInfo is what WHM tells about a token, now and later.
type APITokenInfo struct {
	// Name is unique among the user's tokens.
	Name string
	// ACLs are the granted privileges, sorted.
	ACLs []string
	// CreatedAt is zero when the server did not say.
	CreatedAt time.Time
	// ExpiresAt is zero when the token does not expire. Expired tokens stay listed
	// until they are revoked.
	ExpiresAt time.Time
	// AllowedIPs are the addresses that may use the token; empty means any. WHM
	// writes IPv6 addresses out in full.
	AllowedIPs []string
}

// APIToken is a token that was just created; its value is shown this once.
type APIToken struct {
	APITokenInfo
	// Token is the value.
	Token Secret
	// Warnings are what the server added to its success.
	Warnings []string
}

// tokenData is a token in every function's answer.
type tokenData struct {
	Name       string   `json:"name"`
	Token      string   `json:"token"`
	ACLs       aclNames `json:"acls"`
	CreateTime epoch    `json:"create_time"`
	ExpiresAt  epoch    `json:"expires_at"`
	AllowedIPs []string `json:"whitelist_ips"`
}

func (d tokenData) info() APITokenInfo {
	return APITokenInfo{
		Name: d.Name, ACLs: d.ACLs, CreatedAt: d.CreateTime.Time, ExpiresAt: d.ExpiresAt.Time, AllowedIPs: d.AllowedIPs,
	}
}

// APITokenList returns the calling user's tokens by name, expired ones too. The
// values are not among what WHM tells. It needs the privilege manage-api-tokens.
func (c *Client) APITokenList(ctx context.Context) (map[string]APITokenInfo, error) {
	r, err := c.invoke(ctx, call{function: "api_token_list"})
	if err != nil {
		return nil, err
	}
	var data struct {
		Tokens json.RawMessage `json:"tokens"`
	}
	if err := r.decode(&data); err != nil {
		return nil, err
	}
	if len(data.Tokens) == 0 {
		// The list proves that a token is gone, so nothing must pass for an empty one.
		return nil, r.malformed("the answer has no list of tokens")
	}
	tokens, err := decodeTokens(data.Tokens)
	if err != nil {
		return nil, r.malformed("the list of tokens has an unexpected form")
	}
	return tokens, nil
}

// decodeTokens reads an object keyed by name; without any token it can be an
// empty array or null as well.
func decodeTokens(raw json.RawMessage) (map[string]APITokenInfo, error) {
	var byName map[string]tokenData
	if err := json.Unmarshal(raw, &byName); err != nil {
		var none []struct{}
		if json.Unmarshal(raw, &none) != nil || len(none) > 0 {
			return nil, err
		}
	}
	tokens := make(map[string]APITokenInfo, len(byName))
	for name, t := range byName {
		t.Name = name
		tokens[name] = t.info()
	}
	return tokens, nil
}

// APITokenGetDetails returns what the server knows about the token of that
// value. If it does not know it, the error wraps [ErrTokenUnknown]. Servers from
// 98 on.
func (c *Client) APITokenGetDetails(ctx context.Context, token Secret) (APITokenInfo, error) {
	const function = "api_token_get_details"
	if token.IsZero() {
		return APITokenInfo{}, invalid(function, "the token is empty", nil)
	}
	r, err := c.invoke(ctx, call{
		function: function, params: url.Values{"token": {token.Reveal()}}, secrets: []Secret{token},
	})
	if err != nil {
		// The value is the only parameter, so a refusal can only be about it.
		if e, ok := functionSaidNo(err); ok {
			e.err = ErrTokenUnknown
		}
		return APITokenInfo{}, err
	}
	if absent(r.envelope.data) {
		return APITokenInfo{}, r.refused(r.status, finding{class: ClassRefused, result: r.envelope.result, cause: ErrTokenUnknown})
	}
	var data tokenData
	if err := r.decode(&data); err != nil {
		return APITokenInfo{}, err
	}
	if data.Name == "" {
		return APITokenInfo{}, r.malformed("the answer has no token name")
	}
	return data.info(), nil
}

// APITokenRevoke revokes tokens of the calling user by name. What WHM answers
// for an unknown name is not documented; [Client.APITokenList] is the proof that
// a token is gone, which [Client.APITokenEnsureRevoked] takes. With several names, also a refusal has MayHaveApplied: it can
// come after some were revoked.
func (c *Client) APITokenRevoke(ctx context.Context, names ...string) error {
	const function = "api_token_revoke"
	for _, n := range names {
		if !tokenName.MatchString(n) {
			return invalid(function, "a token name must be 1 to 50 letters, digits, dashes or underscores", nil)
		}
	}
	params := url.Values{}
	switch len(names) {
	case 0:
		return invalid(function, "no token was named", nil)
	case 1:
		params.Set("token_name", names[0])
	default:
		number(params, "token_name", 1, names)
	}
	_, err := c.invoke(ctx, call{function: function, params: params, changes: true})
	if e, ok := functionSaidNo(err); ok && len(names) > 1 {
		e.MayHaveApplied = true
	}
	return err
}

// number adds a list in WHM's way: name-0, name-1 and so on.
func number(p url.Values, name string, first int, values []string) {
	for i, v := range values {
		p.Set(name+"-"+strconv.Itoa(first+i), v)
	}
}
