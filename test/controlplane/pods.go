package controlplane

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-logr/logr/funcr"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/config"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
)

// HoldAnnotation, with any value on a pod (or a workload's pod template), keeps [ControlPlane.RunPods]
// from reporting the pod ready, as if its container never came up. Removing it lets the pod go on.
const HoldAnnotation = "controlplane.whm-credentials.dev/hold"

// RunPods plays scheduler and kubelet for all pods: it registers one ready Node, binds pods to it,
// reports them running and ready, and finishes their deletion at once. No container runs. It
// returns when it works, and ends when ctx ends or at Stop.
func (cp *ControlPlane) RunPods(ctx context.Context) error {
	manager, err := cp.podManager()
	if err != nil {
		return fmt.Errorf("run pods: %w", err)
	}
	if err := registerNode(ctx, manager.GetClient()); err != nil {
		return fmt.Errorf("run pods: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	context.AfterFunc(cp.running, cancel) //nolint:contextcheck // it is Stop that this waits for
	failed := make(chan error, 1)
	err = cp.background(func() {
		defer cancel()
		failed <- manager.Start(ctx)
	})
	if err != nil {
		cancel()
		return fmt.Errorf("run pods: %w", err)
	}
	if manager.GetCache().WaitForCacheSync(ctx) {
		return nil
	}
	return fmt.Errorf("run pods: watching pods ended: %w", errors.Join(<-failed, context.Cause(ctx)))
}

// podManager returns a manager with the pod reconciler, logging where the processes log.
func (cp *ControlPlane) podManager() (ctrl.Manager, error) {
	log, err := cp.logs.open("pods")
	if err != nil {
		return nil, err
	}
	scheme := runtime.NewScheme()
	if err := clientgoscheme.AddToScheme(scheme); err != nil {
		return nil, err
	}
	manager, err := ctrl.NewManager(cp.AdminConfig(), ctrl.Options{
		Scheme:  scheme,
		Metrics: metricsserver.Options{BindAddress: "0"},
		Logger:  funcr.New(func(prefix, args string) { _, _ = fmt.Fprintln(log, prefix, args) }, funcr.Options{}),
		// The node is written once, before the cache runs.
		Client:     client.Options{Cache: &client.CacheOptions{DisableFor: []client.Object{&corev1.Node{}}}},
		Controller: config.Controller{SkipNameValidation: new(true), MaxConcurrentReconciles: 4},
	})
	if err != nil {
		return nil, err
	}
	pods := &podRunner{client: manager.GetClient()}
	return manager, ctrl.NewControllerManagedBy(manager).Named("pods").For(&corev1.Pod{}).Complete(pods)
}
