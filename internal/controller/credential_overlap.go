// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/names"
	"github.com/whm-credentials/operator/internal/controller/outcome"
	"github.com/whm-credentials/operator/internal/controller/publish"
	"github.com/whm-credentials/operator/internal/controller/tokens"
	"github.com/whm-credentials/operator/internal/controller/upstream"
	"github.com/whm-credentials/operator/internal/rotation"
)

const (
	// defaultOverlap is how long the previous credential keeps working unless the spec says otherwise.
	defaultOverlap = time.Hour
	// renewalMargin is how long before its expiry a credential has been replaced and its successor's overlap is over.
	renewalMargin = time.Hour
	// fallBackPause is how long no successor is begun on schedule after one turned out not to work.
	fallBackPause = 15 * time.Minute
	// clockSkew is how far the server's clock may be from the operator's.
	clockSkew = 5 * time.Minute
)

// overlapOf returns how long the previous credential keeps working after its successor was published.
func overlapOf(spec *v1alpha1.CredentialSpec) time.Duration {
	switch r := spec.Rotation; {
	case r == nil:
		return defaultOverlap
	case r.Overlap != nil:
		return r.Overlap.Duration
	case r.Every != nil:
		return min(defaultOverlap, r.Every.Duration/2)
	}
	return defaultOverlap
}

// overlapping is the part of the state that concerns credentials which exist side by side.
func (r *CredentialReconciler) overlapping(s *scope, o overlapper) rotation.Overlapping {
	overlap := overlapOf(s.spec())
	issued := r.Clock.Now()
	if e := s.record.Current(); e != nil {
		issued = askedAt(e)
	}
	wanted, digest := o.Wanted(s.obj, "", issued)
	// One that would expire at once if it were updated is replaced.
	lives := wanted.ExpiresAt.IsZero() || wanted.ExpiresAt.After(r.Clock.Now().Add(renewalMargin))
	of := rotation.Overlapping{
		Overlap: overlap, RenewBefore: overlap + renewalMargin,
		Rolled: s.rollouts.complete(), SelfProven: true,
		Spec: digest, CanUpdate: lives && o.CanUpdate(s.obj, s.server),
		Drift: s.drift, Unknown: len(s.unknown) > 0,
	}
	if publishedRevision(s) > 0 {
		of.PublishedAt = publish.PublishedAt(s.secret, r.Clock.Now())
	}
	if o.Own(s.obj, s.server) {
		of.SelfProven, of.SelfRejected = selfFound(s)
	}
	return of
}

// selfFound returns what the server object has found of the newest credential as the one that it logs in with.
func selfFound(s *scope) (proven, rejected bool) {
	a, e := s.server.ServerStatus().Authentication, s.record.Current()
	if a == nil || e == nil || !strings.HasPrefix(a.Credential, e.Fingerprint+"@") {
		return false, false
	}
	ready := meta.IsStatusConditionTrue(s.server.ServerStatus().Conditions, v1alpha1.ReadyCondition)
	return ready && !a.Rejected, a.Rejected
}

// askedAt returns from when the life of a credential counts: when it was asked for, if the journal knows.
func askedAt(e *rotation.Entry) time.Time {
	if e.IntendedAt.IsZero() {
		return e.IssuedAt
	}
	return e.IntendedAt
}

// namesOf returns the part of the names of an object's credentials that is the object's own.
func (r *CredentialReconciler) namesOf(obj Credential) names.Object {
	return names.Of(r.ClusterID, obj.GetUID())
}

// dropLost revokes what an issue without an answer may have made. What bears the name and was not made by it is of a time
// that the journal does not know, because it was restored from a backup: somebody may use it.
func (r *CredentialReconciler) dropLost(ctx context.Context, s *scope, o overlapper, c call) error {
	holder, err := holderOf(ctx, c, o.Account(s.obj, s.server))
	if err != nil {
		return upstream.Outcome(err)
	}
	defer holder.Close(ctx)
	all, err := holder.List(ctx)
	if err != nil {
		return upstream.Outcome(err)
	}
	e := s.entry()
	r.adoptUnknown(s, r.namesOf(s.obj), all)
	lost, there := all[e.ID]
	if !there {
		s.record.Retire(e.ID)
	}
	switch {
	case !there && s.refusal != nil:
		return r.refuse(s)
	case there && (e.ID == publishedID(s) || !lost.CreatedAt.IsZero() && !e.Made(lost.CreatedAt, r.Clock.Now(), clockSkew)):
		s.record.Disown(r.stray(lost))
		s.run.Dropped = true
	case there:
		if err := r.fence(ctx, s, lost); err != nil {
			return err
		}
		ctrl.LoggerFrom(ctx).Info("Revoking credential whose answer was lost", "id", e.ID)
		if _, err := tokens.Revoke(ctx, holder, e.ID); err != nil {
			return upstream.Outcome(err)
		}
		s.record.Retire(e.ID)
		s.run.Dropped = true
	default:
		// What was refused will not be applied late.
		s.run.Dropped = r.wasRefused(s)
	}
	s.run.Absent = true
	return nil
}

// fence writes the journal before what an attempt made is revoked. The answer may not be lost: another operator that has
// not noticed yet that it leads no more can be about to stage and publish the value. Now it cannot stage it any more, and if
// it was faster, this write is refused.
func (r *CredentialReconciler) fence(ctx context.Context, s *scope, lost tokens.Info) error {
	s.record.Disown(r.stray(lost))
	return r.journals.Save(ctx, s.record)
}

