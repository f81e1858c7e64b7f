// SPDX-License-Identifier: Apache-2.0

package bench_test

import (
	"context"
	"sync"
	"testing"

	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/whm-credentials/operator/internal/setup"
)

// operator is one run of the operator as its own service account. It sees the namespace of its benchmark only;
// everything else is as in the manager binary.
type operator struct {
	requests requests
	looks    looks
	stop     func()
}

// startOperator runs the operator until stop is called or the benchmark ends.
func (w *world) startOperator(b *testing.B) *operator {
	b.Helper()
	o := &operator{}
	cfg := setup.RESTConfig(w.operatorConfig)
	cfg.Wrap(o.requests.wrap)
	mgr, err := manager.New(cfg, managerOptions(w.namespace))
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	if err := setup.Controllers(ctx, mgr, clock.RealClock{}, o.controllerOptions, setup.Scope{ClusterID: "bench"}, "bench"); err != nil {
		b.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- mgr.Start(ctx) }()
	o.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			b.Error("the operator ended with:", err)
		}
	})
	b.Cleanup(o.stop)
	return o
}

func managerOptions(namespace string) manager.Options {
	options := manager.Options{
		Scheme:  setup.Scheme(),
		Cache:   setup.CacheOptions(),
		Client:  setup.ClientOptions(),
		Metrics: metricsserver.Options{BindAddress: "0"},
		// A second run in one process may use the same names.
		Controller: config.Controller{SkipNameValidation: new(true)},
	}
	options.Cache.DefaultNamespaces = map[string]cache.Config{namespace: {}}
	return options
}

// controllerOptions are those of production, with queues that are looked into.
func (o *operator) controllerOptions() controller.Options {
	options := setup.ControllerOptions(setup.DefaultWorkers)
	options.NewQueue = func(
		name string, limiter workqueue.TypedRateLimiter[reconcile.Request],
	) workqueue.TypedRateLimitingInterface[reconcile.Request] {
		return &observedQueue{
			PriorityQueue: priorityqueue.New(name, func(q *priorityqueue.Opts[reconcile.Request]) { q.RateLimiter = limiter }),
			done:          func(r reconcile.Request) { o.looks.add(name, r) },
		}
	}
	return options
}

// observedQueue is the queue that controllers have by default, and tells when an object has been looked at.
type observedQueue struct {
	priorityqueue.PriorityQueue[reconcile.Request]
	done func(reconcile.Request)
}

// Done is called at the end of each reconciliation.
func (q *observedQueue) Done(r reconcile.Request) {
	q.PriorityQueue.Done(r)
	q.done(r)
}
