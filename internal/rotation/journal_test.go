// SPDX-License-Identifier: Apache-2.0

package rotation

import (
	"reflect"
	"testing"
	"time"
)

func TestCloneSharesNothing(t *testing.T) {
	t.Parallel()
	original, want := fullJournal(), fullJournal()
	c := original.Clone()
	if !reflect.DeepEqual(c, want) {
		t.Fatalf("Clone() = %+v, want %+v", c, want)
	}
	c.Entries[0].Value["accesshash"] = "changed"
	c.Entries[0].Revision = 9
	c.Newest().Lifeline.Open = false
	c.Newest().Lifeline.Value["token"] = "changed"
	c.HandledRequest, c.Recoveries = "changed", 9
	if !reflect.DeepEqual(original, want) {
		t.Errorf("a change of the clone changed the original to %+v", original)
	}
}

func TestNewestAndCurrent(t *testing.T) {
	t.Parallel()
	full := fullJournal()
	empty := &Journal{}
	first := &Journal{Entries: []Entry{{Revision: 1, Attempt: 1, Phase: Intended}}}
	settled := &Journal{Entries: []Entry{issued1}}
	for _, c := range []struct {
		name            string
		journal         *Journal
		newest, current *Entry
	}{
		{"empty", empty, nil, nil},
		{"first under way", first, &first.Entries[0], nil},
		{"at rest", settled, &settled.Entries[0], &settled.Entries[0]},
		{"next under way", full, &full.Entries[1], &full.Entries[0]},
	} {
		if got := c.journal.Newest(); got != c.newest {
			t.Errorf("%s: Newest() = %+v, want %+v", c.name, got, c.newest)
		}
		if got := c.journal.Current(); got != c.current {
			t.Errorf("%s: Current() = %+v, want %+v", c.name, got, c.current)
		}
	}
}

func TestIntendKeepsThePublishedRevision(t *testing.T) {
	t.Parallel()
	j := &Journal{Entries: []Entry{issued1}, HandledRequest: "old"}
	e := j.Intend(Replacing, Step{Kind: StepIntend, Revision: 2, Trigger: TriggerSchedule}, Plan{ID: "root", Baseline: "f1"}, noon)
	want := Entry{
		Revision: 2, Attempt: 1, Phase: Intended, Trigger: TriggerSchedule, ID: "root", Baseline: "f1", IntendedAt: noon,
	}
	if !reflect.DeepEqual(*e, want) || e != j.Newest() {
		t.Errorf("Intend() = %+v, want %+v as the newest", e, want)
	}
	if j.Current().Revision != 1 {
		t.Error("the published revision is gone")
	}
	if j.HandledRequest != "old" {
		t.Errorf("HandledRequest = %q after a step without a request, want %q", j.HandledRequest, "old")
	}
	j.Intend(Replacing, Step{Kind: StepIntend, Revision: 3, Trigger: TriggerRequest, Request: "new"}, Plan{ID: "root", Baseline: "f1"}, noon)
	if len(j.Entries) != 2 || j.HandledRequest != "new" {
		t.Errorf("the journal has %d entries and handled %q, want 2 and %q", len(j.Entries), j.HandledRequest, "new")
	}
}

func TestIntendDoesNotChangeAClonedJournal(t *testing.T) {
	t.Parallel()
	j := fullJournal()
	before := j.Clone()
	shared := j.Entries
	j.Intend(Replacing, Step{Revision: 6}, Plan{ID: "root", Baseline: ""}, noon)
	if !reflect.DeepEqual(shared, before.Entries) {
		t.Error("Intend() wrote into the entries that it dropped")
	}
}

func TestRetryCountsARecovery(t *testing.T) {
	t.Parallel()
	j := fullJournal()
	lifeline := j.Newest().Lifeline
	j.Retry(Plan{ID: "root", Baseline: "other"}, noon.Add(time.Hour))
	e := j.Newest()
	if e.Attempt != 2 || e.Baseline != "other" || !e.IntendedAt.Equal(noon.Add(time.Hour)) || e.Phase != Intended {
		t.Errorf("Retry() left %+v", e)
	}
	if j.Recoveries != 4 || e.Lifeline != lifeline {
		t.Errorf("Recoveries = %d, want 4; the lifeline must stay", j.Recoveries)
	}
}

func TestStageDropsOlderValues(t *testing.T) {
	t.Parallel()
	for _, recovered := range []bool{false, true} {
		j := fullJournal()
		issued := Credential{Value: Value{"accesshash": "new"}, Fingerprint: "f5", ExpiresAt: noon.Add(time.Hour)}
		j.Stage(Replacing, issued, noon.Add(time.Minute), recovered)
		issued.Value["accesshash"] = "changed by the caller"
		e := j.Newest()
		if len(j.Entries) != 1 || e.Revision != 5 {
			t.Fatalf("Stage() left %d entries up to revision %d, want only revision 5", len(j.Entries), e.Revision)
		}
		if e.Phase != Issued || e.Value["accesshash"] != "new" || e.Fingerprint != "f5" ||
			!e.IssuedAt.Equal(noon.Add(time.Minute)) || !e.ExpiresAt.Equal(noon.Add(time.Hour)) || e.Lifeline == nil {
			t.Errorf("Stage() left %+v", e)
		}
		if want := map[bool]int64{false: 3, true: 4}[recovered]; j.Recoveries != want {
			t.Errorf("Recoveries = %d after recovered=%t, want %d", j.Recoveries, recovered, want)
		}
		data, err := Encode(j)
		if err != nil {
			t.Fatal(err)
		}
		if data["value-4"] != nil {
			t.Error("the dead value is still in the encoded journal")
		}
	}
}
