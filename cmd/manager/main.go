// SPDX-License-Identifier: Apache-2.0

// Command manager is the operator.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strconv"

	"github.com/spf13/pflag"
	"k8s.io/klog/v2"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/metrics/filters"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/whm-credentials/operator/internal/setup"
)

// version is set when the program is built.
var version = "dev"

func main() {
	if err := run(os.Args[1:]); err != nil && !errors.Is(err, pflag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "manager:", err)
		os.Exit(1)
	}
}

// flags are what can be set from outside.
type flags struct {
	metricsAddress, probeAddress, leaseNamespace string
	leaderElect, secureMetrics, showVersion      bool
	workers                                      int
	log                                          zap.Options
}

func parse(args []string) (flags, error) {
	var f flags
	set := pflag.NewFlagSet("manager", pflag.ContinueOnError)
	set.StringVar(&f.metricsAddress, "metrics-bind-address", "0", "address for metrics, such as :8443; 0 serves none")
	set.BoolVar(&f.secureMetrics, "metrics-secure", true, "serve metrics over TLS to clients that the API server authorizes")
	set.StringVar(&f.probeAddress, "health-probe-bind-address", ":8081", "address for /healthz and /readyz; 0 serves none")
	set.BoolVar(&f.leaderElect, "leader-elect", false, "work only while holding a lease, so that several replicas can run")
	set.StringVar(&f.leaseNamespace, "leader-election-namespace", "", "namespace of the lease; the pod's own if empty")
	set.IntVar(&f.workers, "workers", setup.DefaultWorkers, "objects of each kind that are worked on at once")
	set.BoolVar(&f.showVersion, "version", false, "print the version and exit")
	native := flag.NewFlagSet("manager", flag.ContinueOnError)
	f.log.BindFlags(native)
	ctrl.RegisterFlags(native)
	set.AddGoFlagSet(native)
	if err := set.Parse(args); err != nil {
		return f, err
	}
	if f.workers < 1 {
		return f, errors.New("--workers must be at least 1")
	}
	return f, f.boundVerbosity(set)
}

// mostVerbose is the highest verbosity that shows no secret: from 8 on, the API client logs the bodies of its requests
// and answers, and Secrets are among them.
const mostVerbose = 7

func (f *flags) boundVerbosity(set *pflag.FlagSet) error {
	if f.log.Level == nil || !f.log.Level.Enabled(-mostVerbose-1) {
		return nil
	}
	return set.Set("zap-log-level", strconv.Itoa(mostVerbose))
}

func run(args []string) error {
	f, err := parse(args)
	if err != nil {
		return err
	}
	if f.showVersion {
		_, err := fmt.Println(version)
		return err
	}
	logger := zap.New(zap.UseFlagOptions(&f.log))
	ctrl.SetLogger(logger)
	klog.SetLogger(logger)

	cfg, err := ctrl.GetConfig()
	if err != nil {
		return fmt.Errorf("find the cluster: %w", err)
	}
	ctx := ctrl.SetupSignalHandler()
	mgr, err := manager.New(setup.RESTConfig(cfg), f.options())
	if err != nil {
		return fmt.Errorf("make manager: %w", err)
	}
	options := func() controller.Options { return setup.ControllerOptions(f.workers) }
	if err := setup.Controllers(ctx, mgr, clock.RealClock{}, options, setup.Scope{}, version); err != nil {
		return err
	}
	if err := errors.Join(mgr.AddHealthzCheck("ping", healthz.Ping), mgr.AddReadyzCheck("ping", healthz.Ping)); err != nil {
		return fmt.Errorf("add health checks: %w", err)
	}
	logger.Info("Starting manager", "version", version)
	return mgr.Start(ctx)
}

// options are those of the manager. The lease is given back on exit, because all work ends with the manager.
func (f flags) options() manager.Options {
	o := manager.Options{
		Scheme:                        setup.Scheme(),
		Cache:                         setup.CacheOptions(),
		Client:                        setup.ClientOptions(),
		HealthProbeBindAddress:        f.probeAddress,
		LeaderElection:                f.leaderElect,
		LeaderElectionID:              "whm-credentials-operator",
		LeaderElectionNamespace:       f.leaseNamespace,
		LeaderElectionReleaseOnCancel: true,
		Metrics:                       metricsserver.Options{BindAddress: f.metricsAddress, SecureServing: f.secureMetrics},
	}
	if f.secureMetrics {
		o.Metrics.FilterProvider = filters.WithAuthenticationAndAuthorization
	}
	return o
}
