// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"encoding/json"
	"fmt"
	"time"
)

// Duration is a time.Duration that YAML and JSON write as "15m" or "1h30m".
type Duration time.Duration

// MarshalJSON writes the Go duration form.
func (d Duration) MarshalJSON() ([]byte, error) {
	return json.Marshal(time.Duration(d).String())
}

// UnmarshalJSON reads the Go duration form and refuses negative values.
func (d *Duration) UnmarshalJSON(text []byte) error {
	var s string
	if err := json.Unmarshal(text, &s); err != nil {
		return fmt.Errorf("duration %s: write it as a string such as \"15m\"", text)
	}
	parsed, err := time.ParseDuration(s)
	if err != nil {
		return err
	}
	if parsed < 0 {
		return fmt.Errorf("duration %q is negative", s)
	}
	*d = Duration(parsed)
	return nil
}

// or returns the duration, or the fallback when it was left out.
func (d Duration) or(fallback time.Duration) time.Duration {
	if d == 0 {
		return fallback
	}
	return time.Duration(d)
}

// Skew is a time.Duration of either sign, in the same form.
type Skew time.Duration

// MarshalJSON writes the Go duration form.
func (s Skew) MarshalJSON() ([]byte, error) {
	return json.Marshal(time.Duration(s).String())
}

// UnmarshalJSON reads the Go duration form.
func (s *Skew) UnmarshalJSON(text []byte) error {
	var written string
	if err := json.Unmarshal(text, &written); err != nil {
		return fmt.Errorf("duration %s: write it as a string such as \"-90s\"", text)
	}
	parsed, err := time.ParseDuration(written)
	*s = Skew(parsed)
	return err
}
