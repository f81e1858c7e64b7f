package template

import (
	"fmt"
	"maps"
	"math"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"text/template"
)

// builtins are the functions of text/template that are let through. The others
// either run what they are given (call) or have no use in a Secret.
var builtins = map[string]arity{
	"and": {1, math.MaxInt}, "or": {1, math.MaxInt}, "not": {1, 1},
	"eq": {2, math.MaxInt}, "ne": {2, 2}, "lt": {2, 2}, "le": {2, 2}, "gt": {2, 2}, "ge": {2, 2},
	"len": {1, 1},
}

// funcs returns the package's own functions, drawing on m. Those with the name
// of a built-in one replace it with a bounded one.
func (m *meter) funcs() template.FuncMap {
	return template.FuncMap{
		"index":      index,
		"hasKey":     hasKey,
		"default":    fallback,
		"print":      m.print,
		"printf":     m.printf,
		"trim":       m.convert(strings.TrimSpace),
		"trimPrefix": func(prefix, s string) string { return strings.TrimPrefix(s, prefix) },
		"trimSuffix": func(suffix, s string) string { return strings.TrimSuffix(s, suffix) },
		"replace":    m.replace,
		"upper":      m.convert(strings.ToUpper),
		"lower":      m.convert(strings.ToLower),
		"indent":     m.indent,
		"nindent":    m.nindent,
		"quote":      m.quote,
		"toJson":     m.toJSON,
		"squote":     m.squote,
		"dotenv":     m.dotenv,
		"b64enc":     m.convert(encodeBase64),
		"b64dec":     m.decodeBase64,
		"urlquery":   m.convert(escapeURL),
	}
}

// arity is how many arguments a function takes.
type arity struct{ least, most int }

// String reads as the object of "takes".
func (a arity) String() string {
	switch a.most {
	case math.MaxInt:
		return fmt.Sprintf("at least %d arguments", a.least)
	case 1:
		return "1 argument"
	default:
		return fmt.Sprintf("%d arguments", a.most)
	}
}

// arities holds every function that a source may call.
var arities = func() map[string]arity {
	all := maps.Clone(builtins)
	for name, fn := range (&meter{}).funcs() {
		t := reflect.TypeOf(fn)
		all[name] = arity{t.NumIn(), t.NumIn()}
		if t.IsVariadic() {
			all[name] = arity{t.NumIn() - 1, math.MaxInt}
		}
	}
	return all
}()

// parseFuncs makes the parser refuse every name that is not in arities.
var parseFuncs = func() map[string]any {
	known := map[string]any{}
	for name := range arities {
		known[name] = true
	}
	return known
}()

func functionNames() []string { return slices.Sorted(maps.Keys(arities)) }

func index(values map[string]string, key string) (string, error) {
	value, ok := values[key]
	if !ok {
		return "", noKey(key, values)
	}
	return value, nil
}

func hasKey(values map[string]string, key string) bool {
	_, ok := values[key]
	return ok
}

func fallback(otherwise, value string) string {
	if value == "" {
		return otherwise
	}
	return value
}

// convert bounds a function whose result is at most six times its argument.
func (m *meter) convert(f func(string) string) func(string) (string, error) {
	return func(s string) (string, error) {
		if err := m.spend(6*len(s), 0); err != nil {
			return "", err
		}
		out := f(s)
		return out, m.spend(0, len(out))
	}
}

// escapeURL writes a blank as %20: the + of a query means itself in user info.
func escapeURL(s string) string {
	return strings.ReplaceAll(url.QueryEscape(s), "+", "%20")
}
