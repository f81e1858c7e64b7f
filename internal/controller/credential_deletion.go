// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/names"
	"github.com/whm-credentials/operator/internal/controller/outcome"
	"github.com/whm-credentials/operator/internal/controller/upstream"
	"github.com/whm-credentials/operator/internal/rotation"
)

// deletionGrace is how long a deletion waits for the server before the object is let go. What is left upstream then is
// named in an event and the log; a namespace must not wait for a server that is gone.
const deletionGrace = 15 * time.Second

// deletionRetry is when a deletion that waits for the server tries again.
const deletionRetry = 2 * time.Second

// closeLeftLifeline closes a lifeline that an interrupted rotation left open.
func (r *CredentialReconciler) closeLeftLifeline(ctx context.Context, s *scope) error {
	record, err := r.readJournal(ctx, s)
	if err != nil {
		// A damaged journal has nothing that could be closed; it goes with the object.
		return ignoreStalled(err)
	}
	s.record = record
	if e := record.Newest(); e == nil || !e.Lifeline.MayHaveToken() {
		return nil
	}
	if err := r.findServer(ctx, s); err == nil && r.othersLifeline(s) {
		r.reportLifeline(ctx, s)
		return nil
	}
	bounded, cancel := context.WithTimeout(ctx, deletionGrace)
	defer cancel()
	if err := r.revokeLeftLifeline(bounded, s); err != nil {
		return r.leave(ctx, s, err)
	}
	return nil
}

// revokeLeftLifeline uses the operator's credential if it works, and the lifeline itself otherwise: the auth Secret may
// have been deleted first.
func (r *CredentialReconciler) revokeLeftLifeline(ctx context.Context, s *scope) error {
	if err := r.findServer(ctx, s); err != nil {
		return err
	}
	if s.server.ServerSpec().Suspend {
		return notReady(s.server)
	}
	if operator, err := r.operatorClient(ctx, s); err == nil {
		_, err = revokeLifelines(ctx, operator, r.namesOf(s.obj))
		return err
	}
	l := s.entry().Lifeline
	if !r.lifelineOpen(s) || l.Kind != rotation.LifelineToken {
		return notReady(s.server)
	}
	// Nobody else may have the operator's user fail to log in.
	if err := r.permit(ctx, s); err != nil {
		return err
	}
	lifeline, err := r.Pool.Login(s.server, lifelineCredential(l))
	if err != nil {
		return err
	}
	defer lifeline.Close()
	// A token that has revoked itself can no longer list what is left.
	return lifeline.APITokenRevoke(ctx, l.ID)
}

// leave gives the deletion some more time, and then leaves the lifeline on the server.
func (r *CredentialReconciler) leave(ctx context.Context, s *scope, cause error) error {
	if r.Clock.Since(s.obj.GetDeletionTimestamp().Time) < deletionGrace {
		// The cause is not wrapped: it may be one that waits for an event, and there may be none before the grace is over.
		return outcome.Retry(v1alpha1.UnavailableReason, "close the lifeline: %v", cause)
	}
	r.reportLifeline(ctx, s)
	return nil
}

// reportLifeline tells of a lifeline token that the operator cannot revoke.
func (r *CredentialReconciler) reportLifeline(ctx context.Context, s *scope) {
	l := s.entry().Lifeline
	// A session may have followed a token.
	name := cmp.Or(l.ID, names.LifelinePrefix+r.namesOf(s.obj).String()+"*")
	ctrl.LoggerFrom(ctx).Info("Leaving lifeline token on the server", "token", name, "user", l.User, "server", s.spec().ServerRef.Name)
	s.note("LifelineLeft", "Close", fmt.Sprintf("The token %s of the user %s may be left on the server; revoke it there", name, l.User))
}

// othersLifeline tells whether a lifeline token may be of another user than the one that the server object logs in as now,
// who neither sees nor revokes it.
func (r *CredentialReconciler) othersLifeline(s *scope) bool {
	l := s.entry().Lifeline
	return l.MayHaveToken() && l.User != "" && l.User != upstream.User(s.server)
}

// removeSecret deletes the published Secret, unless it is to be kept, existed before, or is what a server logs in with.
func (r *CredentialReconciler) removeSecret(ctx context.Context, s *scope) error {
	retain, err := r.keepsSecret(ctx, s)
	if err != nil {
		return err
	}
	_, err = r.writer.Remove(ctx, s.owner, s.spec().Secret.Name, retain)
	return err
}

// keepsSecret tells whether the published Secret outlives the object, adopted ones apart.
func (r *CredentialReconciler) keepsSecret(ctx context.Context, s *scope) (bool, error) {
	var policy v1alpha1.SecretDeletionPolicy
	if p := s.spec().DeletionPolicy; p != nil {
		policy = p.Secret
	}
	if d, ok := r.driver.(keeper); ok && policy == "" && d.Irreplaceable() {
		policy = v1alpha1.RetainSecret
	}
	if policy == v1alpha1.RetainSecret {
		return true, nil
	}
	return r.logsSomebodyIn(ctx, s)
}

// logsSomebodyIn tells whether a server object that is not being deleted logs in with the published Secret.
func (r *CredentialReconciler) logsSomebodyIn(ctx context.Context, s *scope) (bool, error) {
	servers, err := r.References.Servers(ctx,
		client.MatchingFields{AuthSecretField: secretKey(s.obj.GetNamespace(), s.spec().Secret.Name)})
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(servers, func(server v1alpha1.Server) bool { return server.GetDeletionTimestamp().IsZero() }), nil
}

func (r *CredentialReconciler) removeFinalizer(ctx context.Context, s *scope) error {
	if !controllerutil.ContainsFinalizer(s.obj, v1alpha1.CredentialFinalizer) {
		return nil
	}
	patch := client.MergeFromWithOptions(s.before, client.MergeFromWithOptimisticLock{})
	controllerutil.RemoveFinalizer(s.obj, v1alpha1.CredentialFinalizer)
	if err := r.Client.Patch(ctx, s.obj, patch); err != nil {
		return client.IgnoreNotFound(err)
	}
	// The cache may show the object a little longer, and the Secret that was released is not to be published once more.
	r.written.rememberLast(s.obj)
	r.looks.forget(s.obj.GetUID())
	r.refused.end(s.obj.GetUID())
	r.forgetInput(client.ObjectKeyFromObject(s.obj))
	return nil
}
