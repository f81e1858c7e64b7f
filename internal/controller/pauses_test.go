// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"testing"
	"time"
)

func TestPauses(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	p := &pauses{}
	p.begin("a", pause{fingerprint: "one", until: start.Add(time.Minute), message: "not yet"}, start)
	p.begin("b", pause{fingerprint: "one", until: start.Add(time.Hour), message: "later"}, start)
	for name, c := range map[string]struct {
		fingerprint string
		at          time.Duration
		wait        time.Duration
		message     string
	}{
		"at once":            {"one", 0, time.Minute, "not yet"},
		"half way":           {"one", 30 * time.Second, 30 * time.Second, "not yet"},
		"over":               {"one", time.Minute, 0, ""},
		"another credential": {"two", 0, 0, ""},
	} {
		if wait := p.left("a", c.fingerprint, start.Add(c.at)); wait != c.wait {
			t.Errorf("%s: %s, want %s", name, wait, c.wait)
		}
		message := ""
		if err := p.repeated("a", c.fingerprint, start.Add(c.at)); err != nil {
			message = err.Error()
		}
		if message != c.message {
			t.Errorf("%s: %q, want %q", name, message, c.message)
		}
	}
	p.begin("c", pause{fingerprint: "one", until: start.Add(time.Hour)}, start.Add(2*time.Minute))
	if _, kept := p.all["a"]; kept || len(p.all) != 2 {
		t.Errorf("%d pauses are kept, want those that are not over", len(p.all))
	}
	lasting := &pauses{lasting: true}
	lasting.begin("a", pause{fingerprint: "one", until: start}, start)
	lasting.begin("b", pause{fingerprint: "one", until: start}, start.Add(time.Hour))
	if !lasting.about("a", "on") {
		t.Error("what is to last is forgotten")
	}
	if lasting.end("a"); lasting.about("a", "on") {
		t.Error("what has ended is not forgotten")
	}
}
