// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"context"
	"fmt"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/test/controlplane"
	"github.com/whm-credentials/operator/test/testbed"
)

// manifest marks a block that can be applied as it is. Parts of manifests are marked with "yaml snippet".
const manifest = "yaml"

// inventories is the page whose blocks are for the simulator.
const inventories = "docs/simulator.md"

// TestManifestsAreTaken applies every manifest of the documentation in a dry run.
func TestManifestsAreTaken(t *testing.T) {
	t.Parallel()
	cluster, err := testbed.StartCluster(t.Context())
	if cluster != nil {
		t.Cleanup(func() {
			if err := cluster.Stop(); err != nil {
				t.Error(err)
			}
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	tried := 0
	for _, p := range pages(t) {
		for _, b := range p.blocks() {
			if b.info != manifest || b.page == inventories {
				continue
			}
			tried++
			if err := tryBlock(t.Context(), cluster.Admin, b); err != nil {
				t.Errorf("%s, line %d: %v", b.page, b.line, err)
			}
		}
	}
	if tried < 5 {
		t.Errorf("found %d manifests, which cannot be all", tried)
	}
}

func tryBlock(ctx context.Context, admin client.Client, b block) error {
	objects, err := controlplane.ParseManifests([]byte(b.text))
	if err != nil {
		return err
	}
	for _, object := range objects {
		if err := tryObject(ctx, admin, object); err != nil {
			return fmt.Errorf("%s %s: %w", object.GetKind(), object.GetName(), err)
		}
	}
	return nil
}

func tryObject(ctx context.Context, admin client.Client, object *unstructured.Unstructured) error {
	namespaced, err := admin.IsObjectNamespaced(object)
	if err != nil {
		return err
	}
	if namespaced && object.GetNamespace() == "" {
		object.SetNamespace(metav1.NamespaceDefault)
	}
	return admin.Apply(ctx, client.ApplyConfigurationFromUnstructured(object), client.FieldOwner("docs"), client.DryRunAll)
}