// refuse tells what the server said when it was asked for a credential, now and for as long as it is not asked again.
func (r *CredentialReconciler) refuse(s *scope) error {
	err := upstream.Outcome(s.refusal)
	if stalled := outcome.AsStalled(err); stalled != nil && stalled.Retry > 0 {
		now := r.Clock.Now()
		r.refused.begin(s.obj.GetUID(), pause{
			fingerprint: s.attempted, until: now.Add(stalled.Retry), message: stalled.Message, stalled: stalled.Reason,
		}, now)
	}
	return err
}

// attemptKey identifies what the server was asked for: another spec or input may be to its liking.
func (r *CredentialReconciler) attemptKey(s *scope) string {
	return s.entry().ID + " " + r.facts(s).Spec + " " + r.inputVersion(s.obj)
}

// adoptUnknown takes what the list shows of an object's credentials and the journal does not know into the journal, apart
// from the attempt under way. The object is this one or one of which it is the heir. It tells whether there was anything; the caller saves the journal.
func (r *CredentialReconciler) adoptUnknown(s *scope, of names.Object, all map[string]tokens.Info) bool {
	var found []rotation.Stray
	for name, info := range all {
		if of.Owns(name) && !names.IsLifeline(name) {
			found = append(found, r.stray(info))
		}
	}
	slices.SortFunc(found, func(a, b rotation.Stray) int { return strings.Compare(a.ID, b.ID) })
	return s.record.Adopt(found...)
}

func (r *CredentialReconciler) stray(info tokens.Info) rotation.Stray {
	return rotation.Stray{ID: info.Name, FoundAt: r.Clock.Now(), ExpiresAt: info.ExpiresAt}
}

// adopt writes credentials into the journal that the last look showed and no entry knows.
func (r *CredentialReconciler) adopt(ctx context.Context, s *scope) error {
	news := r.adoptUnknown(s, r.namesOf(s.obj), s.unknown)
	s.unknown = nil
	if !news {
		return nil
	}
	s.note("StraysFound", "Adopt", fmt.Sprintf("The server has %d credentials of this object that its journal did not know; they "+
		"are revoked after the overlap", len(s.record.Strays)))
	return r.journals.Save(ctx, s.record)
}

// retire revokes what is due and proves that it is gone.
func (r *CredentialReconciler) retire(ctx context.Context, s *scope) error {
	due := r.facts(s).DueToRetire()
	err := r.withHolder(ctx, s, func(holder tokens.Holder) error {
		ctrl.LoggerFrom(ctx).Info("Revoking replaced credentials", "ids", due)
		left, err := tokens.Revoke(ctx, holder, due...)
		if err != nil {
			return err
		}
		s.record.Retire(due...)
		r.adoptUnknown(s, r.namesOf(s.obj), left)
		return nil
	})
	if err != nil {
		return err
	}
	s.note("Retired", "Retire", "Revoked "+strings.Join(due, ", "))
	r.touch(s)
	return r.journals.Save(ctx, s.record)
}

// withHolder reaches the account's credentials through the operator's own login.
func (r *CredentialReconciler) withHolder(ctx context.Context, s *scope, use func(tokens.Holder) error) error {
	o := r.driver.(overlapper) //nolint:forcetypeassert // only credentials that overlap come here
	c, done, err := r.call(ctx, s)
	if err != nil {
		return err
	}
	defer done()
	holder, err := holderOf(ctx, c, accountOfObject(s, o))
	if err != nil {
		return upstream.Outcome(err)
	}
	defer holder.Close(ctx)
	return upstream.Outcome(use(holder))
}

// accountOfObject returns whose credentials the object has made, which is in the journal, or makes.
func accountOfObject(s *scope, o overlapper) tokens.Account {
	if account, known := journaledAccount(s); known {
		return account
	}
	return o.Account(s.obj, s.server)
}

// update makes the published credential what the spec asks for, all of it at once, because WHM resets what is left out. It
// is repeated if its answer is lost.
func (r *CredentialReconciler) update(ctx context.Context, s *scope) error {
	if err := r.driver.Admit(ctx, s.obj, s.server); err != nil {
		return err
	}
	o := r.driver.(overlapper) //nolint:forcetypeassert // only credentials that overlap come here
	e := s.entry()
	wanted, digest := o.Wanted(s.obj, e.ID, askedAt(e))
	if err := r.withHolder(ctx, s, func(h tokens.Holder) error { return h.Update(ctx, e.ID, wanted) }); err != nil {
		return err
	}
	s.note("Updated", "Update", fmt.Sprintf("Applied the spec to %s on the server", e.ID))
	e.Spec, e.ExpiresAt = digest, wanted.ExpiresAt
	if len(wanted.AllowedIPs) > 0 || s.unproven != "" || meta.IsStatusConditionTrue(s.status().Conditions, v1alpha1.UnprovenCondition) {
		// Whether the operator may use it may have changed.
		s.proven = 0
	}
	s.drift = rotation.DriftNone
	r.touch(s)
	r.leaveAlone(s)
	return r.journals.Save(ctx, s.record)
}

// leaveAlone begins the time in which a difference that was corrected is not corrected again.
func (r *CredentialReconciler) leaveAlone(s *scope) {
	now := r.Clock.Now()
	r.corrected.begin(s.obj.GetUID(), pause{fingerprint: s.difference, until: now.Add(updatePause)}, now)
}

// fallBack takes the previous credential for the newest one, because the server rejected the operator with what was
// published.
func (r *CredentialReconciler) fallBack(ctx context.Context, s *scope) error {
	failed := s.record.Current().Revision
	s.record.FallBack(r.Clock.Now().Add(fallBackPause))
	s.drift, s.run = rotation.DriftNone, rotation.Run{}
	if err := r.journals.Save(ctx, s.record); err != nil {
		return err
	}
	s.warn("FellBack", "FallBack", fmt.Sprintf("The server rejected the operator with revision %d, so the credential before it is "+
		"published again as revision %d", failed, s.entry().Revision))
	return nil
}
