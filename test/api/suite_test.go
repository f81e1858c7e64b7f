// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"context"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/whm-credentials/operator/internal/setup"
	"github.com/whm-credentials/operator/test/testbed"
)

var (
	cluster *testbed.Cluster
	// admin may do everything, reads live and refuses unknown fields, as kubectl does.
	admin client.Client
)

func TestAPI(t *testing.T) {
	RegisterFailHandler(Fail)
	SetDefaultEventuallyTimeout(2 * time.Minute)
	SetDefaultEventuallyPollingInterval(50 * time.Millisecond)
	RunSpecs(t, "API")
}

var _ = BeforeSuite(func() {
	ctrl.SetLogger(zap.New(zap.WriteTo(GinkgoWriter), zap.UseDevMode(true)))
	var err error
	cluster, err = testbed.StartCluster(context.Background())
	if cluster != nil {
		DeferCleanup(cluster.Stop)
	}
	Expect(err).NotTo(HaveOccurred())
	admin = client.WithFieldValidation(cluster.Admin, metav1.FieldValidationStrict)
	startOperator()
})

// startOperator runs the operator in this process, wired as in its binary and with the rights of its service account.
func startOperator() {
	ctx, stop := context.WithCancel(context.Background())
	cfg, err := cluster.OperatorConfig(ctx)
	Expect(err).NotTo(HaveOccurred())
	mgr, err := manager.New(setup.RESTConfig(cfg), manager.Options{
		Scheme:  setup.Scheme(),
		Cache:   setup.CacheOptions(),
		Client:  setup.ClientOptions(),
		Metrics: metricsserver.Options{BindAddress: "0"},
	})
	Expect(err).NotTo(HaveOccurred())
	options := func() controller.Options { return setup.ControllerOptions(setup.DefaultWorkers) }
	Expect(setup.Controllers(ctx, mgr, clock.RealClock{}, options, setup.Scope{ClusterID: "test"}, "test")).To(Succeed())
	done := make(chan error, 1)
	go func() { done <- mgr.Start(ctx) }()
	DeferCleanup(func() {
		stop()
		Eventually(done).Should(Receive(Succeed()))
	})
	Expect(mgr.GetCache().WaitForCacheSync(ctx)).To(BeTrue())
}
