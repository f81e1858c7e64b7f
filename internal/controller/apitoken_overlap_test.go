// SPDX-License-Identifier: Apache-2.0

package controller_test

import (
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/test/controlplane"
)

var _ = Describe("A replaced token", func() {
	It("works until the listed workloads run with its successor, and rotations wait when three are live", func() {
		g := newTokenRig(withServer(probedDaily))
		Expect(controlplane.Apply(ctx, cluster.AdminConfig(), fmt.Appendf(nil, workloads, g.namespace))).To(Succeed())
		r := createToken(newTokenRotation(g.site, "billing", func(r *v1alpha1.APITokenRotation) {
			r.Spec.Rotation.Overlap = &metav1.Duration{Duration: time.Minute}
			r.Spec.Restart = []v1alpha1.WorkloadReference{{Kind: v1alpha1.DeploymentKind, Name: "consumer"}}
		}))
		g.o.runFor(time.Second)
		g.rollOut()
		g.watch(r)
		first := expectTokenRevision(g.site, r, 1).Status.Current.ID
		pauseRollouts(g.namespace, true)
		for revision := int64(2); revision < 4; revision++ {
			askForRotation(r, fmt.Sprint(revision))
			g.o.runFor(10 * time.Minute)
			Expect(refreshed(r).Status.Revision).To(Equal(revision))
			Expect(condition(r, v1alpha1.RestartedCondition)).To(Equal("False/" + v1alpha1.RolloutFailedReason))
			Expect(liveTokens(g.site)).To(HaveLen(int(revision)))
		}
		askForRotation(r, "4")
		g.o.runFor(20 * time.Minute)
		Expect(refreshed(r).Status.Revision).To(BeEquivalentTo(3))
		Expect(liveTokens(g.site)).To(And(HaveLen(3), ContainElement(first)))
		Expect(finding(r, v1alpha1.ReconcilingCondition)).NotTo(BeNil())
		Expect(mutationsOf(g.Ledger().Calls, "api_token_revoke")).To(BeEmpty())
		By("a restart")
		g.restart()
		g.o.runFor(10 * time.Minute)
		Expect(liveTokens(g.site)).To(HaveLen(3))
		By("resuming the roll-out")
		pauseRollouts(g.namespace, false)
		g.rollOut()
		g.o.runFor(time.Minute)
		g.rollOut()
		now := expectTokenRevision(g.site, r, 4)
		g.o.runFor(2 * time.Minute)
		Expect(liveTokens(g.site)).To(Equal([]string{now.Status.Current.ID}))
		Expect(podsCarryToken(g.namespace, refreshed(r))).To(Succeed())
	})

	It("is waited for when overlaps are longer than the time between rotations", func() {
		g := newTokenRig(withServer(probedDaily))
		r := g.publish(newTokenRotation(g.site, "billing", func(r *v1alpha1.APITokenRotation) {
			r.Spec.Rotation.Overlap = &metav1.Duration{Duration: 10 * time.Hour}
		}))
		g.watch(r)
		for i := range 3 {
			askForRotation(r, fmt.Sprint(i))
			g.o.runFor(time.Hour)
		}
		Expect(condition(r, v1alpha1.ReconcilingCondition)).To(Equal("True/" + v1alpha1.OverlapReason))
		expectTokenWorks(g.site, refreshed(r))
		Expect(liveTokens(g.site)).To(HaveLen(3))
		g.o.runFor(9 * time.Hour)
		expectTokenRevision(g.site, r, 4)
		g.o.runFor(12 * time.Hour)
		Expect(liveTokens(g.site)).To(HaveLen(1))
	})
})

// rollOut waits in real time until the Deployment has rolled out, and lets the operator see it.
func (g *tokenRig) rollOut() {
	GinkgoHelper()
	g.o.settle()
	Eventually(func(gm Gomega) {
		w := workload(g.namespace, v1alpha1.DeploymentKind)
		count := func(path ...string) int64 {
			n, _, err := unstructured.NestedInt64(w.Object, path...)
			gm.Expect(err).NotTo(HaveOccurred())
			return n
		}
		gm.Expect(count("status", "observedGeneration")).To(Equal(w.GetGeneration()))
		for _, kind := range []string{"updatedReplicas", "availableReplicas", "replicas"} {
			gm.Expect(count("status", kind)).To(Equal(count("spec", "replicas")), kind)
		}
	}).Should(Succeed())
	g.o.runFor(time.Minute)
}

// pauseRollouts pauses the Deployment, or lets it go on.
func pauseRollouts(namespace string, paused bool) {
	GinkgoHelper()
	edit(workload(namespace, v1alpha1.DeploymentKind), func(w *unstructured.Unstructured) {
		Expect(unstructured.SetNestedField(w.Object, paused, "spec", "paused")).To(Succeed())
	})
}

// podsCarryToken checks that the Deployment restarts its pods for the published token.
func podsCarryToken(namespace string, r *v1alpha1.APITokenRotation) error {
	hash := &v1alpha1.AccessHashRotation{Spec: v1alpha1.AccessHashRotationSpec{CredentialSpec: r.Spec.CredentialSpec}}
	if got := restartedFor(workload(namespace, v1alpha1.DeploymentKind), hash); got != r.Status.Current.Fingerprint {
		return fmt.Errorf("the pods have fingerprint %q, want %q", got, r.Status.Current.Fingerprint)
	}
	return nil
}

var _ = Describe("A token that expires", func() {
	It("is replaced before that, outside of windows and between rotations", func() {
		g := newTokenRig(withServer(probedDaily))
		r := g.publish(newTokenRotation(g.site, "billing", func(r *v1alpha1.APITokenRotation) {
			far := g.virtual.Now().AddDate(0, 6, 0)
			r.Spec.Rotation = &v1alpha1.RotationSchedule{
				Cron: far.Format("4 15 2 1 *"), Windows: []v1alpha1.RotationWindow{{
					Cron: far.Format("4 15 2 1 *"), Duration: metav1.Duration{Duration: time.Hour},
				}},
			}
			r.Spec.ExpiresAfter = &metav1.Duration{Duration: 6 * time.Hour}
		}))
		g.watch(r)
		next := refreshed(r).Status.NextRotationTime
		Expect(next).NotTo(BeNil())
		Expect(next.Time).To(BeTemporally("~", g.virtual.Now().Add(4*time.Hour), 2*time.Minute))
		for revision := int64(2); revision < 6; revision++ {
			g.o.runFor(4*time.Hour + time.Minute)
			now := expectTokenRevision(g.site, r, revision)
			Expect(now.Status.Current.ExpiresAt.Sub(g.virtual.Now())).To(BeNumerically(">", 5*time.Hour))
		}
	})

	It("is taken off the server's list once it has expired, also within its overlap", func() {
		g := newTokenRig(withServer(probedDaily))
		r := g.publish(newTokenRotation(g.site, "billing", func(r *v1alpha1.APITokenRotation) {
			r.Spec.Rotation = &v1alpha1.RotationSchedule{
				Cron: "0 0 1 1 *", Overlap: &metav1.Duration{Duration: 3 * time.Hour},
			}
			r.Spec.ExpiresAfter = &metav1.Duration{Duration: 4 * time.Hour}
		}))
		g.watch(r)
		for range 30 {
			g.o.runFor(time.Hour)
			for name, t := range g.Tokens("root") {
				Expect(t.ExpiresAt).To(BeTemporally(">", g.virtual.Now().Add(-2*time.Minute)), name)
			}
		}
		Expect(refreshed(r).Status.Revision).To(BeNumerically(">=", 15))
	})
})
