// SPDX-License-Identifier: Apache-2.0

package reference_test

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/journal"
	"github.com/whm-credentials/operator/internal/controller/outcome"
	"github.com/whm-credentials/operator/internal/controller/reference"
)

var dawn = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// claimant returns a token object of team-a, born some seconds after dawn, whose name is its UID.
func claimant(uid string, born int, changes ...func(*v1alpha1.APITokenRotation)) *v1alpha1.APITokenRotation {
	r := &v1alpha1.APITokenRotation{ObjectMeta: metav1.ObjectMeta{
		Namespace: "team-a", Name: uid, UID: types.UID(uid),
		CreationTimestamp: metav1.NewTime(dawn.Add(time.Duration(born) * time.Second)),
	}}
	r.Spec.ServerRef = v1alpha1.ServerReference{Kind: v1alpha1.ClusterWHMServerKind, Name: "web"}
	for _, change := range changes {
		change(r)
	}
	return r
}

func holder(r *v1alpha1.APITokenRotation) { r.Status.Revision = 1 }

func elsewhere(r *v1alpha1.APITokenRotation) { r.Namespace = "team-b" }

func onOwnServer(r *v1alpha1.APITokenRotation) { r.Spec.ServerRef.Kind = v1alpha1.WHMServerKind }

func onOtherServer(r *v1alpha1.APITokenRotation) { r.Spec.ServerRef.Name = "other" }

func suspended(r *v1alpha1.APITokenRotation) { r.Spec.Suspend = true }

func leaving(r *v1alpha1.APITokenRotation) {
	r.DeletionTimestamp = &metav1.Time{Time: dawn}
	r.Finalizers = []string{v1alpha1.CredentialFinalizer}
}

func stalledBy(reason string) func(*v1alpha1.APITokenRotation) {
	return func(r *v1alpha1.APITokenRotation) {
		r.Status.Conditions = []metav1.Condition{{Type: v1alpha1.StalledCondition, Status: metav1.ConditionTrue, Reason: reason}}
	}
}

func limited(limit int32) *v1alpha1.ClusterWHMServer {
	return shared(func(p *v1alpha1.ServerPolicy) { p.MaxTokensPerNamespace = &limit })
}

func expectQuota(t *testing.T, err error) {
	t.Helper()
	stalled := outcome.AsStalled(err)
	if stalled == nil || stalled.Reason != v1alpha1.QuotaExceededReason || stalled.Retry != time.Minute {
		t.Errorf("got %v, want the stall %s that is looked at after a minute", err, v1alpha1.QuotaExceededReason)
	}
}

