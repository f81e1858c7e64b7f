// SPDX-License-Identifier: Apache-2.0

// Package tokens reaches the API tokens of an account: those of the user that the operator logs in as, those of another
// WHM user through a session, and those of a cPanel account through UAPI.
package tokens

import (
	"context"
	"strings"
	"time"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/whm"
)

// Account is whose tokens they are.
type Account struct {
	// Type tells whether it is a WHM user or a cPanel account.
	Type v1alpha1.AccountType
	// User is its name.
	User string
}

// String returns the account in one word, as journals have it.
func (a Account) String() string { return string(a.Type) + "/" + a.User }

// ParseAccount returns what String was made of; false if it was not.
func ParseAccount(text string) (Account, bool) {
	kind, user, ok := strings.Cut(text, "/")
	return Account{Type: v1alpha1.AccountType(kind), User: user}, ok && user != ""
}

// Spec is what a token shall be.
type Spec struct {
	// Name is unique among the tokens of the account.
	Name string
	// ACLs are the privileges of a WHM user's token; AllPrivileges gives it all that the user has.
	ACLs          []string
	AllPrivileges bool
	// AllowedIPs are the addresses that may use it; empty means any.
	AllowedIPs []string
	// ExpiresAt is when it stops working by itself; zero means never.
	ExpiresAt time.Time
}

// Info is what the server says of a token. cPanel tells neither privileges nor addresses.
type Info = whm.APITokenInfo

// Holder is an account whose tokens can be managed. Its errors are those of package whm, or outcomes.
type Holder interface {
	// Create makes a token. Its value is told this once.
	Create(ctx context.Context, spec Spec) (whm.Secret, error)
	// List returns the tokens by name, expired ones too.
	List(ctx context.Context) (map[string]Info, error)
	// Find returns what the server says of the token of a value. The error wraps whm.ErrTokenUnknown if it does not know it,
	// or cannot tell.
	Find(ctx context.Context, token whm.Secret) (Info, error)
	// Update makes the token of that name what spec says, its name too.
	Update(ctx context.Context, name string, spec Spec) error
	// Revoke revokes tokens by name. Only List proves that they are gone.
	Revoke(ctx context.Context, names ...string) error
	// Close ends what was opened to reach the account.
	Close(ctx context.Context)
}

// Access is how to get at the accounts of a server.
type Access struct {
	// Client calls as the operator.
	Client *whm.Client
	// User is whom the operator logs in as.
	User string
	// Login returns a client for another credential on the same server.
	Login func(whm.Credential) (*whm.Client, error)
}

// Open returns the holder of an account's tokens. The caller closes it.
func Open(ctx context.Context, a Access, account Account) (Holder, error) {
	switch {
	case account.Type == v1alpha1.CPanelAccount:
		return &cpanelAccount{client: a.Client, name: account.User}, nil
	case account.User == a.User:
		return &user{client: a.Client}, nil
	}
	return openSession(ctx, a, account.User)
}

// user is the WHM user that the client logs in as.
type user struct{ client *whm.Client }

// Create calls api_token_create.
func (u *user) Create(ctx context.Context, spec Spec) (whm.Secret, error) {
	token, err := u.client.APITokenCreate(ctx, whm.APITokenCreateInput{
		Name: spec.Name, ACLs: spec.ACLs, AllPrivileges: spec.AllPrivileges, AllowedIPs: spec.AllowedIPs, ExpiresAt: spec.ExpiresAt,
	})
	return token.Token, err
}

// List calls api_token_list.
func (u *user) List(ctx context.Context) (map[string]Info, error) {
	all, err := u.client.APITokenList(ctx)
	if whm.IsUnsupported(err) {
		// A server from before tokens has none.
		return map[string]Info{}, nil
	}
	return all, err
}

// Find calls api_token_get_details, which servers have from 98 on.
func (u *user) Find(ctx context.Context, token whm.Secret) (Info, error) {
	return u.client.APITokenGetDetails(ctx, token)
}

// Update calls api_token_update with everything, because what is left out is reset.
func (u *user) Update(ctx context.Context, name string, spec Spec) error {
	in := whm.APITokenUpdateInput{
		Name: name, ACLs: spec.ACLs, AllPrivileges: spec.AllPrivileges, AllowedIPs: spec.AllowedIPs, ExpiresAt: spec.ExpiresAt,
		ClearAllowedIPs: len(spec.AllowedIPs) == 0,
	}
	if spec.Name != name {
		in.NewName = spec.Name
	}
	_, err := u.client.APITokenUpdate(ctx, in)
	return err
}

// Revoke calls api_token_revoke, which takes several names.
func (u *user) Revoke(ctx context.Context, names ...string) error {
	return u.client.APITokenRevoke(ctx, names...)
}

// Close has nothing to do: the client is not the holder's own.
func (*user) Close(context.Context) {}
