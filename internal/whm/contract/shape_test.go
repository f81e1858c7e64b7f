// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A shape is a value of JSON that describes others:
//
//   - a text lists types: string, integer, boolean, null, object, any, and flag,
//     which is the number 1 or 0; after " ~ " follows what its text matches;
//   - a list has the shape of each entry;
//   - an object has the shapes of all members: others must not be there. "*"
//     stands for every name. "name?" may be missing, "name|null" may be null,
//     "name@136" is there from that release on, and "name@<136" before it.
//
// Neither null nor a missing member nor a number in a text passes for anything
// that the shape does not say.

// member is a key of an object shape, taken apart.
type member struct {
	name               string
	optional, nullable bool
	since, before      string
}

func memberOf(key string) member {
	name, bound, _ := strings.Cut(key, "@")
	m := member{since: bound}
	if before, ok := strings.CutPrefix(bound, "<"); ok {
		m.since, m.before = "", before
	}
	name, m.nullable = strings.CutSuffix(name, "|null")
	m.name, m.optional = strings.CutSuffix(name, "?")
	return m
}

func (m member) in(release string) bool {
	return (m.since == "" || !olderThan(release, m.since)) && (m.before == "" || olderThan(release, m.before))
}

// differences are what is wrong with a value, each with its path.
func differences(shape, value any, release, path string) []string {
	switch shape := shape.(type) {
	case string:
		if !isOf(shape, value) {
			return []string{fmt.Sprintf("%s is %s, want %s", path, shown(value), shape)}
		}
		return nil
	case []any:
		list, ok := value.([]any)
		if !ok {
			return []string{fmt.Sprintf("%s is %s, want a list", path, shown(value))}
		}
		var found []string
		for i, entry := range list {
			found = append(found, differences(shape[0], entry, release, fmt.Sprintf("%s[%d]", path, i))...)
		}
		return found
	case map[string]any:
		object, ok := value.(map[string]any)
		if !ok {
			return []string{fmt.Sprintf("%s is %s, want an object", path, shown(value))}
		}
		return objectDifferences(shape, object, release, path)
	default:
		return []string{fmt.Sprintf("%s: no shape is %v", path, shape)}
	}
}

