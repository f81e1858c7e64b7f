// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/outcome"
	"github.com/whm-credentials/operator/internal/controller/upstream"
	"github.com/whm-credentials/operator/internal/rotation"
	"github.com/whm-credentials/operator/internal/whm"
)

// call returns what the driver needs to ask the server: through the lifeline while it is open, because then the
// operator's own credential may be dead, and with the operator's credential otherwise. done must be called afterwards.
func (r *CredentialReconciler) call(ctx context.Context, s *scope) (c call, done func(), err error) {
	done = func() {}
	if c, err = r.passiveCall(ctx, s); err != nil {
		return c, done, err
	}
	if r.lifelineOpen(s) {
		c.client, err = c.login(lifelineCredential(s.record.Newest().Lifeline))
		if err != nil {
			return c, done, err
		}
		return c, c.client.Close, nil
	}
	c.client, err = r.operatorClient(ctx, s)
	return c, done, err
}

// passiveCall returns a call without a client: enough to log in with another credential.
func (r *CredentialReconciler) passiveCall(ctx context.Context, s *scope) (call, error) {
	if s.server.ServerSpec().Suspend {
		return call{}, outcome.Wait(0, v1alpha1.WaitingForServerReason, "%s %s is suspended", s.server.ServerKind(), s.server.GetName())
	}
	return call{
		obj:      s.obj,
		input:    s.input,
		server:   s.server,
		operator: func() (*whm.Client, error) { return r.operatorClient(ctx, s) },
		login: func(credential whm.Credential) (*whm.Client, error) {
			return r.Pool.Login(s.server, credential)
		},
		loginCPanel: func(credential whm.Credential) (*whm.Client, error) {
			return r.Pool.LoginCPanel(s.server, credential)
		},
		rehearse: func(part upstream.Part, value whm.Secret) (*whm.Client, error) {
			return r.Pool.Rehearse(ctx, s.server, part, value)
		},
		spend:     func(code whm.Secret) { r.Pool.Spend(s.server, code) },
		hashLogin: r.Pool.HashLogin(s.server),
	}, nil
}

// loginWithNewest returns a client that logs in as the operator does once it knows the newest value in the journal, if that
// is a part of its login at all. done must be called afterwards.
func (r *CredentialReconciler) loginWithNewest(ctx context.Context, s *scope) (client *whm.Client, done func(), err error) {
	if s.server.ServerSpec().Suspend {
		return nil, nil, notReady(s.server)
	}
	if !r.needsLifeline(s) {
		client, err = r.operatorClient(ctx, s)
		return client, func() {}, err
	}
	newest := r.driver.Secret(s.entry().Value)
	left := r.guesses.left(s.obj.GetUID(), newest.Fingerprint(), r.Clock.Now())
	if left == 0 && !s.letIn && !r.Pool.Gate(s.server).Affords() {
		left = conflictRetry
	}
	if left > 0 {
		return nil, nil, outcome.Wait(left, v1alpha1.VerificationFailedReason, "%s %s does not let the operator in with what was "+
			"published last, so what else lets it in is not closed yet; put what works into the Secret %s",
			s.server.ServerKind(), s.server.GetName(), s.spec().Secret.Name)
	}
	if client, err = r.Pool.Rehearse(ctx, s.server, partOf(r.driver), newest); err != nil {
		return nil, nil, err
	}
	return client, client.Close, nil
}

// operatorClient returns the client with the operator's credential. It is only used once the server object has proven
// that very credential: of hundreds of objects that would otherwise try a wrong one, each would be a failed login.
func (r *CredentialReconciler) operatorClient(ctx context.Context, s *scope) (*whm.Client, error) {
	if !meta.IsStatusConditionTrue(s.server.ServerStatus().Conditions, v1alpha1.ReadyCondition) {
		return nil, notReady(s.server)
	}
	if err := r.Pool.Gate(s.server).Closed(); err != nil {
		// The server object does not say so yet.
		return nil, upstream.Outcome(err)
	}
	if s.conn != nil {
		return s.conn.Operator, nil
	}
	conn, err := r.Pool.Connect(ctx, s.server)
	if err != nil {
		if outcome.AsStalled(err) != nil {
			return nil, notReady(s.server)
		}
		return nil, err
	}
	if a := s.server.ServerStatus().Authentication; a == nil || a.Credential != conn.Credential {
		return nil, outcome.Wait(0, v1alpha1.WaitingForServerReason, "%s %s has not tried its new credential yet",
			s.server.ServerKind(), s.server.GetName())
	}
	s.conn = conn
	return conn.Operator, nil
}

func notReady(server v1alpha1.Server) error {
	reason := "it has not been reached yet"
	if c := meta.FindStatusCondition(server.ServerStatus().Conditions, v1alpha1.ReadyCondition); c != nil {
		reason = c.Reason
	}
	return outcome.Wait(0, v1alpha1.WaitingForServerReason, "%s %s is not ready (%s)", server.ServerKind(),
		server.GetName(), reason)
}

// lifelineOpen tells whether the newest revision has an open lifeline. In the journal of an object that needs none, somebody
// may have put it there to have the operator fail to log in.
func (r *CredentialReconciler) lifelineOpen(s *scope) bool {
	if s.record == nil || !r.needsLifeline(s) {
		return false
	}
	e := s.entry()
	return e != nil && e.Lifeline != nil && e.Lifeline.Open
}

// entry is short for the newest entry of the journal.
func (s *scope) entry() *rotation.Entry { return s.record.Newest() }
