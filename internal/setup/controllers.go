// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"context"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/metadata"
	"k8s.io/utils/clock"
	ctrlcontroller "sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	"github.com/whm-credentials/operator/internal/controller"
	"github.com/whm-credentials/operator/internal/controller/secretwatch"
	"github.com/whm-credentials/operator/internal/controller/upstream"
)

// Controllers adds all controllers to a manager. Each of them gets its own options, because a rate limiter must not be
// shared by kinds: it counts the failures of an object by its name.
func Controllers(
	ctx context.Context, mgr manager.Manager, clk clock.PassiveClock, options func() ctrlcontroller.Options, version string,
) error {
	if err := controller.AddIndexes(ctx, mgr.GetFieldIndexer()); err != nil {
		return fmt.Errorf("index cache: %w", err)
	}
	secrets, err := watchSecrets(mgr)
	if err != nil {
		return err
	}
	rejected := make(chan event.GenericEvent, 1024)
	o := controller.Options{
		Client:   mgr.GetClient(),
		Metadata: mgr.GetCache(),
		Recorder: mgr.GetEventRecorder("whm-credentials-operator"),
		Clock:    clk,
		Pool:     upstream.NewPool(mgr.GetClient(), clk, "whm-credentials-operator/"+version, notify(rejected)),
	}
	servers := controller.NewServerReconciler(o, secrets)
	if err := servers.SetupWithManager(mgr, options(), rejected, secrets.Events()); err != nil {
		return fmt.Errorf("set up controller of WHMServer: %w", err)
	}
	hashes := controller.NewAccessHashReconciler(o)
	if err := hashes.SetupWithManager(mgr, options()); err != nil {
		return fmt.Errorf("set up controller of AccessHashRotation: %w", err)
	}
	return nil
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

// notify returns a function that wakes up a server object. It never blocks a rotation: the queue behind the channel
// drops repetitions, and a full channel means that plenty of events for servers are on their way.
func notify(events chan<- event.GenericEvent) func(types.NamespacedName) {
	return func(key types.NamespacedName) {
		server := &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Namespace: key.Namespace, Name: key.Name}}
		select {
		case events <- event.GenericEvent{Object: server}:
		default:
		}
	}
}
