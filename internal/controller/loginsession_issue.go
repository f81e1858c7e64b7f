// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"cmp"
	"context"
	"time"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/outcome"
	"github.com/whm-credentials/operator/internal/controller/upstream"
	"github.com/whm-credentials/operator/internal/rotation"
	"github.com/whm-credentials/operator/internal/whm"
)

// sessionRefusedRetry is when a server is asked again that demands what the operator does not have.
const sessionRefusedRetry = 15 * time.Minute

var sessionServices = map[v1alpha1.SessionService]string{
	v1alpha1.CPanelService:  whm.ServiceCPanel,
	v1alpha1.WHMService:     whm.ServiceWHM,
	v1alpha1.WebmailService: whm.ServiceWebmail,
}

// Issue asks for a session.
func (d *loginSessionDriver) Issue(ctx context.Context, c call, e *rotation.Entry) (rotation.Credential, error) {
	issued, err := d.issue(ctx, c, e)
	if err == nil {
		issued.Value[sessionUserKey] = sessionUser(c.obj)
		issued.Value[sessionServiceKey] = string(loginSessionOf(c.obj).Spec.Service)
	}
	return issued, err
}

func (d *loginSessionDriver) issue(ctx context.Context, c call, e *rotation.Entry) (rotation.Credential, error) {
	spec := loginSessionOf(c.obj).Spec
	if spec.Mailbox != nil {
		return d.issueMailbox(ctx, c, e)
	}
	session, err := c.client.CreateUserSession(ctx, whm.CreateUserSessionInput{
		User: spec.User, Service: sessionServices[spec.Service],
		App: spec.App, Locale: spec.Locale, PreferredDomain: spec.PreferredDomain,
	})
	if err != nil {
		return rotation.Credential{}, err
	}
	token := cmp.Or(session.SecurityToken.Reveal(), tokenIn(session.URL.Reveal()))
	if spec.TemporaryDatabaseUser {
		session.SecurityToken = whm.NewSecret(token)
		return d.issueOpened(ctx, c, e, session)
	}
	return rotation.Credential{
		Value: rotation.Value{
			sessionKey: session.Session.Reveal(), sessionURLKey: session.URL.Reveal(), sessionTokenKey: token,
		},
		Fingerprint: session.Session.Fingerprint(), ExpiresAt: sessionEnd(spec, e.IntendedAt, session.Expires),
	}, nil
}

// sessionEnd returns when a session ends that was asked for at a time: when nobody used it for too long, when the server
// says, or when it is withdrawn. A server that names a time which is all but over has a clock of its own.
func sessionEnd(spec v1alpha1.LoginSessionSpec, at, told time.Time) time.Time {
	end, withdrawn := at.Add(sessionIdle), at.Add(sessionTTL(spec))
	switch {
	case spec.TemporaryDatabaseUser:
		// The operator uses it for so long.
		end = withdrawn.Add(sessionIdle)
	case told.After(at.Add(sessionMargin)) && told.Before(end):
		end = told
	}
	if spec.Mode != v1alpha1.SessionKeepFresh && withdrawn.Before(end) {
		return withdrawn
	}
	return end
}

// issueMailbox asks for a session of one of the user's mailboxes, with the mailbox's password if the spec names one.
func (d *loginSessionDriver) issueMailbox(ctx context.Context, c call, e *rotation.Entry) (rotation.Credential, error) {
	spec := loginSessionOf(c.obj).Spec
	in := whm.CreateWebmailSessionInput{
		Login: spec.Mailbox.Login, Domain: spec.Mailbox.Domain, Locale: spec.Locale, RemoteAddress: spec.Mailbox.RemoteAddress,
	}
	session, err := d.openMailbox(ctx, c, in)
	if err != nil {
		return rotation.Credential{}, err
	}
	host, _ := upstream.HostPort(c.server)
	return rotation.Credential{
		Value: rotation.Value{
			sessionKey: session.Session.Reveal(), sessionURLKey: session.URL(host).Reveal(),
			sessionTokenKey: session.SecurityToken.Reveal(), sessionFormKey: session.Form().Reveal(),
		},
		Fingerprint: session.Session.Fingerprint(), ExpiresAt: sessionEnd(spec, e.IntendedAt, time.Time{}),
	}, nil
}

