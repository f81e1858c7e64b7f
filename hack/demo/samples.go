// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/whm-credentials/operator/test/controlplane"
)

// sampleFiles are those that config/samples/kustomization.yaml lists.
const sampleFiles = "config/samples/whm_*.yaml"

// applySamples applies config/samples with what a user would fill in.
func (s *story) applySamples(ctx context.Context) error {
	samples, err := s.readSamples()
	if err != nil {
		return err
	}
	var manifests [][]byte
	for _, sample := range samples {
		if err := s.fillIn(sample); err != nil {
			return fmt.Errorf("fill in sample %s %s: %w", sample.GetKind(), sample.GetName(), err)
		}
		manifest, err := json.Marshal(sample)
		if err != nil {
			return err
		}
		manifests = append(manifests, manifest)
	}
	return controlplane.Apply(ctx, s.cluster.AdminConfig(), manifests...)
}

func (s *story) readSamples() ([]*unstructured.Unstructured, error) {
	files, err := filepath.Glob(filepath.Join(s.cluster.Root, sampleFiles))
	if err != nil {
		return nil, err
	}
	texts, err := controlplane.ReadManifests(files...)
	if err != nil {
		return nil, err
	}
	return controlplane.ParseManifests(texts...)
}

// fillIn puts the simulators' addresses and credentials into a sample, and takes the windows out that would make a
// rotation on demand wait for the night.
func (s *story) fillIn(sample *unstructured.Unstructured) error {
	set := func(value string, path ...string) error {
		return unstructured.SetNestedField(sample.Object, value, path...)
	}
	switch at := s.serverOf(sample.GetName()); sample.GetKind() {
	case "WHMServer":
		if err := set(at.endpoint, "spec", "endpoint"); err != nil {
			return err
		}
		return set(at.ca, "spec", "tls", "caBundle")
	case "Secret":
		root := at.inventory.Users["root"]
		if token, ok := root.Tokens["operator"]; ok {
			return set(token.Value, "stringData", "token")
		}
		return set(root.AccessHash, "stringData", "accesshash")
	case "AccessHashRotation":
		unstructured.RemoveNestedField(sample.Object, "spec", "rotation", "windows")
	}
	return nil
}

// serverOf returns the server that a sample of this name belongs to.
func (s *story) serverOf(sample string) *server {
	if sample == s.legacy1.name || sample == legacyRoot {
		return s.legacy1
	}
	return s.web1
}
