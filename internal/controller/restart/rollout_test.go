// SPDX-License-Identifier: Apache-2.0

package restart

import (
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
)

func check(t *testing.T, got Rollout, complete bool, problem string) {
	t.Helper()
	if got.Complete != complete || (got.Problem == "") != (problem == "") || !strings.Contains(got.Problem, problem) {
		t.Errorf("got %+v, want complete %t, problem %q", got, complete, problem)
	}
}

func TestDeploymentRollout(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change   func(*appsv1.Deployment)
		complete bool
		problem  string
	}{
		"complete":     {func(*appsv1.Deployment) {}, true, ""},
		"not observed": {func(d *appsv1.Deployment) { d.Generation++ }, false, ""},
		"updating":     {func(d *appsv1.Deployment) { d.Status.UpdatedReplicas = 1 }, false, ""},
		"old pod left": {func(d *appsv1.Deployment) { d.Status.Replicas = 3 }, false, ""},
		"unavailable":  {func(d *appsv1.Deployment) { d.Status.AvailableReplicas = 1 }, false, ""},
		"scaled to zero": {func(d *appsv1.Deployment) {
			d.Spec.Replicas, d.Status = new(int32(0)), appsv1.DeploymentStatus{ObservedGeneration: 1}
		}, true, ""},
		"paused": {func(d *appsv1.Deployment) { d.Spec.Paused = true }, false, "resume it"},
		"stuck": {func(d *appsv1.Deployment) {
			d.Status.Conditions = []appsv1.DeploymentCondition{{
				Type: appsv1.DeploymentProgressing, Status: corev1.ConditionFalse, Reason: "ProgressDeadlineExceeded",
			}}
		}, false, "within its deadline"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := &appsv1.Deployment{
				ObjectMeta: metav1.ObjectMeta{Generation: 1}, Spec: appsv1.DeploymentSpec{Replicas: new(int32(2))},
				Status: appsv1.DeploymentStatus{ObservedGeneration: 1, Replicas: 2, UpdatedReplicas: 2, AvailableReplicas: 2},
			}
			tt.change(d)
			check(t, deploymentRollout(d), tt.complete, tt.problem)
		})
	}
}

func TestStatefulSetRollout(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change   func(*appsv1.StatefulSet)
		complete bool
		problem  string
	}{
		"complete":     {func(*appsv1.StatefulSet) {}, true, ""},
		"not observed": {func(s *appsv1.StatefulSet) { s.Generation++ }, false, ""},
		"updating":     {func(s *appsv1.StatefulSet) { s.Status.UpdatedReplicas = 2 }, false, ""},
		"unavailable":  {func(s *appsv1.StatefulSet) { s.Status.AvailableReplicas = 2 }, false, ""},
		"partition reached": {func(s *appsv1.StatefulSet) {
			s.Spec.UpdateStrategy.RollingUpdate = &appsv1.RollingUpdateStatefulSetStrategy{Partition: new(int32(2))}
			s.Status.UpdatedReplicas = 1
		}, true, ""},
		"on delete": {func(s *appsv1.StatefulSet) {
			s.Spec.UpdateStrategy.Type = appsv1.OnDeleteStatefulSetStrategyType
		}, false, "OnDelete"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &appsv1.StatefulSet{
				ObjectMeta: metav1.ObjectMeta{Generation: 1}, Spec: appsv1.StatefulSetSpec{Replicas: new(int32(3))},
				Status: appsv1.StatefulSetStatus{ObservedGeneration: 1, UpdatedReplicas: 3, AvailableReplicas: 3},
			}
			tt.change(s)
			check(t, statefulSetRollout(s), tt.complete, tt.problem)
		})
	}
}

func TestDaemonSetRollout(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change   func(*appsv1.DaemonSet)
		complete bool
		problem  string
	}{
		"complete":     {func(*appsv1.DaemonSet) {}, true, ""},
		"not observed": {func(d *appsv1.DaemonSet) { d.Generation++ }, false, ""},
		"updating":     {func(d *appsv1.DaemonSet) { d.Status.UpdatedNumberScheduled = 1 }, false, ""},
		"unavailable":  {func(d *appsv1.DaemonSet) { d.Status.NumberAvailable = 1 }, false, ""},
		"no nodes":     {func(d *appsv1.DaemonSet) { d.Status = appsv1.DaemonSetStatus{ObservedGeneration: 1} }, true, ""},
		"on delete": {func(d *appsv1.DaemonSet) {
			d.Spec.UpdateStrategy.Type = appsv1.OnDeleteDaemonSetStrategyType
		}, false, "OnDelete"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := &appsv1.DaemonSet{
				ObjectMeta: metav1.ObjectMeta{Generation: 1},
				Status: appsv1.DaemonSetStatus{
					ObservedGeneration: 1, DesiredNumberScheduled: 2, UpdatedNumberScheduled: 2, NumberAvailable: 2,
				},
			}
			tt.change(d)
			check(t, daemonSetRollout(d), tt.complete, tt.problem)
		})
	}
}

func TestAnnotationKeysAreValidAndDiffer(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 200)
	seen := map[string]string{}
	for _, name := range []string{"s", strings.Repeat("a", 63), strings.Repeat("a", 64), long, long + ".b", long + ".c"} {
		key := AnnotationKey(name)
		if problems := validation.IsQualifiedName(key); len(problems) > 0 {
			t.Errorf("%s: %v", key, problems)
		}
		if other, taken := seen[key]; taken {
			t.Errorf("%s and %s share the key %s", name, other, key)
		}
		seen[key] = name
	}
}
