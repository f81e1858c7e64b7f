// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"context"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/whm-credentials/operator/api/v1alpha1"
)

// report is the part of a status that all kinds share.
type report struct {
	conditions []metav1.Condition
	observed   bool
}

// reportOf reads an object and returns what its status says.
func reportOf(ctx context.Context, object client.Object) (report, error) {
	if err := admin.Get(ctx, client.ObjectKeyFromObject(object), object); err != nil {
		return report{}, err
	}
	switch o := object.(type) {
	case v1alpha1.Server:
		return report{o.ServerStatus().Conditions, o.ServerStatus().ObservedGeneration == o.GetGeneration()}, nil
	case interface {
		CredentialStatus() *v1alpha1.CredentialStatus
	}:
		return report{o.CredentialStatus().Conditions, o.CredentialStatus().ObservedGeneration == object.GetGeneration()}, nil
	}
	return report{}, nil
}

// await waits until the status describes the present generation and satisfies check.
func (b *bench) await(object client.Object, check func(g Gomega, conditions []metav1.Condition)) {
	GinkgoHelper()
	Eventually(func(g Gomega) {
		r, err := reportOf(b.ctx, object)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(r.observed).To(BeTrue(), "%v", r.conditions)
		check(g, r.conditions)
	}).Should(Succeed())
}

func (b *bench) awaitReady(object client.Object) {
	GinkgoHelper()
	b.await(object, func(g Gomega, conditions []metav1.Condition) {
		g.Expect(meta.IsStatusConditionTrue(conditions, v1alpha1.ReadyCondition)).To(BeTrue(), "%v", conditions)
		g.Expect(meta.FindStatusCondition(conditions, v1alpha1.StalledCondition)).To(BeNil())
		g.Expect(meta.FindStatusCondition(conditions, v1alpha1.ReconcilingCondition)).To(BeNil())
	})
}

// awaitStalled waits until the object says that a person has to act, why, and what to do.
func (b *bench) awaitStalled(object client.Object, reason string, words ...string) {
	GinkgoHelper()
	b.await(object, func(g Gomega, conditions []metav1.Condition) {
		stalled := meta.FindStatusCondition(conditions, v1alpha1.StalledCondition)
		g.Expect(stalled).NotTo(BeNil(), "%v", conditions)
		g.Expect(stalled.Reason).To(Equal(reason), stalled.Message)
		for _, part := range words {
			g.Expect(stalled.Message).To(ContainSubstring(part))
		}
		ready := meta.FindStatusCondition(conditions, v1alpha1.ReadyCondition)
		g.Expect(ready).NotTo(BeNil())
		g.Expect([]string{string(ready.Status), ready.Reason, ready.Message}).
			To(Equal([]string{string(metav1.ConditionFalse), stalled.Reason, stalled.Message}))
		g.Expect(meta.FindStatusCondition(conditions, v1alpha1.ReconcilingCondition)).To(BeNil())
	})
}

// awaitReconciling waits until the object says that it is tried again, and why.
func (b *bench) awaitReconciling(object client.Object, reason string, words ...string) {
	GinkgoHelper()
	b.await(object, func(g Gomega, conditions []metav1.Condition) {
		c := meta.FindStatusCondition(conditions, v1alpha1.ReconcilingCondition)
		g.Expect(c).NotTo(BeNil(), "%v", conditions)
		g.Expect(c.Reason).To(Equal(reason), c.Message)
		for _, part := range words {
			g.Expect(c.Message).To(ContainSubstring(part))
		}
		g.Expect(meta.FindStatusCondition(conditions, v1alpha1.StalledCondition)).To(BeNil())
	})
}

// warnings returns the reason of every warning about an object, once for each time it was sent.
func (b *bench) warnings(object client.Object) []string {
	GinkgoHelper()
	var list eventsv1.EventList
	Expect(admin.List(b.ctx, &list, client.InNamespace(b.namespace))).To(Succeed())
	var reasons []string
	for _, e := range list.Items {
		if e.Type != corev1.EventTypeWarning || e.Regarding.UID != object.GetUID() {
			continue
		}
		count := 1
		if e.Series != nil {
			count = max(2, int(e.Series.Count))
		}
		for range count {
			reasons = append(reasons, e.Reason+": "+e.Note)
		}
	}
	return reasons
}

// expectOneWarning asserts that an object's state was told in one event, and that looking at the object again, which a
// foreign annotation causes, does not repeat it.
func (b *bench) expectOneWarning(object client.Object, reason string) {
	GinkgoHelper()
	told := ConsistOf(HavePrefix(reason + ": "))
	Eventually(b.warnings).WithArguments(object).Should(told)
	if _, ok := object.(*v1alpha1.AccessHashRotation); !ok {
		return
	}
	before := reconciliations("accesshashrotation")
	patch := client.RawPatch("application/merge-patch+json", []byte(`{"metadata": {"annotations": {"example.com/look": "again"}}}`))
	Expect(admin.Patch(b.ctx, object, patch)).To(Succeed())
	Eventually(reconciliations).WithArguments("accesshashrotation").Should(BeNumerically(">", before))
	Expect(b.warnings(object)).To(told)
}

// reconciliations returns how many runs of a controller have ended.
func reconciliations(controller string) (runs float64) {
	GinkgoHelper()
	families, err := metrics.Registry.Gather()
	Expect(err).NotTo(HaveOccurred())
	for _, family := range families {
		if family.GetName() != "controller_runtime_reconcile_total" {
			continue
		}
		for _, m := range family.GetMetric() {
			for _, label := range m.GetLabel() {
				if label.GetName() == "controller" && strings.EqualFold(label.GetValue(), controller) {
					runs += m.GetCounter().GetValue()
				}
			}
		}
	}
	return runs
}
