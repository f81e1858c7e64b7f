package template

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestFunctionsAreFrozen makes adding a function a decision: it must be pure,
// bounded, documented in the package and never be removed again.
func TestFunctionsAreFrozen(t *testing.T) {
	t.Parallel()
	want := strings.Fields(`and b64dec b64enc default dotenv eq ge gt hasKey indent index le len lower lt ne
		nindent not or print printf quote replace squote toJson trim trimPrefix trimSuffix upper urlquery`)
	if got := functionNames(); !slices.Equal(got, want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
}

// TestErrorsNeverQuoteValues makes every kind of evaluation fail on a canary.
func TestErrorsNeverQuoteValues(t *testing.T) {
	t.Parallel()
	const canary = "c4n4ry"
	values := map[string]string{"v": canary, "w": "99999999999999999999" + canary}
	arguments := []string{".v", "$.w", "(print .v)", "1", "1i", "1.5", "true", `"x"`, ".", `(index . .v)`, `(printf .v)`}
	failed := 0
	for _, name := range functionNames() {
		for _, first := range arguments {
			for _, second := range append([]string{""}, arguments...) {
				for _, text := range []string{
					fmt.Sprintf("{{ if %s %s %s }}{{ end }}", name, first, second),
					fmt.Sprintf("{{ %s %s | %s %s }}", name, first, name, second),
				} {
					failed += expectNoCanary(t, text, values, canary)
				}
			}
		}
	}
	if failed < 1000 {
		t.Errorf("only %d of the templates failed, so this proves little", failed)
	}
}

func expectNoCanary(t *testing.T, text string, values map[string]string, canary string) int {
	t.Helper()
	set, err := Parse(map[string]string{"out": text})
	if err == nil {
		_, err = set.Render(values)
	}
	if err == nil {
		return 0
	}
	if message := fmt.Sprintf("%v %+v %#v", err, err, err); strings.Contains(message, canary) {
		t.Errorf("%s: the error quotes a value: %s", text, message)
	}
	return 1
}

func FuzzRender(f *testing.F) {
	for _, text := range []string{
		"{{ .v }}", "{{ range 9 }}{{ end }}", `{{ define "a" }}{{ template "a" }}{{ end }}`, `{{ printf "%99999d" 1 }}`,
		`{{ $a := .v }}{{ $a = print $a $a }}{{ $a | indent 64 | quote | dotenv "A" }}`, `{{ index . "v" | replace "" .v }}`,
		"{{ with .v }}{{ $.v }}{{ else if and 1 2 }}{{ toJson $ }}{{ end }}", "{{- /* c */ -}}", "{{ b64dec .v | urlquery }}",
	} {
		f.Add("key", text, "value\n")
	}
	f.Fuzz(func(t *testing.T, key, text, value string) {
		start := time.Now()
		defer func() {
			if took := time.Since(start); took > 2*time.Second {
				t.Errorf("took %v", took)
			}
		}()
		set, err := Parse(map[string]string{key: text, "other": text})
		if err == nil {
			var out map[string][]byte
			out, err = set.Render(map[string]string{"v": value})
			checkBounds(t, out)
		}
		checkError(t, err)
	})
}

func checkBounds(t *testing.T, out map[string][]byte) {
	t.Helper()
	total := 0
	for value := range maps.Values(out) {
		if total += len(value); len(value) > MaxValue || total > MaxTotal {
			t.Errorf("a value has %d bytes, all have %d", len(value), total)
		}
	}
}

func checkError(t *testing.T, err error) {
	t.Helper()
	if typed, ok := errors.AsType[*Error](err); err != nil && (!ok || typed.Reason == "" || typed.Line < 0) {
		t.Errorf("got %#v, want an *Error with a reason", err)
	}
}
