// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
)

// ProviderStore is the name of the vendor's own store.
const ProviderStore = "cPStore"

// LoginURL returns where a person logs in to a store; the store then sends the
// browser to urlAfterLogin with a login token. That URL has a query in every
// known sample. Servers from 62 on.
func (c *Client) LoginURL(ctx context.Context, provider, urlAfterLogin string) (string, error) {
	const function = "get_login_url"
	if err := checkStore(provider, urlAfterLogin); err != nil {
		return "", invalid(function, "", err)
	}
	r, err := c.invoke(ctx, call{
		function: function, params: url.Values{"provider": {provider}, "url_after_login": {urlAfterLogin}},
	})
	if err != nil {
		return "", err
	}
	return decodeLoginURL(r)
}

func decodeLoginURL(r *reply) (string, error) {
	var data struct {
		Payload string `json:"payload"`
	}
	if err := r.decode(&data); err != nil {
		return "", err
	}
	if !webURL(data.Payload) {
		return "", r.malformed("the answer has no URL")
	}
	return data.Payload, nil
}

func checkStore(provider, urlAfterLogin string) error {
	switch {
	case provider == "":
		return errors.New("the provider is empty")
	case !webURL(urlAfterLogin):
		return errors.New("the URL after the login is not an absolute http or https URL")
	}
	return nil
}

func webURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Hostname() != "" && (u.Scheme == "https" || u.Scheme == "http")
}

// ValidateLoginTokenInput is what a login at a store ended with.
type ValidateLoginTokenInput struct {
	// Provider is the one that LoginURL was called with.
	Provider string
	// LoginToken is what the person brought back.
	LoginToken Secret
	// URLAfterLogin is the one that LoginURL was called with.
	URLAfterLogin string
}

// StoreTokens are credentials of a store.
type StoreTokens struct {
	// Access is the token to call the store with.
	Access Secret
	// Refresh renews it; zero when the server sent none.
	Refresh Secret
}

// ValidateLoginToken exchanges a login token. It must be taken for used up by any
// call that MayHaveApplied or was refused, and what such a call answered cannot be
// had again. A refusal in the store's words is never one of the caller's own login.
// Servers from 62 on.
func (c *Client) ValidateLoginToken(ctx context.Context, in ValidateLoginTokenInput) (StoreTokens, error) {
	const function = "validate_login_token"
	err := checkStore(in.Provider, in.URLAfterLogin)
	if in.LoginToken.IsZero() {
		err = errors.New("the login token is empty")
	}
	if err != nil {
		return StoreTokens{}, invalid(function, "", err)
	}
	r, err := c.invoke(ctx, call{
		function: function, secrets: []Secret{in.LoginToken}, changes: true, relays: true,
		params: url.Values{
			"login_token": {in.LoginToken.Reveal()}, "provider": {in.Provider}, "url_after_login": {in.URLAfterLogin},
		},
	})
	if err != nil {
		return StoreTokens{}, err
	}
	return decodeStoreTokens(r)
}

// storeTokenData is one entry of the answer. A member of an odd form is not worth
// losing the other one.
type storeTokenData struct {
	Access  json.RawMessage `json:"access_token"`
	Refresh json.RawMessage `json:"refresh_token"`
}

// decodeStoreTokens reads the payload: a list of one object by the description,
// an object in the twin of this function for accounts. An answer without a
// refresh token is good, because the twin's has none and there is no other.
func decodeStoreTokens(r *reply) (StoreTokens, error) {
	var data struct {
		Payload json.RawMessage `json:"payload"`
	}
	if err := r.decode(&data); err != nil {
		return StoreTokens{}, err
	}
	var one storeTokenData
	var list []storeTokenData
	if json.Unmarshal(data.Payload, &one) == nil {
		list = append(list, one)
	} else if json.Unmarshal(data.Payload, &list) != nil {
		return StoreTokens{}, r.malformed("the payload has an unexpected form")
	}
	var tokens StoreTokens
	for _, t := range list {
		if tokens.Access.IsZero() {
			tokens.Access = NewSecret(text(t.Access))
		}
		if tokens.Refresh.IsZero() {
			tokens.Refresh = NewSecret(text(t.Refresh))
		}
	}
	if tokens.Access.IsZero() {
		return StoreTokens{}, r.malformed("the answer has no access token")
	}
	return tokens, nil
}
