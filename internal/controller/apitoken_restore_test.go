// SPDX-License-Identifier: Apache-2.0

package controller_test

import (
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/api/v1alpha1"
)

var _ = Describe("After a restore from a backup, a token", func() {
	var (
		g *tokenRig
		r *v1alpha1.APITokenRotation
	)

	BeforeEach(func() {
		g = newTokenRig(withServer(probedDaily))
		r = g.publish(newTokenRotation(g.site, "billing", everyToken(400*time.Hour, time.Hour)))
		g.watch(r)
	})

	// whileDown stops the operator, and lets it run again after the change.
	whileDown := func(change func()) {
		GinkgoHelper()
		g.o.stop()
		change()
		g.restart()
		g.o.runFor(time.Minute)
	}
	// settled checks that one token is left in the end, which is published.
	settled := func(revision int64) {
		GinkgoHelper()
		g.o.runFor(50 * time.Hour)
		now := expectTokenRevision(g.site, r, revision)
		Expect(liveTokens(g.site)).To(Equal([]string{now.Status.Current.ID}))
	}

	It("stays when the status is dropped", func() {
		before, calls := refreshed(r), len(g.Ledger().Calls)
		whileDown(func() { wipeTokenStatus(r) })
		Expect(changesOf(g.callsSince(calls))).To(BeEmpty())
		now := expectTokenRevision(g.site, r, 1)
		Expect(now.Status.Current).To(Equal(before.Status.Current))
		Expect(now.Status.NextRotationTime).To(Equal(before.Status.NextRotationTime))
	})

	It("stays when the journal is deleted, with and without the status, in the overlap", func() {
		askForRotation(r, "now")
		g.o.runFor(time.Minute)
		second := expectTokenRevision(g.site, r, 2).Status.Current.ID
		whileDown(func() {
			Expect(admin.Delete(ctx, secretAt(journalKey(r)))).To(Succeed())
			wipeTokenStatus(r)
		})
		Expect(expectTokenRevision(g.site, r, 2).Status.Current.ID).To(Equal(second))
		Expect(liveTokens(g.site)).To(HaveLen(2))
		Expect(admin.Delete(ctx, secretAt(journalKey(r)))).To(Succeed())
		settled(2)
	})

	for name, wait := range map[string]time.Duration{"is still live": 0, "has been revoked": 3 * time.Hour} {
		for _, wiped := range []bool{false, true} {
			It(fmt.Sprintf("stays when the journal is older, whose token %s (status dropped: %t)", name, wiped), func() {
				old := secretAt(journalKey(r))
				for i := range 2 {
					askForRotation(r, fmt.Sprint(i))
					g.o.runFor(time.Minute + wait)
				}
				expectTokenRevision(g.site, r, 3)
				whileDown(func() {
					putBack(old)
					if wiped {
						wipeTokenStatus(r)
					}
				})
				expectTokenRevision(g.site, r, 3)
				settled(3)
				By("rotating on")
				askForRotation(r, "after")
				settled(4)
			})
		}
	}

	It("is as good as lost when Secret and journal are older and it was revoked: one more is made", func() {
		old, published := secretAt(journalKey(r)), secretOf(r)
		for i := range 2 {
			askForRotation(r, fmt.Sprint(i))
			g.o.runFor(3 * time.Hour)
		}
		g.watch(nil)
		whileDown(func() {
			putBack(old)
			putBack(published)
			wipeTokenStatus(r)
		})
		g.o.runFor(time.Hour)
		now := refreshed(r)
		expectTokenWorks(g.site, now)
		settled(now.Status.Revision)
	})

	It("goes on when Secret and journal are older and it still works", func() {
		old, published := secretAt(journalKey(r)), secretOf(r)
		for i := range 2 {
			askForRotation(r, fmt.Sprint(i))
			g.o.runFor(time.Minute)
		}
		whileDown(func() {
			putBack(old)
			putBack(published)
			wipeTokenStatus(r)
		})
		expectTokenWorks(g.site, refreshed(r))
		By("handling the request that is newer than the journal, once there is room")
		settled(2)
	})

	It("is gone on with by an object of another UID, and what its predecessor left is revoked after the overlap", func() {
		askForRotation(r, "now")
		g.o.runFor(time.Minute)
		second, published := expectTokenRevision(g.site, r, 2).Status.Current.ID, secretOf(r)
		calls := len(g.Ledger().Calls)
		whileDown(func() {
			r = g.recreate(r)
			Eventually(func() error { return client.IgnoreAlreadyExists(admin.Create(ctx, bare(published))) }).Should(Succeed())
		})
		Expect(expectTokenRevision(g.site, r, 2).Status.Current.ID).To(Equal(second))
		Expect(changesOf(g.callsSince(calls))).To(BeEmpty())
		Expect(liveTokens(g.site)).To(HaveLen(2))
		settled(2)
		By("rotating under its own name")
		g.watch(r)
		askForRotation(r, "after")
		settled(3)
		By("being deleted")
		g.end()
		askForRotation(r, "last")
		g.o.runFor(time.Minute)
		Expect(admin.Delete(ctx, refreshed(r))).To(Succeed())
		g.o.runFor(time.Minute)
		Expect(liveTokens(g.site)).To(BeEmpty())
	})

	for _, sees := range []bool{true, false} {
		It(fmt.Sprintf("is not taken over by an object of the same name in another namespace (sees both: %t)", sees), func() {
			other := newNamespace()
			twin := &site{Server: g.Server, namespace: other, name: g.name}
			Expect(admin.Create(ctx, twin.authSecret(rootPassword))).To(Succeed())
			server := twin.object()
			probedDaily(server)
			Expect(admin.Create(ctx, server)).To(Succeed())
			copied := bare(secretOf(r))
			copied.Namespace = other
			Expect(admin.Create(ctx, copied)).To(Succeed())
			g.o.stop()
			if g.o = startOperator(other, g.virtual, g.namespace); !sees {
				g.o.stop()
				g.o = startOperator(other, g.virtual)
			}
			theirs := createToken(newTokenRotation(twin, "billing", everyToken(400*time.Hour, time.Hour)))
			g.o.runFor(4 * time.Hour)
			now, here := refreshed(theirs), expectTokenRevision(g.site, r, 1)
			Expect(now.Status.Current).NotTo(BeNil(), "%v", now.Status.Conditions)
			Expect(now.Status.Current.ID).NotTo(Equal(here.Status.Current.ID))
			expectTokenWorks(twin, now)
			Expect(liveTokens(g.site)).To(ConsistOf(here.Status.Current.ID, now.Status.Current.ID))
			Expect(admin.Delete(ctx, now)).To(Succeed())
			g.o.runFor(time.Minute)
			Expect(liveTokens(g.site)).To(ConsistOf(here.Status.Current.ID))
		})
	}
})

