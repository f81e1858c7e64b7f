// SPDX-License-Identifier: Apache-2.0

package tokens

import (
	"context"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/outcome"
	"github.com/whm-credentials/operator/internal/whm"
)

// cpanelAccount is a hosting account, reached through UAPI.
type cpanelAccount struct {
	client *whm.Client
	name   string
}

// Create makes a token with full access, the only sort that is documented.
func (a *cpanelAccount) Create(ctx context.Context, spec Spec) (whm.Secret, error) {
	token, err := a.client.AccountTokenCreate(ctx, a.name, whm.AccountTokenCreateInput{Name: spec.Name, ExpiresAt: spec.ExpiresAt})
	return token.Token, err
}

// List lists the tokens of the account.
func (a *cpanelAccount) List(ctx context.Context) (map[string]Info, error) {
	listed, err := a.client.AccountTokenList(ctx, a.name)
	if err != nil {
		return nil, err
	}
	all := make(map[string]Info, len(listed))
	for name, t := range listed {
		all[name] = FromAccountToken(t)
	}
	return all, nil
}

// FromAccountToken returns what cPanel says of a token.
func FromAccountToken(t whm.AccountTokenInfo) Info {
	return Info{Name: t.Name, CreatedAt: t.CreatedAt, ExpiresAt: t.ExpiresAt}
}

// Find cannot tell: cPanel looks no token up by its value.
func (a *cpanelAccount) Find(context.Context, whm.Secret) (Info, error) {
	return Info{}, whm.ErrTokenUnknown
}

// Update can only rename: cPanel does not change the expiry of a token.
func (a *cpanelAccount) Update(ctx context.Context, name string, spec Spec) error {
	if spec.Name == name {
		return outcome.Stall(v1alpha1.UnsupportedReason, "the token of a cPanel account cannot be changed, only replaced")
	}
	return a.client.AccountTokenRename(ctx, a.name, name, spec.Name)
}

// Revoke makes a call for each token: cPanel takes one name at a time.
func (a *cpanelAccount) Revoke(ctx context.Context, names ...string) (refused error) {
	for _, name := range names {
		if err := a.client.AccountTokenRevoke(ctx, a.name, name); err != nil {
			refused = err
			if !saidNo(err) {
				return refused
			}
		}
	}
	return refused
}

// Close has nothing to do: the client is not the holder's own.
func (*cpanelAccount) Close(context.Context) {}
