// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"
)

const (
	userFixed   = "user cannot be changed: the access hash belongs to that user; make a new object instead"
	serverFixed = "serverRef cannot be changed: the credential lives on that server; make a new object instead"
	secretFixed = "secret.name cannot be changed: consumers would keep a copy that is no longer rotated"
)

// change asks the API server whether it would apply a merge patch, in YAML, to the spec of an object.
func change(ctx SpecContext, object client.Object, spec string) error {
	GinkgoHelper()
	patch, err := yaml.YAMLToJSON([]byte(`spec: ` + spec))
	Expect(err).NotTo(HaveOccurred())
	patched := &unstructured.Unstructured{}
	patched.SetGroupVersionKind(object.GetObjectKind().GroupVersionKind())
	patched.SetNamespace(object.GetNamespace())
	patched.SetName(object.GetName())
	return admin.Patch(ctx, patched, client.RawPatch(types.MergePatchType, patch), client.DryRunAll)
}

var _ = Describe("the identity of an AccessHashRotation", func() {
	var rotation *unstructured.Unstructured

	BeforeEach(func(ctx SpecContext) {
		rotation = parse(minimalRotation)
		rotation.SetNamespace(newNamespace(ctx))
		Expect(admin.Create(ctx, rotation)).To(Succeed())
	})

	DescribeTable("cannot be changed:",
		func(ctx SpecContext, spec, field, words string) {
			expectOnly(change(ctx, rotation, spec), field, words)
		},
		Entry("another user", `{user: reseller}`, "spec", userFixed),
		Entry("another server", `{serverRef: {name: web2}}`, "spec", serverFixed),
		Entry("another server and kind", `{serverRef: {name: web2, kind: WHMServer}}`, "spec", serverFixed),
		Entry("another kind of server", `{serverRef: {kind: ClusterWHMServer}}`, "spec", serverFixed),
		Entry("a kind of server that is none", `{serverRef: {kind: Server}}`, "spec", "Unsupported value"),
		Entry("another Secret", `{secret: {name: other}}`, "spec", secretFixed),
		Entry("another Secret and adoption", `{secret: {name: other, adoption: IfUnowned}}`, "spec", secretFixed),

		// What cannot be taken out cannot be put back with another value either.
		Entry("no user", `{user: null}`, "spec.user", "Required value"),
		Entry("no server", `{serverRef: null}`, "spec.serverRef", "Required value"),
		Entry("no name of the server", `{serverRef: {name: null}}`, "spec.serverRef.name", "Required value"),
		Entry("no Secret", `{secret: null}`, "spec.secret", "Required value"),
		Entry("no name of the Secret", `{secret: {name: null}}`, "spec.secret.name", "Required value"),
		Entry("no spec", `null`, "spec", "Required value"),
	)

	It("keeps the kind of server when it is taken out", func(ctx SpecContext) {
		patch := client.RawPatch(types.MergePatchType, []byte(`{"spec": {"serverRef": {"kind": null}}}`))
		Expect(admin.Patch(ctx, rotation, patch)).To(Succeed())
		kind, _, err := unstructured.NestedString(rotation.Object, "spec", "serverRef", "kind")
		Expect(err).NotTo(HaveOccurred())
		Expect(kind).To(Equal("WHMServer"))
	})

	DescribeTable("does not keep the rest from being changed:",
		func(ctx SpecContext, spec string) { Expect(change(ctx, rotation, spec)).To(Succeed()) },
		Entry("schedule", `{rotation: {every: 720h}}`),
		Entry("suspension", `{suspend: true}`),
		Entry("adoption", `{secret: {adoption: IfUnowned}}`),
		Entry("template", `{secret: {template: {data: {a: "{{ .username }}"}}}}`),
		Entry("workloads", `{restart: [{kind: Deployment, name: a}]}`),
	)
})
