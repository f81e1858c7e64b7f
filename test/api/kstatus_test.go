// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/whm-credentials/operator/api/v1alpha1"
)

// generic returns an object as tools see it that do not know its kind.
func (b *bench) generic(object client.Object) *unstructured.Unstructured {
	GinkgoHelper()
	kind, err := apiutil.GVKForObject(object, admin.Scheme())
	Expect(err).NotTo(HaveOccurred())
	u := &unstructured.Unstructured{}
	u.SetGroupVersionKind(kind)
	Expect(admin.Get(b.ctx, client.ObjectKeyFromObject(object), u)).To(Succeed())
	return u
}

// kstatus returns what Flux, Argo CD and others that use kstatus make of an object.
func kstatus(object *unstructured.Unstructured) status.Status {
	GinkgoHelper()
	result, err := status.Compute(object)
	Expect(err).NotTo(HaveOccurred())
	return result.Status
}

var _ = Describe("kstatus", func() {
	It("takes what works for current, and what has changed since for in progress", func(ctx SpecContext) {
		b := newBench(ctx)
		s := b.readyServer()
		r := b.rotation("r")
		b.awaitReady(r)
		for _, object := range []client.Object{s, r} {
			u := b.generic(object)
			Expect(kstatus(u)).To(Equal(status.CurrentStatus))
			u.SetGeneration(u.GetGeneration() + 1)
			Expect(kstatus(u)).To(Equal(status.InProgressStatus))
		}
	})

	DescribeTable("takes what the operator has not seen yet for in progress:",
		func(ctx SpecContext, manifest string) {
			object := parse(manifest)
			Expect(dryRun(ctx, object)).To(Succeed())
			object.SetGeneration(1)
			Expect(kstatus(object)).To(Equal(status.InProgressStatus))
		},
		Entry("a WHMServer", minimalServer),
		Entry("an AccessHashRotation", minimalRotation),
	)

	It("takes what stalls for failed", func(ctx SpecContext) {
		b := newBench(ctx)
		s := b.server()
		b.awaitStalled(s, v1alpha1.SecretNotFoundReason)
		Expect(kstatus(b.generic(s))).To(Equal(status.FailedStatus))
		r := b.rotation("r", cron("never", ""))
		b.awaitStalled(r, v1alpha1.InvalidSpecReason)
		Expect(kstatus(b.generic(r))).To(Equal(status.FailedStatus))
	})

	It("takes what is tried again for in progress", func(ctx SpecContext) {
		b := newBench(ctx)
		b.whm.Close()
		b.secret(authName, map[string]string{"password": rootPassword})
		s := b.server()
		b.awaitReconciling(s, v1alpha1.UnavailableReason, "connection refused")
		Expect(kstatus(b.generic(s))).To(Equal(status.InProgressStatus))
		r := b.rotation("r")
		b.awaitReconciling(r, v1alpha1.WaitingForServerReason, "WHMServer server is not ready (Unavailable)")
		Expect(kstatus(b.generic(r))).To(Equal(status.InProgressStatus))
	})

	It("takes what is being deleted for terminating", func(ctx SpecContext) {
		const hold = "example.com/hold"
		b := newBench(ctx)
		b.readyServer()
		r := b.rotation("r", func(r *v1alpha1.AccessHashRotation) { r.Finalizers = []string{hold} })
		b.awaitReady(r)
		Expect(admin.Delete(ctx, r)).To(Succeed())
		Eventually(func(g Gomega) {
			u := b.generic(r)
			g.Expect(u.GetFinalizers()).To(ConsistOf(hold))
			g.Expect(kstatus(u)).To(Equal(status.TerminatingStatus))
		}).Should(Succeed())
		edit(b, r, func(r *v1alpha1.AccessHashRotation) { controllerutil.RemoveFinalizer(r, hold) })
	})
})
