// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"context"
	"errors"
	"maps"
	"slices"
)

// ErrTokenListed is wrapped by the errors of [Client.APITokenEnsureRevoked] and
// [Client.AccountTokenEnsureRevoked] when the server lists a token although it
// reported its revocation as done.
var ErrTokenListed = errors.New("the token is still listed after its revocation")

// APITokenEnsureRevoked revokes a token of the calling user and proves by the
// list that it is gone. A name that the server does not know counts as gone,
// whether or not the server refuses to revoke it, which is not documented.
func (c *Client) APITokenEnsureRevoked(ctx context.Context, name string) error {
	return ensureRevoked(
		func() error { return c.APITokenRevoke(ctx, name) },
		func() ([]string, error) {
			tokens, err := c.APITokenList(ctx)
			return slices.Collect(maps.Keys(tokens)), err
		},
		"api_token_revoke", name)
}

// ensureRevoked lists after a revocation that the server carried out or refused.
// The refusal counts only while the name is listed: nobody documents how an
// unknown name is refused, so its text cannot be told from others.
func ensureRevoked(revoke func() error, list func() ([]string, error), function, name string) error {
	refusal := revoke()
	if _, saidNo := functionSaidNo(refusal); refusal != nil && !saidNo {
		return refusal
	}
	listed, err := list()
	switch {
	case err != nil:
		return err
	case !slices.Contains(listed, name):
		return nil
	case refusal != nil:
		return refusal
	}
	return &Error{Function: function, Class: ClassRefused, MayHaveApplied: true, err: ErrTokenListed}
}
