// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/outcome"
	"github.com/whm-credentials/operator/internal/controller/upstream"
	"github.com/whm-credentials/operator/internal/rotation"
	"github.com/whm-credentials/operator/internal/whm"
)

const (
	// mostCandidates is how many passwords the server is asked to rate before the policy is blamed.
	mostCandidates = 5

	// weakRetry is when a server is asked again that finds passwords too weak. Its demands are changed in WHM, which no event
	// tells.
	weakRetry = 15 * time.Minute

	// demandLife is how long what a server demands is remembered. An answer that is out of date costs no more than a refusal.
	demandLife = time.Hour
)

// Choose generates a password that the server is going to accept. What the operator's user may not ask is left to the
// server to say when the password is set.
func (d *passwordDriver) Choose(ctx context.Context, c call) (rotation.Value, error) {
	policy, uid := policyOf(c.obj), c.obj.GetUID()
	if err := policy.check(); err != nil {
		return nil, err
	}
	if err := d.weak.repeated(uid, policy.digest(), d.clock.Now()); err != nil {
		return nil, err
	}
	demand, err := d.demand(ctx, c)
	if err != nil {
		return nil, d.explain(c.obj, err)
	}
	best := 0
	for range mostCandidates {
		candidate, err := policy.generate()
		if err != nil {
			return nil, err
		}
		rating, err := d.rate(ctx, c, candidate, demand)
		if err != nil {
			return nil, err
		}
		if rating >= demand {
			return d.Value(candidate), nil
		}
		best = max(best, rating)
	}
	return nil, d.tooWeak(c, policy, demand, best)
}

// rate returns the server's rating of a password, or what is demanded if it cannot be asked.
func (d *passwordDriver) rate(ctx context.Context, c call, candidate whm.Secret, demand int) (int, error) {
	if demand == 0 {
		return 0, nil
	}
	rating, err := c.client.PasswordStrength(ctx, candidate)
	if definite(err) {
		return demand, nil
	}
	return rating, err
}

// tooWeak remembers for a while that nothing by the policy is strong enough, because each try takes several calls.
func (d *passwordDriver) tooWeak(c call, policy passwordPolicy, demand, best int) error {
	now := d.clock.Now()
	p := pause{
		fingerprint: policy.digest(), until: now.Add(weakRetry), stalled: v1alpha1.PasswordTooWeakReason,
		message: fmt.Sprintf("the server demands a strength of %d for %s passwords and rates the best of %d passwords by "+
			"spec.policy %d; make spec.policy.length larger or exclude less, or lower the demand in WHM's Password Strength "+
			"Configuration", demand, serviceOf(passwordOf(c.obj).Spec.Target).application(), mostCandidates, best),
	}
	d.weak.begin(c.obj.GetUID(), p, now)
	return p.outcome(weakRetry)
}

// strengths remembers how strong passwords have to be.
type strengths struct {
	mu  sync.Mutex
	all map[string]strengthDemand
}

type strengthDemand struct {
	least int
	until time.Time
}

func (s *strengths) get(key string, now time.Time) (least int, known bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	of, ok := s.all[key]
	return of.least, ok && now.Before(of.until)
}

func (s *strengths) put(key string, least int, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all == nil {
		s.all = map[string]strengthDemand{}
	}
	for old, of := range s.all {
		if !now.Before(of.until) {
			delete(s.all, old)
		}
	}
	s.all[key] = strengthDemand{least, now.Add(demandLife)}
}

// demand returns how strong the password has to be; zero if that cannot be asked.
func (d *passwordDriver) demand(ctx context.Context, c call) (int, error) {
	target, now := passwordOf(c.obj).Spec.Target, d.clock.Now()
	key := strings.Join([]string{upstream.Endpoint(c.server), string(target.Account), string(target.Type)}, " ")
	if least, known := d.demands.get(key, now); known {
		return least, nil
	}
	least, err := askDemand(ctx, c, target)
	if err == nil {
		d.demands.put(key, least, now)
	}
	return least, err
}

// askDemand asks as the account, and WHM if that is refused or if it is about the account itself. Which applications there
// are differs between versions.
func askDemand(ctx context.Context, c call, target v1alpha1.PasswordTarget) (int, error) {
	applications := serviceOf(target).applications
	if target.Type != v1alpha1.AccountPassword {
		least, err := c.client.RequiredPasswordStrength(ctx, string(target.Account), applications[0])
		if !definite(err) || errors.Is(err, whm.ErrAccountUnknown) {
			return least, err
		}
	}
	all, err := c.client.MinimumPasswordStrengths(ctx)
	if definite(err) {
		return 0, nil
	}
	for _, application := range append(applications, "default") {
		if least, ok := all[application]; ok {
			return least, err
		}
	}
	return 0, err
}

// explain says what to do about an error of a call that has to do with the target.
func (d *passwordDriver) explain(obj Credential, err error) error {
	target := passwordOf(obj).Spec.Target
	service := serviceOf(target)
	switch {
	case err == nil, mayHaveIssued(err), !definite(err):
		return err
	case errors.Is(err, whm.ErrPasswordTooWeak):
		return outcome.Stall(v1alpha1.PasswordTooWeakReason, "%w; make spec.policy.length larger or exclude less, or lower the demand "+
			"for %s passwords in WHM's Password Strength Configuration", err, service.application()).RetryAfter(weakRetry)
	case errors.Is(err, whm.ErrAccountUnknown):
		return outcome.Stall(v1alpha1.RefusedReason, "%w; create the account %s on the server, or let the operator log in as a user "+
			"that owns it", err, target.Account).RetryAfter(weakRetry)
	case whm.IsForbidden(err):
		return outcome.Stall(v1alpha1.ForbiddenReason, "%w; give the operator's user the privilege %s", err, service.privilege).
			RetryAfter(weakRetry)
	case whm.IsUnsupported(err) && service.role != "":
		return outcome.Stall(v1alpha1.UnsupportedReason, "%w; enable the server role %s, without which there are no such passwords",
			err, service.role).RetryAfter(weakRetry)
	case target.Type != v1alpha1.AccountPassword:
		return outcome.Stall(v1alpha1.RefusedReason, "%w; if the account %s has no %s%s, create it, or correct spec.target by making a "+
			"new object", err, target.Account, service.called, target.User).RetryAfter(weakRetry)
	}
	return err
}
