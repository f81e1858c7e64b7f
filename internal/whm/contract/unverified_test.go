// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"net/http"
	"slices"
	"testing"

	"github.com/whm-credentials/operator/internal/whm"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

// TestNothingDependsOnWhatNobodyKnows wants one of three for each fact that is
// not verified, and a fact for each switch.
func TestNothingDependsOnWhatNobodyKnows(t *testing.T) {
	t.Parallel()
	switches := map[string]bool{}
	for _, s := range simulator.Switches() {
		switches[s.Name] = false
	}
	for about, facts := range load(t).facts() {
		for _, f := range facts {
			ways := 0
			for _, there := range []bool{len(f.Switch) > 0, f.Method != "", f.Open != ""} {
				if there {
					ways++
				}
			}
			if f.Fact == "" || ways != 1 || (f.Method != "") != (len(f.Answers) > 1) {
				t.Errorf("%s: %q: give switches, or a method with answers, or a reason", about, f.Fact)
			}
			for _, name := range f.Switch {
				if _, there := switches[name]; !there {
					t.Errorf("%s: %q: the simulator has no switch %s", about, f.Fact, name)
				}
				switches[name] = true
			}
		}
	}
	for name, explained := range switches {
		if !explained {
			t.Errorf("no fact says what the switch %s is there for", name)
		}
	}
}

// TestClientTakesEitherAnswer serves the answers between which nobody can
// decide.
func TestClientTakesEitherAnswer(t *testing.T) {
	t.Parallel()
	for about, facts := range load(t).facts() {
		for _, f := range facts {
			if f.Method == "" {
				continue
			}
			i := slices.IndexFunc(clientCases, func(c clientCase) bool { return c.method == f.Method })
			if i < 0 {
				t.Errorf("%s: %q: no case calls %s", about, f.Fact, f.Method)
				continue
			}
			for _, body := range f.Answers {
				server := newRecorder(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(body) }))
				client := server.client(whm.WithAPIToken("root", secret(rootToken)))
				if err := clientCases[i].call(t, client, clientCases[i].args(nil)); err != nil {
					t.Errorf("%s: %q: %s refuses %s: %v", about, f.Fact, f.Method, body, err)
				}
			}
		}
	}
}
