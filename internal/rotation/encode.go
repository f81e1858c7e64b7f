// SPDX-License-Identifier: Apache-2.0

package rotation

import (
	"encoding/json"
	"errors"
	"fmt"
)

// StateKey is the key of a journal Secret that holds everything but values.
const StateKey = "state"

var (
	errDisorder   = errors.New("entries are not in order of revision")
	errNoRevision = errors.New("an entry has no revision or attempt")
	errNoValue    = errors.New("the value of an issued revision is missing")
	errNoState    = errors.New("the key state is missing")
)

func (e *Entry) validate() error {
	switch {
	case e.Revision < 1 || e.Attempt < 1:
		return errNoRevision
	case e.Phase != Intended && e.Phase != Issued:
		return fmt.Errorf("revision %d is in an unknown phase", e.Revision)
	case e.Phase == Issued && len(e.Value) == 0 && !e.Withdrawn:
		return errNoValue
	case e.Lifeline != nil && e.Lifeline.Open && len(e.Lifeline.Value) == 0:
		return errors.New("the value of an open lifeline is missing")
	}
	return nil
}

// Encode returns the data of the journal's Secret: one key with the state and one for each value.
func Encode(j *Journal) (map[string][]byte, error) {
	if err := j.Validate(); err != nil {
		return nil, fmt.Errorf("encode journal: %w", err)
	}
	state, err := json.Marshal(j)
	if err != nil {
		return nil, fmt.Errorf("encode journal: %w", err)
	}
	data := map[string][]byte{StateKey: state}
	for i := range j.Entries {
		e := &j.Entries[i]
		putValue(data, valueKey(e.Revision), e.Value)
		if e.Lifeline != nil {
			putValue(data, lifelineKey(e.Revision), e.Lifeline.Value)
		}
	}
	return data, nil
}

// Decode reads what Encode wrote. Its errors say what is wrong without quoting the data.
func Decode(data map[string][]byte) (*Journal, error) {
	state, ok := data[StateKey]
	if !ok {
		return nil, errNoState
	}
	j := &Journal{}
	if json.Unmarshal(state, j) != nil {
		return nil, errors.New("the key state is not the JSON that the operator writes")
	}
	for i := range j.Entries {
		e := &j.Entries[i]
		var err error
		if e.Value, err = takeValue(data, valueKey(e.Revision)); err != nil {
			return nil, err
		}
		if e.Lifeline == nil {
			continue
		}
		if e.Lifeline.Value, err = takeValue(data, lifelineKey(e.Revision)); err != nil {
			return nil, err
		}
	}
	return j, j.Validate()
}

func valueKey(revision int64) string    { return fmt.Sprintf("value-%d", revision) }
func lifelineKey(revision int64) string { return fmt.Sprintf("lifeline-%d", revision) }

func putValue(data map[string][]byte, key string, v Value) {
	if len(v) == 0 {
		return
	}
	// A map of strings cannot fail to encode; the conversion takes the masking off.
	raw, _ := json.Marshal(map[string]string(v))
	data[key] = raw
}

func takeValue(data map[string][]byte, key string) (Value, error) {
	raw, ok := data[key]
	if !ok {
		return nil, nil
	}
	var v map[string]string
	if json.Unmarshal(raw, &v) != nil {
		return nil, fmt.Errorf("the key %s is not the JSON that the operator writes", key)
	}
	return v, nil
}
