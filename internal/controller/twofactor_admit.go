// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/outcome"
	"github.com/whm-credentials/operator/internal/controller/upstream"
)

// secondFactorOf is the driver as it is about one user.
type secondFactorOf struct {
	*twoFactorDriver

	user string
}

// LogsIn tells whether the server object logs in as the user with one-time codes.
func (d secondFactorOf) LogsIn(obj Credential, server v1alpha1.Server) bool {
	return upstream.User(server) == d.user && d.twoFactorDriver.LogsIn(obj, server)
}

// Admit stalls if another object rotates the same secret, or if a server object would go on making codes from the old one.
func (d *twoFactorDriver) Admit(ctx context.Context, obj Credential, server v1alpha1.Server) error {
	if err := d.neighbours.soleRotation(ctx, d, obj, server); err != nil {
		return err
	}
	if err := d.Fits(ctx, obj, server); err != nil {
		return err
	}
	return d.neighbours.noLockOut(ctx, secondFactorOf{d, upstream.User(server)}, obj, server)
}

// Fits tells whether no server object loses its way in.
func (d *twoFactorDriver) Fits(ctx context.Context, obj Credential, server v1alpha1.Server) error {
	of := secondFactorOf{d, upstream.User(server)}
	return d.neighbours.keepsLogins(ctx, obj, d, func(other v1alpha1.Server) bool {
		return concerns(other, server) && of.LogsIn(obj, other)
	})
}

// mayAskForCodes stalls if the user gets its first second factor while a server object logs in as that user without a code:
// from then on the server may ask for one. It does at its login form; whether it asks tokens and access hashes where its
// security policies cover API requests is not verified. A user with a second factor is let in as before.
func (d *twoFactorDriver) mayAskForCodes(ctx context.Context, c call) error {
	user := upstream.User(c.server)
	without, err := d.withoutCodes(ctx, c.server)
	if err != nil || without == nil {
		return err
	}
	configs, err := c.client.TFAUserConfigs(ctx, user)
	if err != nil || configs[user].Enabled {
		return err
	}
	advice := "let it log in with a password and an otpSecretRef to the Secret " + c.obj.CredentialSpec().Secret.Name +
		", which may hold any base32 text until then and needs secret.adoption"
	if !needsCode(without) {
		if accepts(c.obj, v1alpha1.Risk(v1alpha1.RiskLoginWithoutCode)) {
			return nil
		}
		advice += ", or add " + string(v1alpha1.RiskLoginWithoutCode) + " to spec.acceptRisks"
	}
	return outcome.Stall(v1alpha1.WouldLockOutReason,
		"%s logs in as %s without one-time codes, and may be asked for them once %s has a second factor, which it has not yet; %s",
		called(string(without.ServerKind()), without, c.obj), user, user, advice).RetryAfter(clockRetry)
}

// withoutCodes returns a server object that logs in as the user without a code, one that certainly needs one first; nil if
// there is none.
func (d *twoFactorDriver) withoutCodes(ctx context.Context, server v1alpha1.Server) (found v1alpha1.Server, err error) {
	all, err := d.neighbours.references.Servers(ctx)
	if err != nil {
		return nil, err
	}
	for _, other := range all {
		if !concerns(other, server) || upstream.User(other) != upstream.User(server) || d.LogsIn(nil, other) {
			continue
		}
		if found == nil || needsCode(other) {
			found = other
		}
	}
	return found, nil
}

// needsCode tells whether a login without a code fails as soon as its user has a second factor, whatever the security
// policies say: that at the login form.
func needsCode(server v1alpha1.Server) bool {
	password := server.ServerSpec().Auth.Password
	return password != nil && password.Session
}
