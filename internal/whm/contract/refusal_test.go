// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"testing"

	"github.com/whm-credentials/operator/internal/whm/simulator"
)

// refused reports whether an answer says no, in any of the envelopes.
func refused(body any) bool {
	for _, path := range [][]string{{"metadata", "result"}, {"status"}, {"data", "uapi", "status"}, {"result", "status"}} {
		if at(body, path...) == json.Number("0") {
			return true
		}
	}
	return at(body, "data", "result") == "0" || at(body, "cpanelresult", "error") != nil
}

func TestSimulatorWantsRequiredParameters(t *testing.T) {
	t.Parallel()
	all := load(t)
	for name, p := range probes {
		for parameter, described := range all.functions[name].Parameters {
			if !described.Required {
				continue
			}
			t.Run(name+" without "+parameter, func(t *testing.T) {
				t.Parallel()
				b := newStage(t, newest)
				values := url.Values{}
				for given, list := range p.values(b) {
					if given != parameter && !regexp.MustCompile(`^`+parameter+`-[0-9]+$`).MatchString(given) {
						values[given] = list
					}
				}
				if _, got := b.ask(p, name, p.ways(all, name, newest)[0], values); !refused(parsed(t, got.body)) {
					t.Errorf("it answers %.300s", got.body)
				}
			})
		}
	}
}

// TestSimulatorWantsPrivileges calls the functions as a reseller who has none of
// the privileges that the sources name.
func TestSimulatorWantsPrivileges(t *testing.T) {
	t.Parallel()
	all := load(t)
	missing := all.failure(t, "missing privilege")
	for name, p := range probes {
		if all.functions[name].ACL == "" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newStage(t, newest)
			asked, _ := b.ask(p, name, viaWHM, p.values(b))
			asked.head.Set("Authorization", "whm shop:"+shopToken)
			got := post(t, b.server, b.server.WHMURL(), asked)
			reason, _ := at(parsed(t, got.body), "metadata", "reason").(string)
			if got.status != missing.Status || !regexp.MustCompile(missing.Reason).MatchString(reason) {
				t.Errorf("it answers %d: %.300s", got.status, got.body)
			}
		})
	}
}

func TestSimulatorHasThePrivilegesAndNoOther(t *testing.T) {
	t.Parallel()
	names := load(t).Privileges.Names
	b := newStage(t, newest)
	privileges, err := b.root.MyPrivs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if held := privileges.Names(); !slices.Equal(held, slices.Sorted(slices.Values(names))) {
		t.Errorf("root holds %q, want %q", held, names)
	}
	for i, name := range append(names, "no-such-privilege") {
		form := url.Values{"token_name": {"t" + strconv.Itoa(i)}, "acl-0": {name}}
		_, got := b.ask(probe{}, "api_token_create", viaWHM, form)
		if refused(parsed(t, got.body)) != (i == len(names)) {
			t.Errorf("a token with %s: %.300s", name, got.body)
		}
	}
}

func TestFunctionsOfARoleNeedIt(t *testing.T) {
	t.Parallel()
	all := load(t)
	for name, p := range probes {
		fn := all.functions[name]
		if !fn.isUAPI() {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newStage(t, newest)
			err := b.server.SetPolicies(func(policies *simulator.Policies) {
				policies.DisabledRoles = []string{"Receive Mail", "FTP", "MySQL", "PostgreSQL", "Web Disk"}
			})
			if err != nil {
				t.Fatal(err)
			}
			_, got := b.ask(p, name, viaExecute, p.values(b))
			if gone := refused(parsed(t, got.body)); gone != (fn.Role != "") {
				t.Errorf("refused: %v, needs a role: %q", gone, fn.Role)
			}
		})
	}
}

// effects tell what became of a parameter that some releases do not have.
var effects = map[string]func(*testing.T, *stage, any) bool{
	"api_token_create acl": func(_ *testing.T, _ *stage, body any) bool {
		acls, _ := at(body, "data", "acls").([]any)
		return len(acls) == 1 && acls[0] == "list-accts"
	},
	"api_token_create expires_at":   inData("expires_at"),
	"api_token_create whitelist_ip": inData("whitelist_ips"),
	"api_token_update expires_at":   inData("expires_at"),
	"api_token_update whitelist_ip": inData("whitelist_ips"),
	"Tokens::create_full_access expires_at": func(t *testing.T, b *stage, _ any) bool {
		t.Helper()
		_, got := b.ask(probes["Tokens::list"], "Tokens::list", viaExecute, nil)
		list, _ := at(parsed(t, got.body), "data").([]any)
		for _, token := range list {
			if at(token, "name") == "n" {
				return at(token, "expires_at") != nil
			}
		}
		t.Error("the token is not listed")
		return false
	},
}

func inData(name string) func(*testing.T, *stage, any) bool {
	return func(_ *testing.T, _ *stage, body any) bool { return at(body, "data", name) != nil }
}

// TestParametersComeWithTheirRelease also wants a parameter to be ignored before,
// because the client does not ask for the version before it sends one.
func TestParametersComeWithTheirRelease(t *testing.T) {
	t.Parallel()
	all := load(t)
	for _, name := range all.names() {
		for parameter, described := range all.functions[name].Parameters {
			if described.Since == "" {
				continue
			}
			effect := effects[name+" "+parameter]
			if effect == nil {
				t.Errorf("%s of %s came with %s, and nobody looks at what it does", parameter, name, described.Since)
				continue
			}
			for release, want := range map[string]bool{lastBefore(described.Since): false, firstOf(described.Since): true, newest: true} {
				if olderThan(release, orElse(all.functions[name].Since, oldest)) {
					continue
				}
				b, p := newStage(t, release), probes[name]
				_, got := b.ask(p, name, p.ways(all, name, release)[0], p.values(b))
				body := parsed(t, got.body)
				if refused(body) || effect(t, b, body) != want {
					t.Errorf("%s of %s on %s: it has an effect is not %v: %.300s", parameter, name, release, want, got.body)
				}
			}
		}
	}
}