func objectDifferences(shape, object map[string]any, release, path string) []string {
	var found []string
	known := map[string]bool{}
	for _, key := range slices.Sorted(maps.Keys(shape)) {
		m := memberOf(key)
		value, there := object[m.name]
		switch {
		case key == "*" || !m.in(release):
			continue
		case !there && !m.optional:
			found = append(found, path+"."+m.name+" is missing")
		case there && (value != nil || !m.nullable):
			found = append(found, differences(shape[key], value, release, path+"."+m.name)...)
		}
		known[m.name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		every, open := shape["*"]
		switch {
		case known[name]:
		case open:
			found = append(found, differences(every, object[name], release, path+"."+name)...)
		default:
			found = append(found, path+"."+name+" is not described")
		}
	}
	return found
}

func isOf(shape string, value any) bool {
	types, pattern, _ := strings.Cut(shape, " ~ ")
	kind, text := "", fmt.Sprint(value)
	switch value.(type) {
	case nil:
		kind = "null"
	case string:
		kind = "string"
	case bool:
		kind = "boolean"
	case json.Number:
		kind = "integer"
		if strings.ContainsAny(text, ".eE") {
			return false
		}
	case map[string]any:
		kind = "object"
	default:
		kind = "list"
	}
	for wanted := range strings.SplitSeq(types, "|") {
		switch {
		case wanted == "any", wanted == kind && (pattern == "" || kind == "null" || regexp.MustCompile(pattern).MatchString(text)):
			return true
		case wanted == "flag" && kind == "integer" && (text == "1" || text == "0"):
			return true
		}
	}
	return false
}

// shown names a value by its type: answers hold secrets.
func shown(value any) string {
	switch value := value.(type) {
	case nil:
		return "null"
	case json.Number:
		return "the number " + value.String()
	case string:
		return "a text"
	case []any:
		return "a list"
	case map[string]any:
		return "an object"
	default:
		return fmt.Sprintf("a %T", value)
	}
}

// unreadable are the mistakes in a shape.
func unreadable(shape any) []string {
	var found []string
	switch shape := shape.(type) {
	case nil:
	case string:
		types, pattern, _ := strings.Cut(shape, " ~ ")
		for kind := range strings.SplitSeq(types, "|") {
			if !slices.Contains([]string{"string", "integer", "boolean", "null", "object", "any", "flag"}, kind) {
				found = append(found, "there is no type "+kind)
			}
		}
		if _, err := regexp.Compile(pattern); err != nil {
			found = append(found, err.Error())
		}
	case []any:
		if len(shape) != 1 {
			return []string{"a list has one shape for all entries"}
		}
		return unreadable(shape[0])
	case map[string]any:
		for key := range shape {
			found = append(found, unreadable(shape[key])...)
		}
	default:
		found = append(found, fmt.Sprintf("%v is no shape", shape))
	}
	return found
}

// bounds are the releases in which a shape changes.
func bounds(shape any) []string {
	var found []string
	switch shape := shape.(type) {
	case []any:
		return bounds(shape[0])
	case map[string]any:
		for key, inner := range shape {
			m := memberOf(key)
			if bound := m.since + m.before; bound != "" {
				found = append(found, bound)
			}
			found = append(found, bounds(inner)...)
		}
	}
	return found
}

func TestShapesTellDifferences(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ shape, value, release, want string }{
		{`{"a":"string"}`, `{"a":"x"}`, "", ""},
		{`{"a":"string"}`, `{"a":1}`, "", "answer.a is the number 1, want string"},
		{`{"a":"string"}`, `{}`, "", "answer.a is missing"},
		{`{"a":"string"}`, `{"a":null}`, "", "answer.a is null, want string"},
		{`{"a":"string"}`, `{"a":"x","b":"x"}`, "", "answer.b is not described"},
		{`{"a":"string"}`, `[]`, "", "answer is a list, want an object"},
		{`{"a?":"string"}`, `{}`, "", ""},
		{`{"a|null":["string"]}`, `{"a":null}`, "", ""},
		{`{"a|null":["string"]}`, `{"a":["x",2]}`, "", "answer.a[1] is the number 2, want string"},
		{`["string"]`, `{}`, "", "answer is an object, want a list"},
		{`{"a@136":"flag"}`, `{}`, "11.134.0.1", ""},
		{`{"a@136":"flag"}`, `{"a":1}`, "11.134.0.1", "answer.a is not described"},
		{`{"a@136":"flag"}`, `{}`, "11.136.0.1", "answer.a is missing"},
		{`{"a@<136":"flag"}`, `{"a":1}`, "11.136.0.1", "answer.a is not described"},
		{`{"*":"flag"}`, `{"x":1,"y":2}`, "", "answer.y is the number 2, want flag"},
		{`"flag"`, `"1"`, "", "answer is a text, want flag"},
		{`"flag"`, `true`, "", "answer is a bool, want flag"},
		{`"integer"`, `1.5`, "", "answer is the number 1.5, want integer"},
		{`"integer|null"`, `null`, "", ""},
		{`"string ~ ^/cpsess[0-9]+$"`, `"/cpsess12"`, "", ""},
		{`"string ~ ^/cpsess[0-9]+$"`, `"cpsess12"`, "", "answer is a text, want string ~ ^/cpsess[0-9]+$"},
		{`"any"`, `{}`, "", ""},
	} {
		got := differences(parsed(t, []byte(c.shape)), parsed(t, []byte(c.value)), c.release, "answer")
		if strings.Join(got, "; ") != c.want {
			t.Errorf("%s for %s in %q: got %q, want %q", c.value, c.shape, c.release, got, c.want)
		}
	}
}

func parsed(t *testing.T, text []byte) any {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		t.Fatalf("%v: %.200s", err, text)
	}
	return value
}
