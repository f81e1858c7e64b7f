// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	jsonpatch "github.com/evanphx/json-patch/v5"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"
)

// The smallest manifests that are accepted. Refused ones differ from them in one point.
const (
	minimalServer = `
apiVersion: whm-credentials.dev/v1alpha1
kind: WHMServer
metadata: {name: web1, namespace: default}
spec:
  endpoint: https://web1.example.com
  auth: {apiToken: {secretRef: {name: web1-root}}}
`
	minimalRotation = `
apiVersion: whm-credentials.dev/v1alpha1
kind: AccessHashRotation
metadata: {name: billing, namespace: default}
spec:
  serverRef: {name: web1}
  user: root
  secret: {name: billing-whm}
`
)

// parse returns the object that a manifest describes.
func parse(manifest string) *unstructured.Unstructured {
	GinkgoHelper()
	object := &unstructured.Unstructured{}
	Expect(yaml.Unmarshal([]byte(manifest), &object.Object)).To(Succeed())
	return object
}

// with returns a manifest with a piece of YAML merged into its spec; null takes a field out.
func with(manifest, spec string) *unstructured.Unstructured {
	GinkgoHelper()
	object := parse(manifest)
	change, err := yaml.YAMLToJSON([]byte(spec))
	Expect(err).NotTo(HaveOccurred())
	before, err := json.Marshal(object.Object["spec"])
	Expect(err).NotTo(HaveOccurred())
	after, err := jsonpatch.MergeMergePatches(before, change)
	Expect(err).NotTo(HaveOccurred())
	merged := map[string]any{}
	Expect(json.Unmarshal(after, &merged)).To(Succeed())
	object.Object["spec"] = withoutNulls(merged)
	return object
}

func withoutNulls(fields map[string]any) map[string]any {
	for key, value := range fields {
		switch value := value.(type) {
		case nil:
			delete(fields, key)
		case map[string]any:
			withoutNulls(value)
		}
	}
	return fields
}

// dryRun asks the API server whether it would create the object.
func dryRun(ctx context.Context, object client.Object) error {
	return admin.Create(ctx, object, client.DryRunAll)
}

// unchecked is what the API server adds when an object is so wrong that it does not try the rest of the rules.
const unchecked = "some validation rules were not checked"

// complaints returns what the API server says is wrong, as "field: message".
func complaints(err error) []string {
	GinkgoHelper()
	status, ok := errors.AsType[*apierrors.StatusError](err)
	Expect(ok).To(BeTrue(), "%v", err)
	var all []string
	if details := status.Status().Details; details != nil {
		for _, cause := range details.Causes {
			if !strings.Contains(cause.Message, unchecked) {
				all = append(all, cause.Field+": "+cause.Message)
			}
		}
	}
	if len(all) == 0 {
		all = append(all, status.Status().Message)
	}
	return all
}

// expectOnly asserts that an error is a refusal that names the field, says the words and complains of no other field.
func expectOnly(err error, field, words string) {
	GinkgoHelper()
	Expect(err).To(HaveOccurred(), "the API server accepted it")
	Expect(apierrors.ReasonForError(err)).To(BeElementOf(metav1.StatusReasonInvalid, metav1.StatusReasonBadRequest), "%v", err)
	all := complaints(err)
	Expect(all).To(HaveEach(ContainSubstring(field)))
	Expect(all).To(ContainElement(ContainSubstring(words)))
}
