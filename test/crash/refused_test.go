// SPDX-License-Identifier: Apache-2.0

package crash_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/whm/simulator"
	"github.com/whm-credentials/operator/test/crash"
)

var _ = DescribeTable("A rotation that would be unsafe is refused, before and after a crash, and the hash is not touched",
	func(ctx SpecContext, sc crash.Scenario, reason string) {
		rig, err := bed.NewRig(ctx, sc)
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(rig.Close)
		hash := rig.Simulator.AccessHash(sc.User())
		objects, err := sc.Objects(rig)
		Expect(err).NotTo(HaveOccurred())
		for _, object := range objects {
			Expect(rig.Cluster.Admin.Create(ctx, object)).To(Succeed())
		}
		for range 2 {
			before := len(rig.Simulator.Ledger().Calls)
			Expect(rig.Start()).To(Succeed())
			Eventually(ctx, func(g Gomega) {
				object := &v1alpha1.AccessHashRotation{}
				g.Expect(rig.Get(ctx, crash.RotationName, object)).To(Succeed())
				stalled := meta.FindStatusCondition(object.Status.Conditions, v1alpha1.StalledCondition)
				g.Expect(stalled).NotTo(BeNil())
				g.Expect(stalled.Reason).To(Equal(reason))
				g.Expect(len(rig.Simulator.Ledger().Calls)).To(BeNumerically(">", before))
			}, crash.Patience).Should(Succeed())
			rig.Kill()
		}
		Expect(rig.Simulator.AccessHash(sc.User())).To(Equal(hash))
		Expect(sc.Kind.Issues(rig.Simulator.Ledger())).To(BeZero())
		Expect(len(rig.Simulator.Ledger().FailedLogins)).To(BeNumerically("<=", 2))
	},
	Entry("no lifeline can be opened", noLifeline, v1alpha1.LifelineUnavailableReason),
	Entry("hash logins are switched off", switchedOff, v1alpha1.AccessHashLoginDisabledReason),
)

var (
	noLifeline = crash.SelfSession.With(simulator.Setting{
		Name: "rootSessionForRoot=refuse", Unverified: simulator.Unverified{RootSessionForRoot: "refuse"},
	})
	switchedOff = crash.Scenario{
		Name: "hash logins switched off", Kind: crash.AccessHash, Version: "11.136.0.4", SwitchedOff: true,
	}
)
