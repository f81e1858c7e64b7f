// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"slices"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/names"
	"github.com/whm-credentials/operator/internal/controller/tokens"
	"github.com/whm-credentials/operator/internal/controller/upstream"
	"github.com/whm-credentials/operator/internal/rotation"
	"github.com/whm-credentials/operator/internal/whm"
)

// updatePause is how long a difference upstream is left alone that was corrected and is there again all the same: the
// server may not tell what it has.
const updatePause = time.Hour

// looks remembers what was last seen upstream of credentials that the server object's own probe does not see.
type looks struct {
	mu  sync.Mutex
	all map[types.UID]sighting
}

// sighting is what was seen of an object's credentials at one time.
type sighting struct {
	at time.Time
	// tokens is nil if nothing was seen yet.
	tokens map[string]tokens.Info
	// touched is when something was changed upstream for the object: what was seen before says nothing any more.
	touched time.Time
}

func (l *looks) get(uid types.UID) sighting {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all[uid]
}

func (l *looks) change(uid types.UID, apply func(*sighting)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.all == nil {
		l.all = map[types.UID]sighting{}
	}
	s := l.all[uid]
	apply(&s)
	l.all[uid] = s
}

func (l *looks) touch(uid types.UID, now time.Time) {
	l.change(uid, func(s *sighting) { s.touched = now })
}

func (l *looks) forget(uid types.UID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.all, uid)
}

// seen returns the newest sighting of the object's credentials: what the probe of the server listed, if they belong to the
// user that the operator logs in as, and what the object itself saw otherwise.
func (r *CredentialReconciler) seen(s *scope, o overlapper) sighting {
	own := r.looks.get(s.obj.GetUID())
	if r.probed(s, o) {
		snapshot := r.Pool.Tokens(s.server)
		return sighting{at: snapshot.TakenAt, tokens: snapshot.Tokens, touched: own.touched}
	}
	if own.at.IsZero() {
		// The operator has just started or the object is new. It was fine when it was last reported.
		r.looks.change(s.obj.GetUID(), func(s *sighting) { s.at = r.Clock.Now() })
	}
	return own
}

// probed tells whether the probe of the server lists the object's credentials.
func (r *CredentialReconciler) probed(s *scope, o overlapper) bool {
	account := o.Account(s.obj, s.server)
	return account.Type == v1alpha1.WHMUser && account.User == upstream.User(s.server)
}

// lookDue returns when the object has to look by itself at what has become of its credentials; zero if it need not.
func (r *CredentialReconciler) lookDue(s *scope) time.Time {
	if s.server == nil || s.spec().Suspend || s.server.ServerSpec().Suspend {
		return time.Time{}
	}
	if d, ok := r.driver.(lender); ok {
		return r.aliveDue(s, d)
	}
	o, ok := r.driver.(overlapper)
	if !ok || r.probed(s, o) {
		return time.Time{}
	}
	at := r.seen(s, o).at
	if at.IsZero() {
		at = r.Clock.Now()
	}
	return at.Add(probeInterval(s.server))
}

// strange tells whether the last sighting contradicts the status, for an object that would otherwise be left alone.
func (r *CredentialReconciler) strange(s *scope) bool {
	current := s.status().Current
	if current == nil || current.IssuedAt == nil {
		return false
	}
	if due := earliest(r.lookDue(s), r.withdrawalDue(s)); !due.IsZero() && !r.Clock.Now().Before(due) {
		return true
	}
	o, ok := r.driver.(overlapper)
	if !ok {
		return false
	}
	e := rotation.Entry{ID: current.ID, IssuedAt: current.IssuedAt.Time, Fingerprint: current.Fingerprint}
	if current.ExpiresAt != nil {
		e.ExpiresAt = current.ExpiresAt.Time
	}
	drift, unknown := r.compare(s, o, &e, func(id string) bool { return slices.Contains(s.status().IDs(), id) })
	return drift != rotation.DriftNone || len(unknown) > 0
}

