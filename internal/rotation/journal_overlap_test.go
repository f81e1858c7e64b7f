// SPDX-License-Identifier: Apache-2.0

package rotation

import (
	"reflect"
	"testing"
	"time"
)

// twoTokens returns a journal with a published token and the one before it.
func twoTokens() *Journal {
	return &Journal{Entries: []Entry{
		{Revision: 1, Attempt: 1, Phase: Issued, ID: "r1a1", IssuedAt: noon, Value: Value{"token": "one"}},
		{Revision: 2, Attempt: 1, Phase: Issued, ID: "r2a1", IssuedAt: noon, Value: Value{"token": "two"}},
	}}
}

func intended(id string) Entry {
	return Entry{Revision: 3, Attempt: 1, Phase: Intended, ID: id, IntendedAt: noon}
}

func TestFallBackWhileARevisionIsUnderWay(t *testing.T) {
	t.Parallel()
	j := twoTokens()
	j.Entries = append(j.Entries, intended("r3a1"))
	j.FallBack(noon.Add(time.Hour))
	e := j.Newest()
	if e.Revision != 4 || e.ID != "r1a1" || e.Trigger != TriggerFallBack || len(j.Entries) != 2 || !j.Entries[0].Rejected {
		t.Errorf("FallBack() made %+v", j)
	}
	if len(j.Strays) != 1 || j.Strays[0].ID != "r3a1" {
		t.Errorf("FallBack() forgot what was intended: %+v", j.Strays)
	}
	if j.CanFallBack(noon) {
		t.Error("falls back to what was rejected")
	}
	if err := j.Validate(); err != nil {
		t.Error(err)
	}
}

func TestContinueFromAPublishedSecret(t *testing.T) {
	t.Parallel()
	published := Entry{Revision: 3, Attempt: 1, Phase: Issued, ID: "r3a1", Value: Value{"token": "three"}}
	for _, c := range []struct {
		name, intended string
		strays         int
	}{
		{"that the journal had intended", "r3a1", 0},
		{"of another attempt", "r3a2", 1},
	} {
		j := twoTokens()
		j.Entries = append(j.Entries, intended(c.intended))
		if !j.Behind(3) || j.Behind(2) || j.Behind(0) {
			t.Errorf("%s: Behind() does not tell which Secret is later", c.name)
		}
		j.Continue(Additive, published, noon)
		if !reflect.DeepEqual(*j.Newest(), published) || len(j.Entries) != 3 || len(j.Strays) != c.strays {
			t.Errorf("%s: Continue() made %+v", c.name, j)
		}
	}
}

func TestMadeTellsLostAnswersFromRestoredClusters(t *testing.T) {
	t.Parallel()
	e := intended("r3a1")
	for _, c := range []struct {
		name         string
		created, now time.Duration
		want         bool
	}{
		{"at once", 0, time.Second, true},
		{"by a clock that is late", -time.Minute, time.Second, true},
		{"before", -time.Hour, time.Second, false},
		{"long ago", 0, time.Hour, false},
	} {
		if got := e.Made(noon.Add(c.created), noon.Add(c.now), time.Minute); got != c.want {
			t.Errorf("%s: Made() = %t", c.name, got)
		}
	}
}

func TestStraysSurviveEncoding(t *testing.T) {
	t.Parallel()
	j := twoTokens()
	j.Entries[0].ReplacedAt, j.Entries[1].NotBefore, j.Entries[1].Spec = noon, noon, "digest"
	j.Disown(Stray{ID: "r2a2", FoundAt: noon, ExpiresAt: noon.Add(time.Hour)})
	j.Disown(Stray{ID: "r2a2"})
	data, err := Encode(j)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := Decode(data); err != nil || !reflect.DeepEqual(got, j) {
		t.Errorf("Decode(Encode(j)) = %+v, %v, want %+v", got, err, j)
	}
}

func TestJournalsFromBeforeOverlapDecode(t *testing.T) {
	t.Parallel()
	j, err := Decode(map[string][]byte{
		StateKey:  []byte(`{"entries":[{"revision":1,"attempt":1,"phase":"Issued","id":"root"}]}`),
		"value-1": []byte(`{"accesshash":"one"}`),
	})
	if err != nil || len(j.Strays) != 0 || !j.Newest().ReplacedAt.IsZero() || j.Newest().Rejected {
		t.Errorf("Decode() = %+v, %v", j, err)
	}
}
