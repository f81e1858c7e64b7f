// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"context"
	"fmt"

	"k8s.io/client-go/metadata"
	"k8s.io/utils/clock"
	ctrlcontroller "sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller"
	"github.com/whm-credentials/operator/internal/controller/reference"
	"github.com/whm-credentials/operator/internal/controller/secretwatch"
	"github.com/whm-credentials/operator/internal/controller/upstream"
)

// Scope is the part of the world that the controllers look after.
type Scope struct {
	// ClusterID is part of the names of everything that is made upstream.
	ClusterID string
	// Namespaced is true if the operator may only see some namespaces, and so no ClusterWHMServer.
	Namespaced bool
}

// Controllers adds all controllers to a manager. Each of them gets its own options, because a rate limiter must not be
// shared by kinds: it counts the failures of an object by its name.
func Controllers(
	ctx context.Context, mgr manager.Manager, clk clock.PassiveClock, options func() ctrlcontroller.Options, scope Scope,
	version string,
) error {
	references := &reference.Resolver{Reader: mgr.GetClient(), Metadata: mgr.GetCache(), Namespaced: scope.Namespaced}
	kinds := references.ServerKinds()
	if err := controller.AddIndexes(ctx, mgr.GetFieldIndexer(), kinds...); err != nil {
		return fmt.Errorf("index cache: %w", err)
	}
	bus := newBus(kinds)
	o := controller.Options{
		Client:     mgr.GetClient(),
		Metadata:   mgr.GetCache(),
		Recorder:   mgr.GetEventRecorder("whm-credentials-operator"),
		Clock:      clk,
		Pool:       upstream.NewPool(mgr.GetClient(), clk, "whm-credentials-operator/"+version, bus.reject),
		References: references,
		ClusterID:  scope.ClusterID,
		Turned:     bus.turn,
	}
	for _, kind := range kinds {
		secrets, err := watchSecrets(mgr)
		if err != nil {
			return err
		}
		servers := controller.NewServerReconciler(kind, o, secrets)
		if err := servers.SetupWithManager(mgr, options(), bus.rejected[kind], secrets.Events()); err != nil {
			return fmt.Errorf("set up controller of %s: %w", kind, err)
		}
	}
	for _, kind := range controller.CredentialKinds() {
		if err := setUpCredentials(mgr, kind, o, options(), kinds, bus); err != nil {
			return fmt.Errorf("set up controller of %s: %w", kind.Name, err)
		}
	}
	return nil
}

func setUpCredentials(
	mgr manager.Manager, kind controller.CredentialKind, o controller.Options, options ctrlcontroller.Options,
	servers []v1alpha1.ServerKind, bus *bus,
) error {
	var inputs <-chan event.GenericEvent
	if kind.HasInput() {
		secrets, err := watchSecrets(mgr)
		if err != nil {
			return err
		}
		o.Inputs, inputs = secrets, secrets.Events()
	}
	return controller.NewCredentialReconciler(kind, o).SetupWithManager(mgr, options, servers, bus.turned(kind.Name), inputs)
}

func watchSecrets(mgr manager.Manager) (*secretwatch.Watcher, error) {
	client, err := metadata.NewForConfigAndClient(mgr.GetConfig(), mgr.GetHTTPClient())
	if err != nil {
		return nil, fmt.Errorf("make metadata client: %w", err)
	}
	w := secretwatch.New(client)
	if err := mgr.Add(w); err != nil {
		return nil, fmt.Errorf("add Secret watcher: %w", err)
	}
	return w, nil
}
