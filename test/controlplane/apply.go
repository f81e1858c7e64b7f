package controlplane

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// fieldManager owns the fields that [Apply] sets.
const fieldManager = client.FieldOwner("controlplane-apply")

// definitionTimeout bounds the wait for a new definition to be served.
const definitionTimeout = 30 * time.Second

// applier applies one batch of objects.
type applier struct {
	client  client.Client
	defined map[schema.GroupKind]bool // by the definitions in the batch
}

// Apply makes the objects of YAML texts exist as written, by server-side apply that takes over
// contested fields: what `kubectl apply --server-side --force-conflicts` does. Namespaces and
// definitions go first and definitions are waited for, so texts may hold them and their objects in
// any order. Namespaced objects that name no namespace go into "default". It stops at the first
// error, which names the object; what was applied stays.
func Apply(ctx context.Context, cfg *rest.Config, manifests ...[]byte) error {
	objects, err := ParseManifests(manifests...)
	if err != nil {
		return fmt.Errorf("apply: %w", err)
	}
	slices.SortStableFunc(objects, func(a, b *unstructured.Unstructured) int {
		return cmp.Compare(precedence(a), precedence(b))
	})
	c, err := client.New(cfg, client.Options{})
	if err != nil {
		return fmt.Errorf("apply: %w", err)
	}
	a := &applier{client: c, defined: map[schema.GroupKind]bool{}}
	for _, object := range objects {
		if err := a.apply(ctx, object); err != nil {
			return fmt.Errorf("apply %s %s: %w", object.GetKind(), client.ObjectKeyFromObject(object), err)
		}
	}
	return nil
}

func precedence(object *unstructured.Unstructured) int {
	switch object.GroupVersionKind().GroupKind() {
	case schema.GroupKind{Kind: "Namespace"}:
		return 0
	case schema.GroupKind{Group: apiextensionsv1.GroupName, Kind: "CustomResourceDefinition"}:
		return 1
	default:
		return 2
	}
}

func (a *applier) apply(ctx context.Context, object *unstructured.Unstructured) error {
	mapping, err := a.mapping(ctx, object.GroupVersionKind())
	if err != nil {
		return err
	}
	if mapping.Scope.Name() == meta.RESTScopeNameNamespace && object.GetNamespace() == "" {
		object.SetNamespace(metav1.NamespaceDefault)
	}
	err = a.client.Apply(ctx, client.ApplyConfigurationFromUnstructured(object), fieldManager, client.ForceOwnership)
	if err == nil && precedence(object) == 1 {
		a.noteDefinition(object)
	}
	return err
}

// noteDefinition remembers that the kind will be served soon.
func (a *applier) noteDefinition(definition *unstructured.Unstructured) {
	group, _, _ := unstructured.NestedString(definition.Object, "spec", "group")
	kind, _, _ := unstructured.NestedString(definition.Object, "spec", "names", "kind")
	a.defined[schema.GroupKind{Group: group, Kind: kind}] = true
}

// mapping waits for a kind that the batch itself defined; any other unknown kind is an error.
func (a *applier) mapping(ctx context.Context, kind schema.GroupVersionKind) (*meta.RESTMapping, error) {
	var mapping *meta.RESTMapping
	err := wait.PollUntilContextTimeout(ctx, 50*time.Millisecond, definitionTimeout, true, func(context.Context) (bool, error) {
		var err error
		mapping, err = a.client.RESTMapper().RESTMapping(kind.GroupKind(), kind.Version)
		if a.defined[kind.GroupKind()] && meta.IsNoMatchError(err) {
			return false, nil
		}
		return true, err
	})
	if err != nil {
		return nil, fmt.Errorf("the API server does not serve %s; is its definition installed? %w", kind, err)
	}
	return mapping, nil
}
