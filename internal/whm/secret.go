// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
)

const (
	maskedValue = "[redacted]"
	maskedEmpty = "[empty]"
)

// fingerprintDigits is the number of hex digits of the digest that a
// fingerprint shows: enough to tell values apart, too few to search for them.
const fingerprintDigits = 16

// Secret is a value that must not be shown. Every way of printing, logging or
// marshalling it gives "[redacted]", or "[empty]" for the zero value; only
// [Secret.Reveal] returns the value.
//
// Secrets cannot be compared with == or reflect.DeepEqual; use [Secret.Equal].
type Secret struct {
	// A closure, not a string: printers that walk unexported fields by
	// reflection, where methods are out of reach, find a code address.
	reveal func() string
}

// NewSecret hides s. An empty s gives the zero Secret.
func NewSecret(s string) Secret {
	if s == "" {
		return Secret{}
	}
	return Secret{reveal: func() string { return s }}
}

// Reveal returns the value, "" for the zero Secret. Call it only where the
// value leaves the process on purpose.
func (s Secret) Reveal() string {
	if s.reveal == nil {
		return ""
	}
	return s.reveal()
}

// IsZero reports whether there is no value.
func (s Secret) IsZero() bool { return s.reveal == nil }

// Equal reports whether both hold the same value, in a time that depends on
// their lengths only.
func (s Secret) Equal(o Secret) bool {
	return subtle.ConstantTimeCompare([]byte(s.Reveal()), []byte(o.Reveal())) == 1
}

// Fingerprint returns "sha256:" and the first 16 hex digits of the value's
// digest, "" for the zero Secret. Use it for generated values only: the digest
// of a password that a person chose can be guessed.
func (s Secret) Fingerprint() string {
	if s.IsZero() {
		return ""
	}
	sum := sha256.Sum256([]byte(s.Reveal()))
	return "sha256:" + hex.EncodeToString(sum[:])[:fingerprintDigits]
}

// String returns the masked form.
func (s Secret) String() string {
	if s.IsZero() {
		return maskedEmpty
	}
	return maskedValue
}

// GoString returns the masked form.
func (s Secret) GoString() string { return s.String() }

// Format writes the masked form for every verb and flag.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// LogValue returns the masked form.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText returns the masked form.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalJSON returns the masked form, so a value that has to be stored must be
// revealed explicitly.
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(s.String()) }

// UnmarshalJSON reads a string; null gives the zero Secret. Its error does not
// repeat the input.
func (s *Secret) UnmarshalJSON(b []byte) error {
	if bytes.Equal(b, []byte("null")) {
		*s = Secret{}
		return nil
	}
	var v string
	if json.Unmarshal(b, &v) != nil {
		return errors.New("secret value is not a JSON string")
	}
	*s = NewSecret(v)
	return nil
}
