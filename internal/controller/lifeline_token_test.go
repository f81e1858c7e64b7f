// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"maps"
	"slices"
	"testing"

	"github.com/whm-credentials/operator/internal/controller/names"
	"github.com/whm-credentials/operator/internal/whm"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

func TestRevokeLifelines(t *testing.T) {
	t.Parallel()
	own := names.Of("cluster1", "own")
	planned, lost := own.Token(names.LifelinePrefix, 1, 2), own.Token(names.LifelinePrefix, 1, 1)
	foreign := names.Of("cluster1", "other").Token(names.LifelinePrefix, 1, 1)
	for version, want := range map[string][]string{"11.136.0.4": {lost, planned}, "11.54.0.36": nil} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			sim, err := simulator.Start(simulator.Config{Inventory: simulator.Inventory{Version: version, Users: map[string]simulator.User{
				"root": {Password: "secret", Tokens: map[string]simulator.Token{
					planned: {Value: "A"}, lost: {Value: "B"}, foreign: {Value: "C"},
				}},
			}}})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(sim.Close)
			client, err := whm.New(whm.Options{Endpoint: sim.WHMURL(), TLS: whm.TLSOptions{CABundle: sim.CA()}},
				whm.WithPassword("root", whm.NewSecret("secret")))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(client.Close)
			got, err := revokeLifelines(t.Context(), client, own)
			if err != nil || !slices.Equal(got, want) {
				t.Fatalf("revoked %v, %v, want %v", got, err, want)
			}
			left := slices.Sorted(maps.Keys(sim.Inventory().Users["root"].Tokens))
			if want != nil && !slices.Equal(left, []string{foreign}) {
				t.Errorf("left %v, want only that of another object", left)
			}
		})
	}
}
