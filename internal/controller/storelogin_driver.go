// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"sync"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/outcome"
	"github.com/whm-credentials/operator/internal/controller/reference"
	"github.com/whm-credentials/operator/internal/controller/upstream"
	"github.com/whm-credentials/operator/internal/rotation"
	"github.com/whm-credentials/operator/internal/whm"
)

const (
	// accessTokenKey is the part of a value that holds the access token, and the default key in the Secret.
	accessTokenKey = "accessToken"
	// refreshTokenKey is the same for the refresh token, which is empty if the server gave none.
	refreshTokenKey = "refreshToken"

	// storeLoginSince is the first version of WHM with store logins.
	storeLoginSince = 62
)

// storeLoginDriver exchanges login tokens of a store. A login token comes out of a person's browser, and what it was
// exchanged for is shown once, so nothing recovers a lost answer.
type storeLoginDriver struct {
	// reader reads Secrets live.
	reader     client.Reader
	neighbours neighbours
	// sent has the digests of what this process has sent, because a cache can be behind, and a journal goes with its object.
	sent sync.Map
}

var (
	_ exchanger = (*storeLoginDriver)(nil)
	_ reporter  = (*storeLoginDriver)(nil)
)

func storeLoginOf(obj Credential) *v1alpha1.StoreLogin {
	return obj.(*v1alpha1.StoreLogin) //nolint:forcetypeassert // the reconciler of this kind passes nothing else
}

// Class is OneShot.
func (d *storeLoginDriver) Class() rotation.Class { return rotation.OneShot }

// ID is empty: what tells one exchange from another is the login token, whose fingerprint the engine takes down.
func (d *storeLoginDriver) ID(Credential, int64, int) string { return "" }

// Ask asks for no privilege: what a store gives has none of WHM. It is given to the user that the operator logs in as.
func (d *storeLoginDriver) Ask(_ Credential, server v1alpha1.Server) reference.Ask {
	return reference.Ask{User: upstream.User(server)}
}

// Admit stalls if the version is known and older than the store functions, or if the login token is another object's.
func (d *storeLoginDriver) Admit(ctx context.Context, obj Credential, server v1alpha1.Server) error {
	if version := versionOf(server); !version.IsZero() && !version.AtLeast(storeLoginSince) {
		return outcome.Stall(v1alpha1.UnsupportedReason, "a store login needs WHM %d or later, and the server has %s; upgrade the "+
			"server, or make a new object that refers to another one", storeLoginSince, version).RetryAfter(conflictRetry)
	}
	if err := d.soleReader(ctx, storeLoginOf(obj)); err != nil {
		return err
	}
	return d.Fits(ctx, obj, server)
}

// Fits tells whether no server object loses its way in. None can log in with what a store gives.
func (d *storeLoginDriver) Fits(ctx context.Context, obj Credential, _ v1alpha1.Server) error {
	return d.neighbours.keepsLogins(ctx, obj, d, func(v1alpha1.Server) bool { return false })
}

// Own is false: nobody logs in to WHM with what a store gives.
func (d *storeLoginDriver) Own(Credential, v1alpha1.Server) bool { return false }

// Issue exchanges the login token, unless that was tried for another object.
func (d *storeLoginDriver) Issue(ctx context.Context, c call, _ *rotation.Entry) (rotation.Credential, error) {
	if err := d.claim(ctx, storeLoginOf(c.obj), c.input.Fingerprint()); err != nil {
		return rotation.Credential{}, err
	}
	spec := storeLoginOf(c.obj).Spec
	tokens, err := c.client.ValidateLoginToken(ctx, whm.ValidateLoginTokenInput{
		Provider: spec.Provider, LoginToken: c.input, URLAfterLogin: spec.URLAfterLogin,
	})
	if err != nil {
		if !mayHaveIssued(err) && !usedUp(err) {
			d.sent.Delete(c.input.Fingerprint())
		}
		return rotation.Credential{}, err
	}
	return rotation.Credential{
		Value:       rotation.Value{accessTokenKey: tokens.Access.Reveal(), refreshTokenKey: tokens.Refresh.Reveal()},
		Fingerprint: tokens.Access.Fingerprint(),
	}, nil
}

// Verify proves nothing: no source knows a call to the store, and the server's answer is all that there is.
func (d *storeLoginDriver) Verify(context.Context, call, *rotation.Entry) (verified, error) {
	return verified{}, nil
}

// Published tells that nothing was proven.
func (d *storeLoginDriver) Published(Credential) string {
	return "The Secret holds what the store gave for the login token; whether the store accepts it cannot be tried from here"
}

// Sample returns values as long as the ones in WHM's documentation.
func (d *storeLoginDriver) Sample(Credential) *rotation.Entry {
	return &rotation.Entry{Value: rotation.Value{
		accessTokenKey:  "0123456789abcdefghijklmnopqrstuvwxyzABCD",
		refreshTokenKey: "DCBAzyxwvutsrqponmlkjihgfedcba9876543210",
	}}
}

// Keys returns the two tokens and the name of the store.
func (d *storeLoginDriver) Keys(obj Credential, _ v1alpha1.Server, e *rotation.Entry) map[string]string {
	return map[string]string{
		accessTokenKey:  e.Value[accessTokenKey],
		refreshTokenKey: e.Value[refreshTokenKey],
		"provider":      storeLoginOf(obj).Spec.Provider,
	}
}

// Secret returns the access token.
func (d *storeLoginDriver) Secret(value rotation.Value) whm.Secret {
	return whm.NewSecret(value[accessTokenKey])
}

// Value returns a value that has the access token, and nothing else.
func (d *storeLoginDriver) Value(token whm.Secret) rotation.Value {
	return rotation.Value{accessTokenKey: token.Reveal()}
}

// Successor is empty: there is nothing better.
func (d *storeLoginDriver) Successor(v1alpha1.Server) string { return "" }
