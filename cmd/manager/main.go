// SPDX-License-Identifier: Apache-2.0

// Command manager is the operator.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/pflag"
	"k8s.io/klog/v2"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	"sigs.k8s.io/controller-runtime/pkg/manager"

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
	scope, err := f.scope(ctx, mgr.GetAPIReader())
	if err != nil {
		return err
	}
	options := func() controller.Options { return setup.ControllerOptions(f.workers) }
	if err := setup.Controllers(ctx, mgr, clock.RealClock{}, options, scope, version); err != nil {
		return err
	}
	ready := setup.CachesSynced(mgr.GetCache())
	if err := errors.Join(mgr.AddHealthzCheck("ping", healthz.Ping), mgr.AddReadyzCheck("caches", ready)); err != nil {
		return fmt.Errorf("add health checks: %w", err)
	}
	logger.Info("Starting manager", "version", version, "clusterID", scope.ClusterID, "namespaces", f.namespaces)
	return mgr.Start(ctx)
}

// scope asks the API server for the cluster's id if no flag tells it.
func (f *flags) scope(ctx context.Context, live client.Reader) (setup.Scope, error) {
	s := setup.Scope{ClusterID: f.clusterID, Namespaced: len(f.namespaces) > 0}
	if s.ClusterID != "" {
		return s, nil
	}
	namespace, err := setup.IdentityNamespace(s.Namespaced, f.leaseNamespace)
	if err != nil {
		return s, err
	}
	s.ClusterID, err = setup.ClusterID(ctx, live, namespace)
	return s, err
}
