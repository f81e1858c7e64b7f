// SPDX-License-Identifier: Apache-2.0

package reference

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/journal"
	"github.com/whm-credentials/operator/internal/controller/outcome"
)

// quotaRetry is when an object looks again whether a token has become free, which no event tells it.
const quotaRetry = time.Minute

// admissions remembers who was let in and does not show it yet, because the cache lags behind. The operator has one
// leader, so its memory is all that there is to remember.
type admissions struct {
	mu  sync.Mutex
	let map[admissionKey]map[types.UID]bool
}

type admissionKey struct{ namespace, server string }

// Quota stalls if the object would get a token more than the policy of its server lets the namespace have. It is for
// objects that have none: one that has a token keeps it, whatever the policy has become.
func (r *Resolver) Quota(ctx context.Context, obj *v1alpha1.APITokenRotation, server v1alpha1.Server) error {
	shared, ok := server.(*v1alpha1.ClusterWHMServer)
	if !ok || shared.Spec.Policy.MaxTokensPerNamespace == nil || obj.Status.Revision > 0 {
		return nil
	}
	r.admissions.mu.Lock()
	defer r.admissions.mu.Unlock()
	all, err := r.claims(ctx, obj, shared)
	if err != nil {
		return err
	}
	limit := int(*shared.Spec.Policy.MaxTokensPerNamespace)
	if !fits(obj.UID, all, limit) {
		return outcome.Stall(v1alpha1.QuotaExceededReason,
			"the policy of ClusterWHMServer %s lets this namespace have %d tokens (maxTokensPerNamespace), and other objects have "+
				"them; delete one that is no longer needed, or ask whoever runs the cluster for more", shared.Name, limit).
			RetryAfter(quotaRetry)
	}
	r.admissions.remember(admissionKey{obj.Namespace, shared.Name}, obj.UID, all)
	return nil
}

// claim is what counts of an object that has a token or is going to ask for one.
type claim struct {
	uid  types.UID
	has  bool
	born time.Time
}

// claims returns the claims of all objects of the namespace on tokens of the server.
func (r *Resolver) claims(
	ctx context.Context, obj *v1alpha1.APITokenRotation, server *v1alpha1.ClusterWHMServer,
) ([]claim, error) {
	var list v1alpha1.APITokenRotationList
	if err := r.Reader.List(ctx, &list, client.InNamespace(obj.Namespace)); err != nil {
		return nil, fmt.Errorf("list APITokenRotations: %w", err)
	}
	let := r.admissions.let[admissionKey{obj.Namespace, server.Name}]
	var all []claim
	for i := range list.Items {
		o := &list.Items[i]
		if !isShared(o) || o.Spec.ServerRef.Name != server.Name {
			continue
		}
		has, err := r.mayHaveToken(ctx, o)
		if err != nil {
			return nil, err
		}
		if has = has || let[o.UID]; has || o.UID == obj.UID || wants(o) {
			all = append(all, claim{uid: o.UID, has: has, born: o.CreationTimestamp.Time})
		}
	}
	return all, nil
}

// mayHaveToken tells whether the object has published a token or has begun to make one: the journal is written before,
// and outlives a status that a backup tool dropped. Whoever may write Secrets can make a journal, so it takes the room of
// others in the count, and lets nobody in who does not fit.
func (r *Resolver) mayHaveToken(ctx context.Context, obj *v1alpha1.APITokenRotation) (bool, error) {
	if obj.Status.Revision > 0 || r.Metadata == nil {
		return obj.Status.Revision > 0, nil
	}
	m := &metav1.PartialObjectMetadata{}
	m.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Secret"))
	err := r.Metadata.Get(ctx, journal.Key(obj), m)
	return err == nil, client.IgnoreNotFound(err)
}

// wants tells whether an object without a token waits for one. What has to be mended first must not hold up others.
func wants(obj *v1alpha1.APITokenRotation) bool {
	if !obj.DeletionTimestamp.IsZero() || obj.Spec.Suspend {
		return false
	}
	stalled := meta.FindStatusCondition(obj.Status.Conditions, v1alpha1.StalledCondition)
	return stalled == nil || stalled.Reason == v1alpha1.QuotaExceededReason
}

// fits tells whether an object is among the first, as many as the limit says: those that have a token, then by age. Times
// of creation are whole seconds, so the UID decides between objects of one manifest.
func fits(uid types.UID, all []claim, limit int) bool {
	ranked := slices.SortedFunc(slices.Values(all), func(a, b claim) int {
		if a.has != b.has {
			return map[bool]int{true: -1, false: 1}[a.has]
		}
		return cmp.Or(a.born.Compare(b.born), cmp.Compare(a.uid, b.uid))
	})
	rank := slices.IndexFunc(ranked, func(c claim) bool { return c.uid == uid })
	// The cache may not show the object any more, and then nothing comes of it.
	return rank >= 0 && rank < limit
}

// remember keeps those that were let in and are still there.
func (a *admissions) remember(key admissionKey, uid types.UID, all []claim) {
	if a.let == nil {
		a.let = map[admissionKey]map[types.UID]bool{}
	}
	kept := map[types.UID]bool{uid: true}
	for _, c := range all {
		if a.let[key][c.uid] {
			kept[c.uid] = true
		}
	}
	a.let[key] = kept
}
