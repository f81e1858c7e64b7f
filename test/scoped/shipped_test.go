// SPDX-License-Identifier: Apache-2.0

package scoped_test

import (
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/whm-credentials/operator/test/testbed"
)

var _ = Describe("What make deploy applies", func() {
	It("has every definition, and for each of them a role for editors and one for viewers", func(ctx SpecContext) {
		root, err := testbed.Root()
		Expect(err).NotTo(HaveOccurred())
		definitions, err := filepath.Glob(filepath.Join(root, "config", "crd", "bases", "*.yaml"))
		Expect(err).NotTo(HaveOccurred())
		Expect(definitions).NotTo(BeEmpty())
		found, granted := map[string]bool{}, map[string]int{}
		for _, o := range parse(render(ctx, root, "config/default")) {
			switch {
			case o.GetKind() == "CustomResourceDefinition":
				found[o.GetName()] = true
			case o.GetKind() == "ClusterRole" && (strings.HasSuffix(o.GetName(), "-editor") || strings.HasSuffix(o.GetName(), "-viewer")):
				var role rbacv1.ClusterRole
				Expect(runtime.DefaultUnstructuredConverter.FromUnstructured(o.Object, &role)).To(Succeed())
				granted[role.Rules[0].Resources[0]]++
			}
		}
		for _, path := range definitions {
			plural := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(path), "whm-credentials.dev_"), ".yaml")
			Expect(found).To(HaveKey(plural + ".whm-credentials.dev"))
			Expect(granted).To(HaveKeyWithValue(plural, 2))
		}
	})
})