func TestQuotaRanks(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		limit  int32
		obj    *v1alpha1.APITokenRotation
		others []*v1alpha1.APITokenRotation
		stalls bool
	}{
		"alone":                      {limit: 1, obj: claimant("m", 5)},
		"a holder is there":          {limit: 1, obj: claimant("m", 5), others: all(claimant("a", 9, holder)), stalls: true},
		"room beside a holder":       {limit: 2, obj: claimant("m", 5), others: all(claimant("a", 9, holder))},
		"an older one waits":         {limit: 1, obj: claimant("m", 5), others: all(claimant("z", 4)), stalls: true},
		"a younger one waits":        {limit: 1, obj: claimant("m", 5), others: all(claimant("a", 6))},
		"one of the same age, first": {limit: 1, obj: claimant("m", 5), others: all(claimant("a", 5)), stalls: true},
		"one of the same age, last":  {limit: 1, obj: claimant("m", 5), others: all(claimant("z", 5))},
		"holder before older one": {
			limit: 2, obj: claimant("m", 5), others: all(claimant("a", 1), claimant("b", 9, holder)), stalls: true,
		},
		"another namespace":        {limit: 1, obj: claimant("m", 5), others: all(claimant("a", 1, holder, elsewhere))},
		"a server of its own":      {limit: 1, obj: claimant("m", 5), others: all(claimant("a", 1, holder, onOwnServer))},
		"another server":           {limit: 1, obj: claimant("m", 5), others: all(claimant("a", 1, holder, onOtherServer))},
		"a holder that is leaving": {limit: 1, obj: claimant("m", 5), others: all(claimant("a", 1, holder, leaving)), stalls: true},
		"leaving without a token":  {limit: 1, obj: claimant("m", 5), others: all(claimant("a", 1, leaving))},
		"suspended without one":    {limit: 1, obj: claimant("m", 5), others: all(claimant("a", 1, suspended))},
		"a suspended holder":       {limit: 1, obj: claimant("m", 5), others: all(claimant("a", 1, holder, suspended)), stalls: true},
		"stalled without one": {
			limit: 1, obj: claimant("m", 5), others: all(claimant("a", 1, stalledBy(v1alpha1.NotPermittedReason))),
		},
		"stalled by the quota": {
			limit: 1, obj: claimant("m", 5), others: all(claimant("a", 1, stalledBy(v1alpha1.QuotaExceededReason))), stalls: true,
		},
		"it has one, and the number was lowered": {
			limit: 1, obj: claimant("m", 5, holder), others: all(claimant("a", 1, holder), claimant("b", 2, holder)),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			objects := []client.Object{tt.obj}
			for _, o := range tt.others {
				objects = append(objects, o)
			}
			r := &reference.Resolver{Reader: readerOf(t, objects...)}
			err := r.Quota(t.Context(), tt.obj, limited(tt.limit))
			if tt.stalls {
				expectQuota(t, err)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

func all(objects ...*v1alpha1.APITokenRotation) []*v1alpha1.APITokenRotation { return objects }

func TestQuotaIsForPoliciesThatHaveOne(t *testing.T) {
	t.Parallel()
	r := &reference.Resolver{Reader: readerOf(t, claimant("a", 1, holder), claimant("m", 5))}
	for _, server := range []v1alpha1.Server{shared(nil), &v1alpha1.WHMServer{}} {
		if err := r.Quota(t.Context(), claimant("m", 5), server); err != nil {
			t.Errorf("%s: %v", server.ServerKind(), err)
		}
	}
}

// TestQuotaRemembersWhoWasLetIn covers the time until the cache shows it: an object that comes first by its UID is seen
// only after its neighbour of the same second was let in.
func TestQuotaRemembersWhoWasLetIn(t *testing.T) {
	t.Parallel()
	late, early := claimant("a", 5), claimant("b", 5)
	cache := readerOf(t, early)
	r := &reference.Resolver{Reader: cache}
	if err := r.Quota(t.Context(), early, limited(1)); err != nil {
		t.Fatal(err)
	}
	if err := cache.Create(t.Context(), late); err != nil {
		t.Fatal(err)
	}
	expectQuota(t, r.Quota(t.Context(), late, limited(1)))
	if err := r.Quota(t.Context(), early, limited(1)); err != nil {
		t.Errorf("who was let in stays in: %v", err)
	}
	if err := cache.Delete(t.Context(), early); err != nil {
		t.Fatal(err)
	}
	if err := r.Quota(t.Context(), late, limited(1)); err != nil {
		t.Errorf("the one that was let in is gone: %v", err)
	}
}

// TestQuotaKnowsJournals covers a status that was lost: what has a journal may have a token.
func TestQuotaKnowsJournals(t *testing.T) {
	t.Parallel()
	older, begun := claimant("a", 1), claimant("m", 5)
	kept := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: journal.Key(begun).Namespace, Name: journal.Key(begun).Name}}
	cache := readerOf(t, older, begun, kept)
	r := &reference.Resolver{Reader: cache, Metadata: cache}
	if err := r.Quota(t.Context(), begun, limited(1)); err != nil {
		t.Errorf("what may have a token keeps it: %v", err)
	}
	expectQuota(t, r.Quota(t.Context(), older, limited(1)))
}
