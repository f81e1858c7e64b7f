// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/test/controlplane"
	"github.com/whm-credentials/operator/test/testbed"
)

// TestReadmeManifest checks that what people copy from the README has only fields that exist.
func TestReadmeManifest(t *testing.T) {
	t.Parallel()
	root, err := testbed.Root()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "```yaml\n")
	manifest, _, found := strings.Cut(rest, "```")
	if !found {
		t.Fatal("the README has no YAML")
	}
	objects, err := controlplane.ParseManifests([]byte(manifest))
	if err != nil {
		t.Fatal(err)
	}
	want := []any{&corev1.Secret{}, &v1alpha1.WHMServer{}, &v1alpha1.APITokenRotation{}}
	if len(objects) != len(want) {
		t.Fatalf("got %d objects, want %d", len(objects), len(want))
	}
	for i, object := range objects {
		text, err := json.Marshal(object)
		if err != nil {
			t.Fatal(err)
		}
		if err := yaml.UnmarshalStrict(text, want[i]); err != nil {
			t.Errorf("%s %s: %v", object.GetKind(), object.GetName(), err)
		}
	}
}
