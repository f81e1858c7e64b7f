// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/outcome"
	"github.com/whm-credentials/operator/internal/controller/reference"
	"github.com/whm-credentials/operator/internal/controller/upstream"
	"github.com/whm-credentials/operator/internal/rotation"
	"github.com/whm-credentials/operator/internal/whm"
)

// accessHashKey is the part of a value that holds the hash, and the default key in the Secret.
const accessHashKey = "accesshash"

// accessHashDriver rotates access hashes. WHM keeps one for each user, replaces it at once and lets it be read again, so
// a lost answer is recovered by reading.
type accessHashDriver struct {
	neighbours neighbours
}

var (
	_ replacer = (*accessHashDriver)(nil)
	_ sole     = (*accessHashDriver)(nil)
)

func accessHashOf(obj Credential) *v1alpha1.AccessHashRotation {
	return obj.(*v1alpha1.AccessHashRotation) //nolint:forcetypeassert // the reconciler of this kind passes nothing else
}

// Class is Replacing.
func (d *accessHashDriver) Class() rotation.Class { return rotation.Replacing }

// ID returns the user, because a user has one access hash.
func (d *accessHashDriver) ID(obj Credential, _ int64, _ int) string {
	return accessHashOf(obj).Spec.User
}

// Ask asks for everything, because an access hash cannot be limited.
func (d *accessHashDriver) Ask(obj Credential, _ v1alpha1.Server) reference.Ask {
	return reference.Ask{User: accessHashOf(obj).Spec.User, AllPrivileges: true}
}

// Admit stalls if another object rotates the same hash, or if the operator would lock itself out.
func (d *accessHashDriver) Admit(ctx context.Context, obj Credential, server v1alpha1.Server) error {
	if err := d.neighbours.soleRotation(ctx, d, obj, server); err != nil {
		return err
	}
	if err := d.Fits(ctx, obj, server); err != nil {
		return err
	}
	return d.neighbours.noLockOut(ctx, d, obj, server)
}

// Fits tells whether no server object loses its way in.
func (d *accessHashDriver) Fits(ctx context.Context, obj Credential, server v1alpha1.Server) error {
	return d.neighbours.keepsLogins(ctx, obj, d, func(other v1alpha1.Server) bool {
		return concerns(other, server) && d.LogsIn(obj, other)
	})
}

// Subject is the access hash of the user.
func (d *accessHashDriver) Subject(obj Credential, _ v1alpha1.Server) string {
	return "the access hash of " + accessHashOf(obj).Spec.User
}

// Part is the credential itself.
func (d *accessHashDriver) Part() upstream.Part { return upstream.MainPart }

// LogsIn tells whether the server object logs in with this user's access hash.
func (d *accessHashDriver) LogsIn(obj Credential, server v1alpha1.Server) bool {
	return server.ServerSpec().Auth.AccessHash != nil && upstream.User(server) == accessHashOf(obj).Spec.User
}

// Own is LogsIn, because a hash that was read from elsewhere is replaced all the same.
func (d *accessHashDriver) Own(obj Credential, server v1alpha1.Server) bool {
	return d.LogsIn(obj, server)
}

// Prepare reads the hash and, before the first regeneration, proves with it that hash logins work on the server: one
// that is switched off would not notice that the hash was replaced, but its other users would.
func (d *accessHashDriver) Prepare(ctx context.Context, c call, first bool) (string, error) {
	user := accessHashOf(c.obj).Spec.User
	hash, err := c.client.AccessHash(ctx, user)
	if errors.Is(err, whm.ErrNoAccessHash) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	// A server that lets the operator in with an access hash has proven it.
	if first && c.server.ServerSpec().Auth.AccessHash == nil {
		if err := d.proveHashLogin(ctx, c, user, hash); err != nil {
			return "", err
		}
	}
	return hash.Fingerprint(), nil
}

