// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/whm-credentials/operator/internal/whm"
)

// changes report whether a release has a change of that name.
var changes = map[string]func(*testing.T, *stage) bool{
	"new installations refuse access hashes": func(t *testing.T, b *stage) bool {
		t.Helper()
		inv := inventory(b.server.Inventory().Version)
		inv.Policies.AllowDeprecatedAccessHash = nil
		fresh := stageOf(t, inv)
		_, err := fresh.whm.client(whm.WithAccessHash("root", secret(rootHash))).MyPrivs(t.Context())
		return whm.IsUnauthenticated(err)
	},
	"no XML is written": func(t *testing.T, b *stage) bool {
		t.Helper()
		head := http.Header{"Content-Type": {contentForm}, "Authorization": {"whm root:" + rootToken}}
		got := post(t, b.server, b.server.WHMURL(), request{http.MethodPost, "/xml-api/version", "", "api.version=1", head})
		return !strings.Contains(got.contentType, "xml")
	},
	"tokens can be limited to IPv6": func(t *testing.T, b *stage) bool {
		t.Helper()
		form := url.Values{"token_name": {"n"}, "whitelist_ip-0": {"2001:db8::1"}}
		_, got := b.ask(probe{}, "api_token_create", viaWHM, form)
		return !refused(parsed(t, got.body))
	},
	"root's password ends root's sessions in WHM": func(t *testing.T, b *stage) bool {
		t.Helper()
		client := b.whm.client(whm.WithLogin("root", secret(rootPassword), nil))
		if _, err := client.MyPrivs(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := b.root.Passwd(t.Context(), "root", secret(newPassword), false); err != nil {
			t.Fatal(err)
		}
		_, err := client.MyPrivs(t.Context())
		return whm.IsUnauthenticated(err) // logging in again takes the old password
	},
	"names of tokens are reserved": func(t *testing.T, b *stage) bool {
		t.Helper()
		taken := 0
		for _, name := range []string{"WebPros_Dashboard", "WP-Dashboard"} {
			if _, got := b.ask(probe{}, "api_token_create", viaWHM, url.Values{"token_name": {name}}); refused(parsed(t, got.body)) {
				taken++
			}
		}
		return taken == 2
	},
}

func TestReleasesBringTheDescribedChanges(t *testing.T) {
	t.Parallel()
	described := map[string]bool{}
	for _, c := range load(t).Changes {
		described[c.Change] = true
		look := changes[c.Change]
		if look == nil {
			t.Errorf("nobody looks whether %s", c.Change)
			continue
		}
		for release, want := range map[string]bool{lastBefore(c.Since): false, firstOf(c.Since): true, newest: true} {
			t.Run(c.Change+" on "+release, func(t *testing.T) {
				t.Parallel()
				if got := look(t, newStage(t, release)); got != want {
					t.Errorf("it is %v, want %v", got, want)
				}
			})
		}
	}
	for change := range changes {
		if !described[change] {
			t.Errorf("no source says that %s", change)
		}
	}
}
