// SPDX-License-Identifier: Apache-2.0

package reference_test

import (
	"slices"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/reference"
)

func hashRotation(namespace, name string, kind v1alpha1.ServerKind) *v1alpha1.AccessHashRotation {
	r := &v1alpha1.AccessHashRotation{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
	r.Spec.ServerRef = v1alpha1.ServerReference{Kind: kind, Name: "web"}
	return r
}

func TestOfNamespaceFindsWhatAPolicyConcerns(t *testing.T) {
	t.Parallel()
	r := &reference.Resolver{Reader: readerOf(t,
		hashRotation("team-a", "shared", v1alpha1.ClusterWHMServerKind),
		hashRotation("team-a", "shared-too", v1alpha1.ClusterWHMServerKind),
		hashRotation("team-a", "own", v1alpha1.WHMServerKind),
		hashRotation("team-a", "own-by-default", ""),
		hashRotation("team-b", "theirs", v1alpha1.ClusterWHMServerKind),
	)}
	wake := r.OfNamespace(func() client.ObjectList { return &v1alpha1.AccessHashRotationList{} })
	var names []string
	for _, request := range wake(t.Context(), namespace("team-a", nil)) {
		names = append(names, request.String())
	}
	slices.Sort(names)
	if want := []string{"team-a/shared", "team-a/shared-too"}; !slices.Equal(names, want) {
		t.Errorf("woke up %v, want %v", names, want)
	}
	if woken := wake(t.Context(), namespace("team-c", nil)); len(woken) > 0 {
		t.Errorf("woke up %v", woken)
	}
}
