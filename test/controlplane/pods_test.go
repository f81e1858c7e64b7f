package controlplane_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/test/controlplane"
)

const workloads = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: deployment, namespace: NAMESPACE}
spec:
  replicas: 3
  selector: {matchLabels: {app: deployment}}
  template:
    metadata: {labels: {app: deployment}}
    spec: {containers: [{name: main, image: registry.invalid/main}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: statefulset, namespace: NAMESPACE}
spec:
  replicas: 2
  serviceName: statefulset
  selector: {matchLabels: {app: statefulset}}
  template:
    metadata: {labels: {app: statefulset}}
    spec: {containers: [{name: main, image: registry.invalid/main}]}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: daemonset, namespace: NAMESPACE}
spec:
  selector: {matchLabels: {app: daemonset}}
  template:
    metadata: {labels: {app: daemonset}}
    spec: {containers: [{name: main, image: registry.invalid/main}]}
`

func TestWorkloadsRollOut(t *testing.T) {
	t.Parallel()
	c := admin(t)
	namespace := newNamespace(t, c)
	manifests := strings.ReplaceAll(workloads, "NAMESPACE", namespace)
	must(t, controlplane.Apply(t.Context(), shared.AdminConfig(), []byte(manifests)))

	for name, rolledOut := range map[string]func(context.Context, client.Client, client.ObjectKey) error{
		"deployment": deploymentRolledOut, "statefulset": statefulSetRolledOut, "daemonset": daemonSetRolledOut,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			key := client.ObjectKey{Namespace: namespace, Name: name}
			check := func(ctx context.Context) error { return rolledOut(ctx, c, key) }
			eventually(t, check)
			before := podUIDs(t, c, key)
			must(t, changeTemplate(t.Context(), c, key, "changed"))
			eventually(t, check)
			eventually(t, asCheck(func() error { return allReplaced(t, c, key, before) }))
		})
	}
}

func TestHeldPodIsNotReady(t *testing.T) {
	t.Parallel()
	c := admin(t)
	namespace := newNamespace(t, c)
	eventually(t, asCheck(func() error { // the namespace's service account comes a moment after it
		return controlplane.Apply(t.Context(), shared.AdminConfig(), []byte(fmt.Sprintf(`
apiVersion: v1
kind: Pod
metadata: {name: held, namespace: %s, annotations: {%s: "yes"}}
spec: {containers: [{name: main, image: registry.invalid/main}]}
`, namespace, controlplane.HoldAnnotation)))
	}))
	pod := &corev1.Pod{}
	key := client.ObjectKey{Namespace: namespace, Name: "held"}
	eventually(t, asCheck(func() error {
		must(t, c.Get(t.Context(), key, pod))
		if pod.Spec.NodeName == "" {
			return fmt.Errorf("the pod is not bound")
		}
		return nil
	}))
	if pod.Status.Phase != corev1.PodPending {
		t.Errorf("the held pod is %s, want Pending", pod.Status.Phase)
	}
	release := fmt.Sprintf(`{"metadata":{"annotations":{%q:null}}}`, controlplane.HoldAnnotation)
	must(t, c.Patch(t.Context(), pod, client.RawPatch(types.MergePatchType, []byte(release))))
	eventually(t, asCheck(func() error {
		must(t, c.Get(t.Context(), key, pod))
		if pod.Status.Phase != corev1.PodRunning {
			return fmt.Errorf("the released pod is %s", pod.Status.Phase)
		}
		return nil
	}))
	must(t, c.Delete(t.Context(), pod))
	eventually(t, gone(c, pod))
}

func deploymentRolledOut(ctx context.Context, c client.Client, key client.ObjectKey) error {
	var d appsv1.Deployment
	if err := c.Get(ctx, key, &d); err != nil {
		return err
	}
	s := d.Status
	if s.ObservedGeneration != d.Generation || s.UpdatedReplicas != 3 || s.AvailableReplicas != 3 || s.Replicas != 3 {
		return fmt.Errorf("generation %d has status %+v", d.Generation, s)
	}
	return nil
}

func statefulSetRolledOut(ctx context.Context, c client.Client, key client.ObjectKey) error {
	var set appsv1.StatefulSet
	if err := c.Get(ctx, key, &set); err != nil {
		return err
	}
	s := set.Status
	if s.ObservedGeneration != set.Generation || s.CurrentRevision != s.UpdateRevision || s.AvailableReplicas != 2 {
		return fmt.Errorf("generation %d has status %+v", set.Generation, s)
	}
	return nil
}

func daemonSetRolledOut(ctx context.Context, c client.Client, key client.ObjectKey) error {
	var set appsv1.DaemonSet
	if err := c.Get(ctx, key, &set); err != nil {
		return err
	}
	s := set.Status
	if s.ObservedGeneration != set.Generation || s.UpdatedNumberScheduled != 1 || s.NumberAvailable != 1 {
		return fmt.Errorf("generation %d has status %+v", set.Generation, s)
	}
	return nil
}
