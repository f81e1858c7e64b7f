package controlplane_test

import (
	"context"
	"fmt"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// asCheck makes a function for eventually out of one that needs no context of its own.
func asCheck(check func() error) func(context.Context) error {
	return func(context.Context) error { return check() }
}

// changeTemplate sets an annotation of the workload's pod template, which makes new pods.
func changeTemplate(ctx context.Context, c client.Client, key client.ObjectKey, value string) error {
	workload := map[string]client.Object{
		"deployment": &appsv1.Deployment{}, "statefulset": &appsv1.StatefulSet{}, "daemonset": &appsv1.DaemonSet{},
	}[key.Name]
	workload.SetNamespace(key.Namespace)
	workload.SetName(key.Name)
	patch := fmt.Sprintf(`{"spec":{"template":{"metadata":{"annotations":{"test":%q}}}}}`, value)
	return c.Patch(ctx, workload, client.RawPatch(types.MergePatchType, []byte(patch)))
}

// podUIDs returns the UIDs of the pods of a workload: a StatefulSet's pods keep their names.
func podUIDs(t *testing.T, c client.Client, key client.ObjectKey) sets.Set[types.UID] {
	t.Helper()
	var pods corev1.PodList
	must(t, c.List(t.Context(), &pods, client.InNamespace(key.Namespace), client.MatchingLabels{"app": key.Name}))
	uids := sets.New[types.UID]()
	for _, pod := range pods.Items {
		uids.Insert(pod.UID)
	}
	return uids
}

// allReplaced checks that the workload has pods and none of those it had before.
func allReplaced(t *testing.T, c client.Client, key client.ObjectKey, before sets.Set[types.UID]) error {
	t.Helper()
	now := podUIDs(t, c, key)
	if len(now) != len(before) || now.HasAny(before.UnsortedList()...) {
		return fmt.Errorf("pods %v, before the change %v", now.UnsortedList(), before.UnsortedList())
	}
	return nil
}
