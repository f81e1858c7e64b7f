// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"time"
)

// maxAllowedIPs is WHM's limit of addresses per token.
const maxAllowedIPs = 100

var tokenName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,50}$`)

// APITokenCreateInput describes a token of the calling user.
type APITokenCreateInput struct {
	// Name is unique among the user's tokens: 1 to 50 letters, digits, dashes and
	// underscores.
	Name string
	// ACLs are the privileges of the token; the caller must hold them all.
	// Servers from 68 on.
	ACLs []string
	// AllPrivileges gives the token everything that the caller holds. It must be
	// said explicitly, because WHM takes a request without privileges for that.
	AllPrivileges bool
	// ExpiresAt is when the token stops working, in whole seconds. Zero means
	// never. Servers from 82 on.
	ExpiresAt time.Time
	// AllowedIPs are addresses or CIDR blocks that may use the token, at most 100.
	// Empty means any. Servers from 98 on, IPv6 from 110 on.
	AllowedIPs []string
}

func (in APITokenCreateInput) check() error {
	switch {
	case !tokenName.MatchString(in.Name):
		return errors.New("the token name must be 1 to 50 letters, digits, dashes or underscores")
	case len(in.ACLs) == 0 && !in.AllPrivileges:
		return errors.New("name the token's ACLs or ask for all privileges; WHM would grant all to a token without ACLs")
	case len(in.ACLs) > 0 && in.AllPrivileges:
		return errors.New("name the token's ACLs or ask for all privileges, not both")
	case slices.Contains(in.ACLs, "") || slices.Contains(in.AllowedIPs, ""):
		return errors.New("an ACL or an address is empty")
	case len(in.AllowedIPs) > maxAllowedIPs:
		return fmt.Errorf("a token can be limited to %d addresses at most", maxAllowedIPs)
	case !in.ExpiresAt.IsZero() && in.ExpiresAt.Unix() <= 0:
		return errors.New("the expiry lies before 1970; WHM would take it for never")
	}
	return nil
}

func (in APITokenCreateInput) params() url.Values {
	p := url.Values{"token_name": {in.Name}}
	number(p, "acl", 0, in.ACLs)
	number(p, "whitelist_ip", 0, in.AllowedIPs)
	if !in.ExpiresAt.IsZero() {
		p.Set("expires_at", strconv.FormatInt(in.ExpiresAt.Unix(), 10))
	}
	return p
}

// number adds a list in WHM's way: name-0, name-1 and so on.
func number(p url.Values, name string, first int, values []string) {
	for i, v := range values {
		p.Set(name+"-"+strconv.Itoa(first+i), v)
	}
}

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

// APITokenCreate creates a token of the calling user. It needs the privilege
// manage-api-tokens and a server from 64 on. After an error with MayHaveApplied
// a token of that name may exist; its value is lost, so revoke it by name.
func (c *Client) APITokenCreate(ctx context.Context, in APITokenCreateInput) (APIToken, error) {
	const function = "api_token_create"
	if err := in.check(); err != nil {
		return APIToken{}, invalid(function, "", err)
	}
	r, err := c.invoke(ctx, call{function: function, params: in.params(), changes: true})
	if err != nil {
		return APIToken{}, err
	}
	var data tokenData
	if err := r.decode(&data); err != nil {
		return APIToken{}, err
	}
	if data.Token == "" || data.Name != in.Name {
		return APIToken{}, r.malformed("the answer has no token, or one of another name")
	}
	return APIToken{APITokenInfo: data.info(), Token: NewSecret(data.Token), Warnings: r.warnings()}, nil
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
		if e, ok := errors.AsType[*Error](err); ok && (e.Class == ClassRefused || e.Class == ClassInvalidInput) && e.HTTPStatus != 0 {
			e.err = ErrTokenUnknown
		}
		return APITokenInfo{}, err
	}
	if absent(r.envelope.data) {
		e := r.refused(r.status, finding{class: ClassRefused, result: r.envelope.result})
		e.err = ErrTokenUnknown
		return APITokenInfo{}, e
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
// a token is gone.
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
	return err
}
