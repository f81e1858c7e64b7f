// SPDX-License-Identifier: Apache-2.0

package tokens

import (
	"context"
	"fmt"

	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/whm-credentials/operator/internal/controller/upstream"
	"github.com/whm-credentials/operator/internal/whm"
)

// otherUser is another WHM user than the operator's, reached through a session of that user: the token functions manage
// the tokens of whoever calls them.
type otherUser struct {
	user
	operator *whm.Client
	session  whm.LiveSession
}

func openSession(ctx context.Context, a Access, name string) (Holder, error) {
	created, err := a.Client.CreateUserSession(ctx, whm.CreateUserSessionInput{User: name, Service: whm.ServiceWHM})
	if err != nil {
		return nil, fmt.Errorf("open a session of %s: %w", name, err)
	}
	live, err := a.Client.OpenUserSession(ctx, created)
	if err != nil {
		return nil, inSession(name, err)
	}
	client, err := a.Login(whm.WithLiveSession(live))
	if err != nil {
		_ = a.Client.EndSession(ctx, live) // it ends by itself otherwise
		return nil, err
	}
	return &otherUser{user: user{client: client}, operator: a.Client, session: live}, nil
}

// inSession keeps a rejection of the session from being taken for one of the operator's own credential.
func inSession(name string, err error) error {
	if whm.IsUnauthenticated(err) || whm.IsTwoFactorRequired(err) {
		return upstream.LoginOutcome(fmt.Errorf("in a session of %s: %w", name, err))
	}
	return err
}

// Create creates a token in the session.
func (o *otherUser) Create(ctx context.Context, spec Spec) (whm.Secret, error) {
	token, err := o.user.Create(ctx, spec)
	return token, inSession(o.session.User, err)
}

// List lists the tokens of the session's user.
func (o *otherUser) List(ctx context.Context) (map[string]Info, error) {
	all, err := o.user.List(ctx)
	return all, inSession(o.session.User, err)
}

// Find looks a token of the session's user up.
func (o *otherUser) Find(ctx context.Context, token whm.Secret) (Info, error) {
	info, err := o.user.Find(ctx, token)
	return info, inSession(o.session.User, err)
}

// Update changes a token of the session's user.
func (o *otherUser) Update(ctx context.Context, name string, spec Spec) error {
	return inSession(o.session.User, o.user.Update(ctx, name, spec))
}

// Revoke revokes tokens of the session's user.
func (o *otherUser) Revoke(ctx context.Context, names ...string) error {
	return inSession(o.session.User, o.user.Revoke(ctx, names...))
}

// Close signs the session out. One that could not be signed out ends after 15 idle minutes.
func (o *otherUser) Close(ctx context.Context) {
	if err := o.operator.EndSession(ctx, o.session); err != nil {
		ctrl.LoggerFrom(ctx).Info("Leaving session to end by itself", "user", o.session.User, "reason", err.Error())
	}
	o.client.Close()
}
