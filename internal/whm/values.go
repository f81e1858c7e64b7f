// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// absent reports whether raw is missing or null. WHM uses both for "nothing".
func absent(raw json.RawMessage) bool {
	return len(raw) == 0 || bytes.Equal(bytes.TrimSpace(raw), []byte("null"))
}

// scalar is a value that WHM sends as a string or as a number, depending on the
// function and the version; it is kept as text. null is "".
type scalar string

// UnmarshalJSON accepts a string, a number or null.
func (s *scalar) UnmarshalJSON(b []byte) error {
	switch {
	case absent(b):
		*s = ""
		return nil
	case b[0] == '"':
		return json.Unmarshal(b, (*string)(s))
	case b[0] == '{' || b[0] == '[':
		return errors.New("expected a string or a number")
	}
	*s = scalar(b)
	return nil
}

// granted reports whether a privilege flag is on: 1 for root, "1" for a
// reseller, and 0, "" or nothing when it is off.
func (s scalar) granted() bool { return s == "1" }

// integer is a whole number, sent as number or string. "" and null give 0.
type integer int

// UnmarshalJSON accepts a whole number as number or string, and null.
func (n *integer) UnmarshalJSON(b []byte) error {
	var s scalar
	if err := s.UnmarshalJSON(b); err != nil {
		return err
	}
	*n = 0
	if s == "" {
		return nil
	}
	v, err := strconv.Atoi(string(s))
	if err != nil {
		return errors.New("expected a whole number")
	}
	*n = integer(v)
	return nil
}

// epoch is a point in time in Unix seconds, sent as number or string. 0, "" and
// null mean none and give the zero time.
type epoch struct{ time.Time }

// UnmarshalJSON accepts seconds as number or string, and null.
func (e *epoch) UnmarshalJSON(b []byte) error {
	var s scalar
	if err := s.UnmarshalJSON(b); err != nil {
		return err
	}
	e.Time = time.Time{}
	if s == "" || s == "0" {
		return nil
	}
	sec, err := strconv.ParseInt(string(s), 10, 64)
	if err != nil {
		return errors.New("expected Unix seconds")
	}
	e.Time = time.Unix(sec, 0).UTC()
	return nil
}

// aclNames are the names of granted privileges, sorted. WHM sends them as an
// array of names from some functions and as an object of name to 0 or 1 from
// others.
type aclNames []string

// UnmarshalJSON accepts an array, an object or null.
func (a *aclNames) UnmarshalJSON(b []byte) error {
	*a = nil
	if absent(b) {
		return nil
	}
	var names []string
	if json.Unmarshal(b, &names) != nil {
		var flags map[string]scalar
		if err := json.Unmarshal(b, &flags); err != nil {
			return errors.New("expected a list of privileges")
		}
		maps.DeleteFunc(flags, func(_ string, v scalar) bool { return !v.granted() })
		names = slices.Collect(maps.Keys(flags))
	}
	slices.Sort(names)
	*a = names
	return nil
}

// lines is a list of texts that WHM sends as an array or as one string with
// newlines.
type lines []string

// UnmarshalJSON accepts an array or a string, and takes anything else for none.
func (l *lines) UnmarshalJSON(b []byte) error {
	*l = nil
	var many []scalar
	if json.Unmarshal(b, &many) == nil {
		for _, s := range many {
			*l = append(*l, string(s))
		}
		return nil
	}
	var one string
	if err := json.Unmarshal(b, &one); err != nil {
		// Messages are a courtesy; an unknown form must not turn a success into a
		// failure.
		return nil //nolint:nilerr // see above
	}
	for s := range strings.Lines(one) {
		if s = strings.TrimSpace(s); s != "" {
			*l = append(*l, s)
		}
	}
	return nil
}
