// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"fmt"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/outcome"
	"github.com/whm-credentials/operator/internal/controller/upstream"
	"github.com/whm-credentials/operator/internal/rotation"
	"github.com/whm-credentials/operator/internal/whm"
)

// Issue sets the password that the journal holds.
func (d *passwordDriver) Issue(ctx context.Context, c call, e *rotation.Entry) (rotation.Credential, error) {
	spec, password := passwordOf(c.obj).Spec, d.Secret(e.Value)
	err := serviceOf(spec.Target).set(ctx, c.client, spec, password)
	if whm.IsRefused(err) && mayHaveIssued(err) {
		return rotation.Credential{}, outcome.Retry(v1alpha1.RefusedReason, "%w; the same password is set again until it is", err)
	}
	if err != nil {
		return rotation.Credential{}, d.explain(c.obj, err)
	}
	return rotation.Credential{Value: e.Value, Fingerprint: password.Fingerprint()}, nil
}

// Verify asks whether the password works where there is a way that does not count as a login, or logs in if the operator is
// going to. Of all others there is the server's answer when it was set.
func (d *passwordDriver) Verify(ctx context.Context, c call, e *rotation.Entry) (verified, error) {
	switch {
	case passwordOf(c.obj).Spec.Target.Type == v1alpha1.MailboxPassword:
		return d.verifyMailbox(ctx, c, e)
	case d.Own(c.obj, c.server):
		client, err := c.rehearse(d.Part(), d.Secret(e.Value))
		if err != nil {
			return verified{}, err
		}
		defer client.Close()
		_, err = client.MyPrivs(ctx)
		return verified{}, tolerate(err)
	}
	return verified{Assumed: true}, nil
}

// verifyMailbox asks with the operator's login, so what is said of that is not said of the password.
func (d *passwordDriver) verifyMailbox(ctx context.Context, c call, e *rotation.Entry) (verified, error) {
	target := passwordOf(c.obj).Spec.Target
	client, err := c.operator()
	if err != nil {
		return verified{}, err
	}
	opens, err := client.VerifyMailPassword(ctx, string(target.Account), target.User, d.Secret(e.Value))
	switch {
	case definite(err):
		return verified{Assumed: true}, nil
	case err != nil:
		return verified{}, upstream.Outcome(err)
	case !opens:
		return verified{}, fmt.Errorf("%w: the password does not open the mailbox %s; see whether its login or its account is "+
			"suspended", errNotAccepted, target.User)
	}
	return verified{}, nil
}