// look finds out whether the published credential is still what it should be, and whether there are others.
func (r *CredentialReconciler) look(ctx context.Context, s *scope) error {
	if d, ok := r.driver.(lender); ok {
		return r.keepAlive(ctx, s, d)
	}
	o, ok := r.driver.(overlapper)
	e := s.record.Current()
	if !ok || e == nil || s.spec().Suspend {
		return nil
	}
	if due := r.lookDue(s); !due.IsZero() && !r.Clock.Now().Before(due) && publishedRevision(s) == e.Revision {
		if err := r.lookUpstream(ctx, s, o, e); err != nil {
			return err
		}
	}
	s.drift, s.unknown = r.compare(s, o, e, s.record.Knows)
	return nil
}

func (r *CredentialReconciler) lookUpstream(ctx context.Context, s *scope, o overlapper, e *rotation.Entry) error {
	c, err := r.passiveCall(ctx, s)
	if err != nil {
		return err
	}
	at := r.Clock.Now()
	seen, err := o.Look(ctx, c, e)
	if err != nil {
		return upstream.LoginOutcome(err)
	}
	r.looks.change(s.obj.GetUID(), func(s *sighting) { s.at, s.tokens = at, seen })
	return nil
}

// touch notes that the object's credentials were changed: what was seen of them before says nothing any more.
func (r *CredentialReconciler) touch(s *scope) {
	r.looks.touch(s.obj.GetUID(), r.Clock.Now())
	r.Pool.TouchTokens(s.server)
}

// compare compares what was seen with an entry. What was seen before something was changed says nothing.
func (r *CredentialReconciler) compare(
	s *scope, o overlapper, e *rotation.Entry, known func(id string) bool,
) (drift rotation.Drift, unknown map[string]tokens.Info) {
	seen := r.seen(s, o)
	if seen.tokens == nil || !seen.at.After(e.IssuedAt) || !seen.at.After(seen.touched) {
		return rotation.DriftNone, nil
	}
	own := r.namesOf(s.obj)
	for name, info := range seen.tokens {
		if own.Owns(name) && !names.IsLifeline(name) && !known(name) {
			if unknown == nil {
				unknown = map[string]tokens.Info{}
			}
			unknown[name] = info
		}
	}
	have, there := seen.tokens[e.ID]
	if !there {
		return rotation.DriftMissing, unknown
	}
	return r.changed(s, wantedOf(o, s.obj, e).Differs(have)), unknown
}

// changed tells whether a difference is to be corrected. One that came back at once after it was corrected is left alone
// for a while.
func (r *CredentialReconciler) changed(s *scope, difference string) rotation.Drift {
	if difference == "" {
		return rotation.DriftNone
	}
	s.difference = difference
	if r.corrected.left(s.obj.GetUID(), difference, r.Clock.Now()) > 0 {
		return rotation.DriftNone
	}
	return rotation.DriftChanged
}

// renameBack gives a published credential its name again that somebody renamed upstream. It tells whether that was it.
func (r *CredentialReconciler) renameBack(ctx context.Context, s *scope) (bool, error) {
	o, ok := r.driver.(overlapper)
	if !ok {
		return false, nil
	}
	c, done, err := r.call(ctx, s)
	if err != nil {
		return false, err
	}
	defer done()
	e := s.entry()
	name, err := o.Present(ctx, c, e)
	if err != nil || name == "" {
		return false, upstream.Outcome(err)
	}
	if name == e.ID {
		// The server knows it after all; its list was of another time.
		s.drift = rotation.DriftNone
		r.touch(s)
		return true, nil
	}
	wanted := wantedOf(o, s.obj, e)
	if err := r.withHolder(ctx, s, func(h tokens.Holder) error { return h.Update(ctx, name, wanted) }); err != nil {
		if whm.IsRefused(err) {
			return false, nil
		}
		return false, err
	}
	s.note("Renamed", "Update", "Somebody had renamed "+e.ID+" on the server; it has its name again")
	r.touch(s)
	s.drift = rotation.DriftNone
	return true, nil
}
