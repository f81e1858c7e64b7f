// SPDX-License-Identifier: Apache-2.0

package scoped_test

import (
	"context"
	"io"
	"path/filepath"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"

	"github.com/whm-credentials/operator/internal/setup"
	"github.com/whm-credentials/operator/test/controlplane"
	"github.com/whm-credentials/operator/test/testbed"
)

// binary is the manager.
var binary string

func TestScoped(t *testing.T) {
	RegisterFailHandler(Fail)
	EnforceDefaultTimeoutsWhenUsingContexts()
	SetDefaultEventuallyTimeout(2 * time.Minute)
	SetDefaultEventuallyPollingInterval(50 * time.Millisecond)
	RunSpecs(t, "Scoped installs")
}

var _ = BeforeSuite(func(ctx SpecContext) {
	ctrl.SetLogger(zap.New(zap.WriteTo(io.Discard))) // the manager's own log is what tells
	root, err := testbed.Root()
	Expect(err).NotTo(HaveOccurred())
	binary, err = testbed.BuildManager(ctx, root, GinkgoT().TempDir())
	Expect(err).NotTo(HaveOccurred())
})

// startBareCluster starts a control plane that knows the operator's kinds and gives nobody a right.
func startBareCluster(ctx context.Context) *testbed.Cluster {
	GinkgoHelper()
	root, err := testbed.Root()
	Expect(err).NotTo(HaveOccurred())
	// The cluster outlives the node that starts it.
	cp, err := controlplane.Start(context.WithoutCancel(ctx), controlplane.Options{
		CRDPaths: []string{filepath.Join(root, "config/crd/bases")},
	})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(cp.Stop)
	Expect(cp.RunPods(context.WithoutCancel(ctx))).To(Succeed())
	admin, err := client.New(cp.AdminConfig(), client.Options{Scheme: setup.Scheme()})
	Expect(err).NotTo(HaveOccurred())
	return &testbed.Cluster{ControlPlane: cp, Admin: admin, Root: root}
}
