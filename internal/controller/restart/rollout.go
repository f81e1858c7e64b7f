// SPDX-License-Identifier: Apache-2.0

package restart

import (
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"
)

func deploymentRollout(d *appsv1.Deployment) Rollout {
	want := ptr.Deref(d.Spec.Replicas, 1)
	st := d.Status
	r := Rollout{Progress: fmt.Sprintf("%d of %d pods updated and available", min(st.UpdatedReplicas, st.AvailableReplicas), want)}
	switch {
	case d.Spec.Paused:
		r.Problem = "is paused; resume it"
	case d.Status.ObservedGeneration < d.Generation:
		r.Progress = "not observed yet"
	case deadlineExceeded(d):
		r.Problem = "did not progress within its deadline; look at its pods"
	default:
		r.Complete = st.UpdatedReplicas >= want && st.Replicas <= st.UpdatedReplicas && st.AvailableReplicas >= want
	}
	return r
}

func deadlineExceeded(d *appsv1.Deployment) bool {
	for _, c := range d.Status.Conditions {
		if c.Type == appsv1.DeploymentProgressing {
			return c.Status == corev1.ConditionFalse && c.Reason == "ProgressDeadlineExceeded"
		}
	}
	return false
}

func statefulSetRollout(s *appsv1.StatefulSet) Rollout {
	want := ptr.Deref(s.Spec.Replicas, 1)
	st := s.Status
	r := Rollout{Progress: fmt.Sprintf("%d of %d pods updated and available", min(st.UpdatedReplicas, st.AvailableReplicas), want)}
	switch {
	case s.Spec.UpdateStrategy.Type == appsv1.OnDeleteStatefulSetStrategyType:
		r.Problem = "has update strategy OnDelete; delete its pods, or use RollingUpdate"
	case st.ObservedGeneration < s.Generation:
		r.Progress = "not observed yet"
	default:
		r.Complete = st.UpdatedReplicas >= updatable(s, want) && st.AvailableReplicas >= want
	}
	return r
}

// updatable returns how many pods a roll-out reaches: a partition keeps the lower ordinals as they are.
func updatable(s *appsv1.StatefulSet, want int32) int32 {
	if u := s.Spec.UpdateStrategy.RollingUpdate; u != nil && u.Partition != nil {
		return max(want-*u.Partition, 0)
	}
	return want
}

func daemonSetRollout(d *appsv1.DaemonSet) Rollout {
	st := d.Status
	want := st.DesiredNumberScheduled
	r := Rollout{Progress: fmt.Sprintf("%d of %d pods updated and available", min(st.UpdatedNumberScheduled, st.NumberAvailable), want)}
	switch {
	case d.Spec.UpdateStrategy.Type == appsv1.OnDeleteDaemonSetStrategyType:
		r.Problem = "has update strategy OnDelete; delete its pods, or use RollingUpdate"
	case st.ObservedGeneration < d.Generation:
		r.Progress = "not observed yet"
	default:
		r.Complete = st.UpdatedNumberScheduled >= want && st.NumberAvailable >= want
	}
	return r
}
