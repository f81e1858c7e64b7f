// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// operations is the page for those who run the operator.
const operations = "docs/operations.md"

// TestEveryEventIsDocumented finds reasons of events that no page explains. Those of failures are condition reasons.
func TestEveryEventIsDocumented(t *testing.T) {
	t.Parallel()
	text := proseOf(t, append(allKindPages(), operations)...)
	found := 0
	inspect(t, "internal/controller", func(n ast.Node) {
		if reason := eventReason(n); reason != "" {
			found++
			if !names(text, reason) {
				t.Errorf("no page explains the event %s", reason)
			}
		}
	})
	if found < 10 {
		t.Errorf("found %d events, which cannot be all", found)
	}
}

// eventReason returns the reason of a notice: the first literal that note is called with, or the second member of one that
// is written out.
func eventReason(n ast.Node) string {
	switch n := n.(type) {
	case *ast.CallExpr:
		if f, ok := n.Fun.(*ast.SelectorExpr); ok && f.Sel.Name == "note" {
			i := slices.IndexFunc(n.Args, func(e ast.Expr) bool { return literal(e) != "" })
			if i >= 0 && i < 2 {
				return literal(n.Args[i])
			}
		}
	case *ast.CompositeLit:
		if kind, ok := n.Type.(*ast.Ident); ok && kind.Name == "notice" && len(n.Elts) > 1 {
			return literal(n.Elts[1])
		}
	}
	return ""
}

// metric is what the names of the operator's own metrics look like.
var metric = regexp.MustCompile(`^whm_[a-z_]+$`)

// TestEveryMetricIsDocumented finds metrics that no page explains.
func TestEveryMetricIsDocumented(t *testing.T) {
	t.Parallel()
	text := proseOf(t, append(allKindPages(), operations)...)
	found := 0
	inspect(t, "internal/controller", func(n ast.Node) {
		pair, ok := n.(*ast.KeyValueExpr)
		if !ok || !metric.MatchString(literal(pair.Value)) {
			return
		}
		found++
		if name := literal(pair.Value); !strings.Contains(text, "`"+name+"`") {
			t.Errorf("no page explains the metric %s", name)
		}
	})
	if found == 0 {
		t.Error("found no metric")
	}
}

// literal returns the text of a string literal; empty if it is something else.
func literal(e ast.Expr) string {
	l, ok := e.(*ast.BasicLit)
	if !ok || l.Kind != token.STRING {
		return ""
	}
	value, _ := strconv.Unquote(l.Value) // the parser has taken it
	return value
}

// inspect visits the code of a package, its tests apart.
func inspect(t *testing.T, folder string, visit func(ast.Node)) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(root(t), folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool { visit(n); return true })
	}
}
