// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"cmp"
	"maps"
	"strings"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/outcome"
)

// pauses remembers until when a new credential that the server did not accept is left alone. Events wake objects up long
// before their time, and each try is a failed login.
type pauses struct {
	// lasting keeps what is over, for about, until end is called.
	lasting bool

	mu  sync.Mutex
	all map[types.UID]pause
}

// pause is that of one object.
type pause struct {
	// fingerprint of the credential; another one is tried at once.
	fingerprint string
	until       time.Time
	// message is repeated for as long as nothing new is known.
	message string
	// stalled is the reason of the condition if a person has to act; empty if that may not be needed.
	stalled string
	// waiting is the reason otherwise; that of a failed verification if empty.
	waiting string
}

// outcome repeats what was found.
func (p pause) outcome(wait time.Duration) error {
	if p.stalled != "" {
		return outcome.Stall(p.stalled, "%s", p.message).RetryAfter(wait)
	}
	return outcome.Wait(wait, cmp.Or(p.waiting, v1alpha1.VerificationFailedReason), "%s", p.message)
}

// begin replaces the pause of an object, and forgets those that are over unless they last.
func (p *pauses) begin(uid types.UID, of pause, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.all == nil {
		p.all = map[types.UID]pause{}
	}
	maps.DeleteFunc(p.all, func(_ types.UID, old pause) bool { return !p.lasting && !now.Before(old.until) })
	p.all[uid] = of
}

// end forgets what is known of an object.
func (p *pauses) end(uid types.UID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.all, uid)
}

// left returns how long the credential is left alone; zero if it may be tried.
func (p *pauses) left(uid types.UID, fingerprint string, now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	of := p.all[uid]
	if of.fingerprint != fingerprint {
		return 0
	}
	return max(of.until.Sub(now), 0)
}

// about tells whether something is known of what begins like that, over or not.
func (p *pauses) about(uid types.UID, beginning string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.HasPrefix(p.all[uid].fingerprint, beginning)
}

// repeated returns what was found of the credential while it is left alone, and nil if it may be tried.
func (p *pauses) repeated(uid types.UID, fingerprint string, now time.Time) error {
	wait := p.left(uid, fingerprint, now)
	if wait == 0 {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.all[uid].outcome(wait)
}
