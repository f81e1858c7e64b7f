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

// heedHand keeps the operator from overwriting what a person put into the Secret that the operator itself logs in with:
// that is how people let it in again after it was locked out. The server decides. What it accepts stays until the journal
// holds what upstream has; what it rejects is drift like any other.
func (r *CredentialReconciler) heedHand(ctx context.Context, s *scope) error {
	if s.spec().Suspend || !r.driver.Own(s.obj, s.server) || !r.changedByHand(s) {
		return nil
	}
	conn, err := r.Pool.Connect(ctx, s.server)
	if err != nil {
		// What cannot be used at all is drift.
		return ignoreStalled(err)
	}
	switch a := s.server.ServerStatus().Authentication; {
	case a == nil || a.Credential != conn.Credential:
		return outcome.Wait(0, v1alpha1.WaitingForServerReason, "%s %s has not tried yet what somebody put into Secret %s",
			s.server.ServerKind(), s.server.GetName(), s.secret.Name)
	case a.Rejected:
		return nil
	case !meta.IsStatusConditionTrue(s.server.ServerStatus().Conditions, v1alpha1.ReadyCondition):
		return notReady(s.server)
	}
	s.byHand, s.proven = true, 0
	return nil
}

// changedByHand tells whether the Secret holds another credential than the operator wrote into it or is about to write.
func (r *CredentialReconciler) changedByHand(s *scope) bool {
	current := s.record.Current()
	if s.secret == nil || current == nil {
		return false
	}
	auth := r.authReference(s)
	if auth.Name != s.secret.Name {
		return false
	}
	held := whm.NewSecret(string(s.secret.Data[auth.Key])).Fingerprint()
	if e := s.entry(); e.Phase == rotation.Issued && held == e.Baseline {
		// It was there before, and its successor is about to be published.
		return false
	}
	return held != "" && held != current.Fingerprint && held != s.secret.Annotations[v1alpha1.FingerprintAnnotation]
}

// authReference returns where the server object reads the part of its login that the credential is.
func (r *CredentialReconciler) authReference(s *scope) v1alpha1.SecretKeyReference {
	return upstream.AuthReferences(s.server)[partOf(r.driver)]
}