func (d *accessHashDriver) proveHashLogin(ctx context.Context, c call, user string, hash whm.Secret) error {
	if c.hashLogin.Refused() {
		return hashLoginDisabled()
	}
	client, err := c.login(whm.WithAccessHash(user, hash))
	if err != nil {
		return err
	}
	defer client.Close()
	_, err = client.MyPrivs(ctx)
	switch {
	case whm.IsUnauthenticated(err), whm.IsTwoFactorRequired(err):
		c.hashLogin.Record(false)
		return hashLoginDisabled()
	case err != nil && !whm.IsForbidden(err) && !whm.IsRefused(err) && !whm.IsUnsupported(err):
		return err
	}
	c.hashLogin.Record(true)
	return nil
}

func hashLoginDisabled() error {
	return outcome.Stall(v1alpha1.AccessHashLoginDisabledReason,
		"the server refused a login with the user's present access hash, so it was not touched; use an API token, or switch "+
			"on \"Allow deprecated WHM accesshash authentication\" in WHM's Tweak Settings (tried again after an hour)").
		RetryAfter(hashLoginRetry)
}

// Issue regenerates the hash.
func (d *accessHashDriver) Issue(ctx context.Context, c call, _ *rotation.Entry) (rotation.Credential, error) {
	hash, err := c.client.GenerateAccessHash(ctx, accessHashOf(c.obj).Spec.User)
	if err != nil {
		return rotation.Credential{}, err
	}
	return hashCredential(hash), nil
}

// Recover reads the hash. It is a new one exactly if it differs from the baseline.
func (d *accessHashDriver) Recover(ctx context.Context, c call, baseline string) (rotation.Credential, bool, error) {
	hash, err := c.client.AccessHash(ctx, accessHashOf(c.obj).Spec.User)
	if errors.Is(err, whm.ErrNoAccessHash) {
		return rotation.Credential{}, false, nil
	}
	if err != nil {
		return rotation.Credential{}, false, err
	}
	return hashCredential(hash), hash.Fingerprint() != baseline, nil
}

func hashCredential(hash whm.Secret) rotation.Credential {
	return rotation.Credential{
		Value:       rotation.Value{accessHashKey: hash.Reveal()},
		Fingerprint: hash.Fingerprint(),
	}
}

// Verify asks for the user's privileges. That the server lets the user in proves the hash and the user; what the user may
// do is not the hash's business.
func (d *accessHashDriver) Verify(ctx context.Context, c call, e *rotation.Entry) (verified, error) {
	client, err := c.login(whm.WithAccessHash(accessHashOf(c.obj).Spec.User, d.Secret(e.Value)))
	if err != nil {
		return verified{}, err
	}
	defer client.Close()
	_, err = client.MyPrivs(ctx)
	if err = tolerate(err); err == nil {
		c.hashLogin.Record(true)
	}
	return verified{}, err
}

// Sample returns a value of the form that WHM's documentation shows: 29 groups of 32 hexadecimal digits.
func (d *accessHashDriver) Sample(Credential) *rotation.Entry {
	return &rotation.Entry{Value: rotation.Value{accessHashKey: strings.Repeat("0123456789abcdef", 58)}}
}

// Keys returns username, accesshash and the ready authorization header.
func (d *accessHashDriver) Keys(obj Credential, _ v1alpha1.Server, e *rotation.Entry) map[string]string {
	user, hash := accessHashOf(obj).Spec.User, e.Value[accessHashKey]
	return map[string]string{
		"username":      user,
		accessHashKey:   hash,
		"authorization": "WHM " + user + ":" + hash,
	}
}

// Secret returns the hash.
func (d *accessHashDriver) Secret(value rotation.Value) whm.Secret {
	return whm.NewSecret(value[accessHashKey])
}

// Value returns the value that has the hash.
func (d *accessHashDriver) Value(hash whm.Secret) rotation.Value {
	return rotation.Value{accessHashKey: hash.Reveal()}
}

// Successor names API tokens where the server has them.
func (d *accessHashDriver) Successor(server v1alpha1.Server) string {
	if !slices.Contains(server.ServerStatus().Features, FeatureAPITokens) {
		return ""
	}
	return "WHM has deprecated access hashes since version 64; this server offers API tokens, which can overlap, be limited " +
		"to some privileges and expire"
}
