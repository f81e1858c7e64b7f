// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"context"
	"encoding/json"
	"net/url"
)

// TFAUserConfig says whether a user has a second factor.
type TFAUserConfig struct {
	// Enabled says so.
	Enabled bool
	// PrimaryDomain is the user's main domain.
	PrimaryDomain string
}

// TFAUserConfigs returns which users have a second factor, by name: all that the
// caller owns and the caller, or only the given one.
func (c *Client) TFAUserConfigs(ctx context.Context, only string) (map[string]TFAUserConfig, error) {
	params := url.Values{}
	if only != "" {
		params.Set("user", only)
	}
	r, err := c.invoke(ctx, call{function: prefixTFA + "get_user_configs", params: params})
	if err != nil {
		return nil, err
	}
	return decodeTFAUserConfigs(r)
}

// decodeTFAUserConfigs reads an object keyed by name; an empty one can be a list.
func decodeTFAUserConfigs(r *reply) (map[string]TFAUserConfig, error) {
	var none []struct{}
	if json.Unmarshal(r.envelope.data, &none) == nil && none != nil && len(none) == 0 {
		return map[string]TFAUserConfig{}, nil
	}
	var data map[string]struct {
		IsEnabled     json.RawMessage `json:"is_enabled"`
		PrimaryDomain scalar          `json:"primary_domain"`
	}
	if err := r.decode(&data); err != nil {
		return nil, err
	}
	configs := make(map[string]TFAUserConfig, len(data))
	for user, d := range data {
		enabled, err := verdict(r, d.IsEnabled)
		if err != nil {
			return nil, err
		}
		configs[user] = TFAUserConfig{Enabled: enabled, PrimaryDomain: string(d.PrimaryDomain)}
	}
	return configs, nil
}

// TFAPolicyStatus reports whether the server has second factors switched on.
func (c *Client) TFAPolicyStatus(ctx context.Context) (bool, error) {
	r, err := c.invoke(ctx, call{function: prefixTFA + "policy_status"})
	if err != nil {
		return false, err
	}
	var data struct {
		IsEnabled json.RawMessage `json:"is_enabled"`
	}
	if err := r.decode(&data); err != nil {
		return false, err
	}
	return verdict(r, data.IsEnabled)
}

// TFAIssuer returns the name that apps show beside codes of the calling user, and
// that of the whole server.
func (c *Client) TFAIssuer(ctx context.Context) (own, systemWide string, err error) {
	r, err := c.invoke(ctx, call{function: prefixTFA + "get_issuer"})
	if err != nil {
		return "", "", err
	}
	var data struct {
		Issuer     scalar `json:"issuer"`
		SystemWide scalar `json:"system_wide_issuer"`
	}
	if err := r.decode(&data); err != nil {
		return "", "", err
	}
	return string(data.Issuer), string(data.SystemWide), nil
}
