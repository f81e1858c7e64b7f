// SPDX-License-Identifier: Apache-2.0

package rotation

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

const secretText = "deadbeefcafe"

// secretJournal has the secret text in every place that holds one.
func secretJournal() *Journal {
	return &Journal{Entries: []Entry{{
		Revision: 1, Attempt: 1, Phase: Issued, IntendedAt: noon, IssuedAt: noon,
		Value:    Value{"accesshash": secretText},
		Lifeline: &Lifeline{Kind: LifelineToken, ID: "l", Attempt: 1, Open: true, Value: Value{"token": secretText}},
	}}}
}

// The verb p is left out: it prints an address, and go vet refuses it for anything else.
func TestNoVerbPrintsAValue(t *testing.T) {
	t.Parallel()
	j := secretJournal()
	e := j.Newest()
	things := map[string]any{
		"Value": e.Value, "*Value": &e.Value, "Entry": *e, "*Entry": e, "Journal": *j, "*Journal": j,
		"Lifeline": *e.Lifeline, "*Lifeline": e.Lifeline, "Credential": Credential{Value: e.Value},
		"State": State{Journal: j}, "nested": struct{ E *Entry }{e}, "slice": []Value{e.Value}, "map": map[string]Value{"v": e.Value}, "any": []any{e.Value},
	}
	for name, thing := range things {
		for verb := range strings.SplitSeq("v +v #v s q x X d t b c o U e g T", " ") {
			printed := fmt.Sprintf("%"+verb, thing)
			if strings.Contains(printed, secretText) || strings.Contains(printed, fmt.Sprintf("%x", secretText)) {
				t.Errorf("%%%s of %s prints the secret", verb, name)
			}
		}
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		if got := fmt.Sprintf(verb, e.Value); got != masked {
			t.Errorf("%s of a value = %q, want %q", verb, got, masked)
		}
	}
	if got := e.Value.String(); got != masked {
		t.Errorf("String() = %q, want %q", got, masked)
	}
}

func TestNoEncodingShowsAValue(t *testing.T) {
	t.Parallel()
	j := secretJournal()
	for name, thing := range map[string]any{
		"Value": j.Newest().Value, "Journal": j, "Credential": Credential{Value: j.Newest().Value}, "State": State{Journal: j},
	} {
		raw, err := json.Marshal(thing)
		if err != nil || bytes.Contains(raw, []byte(secretText)) {
			t.Errorf("JSON of %s fails or shows the secret: %v", name, err)
		}
		for _, log := range []func(*bytes.Buffer) slog.Handler{
			func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
			func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
		} {
			var out bytes.Buffer
			slog.New(log(&out)).Info("Test", "thing", thing, slog.Group("group", "thing", thing))
			if out.Len() == 0 || strings.Contains(out.String(), secretText) {
				t.Errorf("log of %s is empty or shows the secret", name)
			}
		}
	}
	if raw, err := json.Marshal(j.Newest().Value); err != nil || string(raw) != `"`+masked+`"` {
		t.Errorf("JSON of a value = %s, %v", raw, err)
	}
}

func TestValueEqual(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		a, b Value
		want bool
	}{
		{"same parts", Value{"a": "1"}, Value{"a": "1"}, true},
		{"nil and empty", nil, Value{}, true},
		{"another part", Value{"a": "1"}, Value{"b": "1"}, false},
		{"another content", Value{"a": "1"}, Value{"a": "2"}, false},
		{"more parts", Value{"a": "1"}, Value{"a": "1", "b": "2"}, false},
	} {
		if got := c.a.Equal(c.b); got != c.want {
			t.Errorf("%s: Equal() = %t, want %t", c.name, got, c.want)
		}
	}
}
