// SPDX-License-Identifier: Apache-2.0

package controller_test

import (
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/restart"
	"github.com/whm-credentials/operator/test/controlplane"
)

const workloads = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: consumer, namespace: %[1]s}
spec:
  replicas: 2
  selector: {matchLabels: {app: deployment}}
  template:
    metadata: {labels: {app: deployment}}
    spec: {containers: [{name: main, image: registry.invalid/main}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: consumer, namespace: %[1]s}
spec:
  replicas: 2
  serviceName: consumer
  selector: {matchLabels: {app: statefulset}}
  template:
    metadata: {labels: {app: statefulset}}
    spec: {containers: [{name: main, image: registry.invalid/main}]}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: consumer, namespace: %[1]s}
spec:
  selector: {matchLabels: {app: daemonset}}
  template:
    metadata: {labels: {app: daemonset}}
    spec: {containers: [{name: main, image: registry.invalid/main}]}
`

var kinds = []v1alpha1.WorkloadKind{v1alpha1.DeploymentKind, v1alpha1.StatefulSetKind, v1alpha1.DaemonSetKind}

var _ = Describe("Workloads", func() {
	var (
		s *site
		o *operator
	)

	BeforeEach(func() {
		namespace := newNamespace()
		s = newSite(namespace, "whm", siteOptions{users: []string{"billing"}})
		Expect(controlplane.Apply(ctx, cluster.AdminConfig(), fmt.Appendf(nil, workloads, namespace))).To(Succeed())
		o = startOperator(namespace, nil)
	})

	// restarting lists workloads of the kinds that are there, and of names that may not be.
	restarting := func(names ...string) func(*v1alpha1.AccessHashRotation) {
		return func(r *v1alpha1.AccessHashRotation) {
			for _, name := range names {
				for _, kind := range kinds {
					r.Spec.Restart = append(r.Spec.Restart, v1alpha1.WorkloadReference{Kind: kind, Name: name})
				}
			}
		}
	}

	It("of all kinds are restarted once for each revision, and their roll-out is observed", func() {
		r := create(newRotation(s, "billing", restarting("consumer")))
		expectCondition(r, v1alpha1.RestartedCondition, "True/"+v1alpha1.RolloutCompleteReason)
		generations := map[v1alpha1.WorkloadKind]int64{}
		for _, kind := range kinds {
			w := workload(s.namespace, kind)
			Expect(restartedFor(w, r)).To(Equal(refreshed(r).Status.Current.Fingerprint))
			generations[kind] = w.GetGeneration()
		}

		By("looking at everything again")
		o = o.restart()
		edit(r, func(r *v1alpha1.AccessHashRotation) {
			r.Spec.DeletionPolicy = &v1alpha1.DeletionPolicy{Secret: v1alpha1.RetainSecret}
		})
		expectReady(r)
		for _, kind := range kinds {
			Expect(workload(s.namespace, kind).GetGeneration()).To(Equal(generations[kind]), string(kind))
		}

		By("rotating")
		askForRotation(r, "now")
		expectRevision(r, 2)
		expectCondition(r, v1alpha1.RestartedCondition, "True/"+v1alpha1.RolloutCompleteReason)
		for _, kind := range kinds {
			w := workload(s.namespace, kind)
			Expect(restartedFor(w, r)).To(Equal(refreshed(r).Status.Current.Fingerprint))
			Expect(w.GetGeneration()).To(Equal(generations[kind]+1), string(kind))
		}
		Eventually(podsCarry).WithArguments(s.namespace, r).Should(Succeed())
	})

	It("that are held up show as in progress until they go on", func() {
		holdPods(s.namespace, true)
		r := create(newRotation(s, "billing", restarting("consumer")))
		expectCondition(r, v1alpha1.RestartedCondition, "False/"+v1alpha1.RolloutInProgressReason)
		expectCondition(r, v1alpha1.ReconcilingCondition, "True/"+v1alpha1.RolloutInProgressReason)
		expectCondition(r, v1alpha1.ReadyCondition, "True/"+v1alpha1.PublishedReason)
		holdPods(s.namespace, false)
		expectCondition(r, v1alpha1.RestartedCondition, "True/"+v1alpha1.RolloutCompleteReason)
	})

	It("that do not exist are reported, and the others restarted", func() {
		r := create(newRotation(s, "billing", restarting("missing", "consumer")))
		expectCondition(r, v1alpha1.RestartedCondition, "False/"+v1alpha1.RolloutFailedReason)
		Expect(message(r, v1alpha1.RestartedCondition)).To(ContainSubstring("Deployment missing does not exist"))
		expectCondition(r, v1alpha1.ReconcilingCondition, "True/"+v1alpha1.RolloutFailedReason)
		expectCondition(r, v1alpha1.ReadyCondition, "True/"+v1alpha1.PublishedReason)
		for _, kind := range kinds {
			Expect(restartedFor(workload(s.namespace, kind), r)).To(Equal(refreshed(r).Status.Current.Fingerprint))
		}
	})

	It("are restarted when they are added to the list later", func() {
		r := expectReady(create(newRotation(s, "billing")))
		Expect(condition(r, v1alpha1.RestartedCondition)).To(Equal("absent"))
		edit(r, restarting("consumer"))
		expectCondition(r, v1alpha1.RestartedCondition, "True/"+v1alpha1.RolloutCompleteReason)
		edit(r, func(r *v1alpha1.AccessHashRotation) { r.Spec.Restart = nil })
		expectCondition(r, v1alpha1.RestartedCondition, "absent")
	})
})

// workload returns the consumer of a kind.
func workload(namespace string, kind v1alpha1.WorkloadKind) *unstructured.Unstructured {
	GinkgoHelper()
	w := &unstructured.Unstructured{}
	w.SetAPIVersion("apps/v1")
	w.SetKind(string(kind))
	Expect(admin.Get(ctx, client.ObjectKey{Namespace: namespace, Name: "consumer"}, w)).To(Succeed())
	return w
}

// restartedFor returns the fingerprint in the workload's pod template.
func restartedFor(w *unstructured.Unstructured, r *v1alpha1.AccessHashRotation) string {
	GinkgoHelper()
	found, _, err := unstructured.NestedString(w.Object,
		"spec", "template", "metadata", "annotations", restart.AnnotationKey(r.Spec.Secret.Name))
	Expect(err).NotTo(HaveOccurred())
	return found
}

// podsCarry checks that all pods are of the newest template.
func podsCarry(namespace string, r *v1alpha1.AccessHashRotation) error {
	var pods corev1.PodList
	if err := admin.List(ctx, &pods, inNamespace(namespace)); err != nil {
		return err
	}
	for i := range pods.Items {
		got := pods.Items[i].Annotations[restart.AnnotationKey(r.Spec.Secret.Name)]
		if want := refreshed(r).Status.Current.Fingerprint; got != want {
			return fmt.Errorf("pod %s has fingerprint %q, want %q", pods.Items[i].Name, got, want)
		}
	}
	return nil
}

// holdPods keeps the pods of the Deployment that are made from now on from becoming ready, or lets them all go on.
func holdPods(namespace string, hold bool) {
	GinkgoHelper()
	w := workload(namespace, v1alpha1.DeploymentKind)
	path := []string{"spec", "template", "metadata", "annotations", controlplane.HoldAnnotation}
	edit(w, func(w *unstructured.Unstructured) {
		if hold {
			Expect(unstructured.SetNestedField(w.Object, "true", path...)).To(Succeed())
			return
		}
		unstructured.RemoveNestedField(w.Object, path...)
	})
}
