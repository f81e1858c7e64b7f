// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"testing"
	"time"

	clocktesting "k8s.io/utils/clock/testing"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/whm"
)

func TestKeptTokens(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	p := NewPool(nil, clocktesting.NewFakePassiveClock(start), "test", func(v1alpha1.Server) {})
	server := &v1alpha1.WHMServer{}
	server.UID = "one"
	token := whm.APITokenInfo{Name: "a", ACLs: []string{"list-accts"}, CreatedAt: start, AllowedIPs: []string{"198.51.100.7"}}
	change := func(changes ...func(*whm.APITokenInfo)) map[string]whm.APITokenInfo {
		changed := token
		for _, c := range changes {
			c(&changed)
		}
		return map[string]whm.APITokenInfo{"a": changed}
	}
	if !p.Tokens(server).TakenAt.IsZero() {
		t.Error("a server that was not asked has a snapshot")
	}
	for i, tt := range []struct {
		name    string
		user    string
		tokens  map[string]whm.APITokenInfo
		changed bool
	}{
		{"the first", "root", change(), true},
		{"the same in another place", "root", change(func(i *whm.APITokenInfo) { i.CreatedAt = start.In(time.FixedZone("", 3600)) }), false},
		{"another privilege", "root", change(func(i *whm.APITokenInfo) { i.ACLs = []string{"all"} }), true},
		{"another expiry", "root", change(func(i *whm.APITokenInfo) { i.ExpiresAt = start }), true},
		{"other addresses", "root", change(func(i *whm.APITokenInfo) { i.AllowedIPs = nil }), true},
		{"gone", "root", nil, true},
		{"nothing again", "root", map[string]whm.APITokenInfo{}, false},
		{"another user", "shop", nil, true},
	} {
		taken := Snapshot{TakenAt: start.Add(time.Duration(i) * time.Minute), User: tt.user, Tokens: tt.tokens}
		if got := p.KeepTokens(server, taken); got != tt.changed {
			t.Errorf("%s: changed %t, want %t", tt.name, got, tt.changed)
		}
	}
	if !p.Tokens(server).TakenAt.IsZero() {
		t.Error("the tokens of another user pass for those of root")
	}
	server.Spec.Auth.APIToken = &v1alpha1.APITokenAuth{User: "shop"}
	if got := p.Tokens(server).TakenAt; !got.Equal(start.Add(7 * time.Minute)) {
		t.Errorf("the snapshot is of %v", got)
	}
	if p.KeepTokens(server, Snapshot{TakenAt: start, User: "shop", Tokens: change()}) || len(p.Tokens(server).Tokens) != 0 {
		t.Error("an older snapshot replaces a newer one")
	}
}

func TestCPanelEndpoints(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ endpoint, cpanel, want string }{
		{"https://whm.example.com", "", "https://whm.example.com:2083"},
		{"https://whm.example.com:443/", "", "https://whm.example.com:2083"},
		{"https://[2001:db8::1]:2087", "", "https://[2001:db8::1]:2083"},
		{"https://whm.example.com", "https://cpanel.example.com", "https://cpanel.example.com:2083"},
		{"https://whm.example.com", "https://[2001:db8::2]:8443/", "https://[2001:db8::2]:8443"},
	} {
		server := &v1alpha1.WHMServer{Spec: v1alpha1.WHMServerSpec{Endpoint: tt.endpoint, CPanelEndpoint: tt.cpanel}}
		if got := CPanelEndpoint(server); got != tt.want {
			t.Errorf("%s and %q: got %s, want %s", tt.endpoint, tt.cpanel, got, tt.want)
		}
	}
}
