// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/api/v1alpha1"
)

const (
	// patience is how long anything may take before the demo calls it broken; a machine that is busy takes long.
	patience = time.Minute
	// glance is the time between two looks.
	glance = 25 * time.Millisecond
)

// eventually looks until the check is content. Its error is what the check was not content with.
func (s *story) eventually(ctx context.Context, check func(context.Context) error) error {
	var last error
	err := wait.PollUntilContextTimeout(ctx, glance, patience, true, func(ctx context.Context) (bool, error) {
		if err := s.managerGone(); err != nil {
			return false, err
		}
		last = check(ctx)
		return last == nil, nil
	})
	if wait.Interrupted(err) && last != nil {
		return fmt.Errorf("not within %s: %w", patience, last)
	}
	return err
}

func key(name string) client.ObjectKey { return client.ObjectKey{Namespace: namespace, Name: name} }

// awaitServer waits until a server object is ready.
func (s *story) awaitServer(ctx context.Context, name string) (*v1alpha1.WHMServer, error) {
	obj := &v1alpha1.WHMServer{}
	return obj, s.eventually(ctx, func(ctx context.Context) error {
		if err := s.cluster.Admin.Get(ctx, key(name), obj); err != nil {
			return err
		}
		return expectTrue(obj.Status.Conditions, v1alpha1.ReadyCondition, "WHMServer "+name)
	})
}

// awaitRevision waits until a rotation has published at least that revision and is ready.
func (s *story) awaitRevision(ctx context.Context, name string, revision int64) (*v1alpha1.AccessHashRotation, error) {
	obj := &v1alpha1.AccessHashRotation{}
	return obj, s.eventually(ctx, func(ctx context.Context) error {
		if err := s.cluster.Admin.Get(ctx, key(name), obj); err != nil {
			return err
		}
		if obj.Status.Revision < revision {
			return fmt.Errorf("AccessHashRotation %s is at revision %d instead of %d: %s",
				name, obj.Status.Revision, revision, ready(obj.Status.Conditions))
		}
		return expectTrue(obj.Status.Conditions, v1alpha1.ReadyCondition, "AccessHashRotation "+name)
	})
}

func expectTrue(conditions []metav1.Condition, kind, what string) error {
	if meta.IsStatusConditionTrue(conditions, kind) {
		return nil
	}
	return fmt.Errorf("%s is not %s: %s", what, kind, message(conditions, kind))
}

func ready(conditions []metav1.Condition) string { return message(conditions, v1alpha1.ReadyCondition) }

func message(conditions []metav1.Condition, kind string) string {
	c := meta.FindStatusCondition(conditions, kind)
	if c == nil {
		return "no condition yet"
	}
	return c.Reason + ": " + c.Message
}

// secret reads a Secret and remembers what is in it.
func (s *story) secret(ctx context.Context, name string) (*corev1.Secret, error) {
	obj := &corev1.Secret{}
	err := s.cluster.Admin.Get(ctx, key(name), obj)
	s.remember(string(obj.Data["accesshash"]), string(obj.Data["WHM_ACCESS_HASH"]), string(obj.Data["authorization"]))
	return obj, err
}

// awaitRollout waits until the rotation reports that its workloads run with the published credential, and returns the
// pods of the Deployment.
func (s *story) awaitRollout(ctx context.Context, rotation string) ([]string, error) {
	obj := &v1alpha1.AccessHashRotation{}
	err := s.eventually(ctx, func(ctx context.Context) error {
		if err := s.cluster.Admin.Get(ctx, key(rotation), obj); err != nil {
			return err
		}
		if err := s.expectRestarted(ctx, obj.Status.Current.Fingerprint); err != nil {
			return err
		}
		return expectTrue(obj.Status.Conditions, v1alpha1.RestartedCondition, "AccessHashRotation "+rotation)
	})
	if err != nil {
		return nil, err
	}
	return s.pods(ctx)
}

// expectRestarted looks at the Deployment itself.
func (s *story) expectRestarted(ctx context.Context, published string) error {
	obj := &appsv1.Deployment{}
	if err := s.cluster.Admin.Get(ctx, key(billing), obj); err != nil {
		return err
	}
	annotation := obj.Spec.Template.Annotations[v1alpha1.RestartAnnotationPrefix+billingSecret]
	updated := obj.Status.ObservedGeneration == obj.Generation && obj.Status.UpdatedReplicas == *obj.Spec.Replicas &&
		obj.Status.AvailableReplicas == *obj.Spec.Replicas && obj.Status.Replicas == *obj.Spec.Replicas
	if annotation != published || !updated {
		return fmt.Errorf("the Deployment %s has %d of %d pods with %q; the credential is %q",
			billing, obj.Status.UpdatedReplicas, *obj.Spec.Replicas, annotation, published)
	}
	return nil
}

func (s *story) pods(ctx context.Context) ([]string, error) {
	var list corev1.PodList
	err := s.cluster.Admin.List(ctx, &list, client.InNamespace(namespace), client.MatchingLabels{"app.kubernetes.io/name": billing})
	var names []string
	for _, pod := range list.Items {
		if pod.DeletionTimestamp == nil {
			names = append(names, strings.TrimPrefix(pod.Name, billing+"-"))
		}
	}
	slices.Sort(names)
	return names, err
}
