// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"fmt"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/whm-credentials/operator/api/v1alpha1"
)

const (
	// firstRetry and lastRetry bound the back-off of an object that fails. The work queue's own first retry, after five
	// milliseconds, is meant for the API server and would be rude to a hosting server.
	firstRetry = 500 * time.Millisecond
	lastRetry  = 5 * time.Minute

	// DefaultWorkers is how many objects of a kind are worked on at once. They mostly wait for servers.
	DefaultWorkers = 32
)

// RESTConfig returns a copy of the configuration without client-side throttling: the API server's own priority and
// fairness does that better.
func RESTConfig(cfg *rest.Config) *rest.Config {
	cfg = rest.CopyConfig(cfg)
	cfg.QPS, cfg.Burst = -1, -1
	return cfg
}

// CacheOptions keep the cache's size independent of other people's objects: of Secrets, only the metadata of those that
// the operator made. With namespaces, everything is listed and watched in each of them by itself; without, in all at
// once.
func CacheOptions(namespaces ...string) cache.Options {
	o := cache.Options{
		DefaultTransform: cache.TransformStripManagedFields(),
		ByObject: map[client.Object]cache.ByObject{
			&corev1.Secret{}: {Label: labels.SelectorFromSet(labels.Set{v1alpha1.ManagedByLabel: v1alpha1.ManagedByValue})},
		},
	}
	for _, name := range namespaces {
		if o.DefaultNamespaces == nil {
			o.DefaultNamespaces = map[string]cache.Config{}
		}
		o.DefaultNamespaces[name] = cache.Config{}
	}
	return o
}

// CheckNamespaces tells what is wrong with the names of namespaces. An empty one would stand for all namespaces.
func CheckNamespaces(namespaces []string) error {
	for _, name := range namespaces {
		if wrong := validation.IsDNS1123Label(name); len(wrong) > 0 {
			return fmt.Errorf("--namespaces: %q is not the name of a namespace: %s", name, wrong[0])
		}
	}
	return nil
}

// ClientOptions read Secrets and workloads live: the content of a Secret is not kept in memory, and what the operator
// decides upon is never stale.
func ClientOptions() client.Options {
	return client.Options{
		FieldOwner: "whm-credentials-operator",
		Cache: &client.CacheOptions{DisableFor: []client.Object{
			&corev1.Secret{}, &appsv1.Deployment{}, &appsv1.StatefulSet{}, &appsv1.DaemonSet{},
		}},
	}
}

// ControllerOptions are those of every controller.
func ControllerOptions(workers int) controller.Options {
	return controller.Options{
		MaxConcurrentReconciles: workers,
		RateLimiter:             workqueue.NewTypedItemExponentialFailureRateLimiter[reconcile.Request](firstRetry, lastRetry),
	}
}
