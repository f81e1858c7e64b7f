// SPDX-License-Identifier: Apache-2.0

package scoped_test

import (
	"net/http"
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/names"
	"github.com/whm-credentials/operator/test/controlplane"
	"github.com/whm-credentials/operator/test/testbed"
)

// example is a shipped overlay that limits the operator to some namespaces.
type example struct {
	folder string
	// home is the operator's own namespace; in are those that it works in, and out is another one.
	home string
	in   []string
	out  string
}

var _ = Describe("a scoped install", func() {
	for _, e := range []example{
		{folder: "config/samples/scoped", home: "whm-system", in: []string{"team-a", "team-b"}, out: "team-z"},
		{folder: "config/samples/scoped-single", home: "team-c", in: []string{"team-c"}, out: "team-z"},
	} {
		Describe(e.folder, Ordered, func() { specs(e) })
	}
})

// specs install an example, run the manager with what it gives and look at what it does.
func specs(e example) {
	var (
		cluster  *testbed.Cluster
		manifest []byte
		run      *operator
		tenants  []*tenant
		outsider *tenant
		// unseen is a token on a server of a namespace that no object there knows.
		unseen string
		// probes is the address for probes of the manager.
		probes string
	)
	// A process outside of the cluster has to be told its namespace, and shares the ports with others.
	args := func(more ...string) []string {
		outside := []string{"--leader-election-namespace=" + e.home, "--health-probe-bind-address=" + probes}
		return slices.Concat(argsOf(manifest), outside, more)
	}

	BeforeAll(func(ctx SpecContext) {
		cluster = startBareCluster(ctx)
		for _, name := range slices.Compact(append([]string{e.home, e.out}, e.in...)) {
			Expect(client.IgnoreAlreadyExists(cluster.Admin.Create(ctx, newNamespace(name)))).To(Succeed())
		}
		manifest = render(ctx, cluster.Root, e.folder)
		for _, name := range e.in {
			tenants = append(tenants, newTenant(ctx, cluster, name))
		}
		outsider = newTenant(ctx, cluster, e.out)
		unseen = names.Of(idOf(ctx, cluster, e.home), "of an object elsewhere").Token("whm", 1, 1)
		tenants[0].plant(unseen)
		Expect(controlplane.Apply(ctx, cluster.AdminConfig(), manifest)).To(Succeed())
		account, err := cluster.ServiceAccountConfig(ctx, e.home, testbed.ServiceAccount)
		Expect(err).NotTo(HaveOccurred())
		probes = freeAddress()
		run = startOperator(account, args()...)
	})

	It("consists of namespaced objects", func(ctx SpecContext) {
		for _, object := range parse(manifest) {
			namespaced, err := cluster.Admin.IsObjectNamespaced(object)
			Expect(err).NotTo(HaveOccurred())
			Expect(namespaced).To(BeTrue(), object.GetKind())
			Expect(object.GetNamespace()).To(BeElementOf(append([]string{e.home}, e.in...)), object.GetKind())
		}
		var bindings rbacv1.ClusterRoleBindingList
		Expect(cluster.Admin.List(ctx, &bindings)).To(Succeed())
		for _, binding := range bindings.Items {
			Expect(binding.Subjects).NotTo(ContainElement(HaveField("Name", testbed.ServiceAccount)), binding.Name)
		}
	})

	It("rotates in its namespaces, with the rights and arguments of its manifests", func(ctx SpecContext) {
		for _, t := range tenants {
			t.expectRevision(ctx, 1)
			t.ask(ctx, "again")
		}
		for _, t := range tenants {
			t.expectRevision(ctx, 2)
			t.expectToken(ctx, idOf(ctx, cluster, e.home))
		}
	})

	It("is ready", func(ctx SpecContext) {
		Expect(answer(ctx, probes, "/readyz")()).To(Equal(http.StatusOK))
	})

	It("takes its own namespace for the cluster's identity", func(ctx SpecContext) {
		run.expectClusterID(ctx, idOf(ctx, cluster, e.home))
		Expect(run.matching(func(q request) bool { return q.ofNamespace(e.home) })).To(HaveLen(1))
	})

	It("refuses what refers to a ClusterWHMServer", func(ctx SpecContext) {
		Expect(cluster.Admin.Create(ctx, tenants[0].rotation("cluster-wide", v1alpha1.ClusterWHMServerKind))).To(Succeed())
		Eventually(func(g Gomega) {
			conditions := tenants[0].get(ctx, "cluster-wide").Status.Conditions
			g.Expect(conditions).To(ContainElement(And(
				HaveField("Type", v1alpha1.StalledCondition), HaveField("Reason", v1alpha1.NotPermittedReason))))
		}).WithContext(ctx).Should(Succeed())
		Expect(cluster.Admin.Delete(ctx, tenants[0].get(ctx, "cluster-wide"))).To(Succeed())
	})

	It("reports tokens that no object knows and revokes none, because it does not see every object", func(ctx SpecContext) {
		Eventually(func(g Gomega) {
			server := read(ctx, cluster, e.in[0], serverName, &v1alpha1.WHMServer{})
			g.Expect(server.Status.Orphans).To(HaveField("Names", HaveExactElements(unseen)))
		}).WithContext(ctx).Should(Succeed())
		Expect(run.log).To(gbytes.Say("Not revoking orphaned tokens"))
		Expect(tenants[0].Inventory().Users["root"].Tokens).To(HaveKey(unseen))
	})

	It("lets objects go", func(ctx SpecContext) {
		for _, t := range tenants {
			for _, object := range []client.Object{t.get(ctx, rotationName), t.token(), t.server()} {
				Expect(cluster.Admin.Delete(ctx, object)).To(Succeed())
				Eventually(func() error {
					return cluster.Admin.Get(ctx, client.ObjectKeyFromObject(object), object)
				}).WithContext(ctx).Should(MatchError(apierrors.IsNotFound, "IsNotFound"))
			}
		}
	})

	It("has asked for nothing outside of its namespaces and was refused nothing", func(ctx SpecContext) {
		run.stop()
		run.expectNothingRefused()
		run.expectSelected()
		Expect(run.matching(func(q request) bool {
			return !slices.Contains(e.in, q.namespace()) && q.namespace() != e.home
		})).To(BeEmpty())
		outsider.expectUntouched(ctx)
	})

	It("need not read a namespace if a flag tells the cluster's id", func(ctx SpecContext) {
		account, err := cluster.ServiceAccountConfig(ctx, e.home, testbed.ServiceAccount)
		Expect(err).NotTo(HaveOccurred())
		told := startOperator(account, args("--cluster-id=mine")...)
		told.expectClusterID(ctx, "mine")
		told.stop()
		Expect(told.matching(func(q request) bool { return q.ofNamespace(e.home) })).To(BeEmpty())
	})

	It("does not get ready if it may not list in one of its namespaces, and says so", func(ctx SpecContext) {
		account, err := cluster.ServiceAccountConfig(ctx, e.home, testbed.ServiceAccount)
		Expect(err).NotTo(HaveOccurred())
		limited := startOperator(account, args("--namespaces="+e.out)...)
		Eventually(limited.log).WithContext(ctx).Should(gbytes.Say("forbidden.*" + e.out))
		Expect(answer(ctx, probes, "/readyz")()).To(Equal(http.StatusInternalServerError))
		Expect(answer(ctx, probes, "/healthz")()).To(Equal(http.StatusOK))
	})

	It("says which flag helps if it may not read its namespace", func(ctx SpecContext) {
		account, err := cluster.ServiceAccountConfig(ctx, e.out, "default")
		Expect(err).NotTo(HaveOccurred())
		powerless := startOperator(account, "--namespaces="+e.out, "--leader-election-namespace="+e.out)
		Eventually(powerless.manager.Done()).WithContext(ctx).Should(BeClosed())
		Expect(powerless.log).To(gbytes.Say("allow the operator to get namespace " + e.out + ", or set --cluster-id"))
	})
}
