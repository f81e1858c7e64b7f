// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller"
)

// bus carries news between controllers that no write to the API server tells: it would cost one for each of them.
type bus struct {
	rejected map[v1alpha1.ServerKind]chan event.GenericEvent
	news     map[string]chan event.GenericEvent
}

// busLength is how many events wait for a controller that is busy.
const busLength = 1024

func newBus(servers []v1alpha1.ServerKind) *bus {
	b := &bus{rejected: map[v1alpha1.ServerKind]chan event.GenericEvent{}, news: map[string]chan event.GenericEvent{}}
	for _, kind := range servers {
		b.rejected[kind] = make(chan event.GenericEvent, busLength)
	}
	for _, kind := range controller.CredentialKinds() {
		b.news[kind.Name] = make(chan event.GenericEvent, busLength)
	}
	return b
}

// reject wakes up the server object whose credential was rejected.
func (b *bus) reject(server v1alpha1.Server) { send(b.rejected[server.ServerKind()], server) }

// turn wakes up the credential objects of a server whose tokens have changed.
func (b *bus) turn(server v1alpha1.Server) {
	for _, channel := range b.news {
		send(channel, server)
	}
}

// turned returns the channel of a kind.
func (b *bus) turned(kind string) <-chan event.GenericEvent { return b.news[kind] }

// send never blocks a rotation: the queue behind the channel drops repetitions, and a full channel means that plenty of
// events are on their way.
func send(channel chan<- event.GenericEvent, server v1alpha1.Server) {
	select {
	case channel <- event.GenericEvent{Object: server}:
	default:
	}
}
