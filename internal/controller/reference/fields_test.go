// SPDX-License-Identifier: Apache-2.0

package reference_test

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/whm-credentials/operator/api/v1alpha1"
)

// leaf is a field that holds text, and so may name something.
type leaf struct {
	// path from the object, such as spec.serverRef.name; lists and maps add nothing to it.
	path string
	// field is the Go type that has it and its name in JSON, such as ServerReference.name.
	field string
	held  reflect.Type
}

// leavesOf returns every field below a type that holds text.
func leavesOf(t reflect.Type, path, field string) []leaf {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array:
		return leavesOf(t.Elem(), path, field)
	case reflect.Map:
		return append(leavesOf(t.Key(), path, field), leavesOf(t.Elem(), path, field)...)
	case reflect.Struct:
		if !opaque[t] {
			return leavesOfStruct(t, path)
		}
	case reflect.Bool, reflect.Int, reflect.Int32, reflect.Int64:
		return nil
	}
	// Text, and whatever else could hold some.
	return []leaf{{path, field, t}}
}

func leavesOfStruct(t reflect.Type, path string) (all []leaf) {
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case name == "" && f.Anonymous:
			all = append(all, leavesOfStruct(f.Type, path)...)
		default:
			all = append(all, leavesOf(f.Type, path+"."+name, t.Name()+"."+name)...)
		}
	}
	return all
}

// leavesOfKind returns those of what people and the operator write: spec and status.
func leavesOfKind(t reflect.Type) (all []leaf) {
	for _, part := range []string{"Spec", "Status"} {
		if f, ok := t.FieldByName(part); ok {
			all = append(all, leavesOf(f.Type, strings.ToLower(part), t.Name()+"."+strings.ToLower(part))...)
		}
	}
	return all
}

// unregistered returns the paths that could refer to something and that no table knows.
func unregistered(leaves []leaf, known map[string]way) (paths []string) {
	for _, l := range leaves {
		if _, ok := known[l.path]; !ok && !namesNothing[l.held] && !plain[l.field] {
			paths = append(paths, l.path)
		}
	}
	return paths
}

// kinds returns the Go types of the API's kinds, lists apart.
func kinds(t *testing.T) map[string]reflect.Type {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	found := scheme.KnownTypes(v1alpha1.GroupVersion)
	maps.DeleteFunc(found, func(name string, known reflect.Type) bool {
		return strings.HasSuffix(name, "List") || known.PkgPath() != reflect.TypeFor[v1alpha1.WHMServer]().PkgPath()
	})
	return found
}

// TestEveryReferenceIsRegistered walks the types of the API. A new field that holds text is either said to name nothing, or
// registered with what decides who may use it.
func TestEveryReferenceIsRegistered(t *testing.T) {
	t.Parallel()
	found := kinds(t)
	if len(found) < 4 {
		t.Fatalf("found the kinds %v, which cannot be all", slices.Sorted(maps.Keys(found)))
	}
	for name, known := range found {
		for _, path := range unregistered(leavesOfKind(known), references[name]) {
			t.Errorf("%s: %s may refer to something; register it in references, or in plain if it names nothing", name, path)
		}
	}
}

// TestTablesHoldNothingElse keeps what was removed from the API from covering what is added under its name later.
func TestTablesHoldNothingElse(t *testing.T) {
	t.Parallel()
	fields, held := map[string]bool{}, map[reflect.Type]bool{}
	for name, known := range kinds(t) {
		paths := map[string]bool{}
		for _, l := range leavesOfKind(known) {
			paths[l.path], fields[l.field], held[l.held] = true, true, true
		}
		for path := range references[name] {
			if !paths[path] {
				t.Errorf("references has %s of %s, which there is not", path, name)
			}
		}
	}
	for field := range plain {
		if !fields[field] {
			t.Errorf("plain has %s, which there is not", field)
		}
	}
	for of := range namesNothing {
		if !held[of] {
			t.Errorf("namesNothing has %s, which no field holds", of)
		}
	}
}

// newKind is made up: what somebody could add one day.
type newKind struct {
	Spec struct {
		v1alpha1.CredentialSpec `json:",inline"`

		TargetRef  *struct{ metav1.OwnerReference } `json:"targetRef,omitempty"`
		Namespace  string                           `json:"namespace"`
		From       v1alpha1.NamespaceName           `json:"from"`
		SecretRefs []v1alpha1.SecretKeyReference    `json:"secretRefs"`
		Choose     map[string]metav1.LabelSelector  `json:"choose"`
		Users      []v1alpha1.UserName              `json:"users"`
		Anything   any                              `json:"anything"`
		Raw        []byte                           `json:"raw"`
		Often      int32                            `json:"often"`
		Kind       v1alpha1.WorkloadKind            `json:"kind"`
	}
}

func TestNewReferencesAreNoticed(t *testing.T) {
	t.Parallel()
	got := unregistered(leavesOfKind(reflect.TypeFor[newKind]()), references["AccessHashRotation"])
	want := []string{
		"spec.targetRef.apiVersion", "spec.targetRef.kind", "spec.targetRef.name", "spec.targetRef.uid",
		"spec.namespace", "spec.from", "spec.secretRefs.name", "spec.choose", "spec.choose", "spec.users", "spec.anything", "spec.raw",
	}
	if !slices.Equal(got, want) {
		t.Errorf("noticed %v, want %v", got, want)
	}
}
