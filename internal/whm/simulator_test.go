// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"errors"
	"testing"
	"time"

	"github.com/whm-credentials/operator/internal/whm/simulator"
)

// simulate starts a server with the account bob and returns a client of root.
func simulate(t *testing.T, release string, u simulator.Unverified) (*simulator.Server, *Client) {
	t.Helper()
	s, err := simulator.Start(simulator.Config{Inventory: simulator.Inventory{
		Version:    release,
		Users:      map[string]simulator.User{"root": {Tokens: map[string]simulator.Token{"own": {Value: testToken}}}},
		Accounts:   map[string]simulator.Account{"bob": {Domain: "bob.example"}},
		Unverified: u,
	}})
	noError(t, err)
	t.Cleanup(s.Close)
	return s, simulated(t, s, s.WHMURL(), WithAPIToken("root", NewSecret(testToken)))
}

func simulated(t *testing.T, s *simulator.Server, endpoint string, cred Credential) *Client {
	t.Helper()
	return clientWith(t, Options{Endpoint: endpoint, TLS: TLSOptions{CABundle: s.CA()}, Timeout: 20 * time.Second}, cred)
}

func TestAccountTokenLifeOnEveryKindOfServer(t *testing.T) {
	t.Parallel()
	settings := simulator.Matrix("accountTokenExpiry", "revokeUnknownAccountToken", "cpanelAnswer", "resultAsString",
		"nullsInTokenList", "unknownAppStatus", "unauthenticatedStatus")
	for _, release := range []string{"11.80.0.1", "11.84.0.1", "11.86.0.1", "11.136.0.4"} {
		for _, setting := range settings {
			t.Run(release+"/"+setting.Name, func(t *testing.T) {
				t.Parallel()
				s, root := simulate(t, release, setting.Unverified)
				version, err := ParseVersion(release)
				noError(t, err)
				accountTokenLife(t, s, root, version.AtLeast(82) && setting.Name != "accountTokenExpiry=ignored")
			})
		}
	}
}

func accountTokenLife(t *testing.T, s *simulator.Server, root *Client, expires bool) {
	t.Helper()
	ctx := t.Context()
	empty, err := root.AccountTokenList(ctx, "bob")
	noError(t, err)
	equal(t, "tokens at first", len(empty), 0)

	end := s.Now().Add(time.Hour).Truncate(time.Second)
	created, err := root.AccountTokenCreate(ctx, "bob", AccountTokenCreateInput{Name: "n", ExpiresAt: end})
	noError(t, err)
	_, err = root.AccountTokenCreate(ctx, "bob", AccountTokenCreateInput{Name: "n"})
	equal(t, "a taken name", err != nil && !MayHaveApplied(err), true)
	noError(t, root.AccountTokenRename(ctx, "bob", "n", "m"))

	bob := simulated(t, s, s.CPanelURL(), WithAccountToken("bob", created.Token))
	own, err := bob.OwnAccountTokens(ctx)
	noError(t, err)
	listed, err := root.AccountTokenList(ctx, "bob")
	noError(t, err)
	equal(t, "seen from both sides", own["m"] == listed["m"] && len(own) == 1, true)
	equal(t, "full access", own["m"].FullAccess, true)
	equal(t, "created", own["m"].CreatedAt.Equal(created.CreatedAt), true)
	equal(t, "expires", own["m"].ExpiresAt.Equal(end), expires)

	for range 2 {
		noError(t, root.AccountTokenEnsureRevoked(ctx, "bob", "m"))
	}
	_, err = bob.OwnAccountTokens(ctx)
	equal(t, "revoked", ClassOf(err), ClassUnauthenticated)
	_, err = root.AccountTokenList(ctx, "ghost")
	equal(t, "unknown account", ClassOf(err) == ClassInvalidInput && errors.Is(err, ErrAccountUnknown), true)
}

func TestAccountTokensWhereTheyAreMissing(t *testing.T) {
	t.Parallel()
	_, old := simulate(t, "11.78.0.1", simulator.Unverified{})
	_, err := old.AccountTokenList(t.Context(), "bob")
	equal(t, "before 80", ClassOf(err), ClassUnsupported)

	s, err := simulator.Start(simulator.Config{Inventory: simulator.Inventory{
		Users:    map[string]simulator.User{"root": {Tokens: map[string]simulator.Token{"own": {Value: testToken}}}},
		Accounts: map[string]simulator.Account{"bob": {DisabledFeatures: []string{"apitokens"}}},
	}})
	noError(t, err)
	t.Cleanup(s.Close)
	_, err = simulated(t, s, s.WHMURL(), WithAPIToken("root", NewSecret(testToken))).
		AccountTokenCreate(t.Context(), "bob", AccountTokenCreateInput{Name: "n"})
	equal(t, "feature off", IsForbidden(err) && !MayHaveApplied(err), true)
}

func TestUpdateOnEveryKindOfServer(t *testing.T) {
	t.Parallel()
	for _, setting := range simulator.Matrix("updateWithoutWhitelist", "revokeUnknownToken", "nullsInTokenList", "emptyTokenList") {
		t.Run(setting.Name, func(t *testing.T) {
			t.Parallel()
			s, root := simulate(t, "11.136.0.4", setting.Unverified)
			updateAndRevoke(t, s, root)
		})
	}
}

func updateAndRevoke(t *testing.T, s *simulator.Server, root *Client) {
	t.Helper()
	ctx, acls := t.Context(), []string{"list-accts"}
	limits := []string{"192.0.2.0/24", "2001:db8::1"}
	created, err := root.APITokenCreate(ctx, APITokenCreateInput{Name: "n", AllPrivileges: true})
	noError(t, err)
	end := s.Now().Add(time.Hour).Truncate(time.Second)
	got, err := root.APITokenUpdate(ctx, APITokenUpdateInput{Name: "n", ACLs: acls, ExpiresAt: end, AllowedIPs: limits})
	noError(t, err)
	equal(t, "limited", SameAllowedIPs(got.AllowedIPs, limits) && got.ExpiresAt.Equal(end) && len(got.ACLs) == 1, true)

	got, err = root.APITokenUpdate(ctx, APITokenUpdateInput{Name: "n", NewName: "m", ACLs: acls, ClearAllowedIPs: true})
	noError(t, err)
	equal(t, "freed", SameAllowedIPs(got.AllowedIPs, nil) && got.ExpiresAt.IsZero(), true)
	held, err := simulated(t, s, s.WHMURL(), WithAPIToken("root", created.Token)).MyPrivs(ctx)
	noError(t, err)
	equal(t, "the same value with fewer privileges", held.Has("list-accts") && !held.All(), true)

	for range 2 {
		noError(t, root.APITokenEnsureRevoked(ctx, "m"))
	}
}
