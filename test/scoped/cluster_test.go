// SPDX-License-Identifier: Apache-2.0

package scoped_test

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/whm-credentials/operator/test/testbed"
)

var _ = Describe("an install for the whole cluster", func() {
	It("lists Secrets by label and by name only, and takes kube-system for the cluster's identity", func(ctx SpecContext) {
		cluster, err := testbed.StartCluster(context.WithoutCancel(ctx))
		if cluster != nil {
			DeferCleanup(cluster.Stop)
		}
		Expect(err).NotTo(HaveOccurred())
		Expect(cluster.RunPods(context.WithoutCancel(ctx))).To(Succeed())
		account, err := cluster.OperatorConfig(ctx)
		Expect(err).NotTo(HaveOccurred())
		run := startOperator(account)
		for _, name := range []string{"team-a", "team-b"} {
			Expect(cluster.Admin.Create(ctx, newNamespace(name))).To(Succeed())
			t := newTenant(ctx, cluster, name)
			t.expectRevision(ctx, 1)
			t.expectToken(ctx, idOf(ctx, cluster, "kube-system"))
		}
		run.expectClusterID(ctx, idOf(ctx, cluster, "kube-system"))
		run.stop()
		run.expectNothingRefused()
		run.expectSelected()
		Expect(run.matching(func(q request) bool { return q.ofNamespace("kube-system") })).To(HaveLen(1))
	})
})
