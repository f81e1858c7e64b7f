// SPDX-License-Identifier: Apache-2.0

// Package restart restarts workloads by an annotation in their pod template whose value is the fingerprint of the
// credential. The value makes it idempotent: a workload that carries it already is not restarted again, whether the
// operator was restarted, lost its lease or its status.
package restart

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/api/v1alpha1"
)

// FieldOwner is the field manager of the pod template annotation.
const FieldOwner = client.FieldOwner("whm-credentials-operator-restart")

// Workload is what the three kinds have in common for a restart.
type Workload struct {
	client.Object
	template *corev1.PodTemplateSpec
	rollout  func() Rollout
}

// Rollout says how far a roll-out has come.
type Rollout struct {
	// Complete is true if every pod runs the newest template and is available.
	Complete bool
	// Problem says why it cannot go on by itself; empty if it can.
	Problem string
	// Progress tells people how far it is.
	Progress string
}

// AnnotationKey returns the key of the pod template annotation for a Secret. Names that are too long for an annotation
// are shortened with a digest.
func AnnotationKey(secretName string) string {
	const longest, kept = 63, 54
	if len(secretName) > longest {
		sum := sha256.Sum256([]byte(secretName))
		secretName = secretName[:kept] + "-" + hex.EncodeToString(sum[:])[:longest-kept-1]
	}
	return v1alpha1.RestartAnnotationPrefix + secretName
}

// Get reads a workload live.
func Get(ctx context.Context, reader client.Reader, namespace string, ref v1alpha1.WorkloadReference) (*Workload, error) {
	w := newWorkload(ref.Kind)
	if w == nil {
		return nil, fmt.Errorf("kind %s cannot be restarted", ref.Kind)
	}
	if err := reader.Get(ctx, client.ObjectKey{Namespace: namespace, Name: ref.Name}, w.Object); err != nil {
		return nil, fmt.Errorf("read %s %s: %w", ref.Kind, ref.Name, err)
	}
	return w, nil
}

func newWorkload(kind v1alpha1.WorkloadKind) *Workload {
	switch kind {
	case v1alpha1.DeploymentKind:
		d := &appsv1.Deployment{}
		return &Workload{d, &d.Spec.Template, func() Rollout { return deploymentRollout(d) }}
	case v1alpha1.StatefulSetKind:
		s := &appsv1.StatefulSet{}
		return &Workload{s, &s.Spec.Template, func() Rollout { return statefulSetRollout(s) }}
	case v1alpha1.DaemonSetKind:
		d := &appsv1.DaemonSet{}
		return &Workload{d, &d.Spec.Template, func() Rollout { return daemonSetRollout(d) }}
	}
	return nil
}

// Carries tells whether the pod template has the annotation with this value.
func (w *Workload) Carries(key, fingerprint string) bool {
	return w.template.Annotations[key] == fingerprint
}

// Rollout returns how far the workload's roll-out has come.
func (w *Workload) Rollout() Rollout { return w.rollout() }

// Annotate sets the annotation and nothing else, so that other writers of the workload are not disturbed.
func (w *Workload) Annotate(ctx context.Context, writer client.Writer, key, fingerprint string) error {
	patch, err := json.Marshal(map[string]any{"spec": map[string]any{"template": map[string]any{
		"metadata": map[string]any{"annotations": map[string]string{key: fingerprint}},
	}}})
	if err != nil {
		return fmt.Errorf("encode patch: %w", err)
	}
	if err := writer.Patch(ctx, w.Object, client.RawPatch("application/merge-patch+json", patch), FieldOwner); err != nil {
		return fmt.Errorf("annotate %s: %w", w.GetName(), err)
	}
	return nil
}
