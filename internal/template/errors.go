package template

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/template"
)

// Error says which source cannot be parsed or rendered and what to do about it.
// It never holds a value that a template was given.
type Error struct {
	// Key is the key of the Secret whose source is at fault.
	Key string
	// Line is the line in that source, from 1; 0 when the fault has no place.
	Line int
	// Reason says what is wrong and what to write instead.
	Reason string
}

// Error names key, line and reason.
func (e *Error) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("template %q: %s", e.Key, e.Reason)
	}
	return fmt.Sprintf("template %q, line %d: %s", e.Key, e.Line, e.Reason)
}

// refusal is an error of this package's own functions and writers; its text is
// known to hold no value.
type refusal string

func (r refusal) Error() string { return string(r) }

const namePrefix = "data."

// located splits a message of text/template, which starts with the name of the
// template and the line.
func located(key string, err error) (line int, rest string) {
	rest, ok := strings.CutPrefix(err.Error(), "template: "+namePrefix+key+":")
	if !ok {
		return 0, ""
	}
	number, rest, _ := strings.Cut(rest, ":")
	line, _ = strconv.Atoi(number)
	return line, strings.TrimSpace(rest)
}

// parseError keeps the message, which quotes nothing but the source.
func parseError(key string, err error) *Error {
	line, reason := located(key, err)
	if strings.HasPrefix(reason, "function ") {
		reason += "; available are " + strings.Join(functionNames(), ", ")
	}
	return &Error{Key: key, Line: line, Reason: reason}
}

// renderError never passes on a message of text/template, because it may quote
// what was evaluated.
func (s source) renderError(err error, values map[string]string) *Error {
	out := &Error{Key: s.key, Reason: "the expression cannot be evaluated; check the types of its arguments"}
	if _, ok := errors.AsType[template.ExecError](err); ok {
		out.Line, _ = located(s.key, err)
	}
	if r, ok := errors.AsType[refusal](err); ok {
		out.Reason = string(r)
	} else if name, ok := s.missingField(err); ok {
		out.Reason = string(noKey(name, values))
	}
	return out
}

// missingField finds the field that the map does not have. Only a name that the
// source holds is believed to be one.
func (s source) missingField(err error) (string, bool) {
	_, quoted, _ := strings.Cut(err.Error(), "map has no entry for key ")
	name, unquoteErr := strconv.Unquote(quoted)
	return name, unquoteErr == nil && s.fields[name]
}

func noKey(name string, values map[string]string) refusal {
	keys := strings.Join(slices.Sorted(maps.Keys(values)), ", ")
	return refusal(fmt.Sprintf("there is no key %q; available are %s", name, keys))
}
