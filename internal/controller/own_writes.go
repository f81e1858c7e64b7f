// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"sync"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/resourceversion"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// ownWrites remembers which version of each object this process wrote last. A cache that has not caught up with it
// shows an older status, and what is decided from that would be written again for nothing.
type ownWrites struct {
	mu       sync.Mutex
	versions map[types.UID]string
}

func (w *ownWrites) remember(obj client.Object) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.versions == nil {
		w.versions = map[types.UID]string{}
	}
	w.versions[obj.GetUID()] = obj.GetResourceVersion()
}

func (w *ownWrites) forget(uid types.UID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.versions, uid)
}

// outdated tells whether the object, as the cache shows it, is older than what was written.
func (w *ownWrites) outdated(obj client.Object) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	written, known := w.versions[obj.GetUID()]
	if !known {
		return false
	}
	order, err := resourceversion.CompareResourceVersion(obj.GetResourceVersion(), written)
	return err == nil && order < 0
}