// recreate lets an object vanish together with what it owns, and makes it again.
func (g *tokenRig) recreate(r *v1alpha1.APITokenRotation) *v1alpha1.APITokenRotation {
	GinkgoHelper()
	edit(refreshed(r), func(r *v1alpha1.APITokenRotation) { r.Finalizers = nil })
	journal := secretAt(journalKey(r))
	Expect(admin.Delete(ctx, refreshed(r))).To(Succeed())
	Eventually(gone(r.DeepCopy())).Should(BeTrue())
	Expect(client.IgnoreNotFound(admin.Delete(ctx, journal))).To(Succeed())
	Expect(client.IgnoreNotFound(admin.Delete(ctx, &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: r.Namespace, Name: r.Spec.Secret.Name},
	}))).To(Succeed())
	again := &v1alpha1.APITokenRotation{ObjectMeta: metav1.ObjectMeta{Namespace: r.Namespace, Name: r.Name}, Spec: r.Spec}
	return createToken(again)
}

// putBack gives a Secret the content that it had.
func putBack(old *corev1.Secret) {
	GinkgoHelper()
	edit(secretAt(client.ObjectKeyFromObject(old)), func(s *corev1.Secret) {
		s.Data, s.Annotations, s.Labels = old.Data, old.Annotations, old.Labels
	})
}

// bare is what a backup has of a Secret.
func bare(s *corev1.Secret) *corev1.Secret {
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: s.Namespace, Name: s.Name, Labels: s.Labels, Annotations: s.Annotations},
		Type:       s.Type, Data: s.Data,
	}
}

func wipeTokenStatus(r *v1alpha1.APITokenRotation) {
	GinkgoHelper()
	Expect(admin.Status().Patch(ctx, refreshed(r), client.RawPatch(types.JSONPatchType,
		[]byte(`[{"op":"replace","path":"/status","value":{}}]`)))).To(Succeed())
}
