package controlplane_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/test/controlplane"
)

// outOfOrder uses a kind and a namespace before it defines them.
const outOfOrder = `
# A comment is no object.
---
apiVersion: test.whm-credentials.dev/v1
kind: Widget
metadata: {name: one, namespace: apply-test}
spec: {size: 3}
---
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Namespace
  metadata: {name: apply-test}
- apiVersion: v1
  kind: ConfigMap
  metadata: {name: apply-test}
  data: {key: first}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.test.whm-credentials.dev}
spec:
  group: test.whm-credentials.dev
  scope: Namespaced
  names: {kind: Widget, plural: widgets}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties: {spec: {type: object, properties: {size: {type: integer}}}}
`

func TestApplyOrdersDefinesAndUpdates(t *testing.T) {
	t.Parallel()
	c := admin(t)
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "all.yaml"), []byte(outOfOrder), 0o600))
	must(t, os.WriteFile(filepath.Join(dir, "notes.txt"), []byte("no manifest"), 0o600))
	manifests, err := controlplane.ReadManifests(dir)
	must(t, err)
	must(t, controlplane.Apply(t.Context(), shared.AdminConfig(), manifests...))

	widget := &unstructured.Unstructured{}
	widget.SetGroupVersionKind(schema.GroupVersionKind{Group: "test.whm-credentials.dev", Version: "v1", Kind: "Widget"})
	must(t, c.Get(t.Context(), client.ObjectKey{Namespace: "apply-test", Name: "one"}, widget))
	if size, _, _ := unstructured.NestedInt64(widget.Object, "spec", "size"); size != 3 {
		t.Errorf("the widget has size %d, want 3", size)
	}

	changed := strings.ReplaceAll(outOfOrder, "first", "second")
	must(t, controlplane.Apply(t.Context(), shared.AdminConfig(), []byte(changed)))
	var settings corev1.ConfigMap
	must(t, c.Get(t.Context(), client.ObjectKey{Namespace: "default", Name: "apply-test"}, &settings))
	if settings.Data["key"] != "second" {
		t.Errorf("the ConfigMap has %v after the second apply, want second", settings.Data)
	}
}

func TestApplyNamesWhatFailed(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ manifest, want string }{
		"unknown kind":      {"{apiVersion: none.invalid/v1, kind: None, metadata: {name: one}}", "apply None /one: the API server does not serve none.invalid/v1, Kind=None"},
		"missing namespace": {"{apiVersion: v1, kind: Secret, metadata: {name: one, namespace: none}}", "apply Secret none/one: namespaces \"none\" not found"},
		"no kind":           {"{apiVersion: v1}\n", "document 1: Object 'Kind' is missing"},
		"no YAML":           {"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: one}\n---\n{", "document 2: "},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := controlplane.Apply(t.Context(), shared.AdminConfig(), []byte(test.manifest))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got error %v, want one with %q", err, test.want)
			}
		})
	}
}
