// SPDX-License-Identifier: Apache-2.0

package rotation

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// fullJournal has every field set.
func fullJournal() *Journal {
	return &Journal{
		HandledRequest: "please", Recoveries: 3,
		Entries: []Entry{
			{
				Revision: 4, Attempt: 2, Phase: Issued, Trigger: TriggerSchedule, ID: "root", Baseline: "b4", Fingerprint: "f4",
				IntendedAt: noon, IssuedAt: noon.Add(time.Second), ExpiresAt: noon.Add(time.Hour),
				Value: Value{"accesshash": secretText, "other": "part"},
			},
			{
				Revision: 5, Attempt: 1, Phase: Intended, Trigger: TriggerRequest, ID: "root", Baseline: "f4", IntendedAt: noon,
				Lifeline: &Lifeline{
					Kind: LifelineToken, ID: "lifeline", Attempt: 2, Open: true, OpenedAt: noon, ExpiresAt: noon.Add(time.Hour),
					Value: Value{"token": secretText},
				},
			},
		},
	}
}

func TestDecodeReadsWhatEncodeWrote(t *testing.T) {
	t.Parallel()
	planned := fullJournal()
	planned.Newest().Lifeline.Open, planned.Newest().Lifeline.Value = false, nil
	for name, j := range map[string]*Journal{"empty": {}, "full": fullJournal(), "planned lifeline": planned} {
		data, err := Encode(j)
		if err != nil {
			t.Fatalf("%s: Encode() = %v", name, err)
		}
		got, err := Decode(data)
		if err != nil {
			t.Fatalf("%s: Decode() = %v", name, err)
		}
		if !reflect.DeepEqual(got, j) {
			t.Errorf("%s: Decode(Encode(j)) = %+v, want %+v", name, got, j)
		}
	}
}

func TestEncodeKeepsValuesOutOfTheState(t *testing.T) {
	t.Parallel()
	data, err := Encode(fullJournal())
	if err != nil {
		t.Fatal(err)
	}
	for key, raw := range data {
		if key == StateKey && strings.Contains(string(raw), secretText) {
			t.Error("the state holds the secret")
		}
		if key != StateKey && !strings.Contains(string(raw), secretText) {
			t.Errorf("the key %s does not hold the value", key)
		}
	}
	if want := []string{"lifeline-5", StateKey, "value-4"}; len(data) != len(want) || data[want[0]] == nil || data[want[2]] == nil {
		t.Errorf("Encode() wrote %d keys, want %v", len(data), want)
	}
}

func TestEncodeRefusesWhatDecodeWouldRefuse(t *testing.T) {
	t.Parallel()
	j := fullJournal()
	j.Entries[0].Value = nil
	if _, err := Encode(j); err == nil || !strings.Contains(err.Error(), errNoValue.Error()) {
		t.Errorf("Encode() = %v, want %v", err, errNoValue)
	}
}

// damages are ways in which somebody can damage a journal, and what the error has to say.
var damages = []struct {
	name   string
	damage func(data map[string][]byte)
	want   string
}{
	{"no state", func(d map[string][]byte) { delete(d, StateKey) }, "key state is missing"},
	{"state is empty", func(d map[string][]byte) { d[StateKey] = nil }, "key state is not the JSON"},
	{"state is cut off", func(d map[string][]byte) { d[StateKey] = d[StateKey][:40] }, "key state is not the JSON"},
	{"state is a list", func(d map[string][]byte) { d[StateKey] = []byte(`["` + secretText + `"]`) }, "key state is not the JSON"},
	{"time is no time", edit(`"intendedAt":"2026`, `"intendedAt":"`+secretText), "key state is not the JSON"},
	{"revision is text", edit(`"revision":4`, `"revision":"`+secretText+`"`), "key state is not the JSON"},
	{"revision is zero", edit(`"revision":4`, `"revision":0`), "no revision"},
	{"attempt is negative", edit(`"attempt":1`, `"attempt":-1`), "no revision or attempt"},
	{"revisions are in disorder", edit(`"revision":4`, `"revision":6`), "order"},
	{"revision is there twice", edit(`"revision":5`, `"revision":4`), "order"},
	{"phase is unknown", edit(`"phase":"Intended"`, `"phase":"`+secretText+`"`), "revision 5 is in an unknown phase"},
	{"value is missing", func(d map[string][]byte) { delete(d, "value-4") }, "value of an issued revision is missing"},
	{"value is null", func(d map[string][]byte) { d["value-4"] = []byte("null") }, "value of an issued revision is missing"},
	{"value is bare", func(d map[string][]byte) { d["value-4"] = []byte(secretText) }, "key value-4 is not the JSON"},
	{"value is a list", func(d map[string][]byte) { d["value-4"] = []byte(`["` + secretText + `"]`) }, "key value-4 is not"},
	{"lifeline is missing", func(d map[string][]byte) { delete(d, "lifeline-5") }, "open lifeline is missing"},
	{"lifeline is bare", func(d map[string][]byte) { d["lifeline-5"] = []byte(secretText) }, "key lifeline-5 is not the JSON"},
}

