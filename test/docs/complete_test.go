// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"
)

// TestEveryFieldIsDocumented finds fields of the definitions that the page of their kind does not name.
func TestEveryFieldIsDocumented(t *testing.T) {
	t.Parallel()
	for definition, path := range map[string]string{
		"whmservers":          "docs/whmserver.md",
		"accesshashrotations": "docs/accesshashrotation.md",
	} {
		text := proseOf(t, path)
		fields := map[string]bool{}
		schema := definitionOf(t, definition)
		collect(fields, schema.Properties["spec"])
		collect(fields, schema.Properties["status"])
		for _, field := range slices.Sorted(maps.Keys(fields)) {
			if !names(text, field) {
				t.Errorf("%s does not name the field %s", path, field)
			}
		}
	}
}

// names tells whether a text has the word in code font, alone or in a path of fields.
func names(text, word string) bool {
	for i, part := range strings.Split(text, "`") {
		inCode := i%2 == 1
		if inCode && slices.Contains(strings.FieldsFunc(part, notInName), word) {
			return true
		}
	}
	return false
}

func notInName(r rune) bool {
	return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-", r)
}

func definitionOf(t *testing.T, plural string) *apiextensionsv1.JSONSchemaProps {
	t.Helper()
	path := filepath.Join(root(t), "config/crd/bases/whm-credentials.dev_"+plural+".yaml")
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var definition apiextensionsv1.CustomResourceDefinition
	if err := yaml.UnmarshalStrict(raw, &definition); err != nil {
		t.Fatal(err)
	}
	return definition.Spec.Versions[0].Schema.OpenAPIV3Schema
}

// collect adds the names of all fields below a schema. Those of a condition are the same in all of Kubernetes.
func collect(fields map[string]bool, schema apiextensionsv1.JSONSchemaProps) {
	for name, property := range schema.Properties {
		fields[name] = true
		if name != "conditions" {
			collect(fields, property)
		}
	}
	if schema.Items != nil && schema.Items.Schema != nil {
		collect(fields, *schema.Items.Schema)
	}
}

// TestEveryReasonIsDocumented finds condition types and reasons that no page of a kind explains.
func TestEveryReasonIsDocumented(t *testing.T) {
	t.Parallel()
	text := proseOf(t, "docs/whmserver.md") + proseOf(t, "docs/accesshashrotation.md")
	for name, value := range constants(t, "api/v1alpha1/conditions.go") {
		if !names(text, value) {
			t.Errorf("no page explains %s (%s)", value, name)
		}
	}
}

// TestEveryMarkIsDocumented finds labels and annotations that the page of rotations does not name.
func TestEveryMarkIsDocumented(t *testing.T) {
	t.Parallel()
	text := proseOf(t, "docs/accesshashrotation.md")
	for name, value := range constants(t, "api/v1alpha1/metadata.go") {
		if value != "true" && !strings.Contains(text, value) {
			t.Errorf("docs/accesshashrotation.md does not name %s (%s)", value, name)
		}
	}
}

// constants returns the string constants of a source file.
func constants(t *testing.T, path string) map[string]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root(t), path), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		if literal, ok := spec.Values[0].(*ast.BasicLit); ok && literal.Kind == token.STRING {
			value, err := strconv.Unquote(literal.Value)
			if err != nil {
				t.Fatal(err)
			}
			found[spec.Names[0].Name] = value
		}
		return true
	})
	if len(found) == 0 {
		t.Fatalf("%s has no constants", path)
	}
	return found
}
