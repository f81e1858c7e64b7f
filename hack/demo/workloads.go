// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/test/controlplane"
)

// The Deployments have the names of the rotations that restart them.

// awaitRollout waits until the rotation reports that its Deployment runs with the published credential, and returns the
// pods.
func (s *story) awaitRollout(ctx context.Context, obj credential, name string) ([]string, error) {
	err := s.eventually(ctx, func(ctx context.Context) error {
		if err := s.cluster.Admin.Get(ctx, key(name), obj); err != nil {
			return err
		}
		if err := s.expectRestarted(ctx, obj); err != nil {
			return err
		}
		return expectTrue(obj.CredentialStatus().Conditions, v1alpha1.RestartedCondition, called(obj))
	})
	if err != nil {
		return nil, err
	}
	return s.pods(ctx, name)
}

// expectRestarted looks at the Deployment itself.
func (s *story) expectRestarted(ctx context.Context, rotation credential) error {
	published := rotation.CredentialStatus().Current.Fingerprint
	obj := &appsv1.Deployment{}
	if err := s.cluster.Admin.Get(ctx, key(rotation.GetName()), obj); err != nil {
		return err
	}
	annotation := obj.Spec.Template.Annotations[v1alpha1.RestartAnnotationPrefix+rotation.CredentialSpec().Secret.Name]
	updated := obj.Status.ObservedGeneration == obj.Generation && obj.Status.UpdatedReplicas == *obj.Spec.Replicas &&
		obj.Status.AvailableReplicas == *obj.Spec.Replicas && obj.Status.Replicas == *obj.Spec.Replicas
	if annotation != published || !updated {
		return fmt.Errorf("the Deployment %s has %d of %d pods with %q; the credential is %q",
			obj.Name, obj.Status.UpdatedReplicas, *obj.Spec.Replicas, annotation, published)
	}
	return nil
}

// pods returns the names of a Deployment's pods without what they have in common.
func (s *story) pods(ctx context.Context, deployment string) ([]string, error) {
	all, err := s.listPods(ctx, deployment)
	var names []string
	for _, pod := range all {
		if pod.DeletionTimestamp == nil {
			names = append(names, strings.TrimPrefix(pod.Name, deployment+"-"))
		}
	}
	slices.Sort(names)
	return names, err
}

func (s *story) listPods(ctx context.Context, deployment string) ([]corev1.Pod, error) {
	var list corev1.PodList
	err := s.cluster.Admin.List(ctx, &list, client.InNamespace(namespace), client.MatchingLabels{"app.kubernetes.io/name": deployment})
	return list.Items, err
}

// letPodsStart lets the pods of a Deployment get ready that wait for it.
func (s *story) letPodsStart(ctx context.Context, deployment string) error {
	all, err := s.listPods(ctx, deployment)
	if err != nil {
		return err
	}
	release := fmt.Appendf(nil, `{"metadata":{"annotations":{%q:null}}}`, controlplane.HoldAnnotation)
	for i := range all {
		if _, held := all[i].Annotations[controlplane.HoldAnnotation]; !held {
			continue
		}
		if err := s.cluster.Admin.Patch(ctx, &all[i], client.RawPatch(types.MergePatchType, release)); client.IgnoreNotFound(err) != nil {
			return err
		}
	}
	return nil
}
