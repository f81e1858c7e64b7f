// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/whm/simulator"
	"github.com/whm-credentials/operator/test/testbed"
)

func newStory(t *testing.T) *story {
	t.Helper()
	root, err := testbed.Root()
	if err != nil {
		t.Fatal(err)
	}
	s := &story{cluster: &testbed.Cluster{Root: root}}
	for name, at := range s.cast() {
		text, err := stage.ReadFile("stage/" + name + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		inventory, err := simulator.ParseInventory(text)
		if err != nil {
			t.Fatal(err)
		}
		*at = &server{name: name, inventory: inventory, endpoint: "https://127.0.0.1:2087", cpanel: "https://127.0.0.1:2083", ca: "certificate of " + name}
	}
	return s
}

// TestSamplesAreFilledIn checks that samples have only fields that exist and that nothing in them still points to a
// server that does not.
func TestSamplesAreFilledIn(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	samples, err := s.readSamples()
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]any{
		"WHMServer": &v1alpha1.WHMServer{}, "ClusterWHMServer": &v1alpha1.ClusterWHMServer{}, "Secret": &corev1.Secret{},
		"AccessHashRotation": &v1alpha1.AccessHashRotation{}, "APITokenRotation": &v1alpha1.APITokenRotation{},
		"PasswordRotation":  &v1alpha1.PasswordRotation{},
		"TwoFactorRotation": &v1alpha1.TwoFactorRotation{},
		"StoreLogin":        &v1alpha1.StoreLogin{},
		"LoginSession":      &v1alpha1.LoginSession{},
	}
	seen := map[string]int{}
	for _, sample := range samples {
		if err := s.fillIn(sample); err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(sample)
		if err != nil {
			t.Fatal(err)
		}
		if err := yaml.UnmarshalStrict(text, kinds[sample.GetKind()]); err != nil {
			t.Errorf("%s %s: %v", sample.GetKind(), sample.GetName(), err)
		}
		for _, placeholder := range []string{".example.com:", "PUT", "put the", "windows"} {
			if strings.Contains(string(text), placeholder) {
				t.Errorf("%s %s still has %q", sample.GetKind(), sample.GetName(), placeholder)
			}
		}
		seen[sample.GetKind()]++
	}
	for kind := range kinds {
		if seen[kind] == 0 {
			t.Errorf("there is no sample of kind %s", kind)
		}
	}
}
