// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"
	"time"

	"github.com/whm-credentials/operator/internal/whm/simulator"
)

// TestAuditServer checks that the demo's last chapter would notice what it claims not to have found.
func TestAuditServer(t *testing.T) {
	t.Parallel()
	const published, made = "sha256:published", "sha256:token"
	hash := simulator.Credential{Kind: simulator.KindHash, Fingerprint: published, IssuedHow: "accesshash", Live: true}
	old := simulator.Credential{Kind: simulator.KindHash, Fingerprint: "sha256:old", IssuedHow: "inventory", RevokedAt: time.Now()}
	token := simulator.Credential{Kind: simulator.KindToken, Name: "operator", IssuedHow: "inventory", Live: true}
	ours := simulator.Credential{Kind: simulator.KindToken, Name: "whm-r1", Fingerprint: made, IssuedHow: "api_token_create", Live: true}
	lifeline := simulator.Credential{Kind: simulator.KindToken, Name: "whm-lifeline", IssuedHow: "api_token_create", Live: true}
	session := simulator.Credential{Kind: simulator.KindSession, IssuedHow: "create_user_session"}
	revived := old
	revived.Live = true
	for name, test := range map[string]struct {
		credentials []simulator.Credential
		hashesOff   bool
		rows        int
		wants       string
	}{
		"settled":          {[]simulator.Credential{old, hash, token, ours, session}, false, 5, ""},
		"left lifeline":    {[]simulator.Credential{hash, token, ours, lifeline}, false, 0, "orphan"},
		"old hash lives":   {[]simulator.Credential{revived, hash, ours}, false, 0, "orphan"},
		"token is gone":    {[]simulator.Credential{old, hash, token}, false, 0, "1 of 2"},
		"hashes are off":   {[]simulator.Credential{revived, hash, token, ours}, true, 4, ""},
		"token left":       {[]simulator.Credential{revived, hash, ours, lifeline}, true, 0, "orphan"},
		"nothing is alive": {[]simulator.Credential{old, token}, false, 0, "0 of 2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rows, err := auditServer(&server{name: "web1", hashesOff: test.hashesOff}, simulator.Ledger{Credentials: test.credentials}, []string{published, made})
			if len(rows) != test.rows {
				t.Errorf("got %d rows, want %d", len(rows), test.rows)
			}
			if test.wants == "" && err != nil || test.wants != "" && (err == nil || !strings.Contains(err.Error(), test.wants)) {
				t.Errorf("got error %v, want one with %q", err, test.wants)
			}
		})
	}
}
