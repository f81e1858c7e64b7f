// SPDX-License-Identifier: Apache-2.0

package scoped_test

import (
	"context"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/whm-credentials/operator/test/controlplane"
	"github.com/whm-credentials/operator/test/testbed"
)

// clusterWide are the resources of config/rbac/role.yaml that no Role can give; namespaces are for the policies of
// ClusterWHMServers.
var clusterWide = []string{"namespaces", "clusterwhmservers", "clusterwhmservers/status"}

// render returns what kustomize makes of a folder.
func render(ctx context.Context, root, folder string) []byte {
	GinkgoHelper()
	kustomize := exec.CommandContext(ctx, "go", "tool", "-modfile=hack/tools/go.mod", "kustomize", "build", folder)
	kustomize.Dir, kustomize.Stderr = root, GinkgoWriter
	manifest, err := kustomize.Output()
	Expect(err).NotTo(HaveOccurred())
	return manifest
}

func parse(manifests ...[]byte) []*unstructured.Unstructured {
	GinkgoHelper()
	objects, err := controlplane.ParseManifests(manifests...)
	Expect(err).NotTo(HaveOccurred())
	return objects
}

// only returns the one object of a kind.
func only[T any](objects []*unstructured.Unstructured, kind string) (object T) {
	GinkgoHelper()
	objects = slices.DeleteFunc(slices.Clone(objects), func(o *unstructured.Unstructured) bool { return o.GetKind() != kind })
	Expect(objects).To(HaveLen(1), kind)
	Expect(runtime.DefaultUnstructuredConverter.FromUnstructured(objects[0].Object, &object)).To(Succeed())
	return object
}

// argsOf returns the arguments of the manager in rendered manifests.
func argsOf(manifest []byte) []string {
	GinkgoHelper()
	return only[appsv1.Deployment](parse(manifest), "Deployment").Spec.Template.Spec.Containers[0].Args
}

// rights lists what rules allow, one right each, but for some resources.
func rights(rules []rbacv1.PolicyRule, except ...string) (all []string) {
	for _, rule := range rules {
		for _, group := range rule.APIGroups {
			for _, resource := range rule.Resources {
				for _, verb := range rule.Verbs {
					if !slices.Contains(except, resource) {
						all = append(all, strings.Join([]string{verb, resource, group}, " "))
					}
				}
			}
		}
	}
	slices.Sort(all)
	return all
}

var _ = Describe("the Role for one namespace", func() {
	It("gives what the ClusterRole gives, without what is not in a namespace", func(ctx SpecContext) {
		root, err := testbed.Root()
		Expect(err).NotTo(HaveOccurred())
		generated, err := controlplane.ReadManifests(filepath.Join(root, "config/rbac/role.yaml"))
		Expect(err).NotTo(HaveOccurred())
		whole := only[rbacv1.ClusterRole](parse(generated...), "ClusterRole")
		part := only[rbacv1.Role](parse(render(ctx, root, "config/components/namespaced/tenant")), "Role")
		Expect(whole.Rules).NotTo(BeEmpty())
		Expect(rights(part.Rules)).To(Equal(rights(whole.Rules, clusterWide...)),
			"config/components/namespaced/tenant/role.yaml does not go with config/rbac/role.yaml")
	})
})
