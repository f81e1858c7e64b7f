// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"errors"
	"fmt"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/tokens"
	"github.com/whm-credentials/operator/internal/rotation"
	"github.com/whm-credentials/operator/internal/whm"
)

// Verify logs in with the token and asks what it is. A token that is limited to addresses that the operator's is not among
// cannot be used from here, but WHM knows it by its value.
func (d *apiTokenDriver) Verify(ctx context.Context, c call, e *rotation.Entry) (verified, error) {
	have, err := d.ask(ctx, c, e)
	limited := len(apiTokenOf(c.obj).Spec.AllowedIPs) > 0
	if whm.IsUnauthenticated(err) && limited {
		return d.verifyFromOutside(ctx, c, e, err)
	}
	if err != nil {
		return verified{}, err
	}
	return d.judge(c, e, have), nil
}

// judge compares the token with what was asked for. That a host ignores the expiry of an account's token is known of some,
// and no reason to leave the account without one.
func (d *apiTokenDriver) judge(c call, e *rotation.Entry, have tokens.Info) verified {
	want := wantedOf(d, c.obj, e)
	if d.Account(c.obj, c.server).Type == v1alpha1.CPanelAccount {
		return verified{ExpiresAt: have.ExpiresAt}
	}
	v := verified{ExpiresAt: have.ExpiresAt, Mismatch: want.Differs(have)}
	if have.Name != "" && have.Name != e.ID {
		v.Mismatch = fmt.Sprintf("the server knows it as %s instead of %s", have.Name, e.ID)
	}
	return v
}

// wantedOf returns what the token of an entry shall be. Its expiry is what was planned when it was asked for.
func wantedOf(o overlapper, obj Credential, e *rotation.Entry) tokens.Spec {
	want, _ := o.Wanted(obj, e.ID, e.IssuedAt)
	want.ExpiresAt = e.ExpiresAt
	return want
}

// ask uses the token: of a cPanel account to list the account's tokens, which tells its expiry; of a WHM user to ask for
// its own description, or for the user's privileges where there is no such function yet.
func (d *apiTokenDriver) ask(ctx context.Context, c call, e *rotation.Entry) (tokens.Info, error) {
	account := d.Account(c.obj, c.server)
	if account.Type == v1alpha1.CPanelAccount {
		return askCPanel(ctx, c, account, d.Secret(e.Value), e.ID)
	}
	client, err := c.login(whm.WithAPIToken(account.User, d.Secret(e.Value)))
	if err != nil {
		return tokens.Info{}, err
	}
	defer client.Close()
	if version := versionOf(c.server); !version.IsZero() && !version.AtLeast(98) {
		return d.askOld(ctx, c, client, e)
	}
	info, err := client.APITokenGetDetails(ctx, d.Secret(e.Value))
	if err == nil {
		return info, nil
	}
	if errors.Is(err, whm.ErrTokenUnknown) || tolerate(err) == nil {
		// It was let in, or the question would not have been understood.
		return d.askOld(ctx, c, client, e)
	}
	return tokens.Info{}, err
}

// askOld proves the login, and asks the list what the token may do unless the server's answer says just that. Whether
// myprivs tells the limits of the token or of its user is not known.
func (d *apiTokenDriver) askOld(ctx context.Context, c call, client *whm.Client, e *rotation.Entry) (tokens.Info, error) {
	privileges, err := client.MyPrivs(ctx)
	if tolerate(err) != nil {
		return tokens.Info{}, err
	}
	want := wantedOf(d, c.obj, e)
	have := tokens.Info{Name: e.ID, ACLs: privileges.Names(), ExpiresAt: want.ExpiresAt}
	if err == nil && want.ExpiresAt.IsZero() && want.Differs(have) == "" {
		return have, nil
	}
	return d.listed(ctx, c, e)
}

// listed asks the account's list for the token.
func (d *apiTokenDriver) listed(ctx context.Context, c call, e *rotation.Entry) (tokens.Info, error) {
	all, err := d.list(ctx, c)
	if err != nil {
		return tokens.Info{}, err
	}
	info, ok := all[e.ID]
	if !ok {
		return tokens.Info{Name: "(none)"}, nil
	}
	return info, nil
}

func (d *apiTokenDriver) list(ctx context.Context, c call) (map[string]tokens.Info, error) {
	var err error
	if c.client, err = c.operator(); err != nil {
		return nil, err
	}
	holder, err := d.holder(ctx, c)
	if err != nil {
		return nil, err
	}
	defer holder.Close(ctx)
	return holder.List(ctx)
}

func askCPanel(
	ctx context.Context, c call, account tokens.Account, token whm.Secret, name string,
) (tokens.Info, error) {
	client, err := c.loginCPanel(whm.WithAccountToken(account.User, token))
	if err != nil {
		return tokens.Info{}, err
	}
	defer client.Close()
	all, err := client.OwnAccountTokens(ctx)
	if err != nil {
		return tokens.Info{}, err
	}
	return tokens.FromAccountToken(all[name]), nil
}

// verifyFromOutside takes the server's word for a token that cannot be used from here.
func (d *apiTokenDriver) verifyFromOutside(
	ctx context.Context, c call, e *rotation.Entry, rejection error,
) (verified, error) {
	all, err := d.list(ctx, c)
	if err != nil {
		return verified{}, err
	}
	have, ok := all[e.ID]
	if !ok {
		return verified{}, rejection
	}
	v := d.judge(c, e, have)
	v.Unproven = "the server lists the token, but did not let the operator in with it, as it does for an address that is not in " +
		"spec.allowedIPs"
	return v, nil
}

// Look lists the tokens of an account, or asks with the token itself what it is: to list those of another WHM user takes a
// session of that user, which is only opened if the token is not accepted. One that was not because of the operator's
// address is not tried again, because each try is a failed login.
func (d *apiTokenDriver) Look(ctx context.Context, c call, e *rotation.Entry) (map[string]tokens.Info, error) {
	outside := meta.IsStatusConditionTrue(c.obj.CredentialStatus().Conditions, v1alpha1.UnprovenCondition)
	if d.Account(c.obj, c.server).Type == v1alpha1.WHMUser && !outside {
		if have, err := d.ask(ctx, c, e); err == nil {
			return map[string]tokens.Info{have.Name: have}, nil
		}
	}
	return d.list(ctx, c)
}

// Present asks under which name WHM knows the token now.
func (d *apiTokenDriver) Present(ctx context.Context, c call, e *rotation.Entry) (string, error) {
	holder, err := d.holder(ctx, c)
	if err != nil {
		return "", err
	}
	defer holder.Close(ctx)
	info, err := holder.Find(ctx, d.Secret(e.Value))
	switch {
	case errors.Is(err, whm.ErrTokenUnknown), tolerate(err) == nil && err != nil:
		return "", nil
	case err != nil:
		return "", err
	}
	return info.Name, nil
}
