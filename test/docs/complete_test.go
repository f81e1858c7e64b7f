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

// kindPages are the pages of the kinds, by the plural names of their definitions.
var kindPages = map[string][]string{
	"whmservers": {"docs/whmserver.md"},
	// What it has in common with a WHMServer stands there.
	"clusterwhmservers":   {"docs/clusterwhmserver.md", "docs/whmserver.md"},
	"accesshashrotations": {"docs/accesshashrotation.md"},
	"apitokenrotations":   {"docs/apitokenrotation.md"},
	"storelogins":         {"docs/storelogin.md"},
	"loginsessions":       {"docs/loginsession.md"},
	"passwordrotations":   {"docs/passwordrotation.md"},
	"twofactorrotations":  {"docs/twofactorrotation.md"},
}

// TestEveryKindHasAPage finds definitions that no page belongs to.
func TestEveryKindHasAPage(t *testing.T) {
	t.Parallel()
	const prefix, suffix = "whm-credentials.dev_", ".yaml"
	paths, err := filepath.Glob(filepath.Join(root(t), "config/crd/bases", prefix+"*"+suffix))
	if err != nil || len(paths) == 0 {
		t.Fatalf("found %d definitions: %v", len(paths), err)
	}
	for _, path := range paths {
		plural := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(path), prefix), suffix)
		if len(kindPages[plural]) == 0 {
			t.Errorf("no page belongs to %s", plural)
		}
	}
}

// TestEveryFieldIsDocumented finds fields of the definitions that the page of their kind does not name.
func TestEveryFieldIsDocumented(t *testing.T) {
	t.Parallel()
	for definition, paths := range kindPages {
		text := proseOf(t, paths...)
		fields := map[string]bool{}
		schema := definitionOf(t, definition)
		collect(fields, schema.Properties["spec"])
		collect(fields, schema.Properties["status"])
		for _, field := range slices.Sorted(maps.Keys(fields)) {
			if !names(text, field) {
				t.Errorf("%s does not name the field %s", paths[0], field)
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
	text := proseOf(t, allKindPages()...)
	for name, value := range constants(t, "api/v1alpha1/conditions.go") {
		if !names(text, value) {
			t.Errorf("no page explains %s (%s)", value, name)
		}
	}
}

func allKindPages() []string {
	return slices.Compact(slices.Sorted(slices.Values(slices.Concat(slices.Collect(maps.Values(kindPages))...))))
}

// TestEveryMarkIsDocumented finds labels, annotations and finalizers that no page of a kind names.
func TestEveryMarkIsDocumented(t *testing.T) {
	t.Parallel()
	text := proseOf(t, allKindPages()...)
	for name, value := range constants(t, "api/v1alpha1/metadata.go") {
		if value != "true" && !strings.Contains(text, "`"+value) {
			t.Errorf("no page names %s (%s)", value, name)
		}
	}
}

// TestEveryFeatureIsDocumented finds things that a server can offer and that its page does not explain.
func TestEveryFeatureIsDocumented(t *testing.T) {
	t.Parallel()
	text := proseOf(t, "docs/whmserver.md")
	for name, value := range constants(t, "internal/controller/whmserver_probe.go") {
		if strings.HasPrefix(name, "Feature") && !names(text, value) {
			t.Errorf("docs/whmserver.md does not name the feature %s (%s)", value, name)
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
