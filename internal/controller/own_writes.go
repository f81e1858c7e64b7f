// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"maps"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/resourceversion"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// ownWrites remembers which version of each object this process wrote last. A cache that has not caught up with it
// shows an older status, and what is decided from that would be written again for nothing.
type ownWrites struct {
	mu       sync.Mutex
	versions map[types.UID]ownWrite
}

type ownWrite struct {
	version string
	at      time.Time
}

// cacheLag is how long a cache may lag behind. After that the version is no longer waited for: the API server may have
// been restored to an older state, where it never comes.
const cacheLag = 10 * time.Second

func (w *ownWrites) remember(obj client.Object) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.versions == nil {
		w.versions = map[types.UID]ownWrite{}
	}
	w.versions[obj.GetUID()] = ownWrite{version: obj.GetResourceVersion(), at: time.Now()}
}

// rememberLast remembers the write after which the object is gone, and forgets what is no longer waited for.
func (w *ownWrites) rememberLast(obj client.Object) {
	w.remember(obj)
	w.mu.Lock()
	defer w.mu.Unlock()
	maps.DeleteFunc(w.versions, func(_ types.UID, of ownWrite) bool { return time.Since(of.at) > cacheLag })
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
	if !known || time.Since(written.at) > cacheLag {
		return false
	}
	order, err := resourceversion.CompareResourceVersion(obj.GetResourceVersion(), written.version)
	return err == nil && order < 0
}
