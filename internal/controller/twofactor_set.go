// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"errors"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/outcome"
	"github.com/whm-credentials/operator/internal/controller/upstream"
	"github.com/whm-credentials/operator/internal/rotation"
	"github.com/whm-credentials/operator/internal/whm"
)

const (
	// codeStep is how long a one-time code is the present one.
	codeStep = 30 * time.Second
	// wrongCodeRetry is when a code is tried that is certainly another one than the server did not take.
	wrongCodeRetry = 2 * codeStep
	// clockRetry is when a server is asked again whose clock differs, or that takes no code.
	clockRetry = 15 * time.Minute
)

// code returns the one-time code of now.
func (d *twoFactorDriver) code(secret whm.Secret) (whm.Secret, error) {
	code, err := totp.GenerateCode(secret.Reveal(), d.clock.Now())
	if err != nil {
		// The error could quote the secret.
		return whm.Secret{}, outcome.Stall(v1alpha1.RefusedReason, "the server made up a two-factor secret that is not base32, so no "+
			"one-time code can be made from it").RetryAfter(clockRetry)
	}
	return whm.NewSecret(code), nil
}

// Issue sets the secret, and shows with a code that the operator has it.
func (d *twoFactorDriver) Issue(ctx context.Context, c call, e *rotation.Entry) (rotation.Credential, error) {
	secret := d.Secret(e.Value)
	code, err := d.code(secret)
	if err != nil {
		return rotation.Credential{}, err
	}
	c.spend(code)
	switch err := c.client.SetTFAConfig(ctx, secret, code); {
	case errors.Is(err, whm.ErrWrongCode):
		return rotation.Credential{}, d.wrongCode(err, e)
	case err != nil:
		return rotation.Credential{}, err
	}
	return rotation.Credential{Value: e.Value, Fingerprint: secret.Fingerprint()}, nil
}

// wrongCode says why the server did not take the code. Nothing has changed then.
func (d *twoFactorDriver) wrongCode(err error, e *rotation.Entry) error {
	if skew := skewOf(err, d.clock.Now()); skew != "" {
		return outcome.Stall(v1alpha1.ClockSkewReason, "the server did not accept a one-time code: %s, best by NTP: %w", skew, err).
			RetryAfter(clockRetry)
	}
	again := clockRetry
	if e.Attempt == 1 {
		// It may have come at the end of its time.
		again = wrongCodeRetry
	}
	return outcome.Stall(v1alpha1.RefusedReason, "%w; nothing has changed, and it is tried again with another code", err).RetryAfter(again)
}

// Verify logs in with a code if that is how the operator logs in. For others nothing proves more than what was proven when
// the secret was set: that the server took a code which was made from it.
func (d *twoFactorDriver) Verify(ctx context.Context, c call, e *rotation.Entry) (verified, error) {
	if !d.Own(c.obj, c.server) {
		return verified{Assumed: true}, nil
	}
	return verified{}, d.rehearse(ctx, c, e)
}

// rehearse logs in as the operator will. A code opens one session, so it may have to wait for the next one.
func (d *twoFactorDriver) rehearse(ctx context.Context, c call, e *rotation.Entry) error {
	client, err := c.rehearse(upstream.OTPPart, d.Secret(e.Value))
	if err != nil {
		return err
	}
	defer client.Close()
	_, err = client.MyPrivs(ctx)
	if errors.Is(err, whm.ErrCodeUsed) {
		return outcome.Wait(d.nextCode(), v1alpha1.ProgressingReason, "waits for the next one-time code to prove the new secret with")
	}
	return tolerate(err)
}

// nextCode returns how long it takes until there is another code.
func (d *twoFactorDriver) nextCode() time.Duration {
	now := d.clock.Now()
	return now.Truncate(codeStep).Add(codeStep).Sub(now)
}
