// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// moduleTokens is the UAPI module of account tokens. Servers from 80 on.
const moduleTokens = "Tokens"

// AccountTokenCreateInput describes a token of a cPanel account.
type AccountTokenCreateInput struct {
	// Name is unique among the account's tokens: 1 to 50 letters, digits, dashes
	// and underscores.
	Name string
	// ExpiresAt is when the token stops working, in whole seconds. Zero means
	// never. It cannot be changed later. Servers from 82 on; some hosts ignore it,
	// and only [Client.AccountTokenList] tells.
	ExpiresAt time.Time
}

// AccountTokenInfo is what cPanel tells about a token of an account.
type AccountTokenInfo struct {
	// Name is unique among the account's tokens.
	Name string
	// CreatedAt is zero when the server did not say.
	CreatedAt time.Time
	// ExpiresAt is zero when the token does not expire, and in the answer to the
	// creation, which does not carry it. Expired tokens stay listed until they are
	// revoked.
	ExpiresAt time.Time
	// FullAccess says that the token may use every feature of the account.
	FullAccess bool
}

// AccountToken is a token that was just created; its value is shown this once.
type AccountToken struct {
	AccountTokenInfo
	// Token is the value.
	Token Secret
}

// accountTokenData is a token in every function's answer.
type accountTokenData struct {
	Name       string          `json:"name"`
	Token      string          `json:"token"`
	CreateTime epoch           `json:"create_time"`
	ExpiresAt  epoch           `json:"expires_at"`
	FullAccess scalar          `json:"has_full_access"`
	Features   json.RawMessage `json:"features"`
}

func (d accountTokenData) info() AccountTokenInfo {
	full := d.FullAccess.granted()
	if d.FullAccess == "" {
		// No feature in the list means all of them.
		full = absent(d.Features) || bytes.Equal(d.Features, []byte("[]"))
	}
	return AccountTokenInfo{
		Name: d.Name, CreatedAt: d.CreateTime.Time, ExpiresAt: d.ExpiresAt.Time, FullAccess: full,
	}
}

// AccountTokenCreate creates a token with full access to a cPanel account. After
// an error with MayHaveApplied a token of that name may exist; its value is
// lost, so revoke it by name.
func (c *Client) AccountTokenCreate(
	ctx context.Context, account string, in AccountTokenCreateInput,
) (AccountToken, error) {
	u := uapiCall{module: moduleTokens, function: "create_full_access", params: url.Values{"name": {in.Name}}, changes: true}
	switch {
	case !tokenName.MatchString(in.Name):
		return AccountToken{}, invalid(u.name(), "", errTokenName)
	case !in.ExpiresAt.IsZero() && in.ExpiresAt.Unix() <= 0:
		return AccountToken{}, invalid(u.name(), "", errExpiry)
	case !in.ExpiresAt.IsZero():
		u.params.Set("expires_at", strconv.FormatInt(in.ExpiresAt.Unix(), 10))
	}
	r, err := c.asAccount(ctx, account, u)
	if err != nil {
		return AccountToken{}, err
	}
	var data accountTokenData
	if err := r.decode(&data); err != nil {
		return AccountToken{}, err
	}
	if data.Token == "" || (data.Name != "" && data.Name != in.Name) {
		return AccountToken{}, r.malformed("the answer has no token, or one of another name")
	}
	data.Name, data.FullAccess = in.Name, "1"
	return AccountToken{AccountTokenInfo: data.info(), Token: NewSecret(data.Token)}, nil
}

// AccountTokenList returns an account's tokens by name, expired ones too. The
// values are not among what cPanel tells.
func (c *Client) AccountTokenList(ctx context.Context, account string) (map[string]AccountTokenInfo, error) {
	return accountTokens(c.asAccount(ctx, account, uapiCall{module: moduleTokens, function: "list"}))
}

// OwnAccountTokens returns the tokens of the account whose credential the client
// has; its endpoint must be the server's cPanel port. It changes nothing, so it
// is the probe that proves an account token.
func (c *Client) OwnAccountTokens(ctx context.Context) (map[string]AccountTokenInfo, error) {
	return accountTokens(c.execute(ctx, uapiCall{module: moduleTokens, function: "list"}))
}

func accountTokens(r *reply, err error) (map[string]AccountTokenInfo, error) {
	if err != nil {
		return nil, err
	}
	if len(r.envelope.data) == 0 {
		// The list proves that a token is gone, so nothing must pass for an empty one.
		return nil, r.malformed("the answer has no list of tokens")
	}
	tokens, err := decodeAccountTokens(r.envelope.data)
	if err != nil {
		return nil, r.malformed("the list of tokens has an unexpected form")
	}
	return tokens, nil
}

// decodeAccountTokens reads a list. An object keyed by name, as WHM has it for
// its own tokens, and null are accepted, although no source shows them here.
func decodeAccountTokens(raw json.RawMessage) (map[string]AccountTokenInfo, error) {
	var list []accountTokenData
	if err := json.Unmarshal(raw, &list); err != nil {
		var byName map[string]accountTokenData
		if json.Unmarshal(raw, &byName) != nil {
			return nil, err
		}
		for name, t := range byName {
			t.Name = name
			list = append(list, t)
		}
	}
	tokens := make(map[string]AccountTokenInfo, len(list))
	for _, t := range list {
		if _, twice := tokens[t.Name]; twice || t.Name == "" {
			return nil, errors.New("expected one name per token")
		}
		tokens[t.Name] = t.info()
	}
	return tokens, nil
}

// AccountTokenRevoke revokes a token of an account by name. What cPanel answers
// for an unknown name is not documented; [Client.AccountTokenEnsureRevoked] is
// for callers who do not care.
func (c *Client) AccountTokenRevoke(ctx context.Context, account, name string) error {
	u := uapiCall{module: moduleTokens, function: "revoke", params: url.Values{"name": {name}}, changes: true}
	if !tokenName.MatchString(name) {
		return invalid(u.name(), "", errTokenName)
	}
	r, err := c.asAccount(ctx, account, u)
	if err != nil {
		return err
	}
	var done scalar
	if json.Unmarshal(r.envelope.data, &done) == nil && done == "0" {
		// A success that says 0; whether that is how an unknown name is answered is
		// not verified.
		return r.refused(r.status, finding{
			class: ClassRefused, result: r.envelope.result, note: "the server says that it revoked nothing", effect: true,
		})
	}
	return nil
}

// AccountTokenRename gives a token of an account another name; the value stays.
func (c *Client) AccountTokenRename(ctx context.Context, account, name, newName string) error {
	u := uapiCall{
		module: moduleTokens, function: "rename", params: url.Values{"name": {name}, "new_name": {newName}}, changes: true,
	}
	if !tokenName.MatchString(name) || !tokenName.MatchString(newName) {
		return invalid(u.name(), "", errTokenName)
	}
	_, err := c.asAccount(ctx, account, u)
	return err
}

// AccountTokenEnsureRevoked revokes a token of an account and proves by the list
// that it is gone, see [Client.APITokenEnsureRevoked].
func (c *Client) AccountTokenEnsureRevoked(ctx context.Context, account, name string) error {
	return ensureRevoked(
		func() error { return c.AccountTokenRevoke(ctx, account, name) },
		func() ([]string, error) {
			tokens, err := c.AccountTokenList(ctx, account)
			return slices.Collect(maps.Keys(tokens)), err
		},
		moduleTokens+"::revoke", name)
}
