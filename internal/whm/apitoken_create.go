// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// maxAllowedIPs is WHM's limit of addresses per token.
const maxAllowedIPs = 100

// What is wrong with the input of several functions.
var (
	errTokenName = errors.New("the token name must be 1 to 50 letters, digits, dashes or underscores")
	errExpiry    = errors.New("the expiry lies before 1970; WHM would take it for never")
)

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
		return errTokenName
	case len(in.ACLs) == 0 && !in.AllPrivileges:
		return errors.New("name the token's ACLs or ask for all privileges; WHM would grant all to a token without ACLs")
	case len(in.ACLs) > 0 && in.AllPrivileges:
		return errors.New("name the token's ACLs or ask for all privileges, not both")
	case slices.Contains(in.ACLs, "") || slices.Contains(in.AllowedIPs, ""):
		return errors.New("an ACL or an address is empty")
	case len(in.AllowedIPs) > maxAllowedIPs:
		return fmt.Errorf("a token can be limited to %d addresses at most", maxAllowedIPs)
	case !in.ExpiresAt.IsZero() && in.ExpiresAt.Unix() <= 0:
		return errExpiry
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
