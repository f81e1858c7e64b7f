// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"errors"
	"testing"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/outcome"
)

// An object that has failed for long has a back-off of minutes, which a deletion must not inherit.
func TestDeletionDoesNotWaitForTheBackOff(t *testing.T) {
	t.Parallel()
	obj := &v1alpha1.AccessHashRotation{}
	s := &scope{obj: obj, before: obj.DeepCopy()}
	r := &CredentialReconciler{}
	for name, cause := range map[string]error{
		"server is gone":    errors.New("connection refused"),
		"server is unready": outcome.Wait(0, v1alpha1.WaitingForServerReason, "not ready"),
		"server is unknown": outcome.Stall(v1alpha1.ServerNotFoundReason, "does not exist"),
	} {
		result, err := r.finishDeletion(t.Context(), s, outcome.Retry(v1alpha1.UnavailableReason, "close the lifeline: %w", cause))
		if err != nil || result.RequeueAfter <= 0 || result.RequeueAfter > deletionGrace/2 {
			t.Errorf("%s: got %s and %v", name, result.RequeueAfter, err)
		}
	}
}
