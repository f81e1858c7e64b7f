// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"slices"
	"testing"

	"github.com/whm-credentials/operator/internal/whm"
)

func TestFeatures(t *testing.T) {
	t.Parallel()
	listed := []string{"accesshash", "create_user_session", "api_token_create", "api_token_get_details", "version"}
	for name, tt := range map[string]struct {
		version   string
		functions []string
		want      []string
	}{
		"nothing known":              {"", nil, nil},
		"11.38, too old":             {"11.38.0.1", nil, []string{FeatureAccessHash}},
		"11.54 by version":           {"11.54.0.36", nil, []string{FeatureAccessHash, FeatureUserSessions}},
		"11.64 by version":           {"11.64.0.1", nil, []string{FeatureAPITokens, FeatureAccessHash, FeatureUserSessions}},
		"11.82 knows expiry":         {"11.82.0.1", nil, []string{FeatureAPITokenExpiry, FeatureAPITokens, FeatureAccessHash, FeatureUserSessions}},
		"11.136 by version and list": {"11.136.0.4", listed, []string{FeatureAPITokenDetails, FeatureAPITokenExpiry, FeatureAPITokens, FeatureAccessHash, FeatureUserSessions}},
		"list alone":                 {"", listed, []string{FeatureAPITokenDetails, FeatureAPITokenExpiry, FeatureAPITokens, FeatureAccessHash, FeatureUserSessions}},
		"not on the list":            {"11.136.0.4", []string{"version"}, nil},
		"listed before its time":     {"11.54.0.36", listed, []string{FeatureAccessHash, FeatureUserSessions}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var version whm.Version
			if tt.version != "" {
				var err error
				if version, err = whm.ParseVersion(tt.version); err != nil {
					t.Fatal(err)
				}
			}
			if got := features(version, tt.functions); !slices.Equal(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}
