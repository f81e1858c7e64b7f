// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"os"
	"path/filepath"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/whm-credentials/operator/test/controlplane"
)

// What is accepted shows that what is refused is refused for its difference and not for something else.
var _ = DescribeTable("the API server accepts",
	func(ctx SpecContext, manifest, spec string) {
		Expect(dryRun(ctx, with(manifest, spec))).To(Succeed())
	},

	Entry("the smallest WHMServer", minimalServer, `{}`),
	Entry("a port and a slash", minimalServer, `endpoint: https://web1.example.com:2087/`),
	Entry("an IPv4 address", minimalServer, `endpoint: https://192.0.2.7:2087`),
	Entry("an IPv6 address", minimalServer, `endpoint: "https://[2001:db8::7]"`),
	Entry("an access hash", minimalServer, `auth: {apiToken: null, accessHash: {secretRef: {name: a}}}`),
	Entry("a password", minimalServer, `auth: {apiToken: null, password: {secretRef: {name: a}}}`),
	Entry("the shortest durations of a server", minimalServer, `{timeout: 1s, probeInterval: 30s}`),
	Entry("the longest durations of a server", minimalServer, `{timeout: 600s, probeInterval: 1440m}`),
	Entry("durations as Go prints them", minimalServer, `{timeout: 1m30s, probeInterval: 1h0m0s}`),

	Entry("the smallest AccessHashRotation", minimalRotation, `{}`),
	Entry("the shortest interval", minimalRotation, `rotation: {every: 10m}`),
	Entry("the longest interval", minimalRotation, `rotation: {every: 87600h}`),
	Entry("an interval in seconds", minimalRotation, `rotation: {every: 2592000s}`),
	Entry("cron in a time zone", minimalRotation, `rotation: {cron: "0 3 * * 7", timeZone: Asia/Kolkata}`),
	Entry("windows alone", minimalRotation, `rotation: {windows: [{cron: "@daily", duration: 1h}]}`),
	Entry("workloads of one name and two kinds", minimalRotation,
		`restart: [{kind: Deployment, name: a}, {kind: StatefulSet, name: a}]`),
)

var _ = DescribeTable("the API server accepts all manifests in",
	func(ctx SpecContext, folder string, atLeast int) {
		objects := readFolder(folder)
		Expect(len(objects)).To(BeNumerically(">=", atLeast))
		for _, object := range objects {
			object.SetNamespace("default")
			Expect(dryRun(ctx, object)).To(Succeed(), "%s %s", object.GetKind(), object.GetName())
		}
	},
	Entry("the samples", "config/samples", 4),
	Entry("the manifests with every field", "test/api/testdata", 2),
)

// readFolder returns the objects in a folder of the repository.
func readFolder(folder string) []*unstructured.Unstructured {
	GinkgoHelper()
	files, err := filepath.Glob(filepath.Join(cluster.Root, folder, "*.yaml"))
	Expect(err).NotTo(HaveOccurred())
	var objects []*unstructured.Unstructured
	for _, file := range files {
		if filepath.Base(file) == "kustomization.yaml" {
			continue
		}
		text, err := os.ReadFile(file)
		Expect(err).NotTo(HaveOccurred())
		found, err := controlplane.ParseManifests(text)
		Expect(err).NotTo(HaveOccurred())
		objects = append(objects, found...)
	}
	return objects
}
