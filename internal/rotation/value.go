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
