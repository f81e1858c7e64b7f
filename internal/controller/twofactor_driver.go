// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"

	"k8s.io/utils/clock"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/reference"
	"github.com/whm-credentials/operator/internal/controller/tokens"
	"github.com/whm-credentials/operator/internal/controller/upstream"
	"github.com/whm-credentials/operator/internal/rotation"
	"github.com/whm-credentials/operator/internal/whm"
)

const (
	// twoFactorID stands for the second factor of the operator's user, of which a user has one.
	twoFactorID = "totp"

	// Parts of a value, which are default keys in the Secret too.
	twoFactorSecretKey  = upstream.OTPSecretKey
	twoFactorOTPAuthKey = "otpauth"
)

// twoFactorDriver replaces what the one-time codes of the operator's user are made from. WHM lets users do that for
// themselves only. It makes the secret up without storing it, so the operator knows it before it is in force, and sets the
// same one again when an answer was lost.
type twoFactorDriver struct {
	clock      clock.PassiveClock
	neighbours neighbours
}

var (
	_ chooser   = (*twoFactorDriver)(nil)
	_ accounted = (*twoFactorDriver)(nil)
	_ sole      = (*twoFactorDriver)(nil)
	_ reporter  = (*twoFactorDriver)(nil)
)

// Class is Chosen.
func (d *twoFactorDriver) Class() rotation.Class { return rotation.Chosen }

// ID is the same for all, because a user has one second factor.
func (d *twoFactorDriver) ID(Credential, int64, int) string { return twoFactorID }

// Ask asks for everything: whoever can make the codes of a user is one step from being that user.
func (d *twoFactorDriver) Ask(_ Credential, server v1alpha1.Server) reference.Ask {
	return reference.Ask{User: upstream.User(server), AllPrivileges: true}
}

// Account returns whose second factor it is: that of the user that the server object logs in as.
func (d *twoFactorDriver) Account(_ Credential, server v1alpha1.Server) tokens.Account {
	return tokens.Account{Type: v1alpha1.WHMUser, User: upstream.User(server)}
}

// Subject is the second factor of the user that the server object logs in as.
func (d *twoFactorDriver) Subject(_ Credential, server v1alpha1.Server) string {
	return "the two-factor secret of " + upstream.User(server)
}

// Part is what one-time codes are made from.
func (d *twoFactorDriver) Part() upstream.Part { return upstream.OTPPart }

// LogsIn tells whether the server object sends one-time codes.
func (d *twoFactorDriver) LogsIn(_ Credential, server v1alpha1.Server) bool {
	password := server.ServerSpec().Auth.Password
	return password != nil && password.OTPSecretRef != nil
}

// Own is LogsIn, because the object is about the user that its server object logs in as.
func (d *twoFactorDriver) Own(obj Credential, server v1alpha1.Server) bool {
	return d.LogsIn(obj, server)
}

// Policy is empty: nothing in the spec says what the secret is like.
func (d *twoFactorDriver) Policy(Credential) string { return "" }

// Secret returns what codes are made from.
func (d *twoFactorDriver) Secret(value rotation.Value) whm.Secret {
	return whm.NewSecret(value[twoFactorSecretKey])
}

// Value returns the value that has the secret. Its URL is made anew when it is published.
func (d *twoFactorDriver) Value(secret whm.Secret) rotation.Value {
	return rotation.Value{twoFactorSecretKey: secret.Reveal()}
}

// Successor is empty: there is nothing better.
func (d *twoFactorDriver) Successor(v1alpha1.Server) string { return "" }

// Irreplaceable is true: the second factor stays in force, and the Secret may be all that knows it.
func (d *twoFactorDriver) Irreplaceable() bool { return true }

// Published says how the secret was proven.
func (d *twoFactorDriver) Published(Credential) string {
	return "The Secret holds the newest two-factor secret; the server took a one-time code that was made from it"
}

// Choose has the server make a secret up, which it does not store.
func (d *twoFactorDriver) Choose(ctx context.Context, c call) (rotation.Value, error) {
	if err := d.mayAskForCodes(ctx, c); err != nil {
		return nil, err
	}
	config, err := c.client.GenerateTFAConfig(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := d.code(config.Secret); err != nil {
		return nil, err
	}
	return rotation.Value{
		twoFactorSecretKey: config.Secret.Reveal(), twoFactorOTPAuthKey: config.OTPAuth.Reveal(),
	}, nil
}
