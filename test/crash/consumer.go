// SPDX-License-Identifier: Apache-2.0

package crash

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/publish"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

const (
	// lookEach is how often the Secret is read although nobody seems to have written it, and what it held last is used
	// although nobody called the server: both sides can also change by the passing of time.
	lookEach = time.Second
	// lookTime bounds one look; the manager waits for it.
	lookTime = 10 * time.Second
)

// Consumer is a program that uses what is published all the time: after each write of a Secret and each call of the
// server, before the manager gets the answer, and in between. It keeps what was wrong.
type Consumer struct {
	rig  *Rig
	stop chan struct{}
	done sync.WaitGroup

	mu         sync.Mutex
	held       publication
	replaced   map[string]replacement // by fingerprint
	violations []error
	// left is true if the object is deleted, and ends if what it published is meant to end with it.
	left, ends bool
}

// replacement is what took the place of a credential.
type replacement struct {
	// by is the fingerprint of its successor, and at is when that was published, in the server's time. It is what the Secret
	// says: on a busy machine a look comes seconds later.
	by string
	at time.Time
}

// publication is what was in the Secret at one time.
type publication struct {
	revision                      int64
	at                            time.Time
	value, fingerprint, claim, id string
	besides                       map[string]string // by key
}

// NewConsumer starts to look at what the rig publishes.
func NewConsumer(ctx context.Context, r *Rig) *Consumer {
	c := &Consumer{rig: r, stop: make(chan struct{}), replaced: map[string]replacement{}}
	c.done.Go(func() { c.watch(ctx) })
	return c
}

// Close ends it.
func (c *Consumer) Close() {
	close(c.stop)
	c.done.Wait()
}

func (c *Consumer) watch(ctx context.Context) {
	tick := time.NewTicker(lookEach)
	defer tick.Stop()
	for {
		select {
		case <-c.stop:
			return
		case <-tick.C:
			c.Look(ctx)
		}
	}
}

// Look reads the Secret and uses it. A write waits for it, so nothing can come of a publication before it was looked at.
func (c *Consumer) Look(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	c.mu.Lock()
	defer c.mu.Unlock()
	secret := &corev1.Secret{}
	if c.rig.Get(ctx, c.rig.Scenario.Target(), secret) != nil {
		return // nothing is published, or nothing any more
	}
	now := publication{
		revision: publish.Revision(secret), at: publish.PublishedAt(secret, time.Now()), value: string(secret.Data[c.rig.Scenario.Kind.key]),
		claim: secret.Annotations[v1alpha1.FingerprintAnnotation], id: secret.Annotations[v1alpha1.CredentialIDAnnotation],
	}
	now.fingerprint = simulator.Fingerprint(now.value)
	now.besides = c.rig.Scenario.Kind.others(secret)
	c.rig.Canaries.Add("published "+c.rig.Scenario.Kind.key, now.value)
	for key, value := range now.besides {
		c.rig.Canaries.Add("published "+key, value)
	}
	c.exchange(now)
	c.use(ctx)
}

// exchange takes what is published now.
func (c *Consumer) exchange(now publication) {
	if now.revision < c.held.revision && !c.left {
		c.violated(fmt.Errorf("I5: the Secret fell from revision %d to %d", c.held.revision, now.revision))
	}
	if before := c.held.fingerprint; before != "" && before != now.fingerprint {
		at := c.rig.Simulator.Now()
		if !now.at.IsZero() {
			at = at.Add(-time.Since(now.at))
		}
		c.replaced[before] = replacement{by: now.fingerprint, at: at}
	}
	delete(c.replaced, now.fingerprint)
	c.held = now
}

// Called uses what was published last after a call of the server, and looks at what may be revoked.
func (c *Consumer) Called(ctx context.Context, call simulator.Call) {
	if !c.rig.Scenario.Kind.class.stands {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.use(ctx)
	if call.Applied && call.Function == c.rig.Scenario.Kind.Revoke && c.rig.Scenario.Workload && !c.ends {
		if err := c.rig.rolledOut(ctx, c.held.fingerprint); err != nil {
			c.violated(fmt.Errorf("I1: something was revoked before the workload ran with revision %d: %w", c.held.revision, err))
		}
	}
}

// use checks I1: what is published logs in, unless it is of a kind that can only be replaced and is being replaced.
func (c *Consumer) use(ctx context.Context) {
	switch {
	case c.held.value == "", c.ends, c.rig.accepts(c.held):
		return
	case c.rig.Scenario.Kind.class.stands:
		c.violated(fmt.Errorf("I1: revision %d (%s) was in the Secret and did not authenticate", c.held.revision, c.held.id))
	case c.held.revision > 0:
		if err := c.rig.beingReplaced(ctx, c.held.revision); err != nil {
			c.violated(fmt.Errorf("I1: revision %d was in the Secret and did not authenticate: %w", c.held.revision, err))
		}
	}
}

// accepts tells whether the server takes every part of what is published.
func (r *Rig) accepts(p publication) bool {
	kind, holder := r.Scenario.Kind, r.Scenario.holder()
	for key, of := range kind.besides {
		if !r.Simulator.Authenticates(holder, of, p.besides[key]) {
			return false
		}
	}
	if kind.works != nil {
		return kind.works(r.Simulator, holder, p.value)
	}
	return r.Simulator.Authenticates(holder, kind.ledger, p.value)
}

// others returns the parts of a published credential but the one that it is told by.
func (k *Kind) others(secret *corev1.Secret) map[string]string {
	parts := map[string]string{}
	for key := range k.besides {
		parts[key] = string(secret.Data[key])
	}
	return parts
}

// Leave tells that the object is about to be deleted, and whether what it published is meant to end with it.
func (c *Consumer) Leave(ends bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.left, c.ends = true, ends
}

// violated keeps a violation once; it may be seen many times.
func (c *Consumer) violated(err error) {
	for _, known := range c.violations {
		if known.Error() == err.Error() {
			return
		}
	}
	c.violations = append(c.violations, err)
}

// Complaints are the violations so far.
func (c *Consumer) Complaints() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return errors.Join(c.violations...)
}

// replacedBy returns what took the place of a credential. ok is false if it is still published, or never was.
func (c *Consumer) replacedBy(fingerprint string) (of replacement, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	of, ok = c.replaced[fingerprint]
	return of, ok
}

// Held is what is published now; empty if it is meant to end.
func (c *Consumer) Held() (fingerprint string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ends {
		return ""
	}
	return c.held.fingerprint
}

// describeHeld says what is published, without the value.
func (c *Consumer) describeHeld() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return strings.TrimSpace(fmt.Sprintf("revision %d, %s, %s", c.held.revision, c.held.fingerprint, c.held.id))
}
