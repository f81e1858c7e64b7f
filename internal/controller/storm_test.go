// SPDX-License-Identifier: Apache-2.0

package controller_test

import (
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/whm-credentials/operator/internal/controller"
)

const (
	// stormFleet is how many objects of each kind there are, and stormRotations how many credentials are published while
	// the storm rages.
	stormFleet     = 20
	stormRotations = 1000
	// stormRound is how long objects have until they are asked for the next credential.
	stormRound = 30 * time.Minute
	// stormBound is when every object has to be ready after the storm: longer than a refusal is left alone.
	stormBound = 2 * time.Hour
	// stormTick is how far the clock moves at once. Many objects would each wake it up otherwise.
	stormTick = 20 * time.Second
)

// It takes longest, so it begins first.
var _ = Describe("A storm of faults over all kinds together", SpecPriority(1), func() {
	It("ends with every object ready, and nothing lost, orphaned, locked out or told", func() {
		seed := GinkgoRandomSeed()
		AddReportEntry("seed", seed)
		virtual := newTimeline()
		f := newFleet(virtual, stormFleet)
		w := watchFleet(f)
		weather := newStorm(seed)
		o := (&operator{namespace: f.namespace, time: virtual, between: weather.api, verbose: true}).start()

		By("raging while credentials are asked for again and again")
		f.ChooseFaults(weather.upstream)
		w.asked = 1
		f.rotateAll(w.asked)
		for f.published() < stormRotations {
			Expect(w.asked).To(BeNumerically("<", 5*stormRotations/len(f.members)), "it gets nowhere")
			o.tickFor(stormRound)
			w.asked++
			f.rotateAll(w.asked)
		}

		By("calming down")
		weather.over.Store(true)
		f.expectAllReady(o, w)
		f.expectInvariants(o, w)
		AddReportEntry("storm", fmt.Sprintf("%d of %d calls upstream and %d of %d API requests failed; %d credentials published, %d rounds",
			weather.broken.Load(), weather.calls.Load(), weather.failed.Load(), weather.requests.Load(), f.published(), w.asked))

		By("deleting everything")
		for _, m := range f.members {
			Expect(admin.Delete(ctx, m.Credential)).To(Succeed())
		}
		o.tickFor(time.Minute)
		for _, m := range f.members {
			Expect(gone(m.Credential)()).To(BeTrue(), m.label())
		}
		Expect(f.ours()).To(BeEmpty(), "tokens of deleted objects")
	})
})

// tickFor lets virtual time pass in steps.
func (o *operator) tickFor(d time.Duration) {
	GinkgoHelper()
	o.checked = -1
	for end := o.time.Now().Add(d); o.time.Now().Before(end); {
		o.settle()
		o.time.moveTo(o.time.Now().Add(stormTick))
	}
	o.settle()
}

// expectAllReady lets the objects come to rest. A login token that was consumed is replaced by a person.
func (f *fleet) expectAllReady(o *operator, w *fleetWatch) {
	GinkgoHelper()
	var waiting []string
	for began := o.time.Now(); o.time.Now().Before(began.Add(stormBound)); {
		o.tickFor(10 * time.Minute)
		if waiting = f.notReady(); len(waiting) == 0 {
			return
		}
		f.replaceConsumed(w)
	}
	// A server that did not answer repeatedly is left alone for a while in real time.
	Eventually(func() []string { o.tickFor(10 * time.Minute); return f.notReady() }).Should(BeEmpty())
}

// notReady names the objects that are not ready and at rest.
func (f *fleet) notReady() (names []string) {
	GinkgoHelper()
	for _, m := range f.members {
		Expect(admin.Get(ctx, keyOf(m), m.Credential)).To(Succeed())
		if !atRest(m.Credential) {
			names = append(names, fmt.Sprintf("%s: %s", m.label(), summary(m.Credential)))
		}
	}
	return names
}

// replaceConsumed brings a new login token to every store login that lost the one before.
func (f *fleet) replaceConsumed(w *fleetWatch) {
	GinkgoHelper()
	for _, m := range f.members {
		if m.store != nil && !atRest(m.Credential) {
			f.rotate(m, w.asked)
		}
	}
}

// eachSecret reads what is published.
func (f *fleet) eachSecret(look func(*member, *corev1.Secret)) {
	GinkgoHelper()
	for _, m := range f.members {
		s := &corev1.Secret{}
		Expect(admin.Get(ctx, keyIn(f.namespace, m.CredentialSpec().Secret.Name), s)).To(Succeed(), m.label())
		look(m, s)
	}
}

func atRest(c controller.Credential) bool {
	st := c.CredentialStatus()
	ready, moving := false, false
	for _, condition := range st.Conditions {
		ready = ready || condition.Type == "Ready" && condition.Status == metav1.ConditionTrue
		moving = moving || condition.Type == "Reconciling" || condition.Type == "Stalled"
	}
	return ready && !moving && st.ObservedGeneration == c.GetGeneration()
}

func summary(c controller.Credential) (text string) {
	for _, condition := range c.CredentialStatus().Conditions {
		text += fmt.Sprintf("%s=%s/%s %q; ", condition.Type, condition.Status, condition.Reason, condition.Message)
	}
	return text
}
