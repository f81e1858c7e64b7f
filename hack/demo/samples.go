// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/test/controlplane"
)

// sampleFiles are those that config/samples/kustomization.yaml lists.
const sampleFiles = "config/samples/whm_*.yaml"

// shortOverlap takes the place of overlaps of hours, which nobody wants to wait for.
const shortOverlap = "2s"

// sharedLabel is what the sample of a shared server wants of the namespaces that use it.
const sharedLabel = "whm-credentials.example.com/web2"

// applySamples applies config/samples with what a user would fill in.
func (s *story) applySamples(ctx context.Context) error {
	samples, err := s.readSamples()
	if err != nil {
		return err
	}
	if err := s.invite(ctx); err != nil {
		return err
	}
	return s.applyFilledIn(ctx, samples)
}

// invite lets the namespace use the shared server.
func (s *story) invite(ctx context.Context) error {
	patch := fmt.Sprintf(`{"metadata":{"labels":{%q:"true"}}}`, sharedLabel)
	ns := &corev1.Namespace{}
	ns.Name = namespace
	return s.cluster.Admin.Patch(ctx, ns, client.RawPatch(types.MergePatchType, []byte(patch)))
}

func (s *story) applyFilledIn(ctx context.Context, objects []*unstructured.Unstructured) error {
	var manifests [][]byte
	for _, object := range objects {
		if err := s.fillIn(object); err != nil {
			return fmt.Errorf("fill in %s %s: %w", object.GetKind(), object.GetName(), err)
		}
		manifest, err := json.Marshal(object)
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

// fillIn puts the simulators' addresses and credentials into a manifest, and takes out what one would have to wait for:
// windows, which make a rotation on demand wait for the night, and the length of overlaps.
func (s *story) fillIn(object *unstructured.Unstructured) error {
	at := s.serverOf(object.GetName())
	switch object.GetKind() {
	case "WHMServer":
		// A code is good for one login, so sessions wait for the next one, half a minute at a time.
		unstructured.RemoveNestedField(object.Object, "spec", "auth", "password", "session")
		return fillInServer(object, at)
	case "ClusterWHMServer":
		if err := unstructured.SetNestedField(object.Object, at.cpanel, "spec", "cpanelEndpoint"); err != nil {
			return err
		}
		return fillInServer(object, at)
	case "Secret":
		return fillInSecret(object, at)
	case "AccessHashRotation", "APITokenRotation", "PasswordRotation", "TwoFactorRotation":
		unstructured.RemoveNestedField(object.Object, "spec", "rotation", "windows")
		if _, ok, _ := unstructured.NestedString(object.Object, "spec", "rotation", "overlap"); ok {
			return unstructured.SetNestedField(object.Object, shortOverlap, "spec", "rotation", "overlap")
		}
	}
	return nil
}

func fillInServer(object *unstructured.Unstructured, at *server) error {
	if err := unstructured.SetNestedField(object.Object, at.endpoint, "spec", "endpoint"); err != nil {
		return err
	}
	return unstructured.SetNestedField(object.Object, at.ca, "spec", "tls", "caBundle")
}

// fillInSecret fills in whichever credential the manifest has a place for.
func fillInSecret(object *unstructured.Unstructured, at *server) error {
	root := at.inventory.Users["root"]
	for key, value := range map[string]string{
		"token": root.Tokens["operator"].Value, "accesshash": root.AccessHash, "password": root.Password,
	} {
		if _, ok, _ := unstructured.NestedString(object.Object, "stringData", key); !ok {
			continue
		}
		if err := unstructured.SetNestedField(object.Object, value, "stringData", key); err != nil {
			return err
		}
	}
	return nil
}

// serverOf returns the server that an object of this name belongs to.
func (s *story) serverOf(name string) *server {
	for _, at := range s.servers() {
		if strings.HasPrefix(name, at.name) {
			return at
		}
	}
	return s.web1
}
