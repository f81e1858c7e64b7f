// SPDX-License-Identifier: Apache-2.0

package crash

import (
	"context"
	"errors"
	"fmt"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller"
	"github.com/whm-credentials/operator/internal/controller/publish"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

// Expectation is what a run that has settled must have come to.
type Expectation struct {
	// Issues is how many were due: one at first, and one for each request.
	Issues int64
	// Recovered allows as many more issues as the operator counted recoveries.
	Recovered bool
	// Stale is how many issues may have been made by a manager that was no longer the leader.
	Stale int64
	// Wasted is how many revisions came to nothing, because what they were given for was used up.
	Wasted int64
	// FailedBefore is how many logins had failed before the rotation that is looked at.
	FailedBefore int
}

// settled is everything that the invariants are judged by.
type settled struct {
	object controller.Credential
	secret *corev1.Secret
	ledger simulator.Ledger
}

// CheckInvariants looks at a rig that has settled.
func (r *Rig) CheckInvariants(ctx context.Context, e Expectation) error {
	object, err := r.object(ctx)
	s := settled{object: object, secret: &corev1.Secret{}}
	if err := errors.Join(err, r.Get(ctx, r.Scenario.Target(), s.secret)); err != nil {
		return err
	}
	if object.CredentialStatus().Current == nil {
		return errors.New("the status knows of no credential")
	}
	published := r.publishedWorks(ctx, s)
	s.ledger = r.Simulator.Ledger()
	return errors.Join(r.Consumer.Complaints(), published, r.publishedIsCurrent(s), r.asAsked(s),
		r.noTokenLeft(s.ledger), r.fewAtOnce(s.ledger), r.overlapKept(s.ledger),
		r.counted(s, e), r.judged(s, e), notLockedOut(s.ledger, e.FailedBefore), r.noLeak(ctx))
}

func (r *Rig) judged(s settled, e Expectation) error {
	if judge := r.Scenario.Kind.class.judge; judge != nil {
		return judge(r, s, e)
	}
	return nil
}

// CheckGone looks at a rig whose object was deleted.
func (r *Rig) CheckGone(ctx context.Context, failedBefore int) error {
	ledger := r.Simulator.Ledger()
	return errors.Join(r.Consumer.Complaints(), r.noTokenLeft(ledger), r.fewAtOnce(ledger),
		notLockedOut(ledger, failedBefore), r.noLeak(ctx), r.serverReady(ctx))
}

// publishedWorks checks I1: the value and the ready header log in.
func (r *Rig) publishedWorks(ctx context.Context, s settled) error {
	kind := r.Scenario.Kind
	if !r.accepts(publication{value: string(s.secret.Data[kind.key]), besides: kind.others(s.secret)}) {
		return errors.New("I1: what is published does not authenticate")
	}
	if kind.try == "" {
		return nil
	}
	at := string(s.secret.Data["endpoint"]) + kind.try
	if err := tryHeader(ctx, at, r.WHMProxy.CA(), string(s.secret.Data["authorization"])); err != nil {
		return fmt.Errorf("I1: the published authorization header does not authenticate: %w", err)
	}
	return nil
}

// publishedIsCurrent checks I4: what the server holds is what the Secret holds and what the status says.
func (r *Rig) publishedIsCurrent(s settled) error {
	kind, id := r.Scenario.Kind, s.secret.Annotations[v1alpha1.CredentialIDAnnotation]
	live := r.newest(s.ledger)
	switch {
	case kind.class.stands && kind.stored == nil:
		live = simulator.Fingerprint(string(s.secret.Data[kind.key])) // the server has many, and this one works
	case kind.stored != nil:
		live = simulator.Fingerprint(kind.stored(r.Simulator, r.Scenario.User())[id].Value)
	}
	var wrong []error
	for what, fingerprint := range map[string]string{
		"the Secret's value":         simulator.Fingerprint(string(s.secret.Data[kind.key])),
		"the Secret's annotation":    s.secret.Annotations[v1alpha1.FingerprintAnnotation],
		"status.current.fingerprint": s.object.CredentialStatus().Current.Fingerprint,
	} {
		if fingerprint != live {
			wrong = append(wrong, fmt.Errorf("I4: %s has the fingerprint %q, what the server holds as %s has %q",
				what, fingerprint, id, live))
		}
	}
	if has := s.object.CredentialStatus().Current.ID; has != id {
		wrong = append(wrong, fmt.Errorf("I4: status.current.id is %s, and %s is published", has, id))
	}
	return errors.Join(wrong...)
}

// asAsked tells whether a token has the privileges and the expiry that were asked for, as the server has them.
func (r *Rig) asAsked(s settled) error {
	kind := r.Scenario.Kind
	if kind.stored == nil {
		return nil
	}
	current := s.object.CredentialStatus().Current
	token := kind.stored(r.Simulator, r.Scenario.User())[current.ID]
	var wrong []error
	want := privileges(s.object)
	if !r.Scenario.AllPrivileges && !slices.Equal(slices.Sorted(slices.Values(token.ACLs)), want) {
		wrong = append(wrong, fmt.Errorf("the token has the privileges %v instead of %v", token.ACLs, want))
	}
	has := token.ExpiresAt.IsZero()
	switch {
	case has != (current.ExpiresAt == nil):
		wrong = append(wrong, fmt.Errorf("status.current.expiresAt is %v, and the token expires at %v", current.ExpiresAt, token.ExpiresAt))
	case !has && !current.ExpiresAt.Time.Equal(token.ExpiresAt):
		wrong = append(wrong, fmt.Errorf("status.current.expiresAt is %v, and the token expires at %v", current.ExpiresAt, token.ExpiresAt))
	}
	return errors.Join(wrong...)
}

// counted checks I5 at rest: as many revisions as were due, and no issue that nobody asked for or counted. What was issued
// side by side and lost is only ever made up for by another one, so there its recoveries always count.
func (r *Rig) counted(s settled, e Expectation) error {
	st := s.object.CredentialStatus()
	if st.Revision != e.Issues || publish.Revision(s.secret) != e.Issues {
		return fmt.Errorf("I5: revision %d in the status and %d in the Secret instead of %d",
			st.Revision, publish.Revision(s.secret), e.Issues)
	}
	most := e.Issues + e.Stale
	if e.Recovered || r.Scenario.Kind.class.repeats {
		most += st.Recoveries
	}
	if n := r.Scenario.Kind.Issues(s.ledger); n < e.Issues-e.Wasted || n > most {
		return fmt.Errorf("I5: %d issues for %d revisions and %d counted recoveries", n, e.Issues, st.Recoveries)
	}
	return nil
}

// rolledOut tells whether the workload runs with a credential everywhere.
func (r *Rig) rolledOut(ctx context.Context, fingerprint string) error {
	d := &appsv1.Deployment{}
	if err := r.Get(ctx, workloadName, d); err != nil {
		return err
	}
	has := d.Spec.Template.Annotations[v1alpha1.RestartAnnotationPrefix+r.Scenario.Target()]
	st := d.Status
	switch {
	case has != fingerprint:
		return fmt.Errorf("its template has %q", has)
	case st.ObservedGeneration != d.Generation || st.UpdatedReplicas != st.Replicas || st.AvailableReplicas != st.Replicas:
		return fmt.Errorf("%d of its %d replicas are updated", st.UpdatedReplicas, st.Replicas)
	}
	return nil
}
