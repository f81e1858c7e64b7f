// SPDX-License-Identifier: Apache-2.0

// Package controller_test runs the reconcilers as they are wired for production, as the operator's own service account,
// against a real API server and simulated WHM servers. Specs that count run on virtual time, see timeline; the others
// follow the real clock.
package controller_test

import (
	"context"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"

	"github.com/whm-credentials/operator/test/testbed"
)

var (
	// ctx ends with the suite.
	ctx context.Context
	end context.CancelFunc

	cluster *testbed.Cluster
	// admin reads and writes live and may do everything.
	admin client.Client
	// operatorConfig is the access of the operator's service account.
	operatorConfig *rest.Config
)

func TestControllers(t *testing.T) {
	RegisterFailHandler(Fail)
	// Long enough for a machine that has much else to do: it costs nothing when all is well.
	SetDefaultEventuallyTimeout(2 * time.Minute)
	SetDefaultEventuallyPollingInterval(50 * time.Millisecond)
	RunSpecs(t, "Controllers")
}

var _ = BeforeSuite(func() {
	ctx, end = context.WithCancel(context.Background())
	ctrl.SetLogger(zap.New(zap.WriteTo(GinkgoWriter)))
	var err error
	cluster, err = testbed.StartCluster(ctx)
	Expect(err).NotTo(HaveOccurred())
	admin = cluster.Admin
	operatorConfig, err = cluster.OperatorConfig(ctx)
	Expect(err).NotTo(HaveOccurred())
	Expect(cluster.RunPods(ctx)).To(Succeed())
})

var _ = AfterSuite(func() {
	if cluster != nil {
		Expect(cluster.Stop()).To(Succeed())
	}
	end()
})
