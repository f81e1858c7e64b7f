// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"encoding/json"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/whm-credentials/operator/api/v1alpha1"
)

// groupVersion is where the API server serves the operator's kinds.
const groupVersion = "whm-credentials.dev/v1alpha1"

// table returns what kubectl get prints of a resource in a namespace: the columns of its default output, and cells.
func table(ctx SpecContext, namespace, resource string) (columns []string, cells [][]any) {
	GinkgoHelper()
	set, err := kubernetes.NewForConfig(cluster.AdminConfig())
	Expect(err).NotTo(HaveOccurred())
	raw, err := set.RESTClient().Get().
		AbsPath("/apis", groupVersion, "namespaces", namespace, resource).
		SetHeader("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io").
		Do(ctx).Raw()
	Expect(err).NotTo(HaveOccurred())
	var t metav1.Table
	Expect(json.Unmarshal(raw, &t)).To(Succeed())
	for _, column := range t.ColumnDefinitions {
		if column.Priority == 0 {
			columns = append(columns, column.Name)
		}
	}
	for _, row := range t.Rows {
		cells = append(cells, row.Cells[:len(columns)])
	}
	return columns, cells
}

var _ = Describe("kubectl", func() {
	It("shows server, user, readiness, revision and times of rotations", func(ctx SpecContext) {
		b := newBench(ctx)
		b.readyServer()
		b.awaitReady(b.rotation("r", cron("0 0 1 1 *", "")))
		columns, cells := table(ctx, b.namespace, "accesshashrotations")
		Expect(columns).To(Equal([]string{"Name", "Server", "User", "Ready", "Revision", "Last", "Next"}))
		Expect(cells).To(HaveLen(1))
		Expect(cells[0][:5]).To(Equal([]any{"r", "server", "root", "True", float64(1)}))
		Expect(cells[0][5]).To(MatchRegexp(`^\d+s$`))
		Expect(cells[0][6]).To(MatchRegexp(`^\d{4}-01-01T00:0\d:\d\dZ$`))
	})

	It("shows endpoint, user, readiness and version of servers", func(ctx SpecContext) {
		b := newBench(ctx)
		b.readyServer()
		columns, cells := table(ctx, b.namespace, "whmservers")
		Expect(columns).To(Equal([]string{"Name", "Endpoint", "User", "Ready", "Version", "Age"}))
		Expect(cells).To(HaveLen(1))
		Expect(cells[0][:5]).To(Equal([]any{"server", b.whm.WHMURL(), "root", "True", "11.136.0.4"}))
	})

	It("knows short names and the category of all kinds", func() {
		d, err := discovery.NewDiscoveryClientForConfig(cluster.AdminConfig())
		Expect(err).NotTo(HaveOccurred())
		resources, err := d.ServerResourcesForGroupVersion(groupVersion)
		Expect(err).NotTo(HaveOccurred())
		short := map[string][]string{}
		for _, r := range resources.APIResources {
			if len(r.ShortNames) > 0 {
				short[r.Name] = r.ShortNames
				Expect(r.Categories).To(ConsistOf("whm"), r.Name)
			}
		}
		Expect(short).To(Equal(map[string][]string{
			"whmservers": {"whms"}, "clusterwhmservers": {"cwhms"}, "accesshashrotations": {"ahr"}, "apitokenrotations": {"atr"},
			"passwordrotations": {"pwr"}, "twofactorrotations": {"tfr"}, "loginsessions": {"ls"}, "storelogins": {"sl"},
		}))
	})

	It("finds rotations by server and by Secret", func(ctx SpecContext) {
		b := newBench(ctx)
		b.rotation("a", func(r *v1alpha1.AccessHashRotation) { r.Spec.ServerRef.Name, r.Spec.Secret.Name = "web1", "a" })
		b.rotation("b", func(r *v1alpha1.AccessHashRotation) { r.Spec.ServerRef.Name, r.Spec.Secret.Name = "web2", "b" })
		b.rotation("c", func(r *v1alpha1.AccessHashRotation) { r.Spec.ServerRef.Name, r.Spec.Secret.Name = "web2", "c" })
		found := func(field, value string) (names []string) {
			GinkgoHelper()
			var list v1alpha1.AccessHashRotationList
			Expect(admin.List(ctx, &list, client.InNamespace(b.namespace), client.MatchingFields{field: value})).To(Succeed())
			for _, r := range list.Items {
				names = append(names, r.Name)
			}
			return names
		}
		Expect(found("spec.serverRef.name", "web2")).To(ConsistOf("b", "c"))
		Expect(found("spec.secret.name", "a")).To(ConsistOf("a"))
	})
})

var _ = Describe("server-side apply", func() {
	It("changes nothing the second time, because the operator leaves specs alone", func(ctx SpecContext) {
		b := newBench(ctx)
		b.readyServer()
		server := parse(minimalServer)
		server.Object["metadata"] = map[string]any{"name": "server", "namespace": b.namespace}
		server.Object["spec"] = map[string]any{
			"endpoint": b.whm.WHMURL(),
			"auth":     map[string]any{"password": map[string]any{"secretRef": map[string]any{"name": authName}}},
			"tls":      map[string]any{"caBundle": string(b.whm.CA())},
		}
		rotation := with(minimalRotation, `{serverRef: {name: server}, secret: {name: target}, rotation: {every: 720h}}`)
		rotation.SetNamespace(b.namespace)
		for _, manifest := range []*unstructured.Unstructured{server, rotation} {
			apply(ctx, manifest)
		}
		r := &v1alpha1.AccessHashRotation{ObjectMeta: b.meta(rotation.GetName())}
		b.awaitReady(r)
		for _, manifest := range []*unstructured.Unstructured{server, rotation} {
			before := apply(ctx, manifest)
			after := apply(ctx, manifest)
			Expect(before.GetResourceVersion()).NotTo(BeEmpty())
			Expect(after.GetResourceVersion()).To(Equal(before.GetResourceVersion()), manifest.GetKind())
			Expect(after.GetGeneration()).To(BeEquivalentTo(1), manifest.GetKind())
			Expect(managers(after)).NotTo(ContainElement("whm-credentials-operator"), manifest.GetKind())
		}
	})
})

// apply does what kubectl apply --server-side does and returns the object as it is then.
func apply(ctx SpecContext, manifest *unstructured.Unstructured) *unstructured.Unstructured {
	GinkgoHelper()
	applied := manifest.DeepCopy()
	Expect(admin.Apply(ctx, client.ApplyConfigurationFromUnstructured(applied), client.FieldOwner("gitops"), client.ForceOwnership)).
		To(Succeed())
	return applied
}

// managers returns who owns fields in the spec of an object.
func managers(object *unstructured.Unstructured) (names []string) {
	GinkgoHelper()
	for _, entry := range object.GetManagedFields() {
		fields := map[string]any{}
		Expect(yaml.Unmarshal(entry.FieldsV1.GetRawBytes(), &fields)).To(Succeed())
		if _, ok := fields["f:spec"]; ok {
			names = append(names, entry.Manager)
		}
	}
	return names
}
