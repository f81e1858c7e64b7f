// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/reference"
)

func neighbourServer(namespace, endpoint, acceptedAs string) *v1alpha1.WHMServer {
	return &v1alpha1.WHMServer{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "their-server"},
		Spec: v1alpha1.WHMServerSpec{Endpoint: endpoint, Auth: v1alpha1.ServerAuth{AccessHash: &v1alpha1.AccessHashAuth{
			SecretRef: v1alpha1.SecretKeyReference{Name: "their-secret"},
		}}},
		Status: v1alpha1.WHMServerStatus{User: acceptedAs},
	}
}

func neighbourRotation(namespace, server, uid string) *v1alpha1.AccessHashRotation {
	r := &v1alpha1.AccessHashRotation{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "their-rotation", UID: types.UID(uid)}}
	r.Spec.User, r.Spec.ServerRef.Name, r.Spec.Secret.Name = "root", server, "published"
	return r
}

func neighboursIn(t *testing.T, objects ...client.Object) neighbours {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	reader := fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...).
		WithIndex(&v1alpha1.AccessHashRotation{}, SubjectField, bySubject(&accessHashDriver{})).Build()
	return neighbours{reader: reader, references: &reference.Resolver{Reader: reader}}
}

func TestNeighboursOfOtherNamespaces(t *testing.T) {
	t.Parallel()
	const endpoint = "https://whm.example.com"
	for name, tt := range map[string]struct {
		server *v1alpha1.WHMServer
		holdUp bool
	}{
		"the server has let it in":           {neighbourServer("theirs", endpoint, "root"), true},
		"the server has let it in, by case":  {neighbourServer("theirs", "https://WHM.example.com:2087/", "root"), true},
		"the server has never let it in":     {neighbourServer("theirs", endpoint, ""), false},
		"another server":                     {neighbourServer("theirs", "https://other.example.com", "root"), false},
		"own namespace, not let in yet":      {neighbourServer("ours", endpoint, ""), true},
		"own namespace, another server":      {neighbourServer("ours", "https://other.example.com", "root"), false},
		"own namespace, in capital letters":  {neighbourServer("ours", "https://WHM.EXAMPLE.COM", ""), true},
		"another port, which is another WHM": {neighbourServer("theirs", endpoint+":12087", "root"), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ours, server := neighbourRotation("ours", "our-server", "b"), neighbourServer("ours", endpoint, "root")
			server.Name, server.Spec.Auth.AccessHash = "our-server", nil
			theirs := neighbourRotation(tt.server.Namespace, tt.server.Name, "a")
			n := neighboursIn(t, server, tt.server, theirs)
			for check, err := range map[string]error{
				"sole rotation": n.soleRotation(t.Context(), &accessHashDriver{}, ours, server),
				"no lock-out":   n.noLockOut(t.Context(), &accessHashDriver{}, ours, server),
			} {
				if (err != nil) != tt.holdUp {
					t.Errorf("%s: got %v, want a refusal: %t", check, err, tt.holdUp)
				}
				if err != nil && tt.server.Namespace != "ours" && strings.Contains(err.Error(), "their") {
					t.Errorf("%s names what another namespace holds: %v", check, err)
				}
			}
		})
	}
}
