// SPDX-License-Identifier: Apache-2.0

package crash_test

import (
	"context"
	"flag"
	"io"
	"regexp"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"

	"github.com/whm-credentials/operator/test/crash"
	"github.com/whm-credentials/operator/test/testbed"
)

// These narrow the suite down while one looks for a cause: go test ./test/crash -args -crash.only='after whm accesshash'
var (
	only     = flag.String("crash.only", "", "run only crash points and settings whose name matches this regular expression")
	scenario = flag.String("crash.scenario", "", "run only the matrix of scenarios whose name matches this regular expression")
)

// bed is made once: a control plane boots in seconds, but not for hundreds of cases.
var bed *crash.Bed

func TestCrash(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Crash")
}

var _ = BeforeSuite(func(ctx SpecContext) {
	// The cluster outlives this node.
	ctrl.SetLogger(zap.New(zap.WriteTo(io.Discard))) // failures carry their own logs
	cluster, err := testbed.StartCluster(context.WithoutCancel(ctx))
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(cluster.Stop)
	Expect(cluster.RunPods(context.WithoutCancel(ctx))).To(Succeed())
	operator, err := cluster.OperatorConfig(ctx)
	Expect(err).NotTo(HaveOccurred())
	binary, err := testbed.BuildManager(ctx, cluster.Root, GinkgoT().TempDir())
	Expect(err).NotTo(HaveOccurred())
	bed = &crash.Bed{Cluster: cluster, Operator: operator, Binary: binary}
})

// wanted tells whether a case was asked for.
func wanted(name string) bool { return regexp.MustCompile(*only).MatchString(name) }

// wantedScenario tells whether the matrix of a scenario was asked for.
func wantedScenario(name string) bool { return regexp.MustCompile(*scenario).MatchString(name) }