func (d *loginSessionDriver) openMailbox(
	ctx context.Context, c call, in whm.CreateWebmailSessionInput,
) (whm.WebmailSession, error) {
	spec := loginSessionOf(c.obj).Spec
	password, err := d.password(ctx, c.obj)
	if err != nil {
		return whm.WebmailSession{}, err
	}
	if password.IsZero() {
		return c.client.CreateWebmailSession(ctx, spec.User, in)
	}
	session, err := c.client.CreateWebmailSessionCheckPassword(ctx, spec.User, in, password)
	if whm.IsRefused(err) || whm.IsInvalidInput(err) {
		// The server does not say whether it was for the password, and whether a wrong one counts as a failed login is not
		// verified. Nor is how it is worded.
		ref := spec.Mailbox.PasswordSecretRef
		return session, d.stop(c.obj, password, lockOutRetry, outcome.Stall(v1alpha1.RefusedReason, "%w; put the mailbox's password "+
			"under the key %s of the Secret %s (the same one is tried again after 8 hours, because wrong ones can lock the mailbox)",
			err, passwordKey(ref), ref.Name))
	}
	return session, err
}

// issueOpened opens a session and makes a temporary database user in it.
func (d *loginSessionDriver) issueOpened(
	ctx context.Context, c call, e *rotation.Entry, session whm.UserSession,
) (rotation.Credential, error) {
	live, err := openSession(ctx, c, session)
	if err != nil {
		return rotation.Credential{}, d.insideOutcome(c, err)
	}
	client, err := c.loginCPanel(whm.WithLiveSession(live))
	if err != nil {
		return rotation.Credential{}, err
	}
	defer client.Close()
	database, err := client.CreateTempUser(ctx)
	if err != nil {
		// What cannot be ended ends by itself.
		_ = client.EndSession(ctx, live)
		return rotation.Credential{}, d.insideOutcome(c, err)
	}
	return rotation.Credential{
		Value: rotation.Value{
			sessionKey: session.Session.Reveal(), sessionTokenKey: live.SecurityToken.Reveal(),
			sessionCookieKey: live.Cookie.Reveal(), sessionDatabaseKey: database.Name.Reveal(),
		},
		Fingerprint: session.Session.Fingerprint(),
		ExpiresAt:   sessionEnd(loginSessionOf(c.obj).Spec, e.IntendedAt, time.Time{}),
	}, nil
}

func openSession(ctx context.Context, c call, session whm.UserSession) (whm.LiveSession, error) {
	client, err := c.loginCPanel(whm.WithUserSession(session))
	if err != nil {
		return whm.LiveSession{}, err
	}
	defer client.Close()
	return client.OpenUserSession(ctx, session)
}

// insideOutcome says what a failure inside a session means. It says nothing about the operator's own login.
func (d *loginSessionDriver) insideOutcome(c call, err error) error {
	if whm.IsTwoFactorRequired(err) {
		return d.stop(c.obj, whm.Secret{}, sessionRefusedRetry, outcome.Stall(v1alpha1.TwoFactorRequiredReason, "%w inside the session, which the "+
			"operator has no code for; let whoever runs the server take API requests out of the security policies, or the "+
			"two-factor authentication off the account", err))
	}
	if whm.IsUnauthenticated(err) {
		return upstream.LoginOutcome(err)
	}
	return err
}

// Alive uses the session for a harmless call.
func (d *loginSessionDriver) Alive(ctx context.Context, c call, e *rotation.Entry) (bool, error) {
	client, err := c.loginCPanel(whm.WithLiveSession(liveSession(e)))
	if err != nil {
		return false, err
	}
	defer client.Close()
	_, err = client.OwnAccountTokens(ctx)
	if whm.IsUnauthenticated(err) {
		return false, nil
	}
	// Whoever is refused was let in.
	err = tolerate(err)
	return err == nil, err
}

// End signs out of a session that the operator has opened. Others would have to be opened for that.
func (d *loginSessionDriver) End(ctx context.Context, c call, e *rotation.Entry) error {
	live := liveSession(e)
	if live.Cookie.IsZero() {
		return nil
	}
	client, err := c.loginCPanel(whm.WithLiveSession(live))
	if err != nil {
		return err
	}
	defer client.Close()
	return client.EndSession(ctx, live)
}

func liveSession(e *rotation.Entry) whm.LiveSession {
	return whm.LiveSession{
		User:   e.Value[sessionUserKey],
		Cookie: whm.NewSecret(e.Value[sessionCookieKey]), SecurityToken: whm.NewSecret(e.Value[sessionTokenKey]),
	}
}
