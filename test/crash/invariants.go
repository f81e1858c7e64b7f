// SPDX-License-Identifier: Apache-2.0

package crash

import (
	"context"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/publish"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

// Expectation is what a run that has settled must have come to.
type Expectation struct {
	// Issues is how many were due: one at first, and one for each request.
	Issues int64
	// Recovered allows as many more regenerations as the operator counted recoveries.
	Recovered bool
	// FailedBefore is how many logins had failed before the rotation that is looked at.
	FailedBefore int
}

// settled is everything that the invariants are judged by.
type settled struct {
	object *v1alpha1.AccessHashRotation
	secret *corev1.Secret
	ledger simulator.Ledger
}

// CheckInvariants looks at a rig that has settled.
func (r *Rig) CheckInvariants(ctx context.Context, e Expectation) error {
	s := settled{object: &v1alpha1.AccessHashRotation{}, secret: &corev1.Secret{}}
	if err := errors.Join(r.Get(ctx, RotationName, s.object), r.Get(ctx, r.Scenario.Target(), s.secret)); err != nil {
		return err
	}
	published := r.publishedWorks(ctx, s)
	s.ledger = r.Simulator.Ledger()
	r.mu.Lock()
	violations := errors.Join(r.violations...)
	r.mu.Unlock()
	return errors.Join(violations, published,
		r.publishedIsCurrent(s), noTokenLeft(s.ledger), fewAtOnce(s.ledger), counted(s, e), notLockedOut(s.ledger, e.FailedBefore),
		r.noLeak(ctx))
}

// publishedWorks checks I1: the value and the ready header log in.
func (r *Rig) publishedWorks(ctx context.Context, s settled) error {
	hash := string(s.secret.Data["accesshash"])
	if !r.Simulator.Authenticates(r.Scenario.User(), simulator.KindHash, hash) {
		return errors.New("I1: the published access hash does not authenticate")
	}
	if err := tryHeader(ctx, r.Simulator, string(s.secret.Data["authorization"])); err != nil {
		return fmt.Errorf("I1: the published authorization header does not authenticate: %w", err)
	}
	return nil
}

// publishedIsCurrent checks I4: what the server holds is what the Secret holds and what the status says.
func (r *Rig) publishedIsCurrent(s settled) error {
	live := simulator.Fingerprint(r.Simulator.AccessHash(r.Scenario.User()))
	var wrong []error
	for what, fingerprint := range map[string]string{
		"the Secret's value":         simulator.Fingerprint(string(s.secret.Data["accesshash"])),
		"the Secret's annotation":    s.secret.Annotations[v1alpha1.FingerprintAnnotation],
		"status.current.fingerprint": s.object.Status.Current.Fingerprint,
	} {
		if fingerprint != live {
			wrong = append(wrong, fmt.Errorf("I4: %s has the fingerprint %q, what the server holds has %q", what, fingerprint, live))
		}
	}
	return errors.Join(wrong...)
}

// counted checks I5 at rest: as many revisions as were due, and no regeneration that nobody asked for or counted.
func counted(s settled, e Expectation) error {
	if s.object.Status.Revision != e.Issues || publish.Revision(s.secret) != e.Issues {
		return fmt.Errorf("I5: revision %d in the status and %d in the Secret instead of %d",
			s.object.Status.Revision, publish.Revision(s.secret), e.Issues)
	}
	most := e.Issues
	if e.Recovered {
		most += s.object.Status.Recoveries
	}
	if n := Regenerations(s.ledger); n < e.Issues || n > most {
		return fmt.Errorf("I5: %d regenerations for %d revisions and %d counted recoveries", n, e.Issues, s.object.Status.Recoveries)
	}
	return nil
}

// checkWrite looks at the published Secret in the moment in which the operator has written a Secret and waits for the
// answer: its revision has not fallen, and it holds what authenticates unless a rotation is between Issue and Publish.
func (r *Rig) checkWrite(ctx context.Context) {
	object := &v1alpha1.AccessHashRotation{}
	secret := &corev1.Secret{}
	if r.Get(ctx, RotationName, object) != nil || r.Get(ctx, object.Spec.Secret.Name, secret) != nil {
		return // nothing is published yet
	}
	revision := publish.Revision(secret)
	r.mu.Lock()
	before := r.written
	r.written = max(before, revision)
	r.mu.Unlock()
	if revision < before {
		r.violated(fmt.Errorf("I5: the Secret fell from revision %d to %d", before, revision))
	}
	hash := string(secret.Data["accesshash"])
	if revision == 0 || r.Simulator.Authenticates(r.Scenario.User(), simulator.KindHash, hash) {
		return
	}
	j, err := r.journal(ctx, object)
	if err != nil {
		r.violated(fmt.Errorf("I1: revision %d was in the Secret and did not authenticate: %w", revision, err))
	} else if e := j.Newest(); e == nil || e.Revision <= revision {
		r.violated(fmt.Errorf("I1: revision %d was in the Secret, did not authenticate and was not being replaced", revision))
	}
}
