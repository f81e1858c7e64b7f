package template

import (
	"fmt"
	"strings"
)

// print joins its arguments like fmt.Sprint.
func (m *meter) print(args ...any) (string, error) {
	read := 0
	for _, arg := range args {
		text, err := scalar(arg)
		if err != nil {
			return "", err
		}
		read += len(text) + 1
	}
	if err := m.spend(0, read); err != nil {
		return "", err
	}
	return fmt.Sprint(args...), nil
}

// printf replaces the verbs one by one. That of fmt pads to a million characters
// when told to.
func (m *meter) printf(format string, args ...any) (string, error) {
	var out strings.Builder
	for rest := format; ; {
		text, after, found := strings.Cut(rest, "%")
		if err := m.emit(&out, text); err != nil || !found {
			return out.String(), noneLeft(args, err)
		}
		if after == "" || !strings.Contains("%svd", after[:1]) {
			return "", errFormat
		}
		replacement := "%"
		if after[0] != '%' {
			if len(args) == 0 {
				return "", errArgs
			}
			var err error
			if replacement, err = verb(after[0], args[0]); err != nil {
				return "", err
			}
			args = args[1:]
		}
		if err := m.emit(&out, replacement); err != nil {
			return "", err
		}
		rest = after[1:]
	}
}

func (m *meter) emit(out *strings.Builder, text string) error {
	if out.Len()+len(text) > MaxValue {
		return errTooLong
	}
	out.WriteString(text)
	return m.spend(0, len(text))
}

func noneLeft(args []any, err error) error {
	if err == nil && len(args) > 0 {
		return errArgs
	}
	return err
}

func verb(letter byte, arg any) (string, error) {
	if _, whole := arg.(int); letter == 'd' && !whole {
		return "", errFormat
	}
	return scalar(arg)
}

// scalar formats what a template can hold, except the map of all values.
func scalar(arg any) (string, error) {
	switch arg := arg.(type) {
	case string:
		return arg, nil
	case int, bool, float64:
		return fmt.Sprint(arg), nil
	default:
		return "", errNoScalar
	}
}

func (m *meter) replace(old, with, s string) (string, error) {
	size := len(s) + strings.Count(s, old)*(len(with)-len(old))
	if err := m.spend(len(s), size); err != nil {
		return "", err
	}
	return strings.ReplaceAll(s, old, with), nil
}

func (m *meter) indent(blanks int, s string) (string, error) {
	if blanks < 0 || blanks > 64 {
		return "", errIndent
	}
	pad := strings.Repeat(" ", blanks)
	out, err := m.replace("\n", "\n"+pad, s)
	return pad + out, err
}

func (m *meter) nindent(blanks int, s string) (string, error) {
	out, err := m.indent(blanks, s)
	return "\n" + out, err
}
