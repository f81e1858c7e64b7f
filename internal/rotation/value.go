// SPDX-License-Identifier: Apache-2.0

package rotation

import (
	"fmt"
	"io"
	"log/slog"
	"maps"
)

// Value holds the secret parts of one credential by name, such as "accesshash". Every way to print it is masked; the
// journal's encoder and the Secret template are the only readers.
type Value map[string]string

const masked = "[redacted]"

// Clone returns a copy that shares nothing with v.
func (v Value) Clone() Value { return maps.Clone(v) }

// Equal tells whether both hold the same parts.
func (v Value) Equal(other Value) bool { return maps.Equal(v, other) }

// String masks the value.
func (v Value) String() string { return masked }

// Format masks the value for every verb of package fmt.
func (v Value) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, masked) }

// MarshalJSON masks the value, so that it cannot reach a log or a status by way of JSON.
func (v Value) MarshalJSON() ([]byte, error) { return []byte(`"` + masked + `"`), nil }

// LogValue masks the value for package slog.
func (v Value) LogValue() slog.Value { return slog.StringValue(masked) }

// Package fmt prints what a nested pointer points to without asking its parts for their Format method if the verb does
// not fit, as %s does not fit a number. So whatever holds a Value formats itself, in the same way for every verb.

// Format prints everything but values.
func (j *Journal) Format(f fmt.State, _ rune) {
	type plain Journal
	printPlain(f, (*plain)(j))
}

// Format prints everything but the values.
func (e *Entry) Format(f fmt.State, _ rune) {
	type plain Entry
	printPlain(f, (*plain)(e))
}

// Format prints everything but the value.
func (l Lifeline) Format(f fmt.State, _ rune) {
	type plain Lifeline
	printPlain(f, plain(l))
}

// Format prints everything but the value.
func (c Credential) Format(f fmt.State, _ rune) {
	type plain Credential
	printPlain(f, plain(c))
}

func printPlain(f fmt.State, plain any) { _, _ = fmt.Fprintf(f, "%+v", plain) }
