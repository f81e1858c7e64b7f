// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"cmp"
	"context"
	"time"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/names"
	"github.com/whm-credentials/operator/internal/controller/tokens"
	"github.com/whm-credentials/operator/internal/controller/upstream"
	"github.com/whm-credentials/operator/internal/rotation"
	"github.com/whm-credentials/operator/internal/whm"
)

// outlived tells whether the published Secret knows of a later revision than the journal, which is missing then or comes
// from a backup.
func outlived(s *scope) bool {
	return s.record.Newest() == nil && !s.record.Exists() || s.record.Behind(publishedRevision(s))
}

// rebuildJournal continues from a Secret that an earlier journal of this object, or an earlier object of this name,
// published, so that neither a lost journal nor a restored backup costs a rotation.
func (r *CredentialReconciler) rebuildJournal(ctx context.Context, s *scope) error {
	e, err := r.publishedEntry(ctx, s)
	if err != nil || e == nil {
		return err
	}
	e.Revision = max(publishedRevision(s), s.status().Revision, 1)
	r.recallInputs(s)
	s.record.Continue(r.driver.Class(), *e, r.Clock.Now())
	// The journal may have been lost in the middle of a rotation, and the Secret may be older than what was published
	// last, so what it holds has to be proven again.
	s.proven = 0
	s.record.HandledRequest = cmp.Or(s.status().LastHandledRotate, s.record.HandledRequest)
	if s.status().Revision == 0 {
		// Nothing says any more whether the request was handled. A restored cluster must not rotate everything that anybody
		// ever asked for.
		s.record.HandledRequest = rotateRequest(s.obj)
	}
	s.record.Recoveries = max(s.record.Recoveries, s.status().Recoveries)
	if err := r.adoptPredecessors(ctx, s, e.ID); err != nil {
		return err
	}
	if err := r.journals.Save(ctx, s.record); err != nil {
		return err
	}
	s.note("JournalRebuilt", "Rebuild", "The journal was missing or older than the published Secret and was made anew from it")
	return nil
}

// publishedEntry returns the entry that belongs to the published Secret: with the value that stands there, or with what
// upstream holds if that can be read. It is nil if the Secret says nothing about a credential, or about one that belongs
// to another cluster, to another namespace or to another object that lives.
func (r *CredentialReconciler) publishedEntry(ctx context.Context, s *scope) (*rotation.Entry, error) {
	if d, ok := r.driver.(exchanger); ok {
		return r.exchangedEntry(s, d), nil
	}
	if publishedRevision(s) == 0 {
		return nil, nil
	}
	e := &rotation.Entry{
		Attempt: 1, Phase: rotation.Issued, ID: s.secret.Annotations[v1alpha1.CredentialIDAnnotation],
		Fingerprint: s.secret.Annotations[v1alpha1.FingerprintAnnotation],
	}
	var err error
	if e.IssuedAt, err = time.Parse(time.RFC3339, s.secret.Annotations[v1alpha1.IssuedAtAnnotation]); err != nil {
		return nil, nil //nolint:nilerr // somebody changed the annotation, so it says nothing
	}
	e.Value = r.heldValue(s, e.Fingerprint)
	switch d := r.driver.(type) {
	case replacer:
		e.ID = r.driver.ID(s.obj, 0, 0)
		return r.upstreamEntry(ctx, s, d, e)
	case lender:
		return lentEntry(d, s.obj, e), nil
	}
	if e.Value == nil {
		return nil, nil
	}
	switch d := r.driver.(type) {
	case chooser:
		e.ID, e.Spec, e.Account = r.driver.ID(s.obj, 0, 0), d.Policy(s.obj), r.accountName(s)
	case overlapper:
		// Whether the owner of a copy lives in the other namespace cannot be seen by an operator that is limited to some.
		of := s.secret.Annotations[v1alpha1.OwnerNamespaceAnnotation]
		mine, err := r.inherits(ctx, s, e.ID)
		if err != nil || !mine || of != "" && of != s.obj.GetNamespace() {
			return nil, err
		}
		wanted, digest := d.Wanted(s.obj, e.ID, e.IssuedAt)
		e.Account, e.Spec, e.ExpiresAt = r.accountName(s), digest, wanted.ExpiresAt
	}
	return e, nil
}

// heldValue returns the value in the Secret that has the fingerprint: under the default keys, or wherever the template put
// it, if one part of it tells the rest.
func (r *CredentialReconciler) heldValue(s *scope, fingerprint string) rotation.Value {
	value, complete := rotation.Value{}, true
	for part := range r.driver.Sample(s.obj).Value {
		raw, there := s.secret.Data[part]
		value[part], complete = string(raw), complete && there
	}
	// Without a template, what is not there was not given.
	if (complete || s.template == nil) && r.driver.Secret(value).Fingerprint() == fingerprint {
		return value
	}
	for _, raw := range s.secret.Data {
		if secret := whm.NewSecret(string(raw)); secret.Fingerprint() == fingerprint {
			return r.driver.Value(secret)
		}
	}
	return nil
}

// upstreamEntry reads what upstream holds now if the Secret does not say. It takes the place of what the Secret should hold,
// whether it is the same or not; a rotation out of turn would do no more.
func (r *CredentialReconciler) upstreamEntry(
	ctx context.Context, s *scope, d replacer, e *rotation.Entry,
) (*rotation.Entry, error) {
	if e.Value != nil {
		return e, nil
	}
	c, done, err := r.call(ctx, s)
	if err != nil {
		return nil, err
	}
	defer done()
	held, exists, err := d.Recover(ctx, c, "")
	if err != nil || !exists {
		return nil, upstream.Outcome(err)
	}
	e.Value, e.Fingerprint = held.Value, held.Fingerprint
	return e, nil
}

// inherits tells whether a credential of that name is this object's to go on with: it is of this cluster, and its object
// is this one or one that is gone.
func (r *CredentialReconciler) inherits(ctx context.Context, s *scope, id string) (bool, error) {
	of, ok := names.Parse(id)
	switch {
	case !ok || of.Cluster != r.ClusterID:
		return false, nil
	case of == r.namesOf(s.obj):
		return true, nil
	}
	lives, err := r.lives(ctx, of)
	return !lives, err
}

// lives tells whether there is an object of that name part.
func (r *CredentialReconciler) lives(ctx context.Context, of names.Object) (found bool, err error) {
	err = r.eachCredential(ctx, nil, func(obj Credential) error {
		found = found || r.namesOf(obj) == of
		return nil
	})
	return found, err
}

// adoptPredecessors takes what an earlier object made, of whose Secret this one is the heir, into the journal, so that it
// is revoked after its overlap.
func (r *CredentialReconciler) adoptPredecessors(ctx context.Context, s *scope, id string) error {
	of, ok := names.Parse(id)
	if !ok || !r.driver.Class().Overlaps() {
		return nil
	}
	return r.withHolder(ctx, s, func(holder tokens.Holder) error {
		all, err := holder.List(ctx)
		if err != nil {
			return err
		}
		r.adoptUnknown(s, of, all)
		r.adoptUnknown(s, r.namesOf(s.obj), all)
		return nil
	})
}
