// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"flag"
	"strconv"

	"github.com/spf13/pflag"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/metrics/filters"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/whm-credentials/operator/internal/setup"
)

// flags are what can be set from outside.
type flags struct {
	metricsAddress, probeAddress, leaseNamespace string
	leaderElect, secureMetrics, showVersion      bool
	workers                                      int
	namespaces                                   []string
	clusterID                                    string
	log                                          zap.Options
}

func parse(args []string) (flags, error) {
	var f flags
	set := f.set()
	if err := set.Parse(args); err != nil {
		return f, err
	}
	if f.workers < 1 {
		return f, errors.New("--workers must be at least 1")
	}
	if err := errors.Join(setup.CheckNamespaces(f.namespaces), setup.CheckClusterID(f.clusterID)); err != nil {
		return f, err
	}
	return f, f.boundVerbosity(set)
}

// set returns the flags under their names.
func (f *flags) set() *pflag.FlagSet {
	set := pflag.NewFlagSet("manager", pflag.ContinueOnError)
	set.StringVar(&f.metricsAddress, "metrics-bind-address", "0", "address for metrics, such as :8443; 0 serves none")
	set.BoolVar(&f.secureMetrics, "metrics-secure", true, "serve metrics over TLS to clients that the API server authorizes")
	set.StringVar(&f.probeAddress, "health-probe-bind-address", ":8081", "address for /healthz and /readyz; 0 serves none")
	set.BoolVar(&f.leaderElect, "leader-elect", false, "work only while holding a lease, so that several replicas can run")
	set.StringVar(&f.leaseNamespace, "leader-election-namespace", "", "namespace of the lease; the pod's own if empty")
	set.IntVar(&f.workers, "workers", setup.DefaultWorkers, "objects of each kind that are worked on at once")
	set.StringSliceVar(&f.namespaces, "namespaces", nil, "namespaces to work in, repeated or with commas; all if empty")
	set.StringVar(&f.clusterID, "cluster-id", "", "part of the names of tokens, 1 to 8 of a-z and 0-9; made from the UID of "+
		"namespace kube-system if empty, or with --namespaces from that of the pod's own")
	set.BoolVar(&f.showVersion, "version", false, "print the version and exit")
	native := flag.NewFlagSet("manager", flag.ContinueOnError)
	f.log.BindFlags(native)
	ctrl.RegisterFlags(native)
	set.AddGoFlagSet(native)
	return set
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

// options are those of the manager. The lease is given back on exit, because all work ends with the manager.
func (f *flags) options() manager.Options {
	o := manager.Options{
		Scheme:                        setup.Scheme(),
		Cache:                         setup.CacheOptions(f.namespaces...),
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
