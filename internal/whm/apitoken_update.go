// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"context"
	"errors"
	"net/url"
	"time"
)

// anyAddress is what WHM takes for "no limit" where it expects addresses.
const anyAddress = "any"

// APITokenUpdateInput describes what a token of the calling user shall be. WHM
// replaces everything: what is left out is not kept but lost.
type APITokenUpdateInput struct {
	// Name is the token's present name.
	Name string
	// NewName renames the token. Empty keeps the name.
	NewName string
	// ACLs are all privileges that the token shall have.
	ACLs []string
	// AllPrivileges gives the token everything that the caller holds. It must be
	// said explicitly, because WHM takes a request without privileges for that.
	AllPrivileges bool
	// ExpiresAt is when the token stops working, in whole seconds. Zero means
	// never, also for a token that had an expiry. Servers from 82 on.
	ExpiresAt time.Time
	// AllowedIPs are all addresses or CIDR blocks that may use the token, at most
	// 100. Servers from 98 on, IPv6 from 110 on.
	AllowedIPs []string
	// ClearAllowedIPs lifts the limit to addresses, with the value that is
	// documented for that. Whether a limit stays when neither this nor an address
	// is sent is not known; servers before 98 know no limit and need nothing.
	ClearAllowedIPs bool
}

func (in APITokenUpdateInput) check() error {
	switch {
	case in.NewName != "" && !tokenName.MatchString(in.NewName):
		return errTokenName
	case len(in.AllowedIPs) > 0 && in.ClearAllowedIPs:
		return errors.New("name the token's addresses or clear them, not both")
	}
	// The same rules as for a new token.
	return APITokenCreateInput{
		Name: in.Name, ACLs: in.ACLs, AllPrivileges: in.AllPrivileges, ExpiresAt: in.ExpiresAt, AllowedIPs: in.AllowedIPs,
	}.check()
}

func (in APITokenUpdateInput) params() url.Values {
	p := APITokenCreateInput{Name: in.Name, ACLs: in.ACLs, ExpiresAt: in.ExpiresAt, AllowedIPs: in.AllowedIPs}.params()
	if in.NewName != "" {
		p.Set("new_name", in.NewName)
	}
	if in.ClearAllowedIPs {
		p.Set("whitelist_ip", anyAddress)
	}
	return p
}

// APITokenUpdate replaces name, privileges, expiry and addresses of a token of
// the calling user and returns what the server made of it; the value stays. It
// needs the privilege manage-api-tokens and a server from 68 on.
func (c *Client) APITokenUpdate(ctx context.Context, in APITokenUpdateInput) (APITokenInfo, error) {
	const function = "api_token_update"
	if err := in.check(); err != nil {
		return APITokenInfo{}, invalid(function, "", err)
	}
	r, err := c.invoke(ctx, call{function: function, params: in.params(), changes: true})
	if err != nil {
		return APITokenInfo{}, err
	}
	var data tokenData
	if err := r.decode(&data); err != nil {
		return APITokenInfo{}, err
	}
	want := in.Name
	if in.NewName != "" {
		want = in.NewName
	}
	if data.Name != want {
		return APITokenInfo{}, r.malformed("the answer is about a token of another name")
	}
	return data.info(), nil
}
