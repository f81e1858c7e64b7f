// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"strings"

	"k8s.io/utils/clock"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/reference"
	"github.com/whm-credentials/operator/internal/controller/upstream"
	"github.com/whm-credentials/operator/internal/rotation"
	"github.com/whm-credentials/operator/internal/whm"
)

// passwordPart is the part of a value that holds the password, and the default key in the Secret.
const passwordPart = "password"

// passwdPrivilege is what WHM demands of whoever sets the password of an account.
const passwdPrivilege = "passwd"

// passwordDriver rotates passwords. The operator chooses them, so one whose answer was lost is set again.
type passwordDriver struct {
	neighbours neighbours
	clock      clock.PassiveClock
	demands    strengths
	weak       pauses
}

var (
	_ chooser  = (*passwordDriver)(nil)
	_ sole     = (*passwordDriver)(nil)
	_ reporter = (*passwordDriver)(nil)
)

func passwordOf(obj Credential) *v1alpha1.PasswordRotation {
	return obj.(*v1alpha1.PasswordRotation) //nolint:forcetypeassert // the reconciler of this kind passes nothing else
}

// userOf returns who logs in with the password.
func userOf(t v1alpha1.PasswordTarget) string {
	if t.User == "" {
		return string(t.Account)
	}
	return t.User
}

// Class is Chosen.
func (d *passwordDriver) Class() rotation.Class { return rotation.Chosen }

// ID returns the user, because a user has one password.
func (d *passwordDriver) ID(obj Credential, _ int64, _ int) string {
	return userOf(passwordOf(obj).Spec.Target)
}

// Ask asks for the account. Its own password opens in WHM whatever the account may do there, which is known only of the
// user that the operator logs in as; of another one it takes what would let a tenant change that password by itself.
func (d *passwordDriver) Ask(obj Credential, server v1alpha1.Server) reference.Ask {
	target := passwordOf(obj).Spec.Target
	ask := reference.Ask{User: string(target.Account)}
	switch {
	case target.Type != v1alpha1.AccountPassword:
	case ask.User == "root", ask.User == upstream.User(server):
		ask.AllPrivileges = true
	default:
		ask.ACLs, ask.Purpose = []string{passwdPrivilege}, "passwords of accounts"
	}
	return ask
}

// Subject is the password of the user.
func (d *passwordDriver) Subject(obj Credential, _ v1alpha1.Server) string {
	target := passwordOf(obj).Spec.Target
	service, user := serviceOf(target), userOf(target)
	if !service.exact {
		user = strings.ToLower(user)
	}
	return "the password of " + service.called + user
}

// Part is the credential itself.
func (d *passwordDriver) Part() upstream.Part { return upstream.MainPart }

// LogsIn tells whether the server object logs in with the password of this account.
func (d *passwordDriver) LogsIn(obj Credential, server v1alpha1.Server) bool {
	target := passwordOf(obj).Spec.Target
	return server.ServerSpec().Auth.Password != nil && target.Type == v1alpha1.AccountPassword &&
		upstream.User(server) == string(target.Account)
}

// Own is LogsIn, because a password that was read from elsewhere is replaced all the same.
func (d *passwordDriver) Own(obj Credential, server v1alpha1.Server) bool {
	return d.LogsIn(obj, server)
}

// Admit stalls if another object rotates the same password, if the operator would lock itself out, or if there are no
// passwords by the policy that nobody guesses.
func (d *passwordDriver) Admit(ctx context.Context, obj Credential, server v1alpha1.Server) error {
	if err := policyOf(obj).check(); err != nil {
		return err
	}
	if err := d.neighbours.soleRotation(ctx, d, obj, server); err != nil {
		return err
	}
	if err := d.Fits(ctx, obj, server); err != nil {
		return err
	}
	return d.neighbours.noLockOut(ctx, d, obj, server)
}

// Fits tells whether no server object loses its way in.
func (d *passwordDriver) Fits(ctx context.Context, obj Credential, server v1alpha1.Server) error {
	return d.neighbours.keepsLogins(ctx, obj, d, func(other v1alpha1.Server) bool {
		return concerns(other, server) && d.LogsIn(obj, other)
	})
}

// Sample returns a value as the policy's default has them.
func (d *passwordDriver) Sample(obj Credential) *rotation.Entry {
	return &rotation.Entry{ID: d.ID(obj, 1, 1), Value: rotation.Value{passwordPart: "Abcdefgh-23456789.Jkmnpqrs_Tuv~w"}}
}

// Secret returns the password.
func (d *passwordDriver) Secret(value rotation.Value) whm.Secret {
	return whm.NewSecret(value[passwordPart])
}

// Value returns the value that has the password.
func (d *passwordDriver) Value(password whm.Secret) rotation.Value {
	return rotation.Value{passwordPart: password.Reveal()}
}

// Successor is empty: there is nothing better.
func (d *passwordDriver) Successor(v1alpha1.Server) string { return "" }

// Published tells whether the password was used, or the server's word was taken for it.
func (d *passwordDriver) Published(obj Credential) string {
	if passwordOf(obj).Spec.Target.Type == v1alpha1.MailboxPassword {
		return "The Secret holds the newest password, which the server says opens the mailbox"
	}
	return "The Secret holds the newest password, which the server took"
}
