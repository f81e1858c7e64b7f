// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/upstream"
	"github.com/whm-credentials/operator/internal/whm"
)

// tokenKind is the kind whose objects have tokens upstream.
const tokenKind = "APITokenRotation"

// probeByList is a probe that asks for the tokens instead of the privileges, where somebody wants to know them: one call
// answers both that the credential works and what became of the tokens. done is false if the other call has to be made.
func (r *ServerReconciler) probeByList(ctx context.Context, s *serverScope, p *probeRecord) (done bool, err error) {
	wanted, err := r.wantsTokens(ctx, s.obj)
	if err != nil || !wanted {
		return false, err
	}
	p.listed, err = r.listTokens(ctx, s)
	return p.listed, err
}

// wantsTokens tells whether the tokens of the server are worth a look at each probe.
func (r *ServerReconciler) wantsTokens(ctx context.Context, server v1alpha1.Server) (bool, error) {
	if st := server.ServerStatus(); st.Orphans != nil || len(st.Leftovers) > 0 {
		return true, nil
	}
	return r.hasTokenObjects(ctx, server)
}

// discoverTokens finds out whether the credential may list tokens. It is asked also where no object has any, because
// lifelines and what lost objects left behind are among them.
func (r *ServerReconciler) discoverTokens(ctx context.Context, s *serverScope) (bool, error) {
	if !slices.Contains(s.obj.ServerStatus().Features, FeatureAPITokens) {
		return false, nil
	}
	listed, err := r.listTokens(ctx, s)
	if whm.IsUnauthenticated(err) {
		return false, nil
	}
	return listed, err
}

// listTokens asks for the tokens of the operator's user and tells those that the server's objects see. listed is false if
// the server let the credential in but does not tell.
func (r *ServerReconciler) listTokens(ctx context.Context, s *serverScope) (listed bool, err error) {
	asked := r.Clock.Now()
	tokens, err := s.conn.Operator.APITokenList(ctx)
	if err != nil {
		if whm.IsMalformed(err) {
			ctrl.LoggerFrom(ctx).Info("Cannot read the list of tokens", "reason", err.Error())
			return false, nil
		}
		return false, tolerate(err)
	}
	s.tokens = tokens
	changed := r.Pool.KeepTokens(s.obj, upstream.Snapshot{TakenAt: asked, User: s.conn.User, Tokens: tokens})
	if changed && r.Turned != nil {
		// Others read it while this run goes on to change its own.
		r.Turned(copyOf(s.obj))
	}
	return true, nil
}

// hasTokenObjects tells whether any object that refers to the server has tokens.
func (r *ServerReconciler) hasTokenObjects(ctx context.Context, server v1alpha1.Server) (bool, error) {
	return r.refersTo(ctx, server, func(kind CredentialKind) bool { return kind.Name == tokenKind })
}

// refersTo tells whether an object of the selected kinds refers to the server.
func (r *ServerReconciler) refersTo(ctx context.Context, server v1alpha1.Server, selected func(CredentialKind) bool) (bool, error) {
	for _, kind := range CredentialKinds() {
		if !selected(kind) {
			continue
		}
		n, err := r.countReferring(ctx, kind, server)
		if err != nil || n > 0 {
			return n > 0, err
		}
	}
	return false, nil
}

// countReferring counts the objects of a kind that need the server.
func (r *ServerReconciler) countReferring(ctx context.Context, kind CredentialKind, server v1alpha1.Server) (n int, err error) {
	list := kind.newList()
	// They are only counted, so the cache need not copy them.
	if err := r.Client.List(ctx, list, append(referringTo(server), client.UnsafeDisableDeepCopy)...); err != nil {
		return 0, fmt.Errorf("list objects that refer to the server: %w", err)
	}
	eachObject(list, func(o client.Object) {
		if needsServer(o.(Credential)) { //nolint:forcetypeassert // a list of them
			n++
		}
	})
	return n, nil
}

// needsServer tells whether an object keeps its server from being deleted. One that was refused before it had anything does
// not: nobody may keep a server that they may not use.
func needsServer(obj Credential) bool {
	st := obj.CredentialStatus()
	stalled := meta.FindStatusCondition(st.Conditions, v1alpha1.StalledCondition)
	return st.Revision > 0 || stalled == nil || stalled.Reason != v1alpha1.NotPermittedReason
}