func edit(from, to string) func(map[string][]byte) {
	return func(d map[string][]byte) { d[StateKey] = []byte(strings.ReplaceAll(string(d[StateKey]), from, to)) }
}

func TestDecodeNamesTheDamageWithoutQuotingIt(t *testing.T) {
	t.Parallel()
	for _, c := range damages {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			data, err := Encode(fullJournal())
			if err != nil {
				t.Fatal(err)
			}
			c.damage(data)
			_, err = Decode(data)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("Decode() = %v, want an error with %q", err, c.want)
			}
			if strings.Contains(err.Error(), secretText) {
				t.Errorf("Decode() = %v, which quotes the data", err)
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	data, err := Encode(fullJournal())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data[StateKey], data["value-4"], data["lifeline-5"])
	f.Add([]byte(`{"entries":[{"revision":4,"attempt":1,"phase":"Intended"}]}`), []byte("null"), []byte("{}"))
	f.Add([]byte("{}"), []byte(`["x"]`), []byte("x"))
	f.Fuzz(func(t *testing.T, state, value, lifeline []byte) {
		j, err := Decode(map[string][]byte{StateKey: state, "value-4": value, "lifeline-5": lifeline})
		if err != nil {
			return
		}
		data, err := Encode(j)
		if err != nil {
			t.Fatalf("what was decoded cannot be encoded: %v", err)
		}
		again, err := Decode(data)
		if err != nil {
			t.Fatalf("what was encoded cannot be decoded: %v", err)
		}
		if !sameJournal(j, again) {
			t.Errorf("Decode(Encode(j)) = %+v, want %+v", again, j)
		}
	})
}

// sameJournal compares journals; times are the same if they are the same instant, and no value the same as an empty one.
func sameJournal(a, b *Journal) bool {
	return a.HandledRequest == b.HandledRequest && a.Recoveries == b.Recoveries && slices.EqualFunc(a.Entries, b.Entries, sameEntry)
}

func sameEntry(a, b Entry) bool {
	times := a.IntendedAt.Equal(b.IntendedAt) && a.IssuedAt.Equal(b.IssuedAt) && a.ExpiresAt.Equal(b.ExpiresAt)
	return times && a.Value.Equal(b.Value) && sameLifeline(a.Lifeline, b.Lifeline) &&
		a.Revision == b.Revision && a.Attempt == b.Attempt && a.Phase == b.Phase && a.Trigger == b.Trigger &&
		a.ID == b.ID && a.Baseline == b.Baseline && a.Fingerprint == b.Fingerprint && a.ChosenFor == b.ChosenFor
}

func sameLifeline(a, b *Lifeline) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Kind == b.Kind && a.User == b.User && a.ID == b.ID && a.Attempt == b.Attempt && a.Open == b.Open &&
		a.OpenedAt.Equal(b.OpenedAt) && a.ExpiresAt.Equal(b.ExpiresAt) && a.Value.Equal(b.Value)
}
