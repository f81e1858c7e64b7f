// SPDX-License-Identifier: Apache-2.0

// Package secretwatch watches single Secrets by name, metadata only. A watch over all Secrets would cost memory for
// every Secret of other people, and the right to list them.
package secretwatch

import (
	"context"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/metadata/metadatainformer"
	"k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/event"
)

// Watcher keeps one watch for each Secret that an object refers to.
type Watcher struct {
	client metadata.Interface
	events chan event.GenericEvent

	mu      sync.Mutex
	ctx     context.Context
	watches map[types.NamespacedName]*watch
	wanted  map[types.NamespacedName][]types.NamespacedName
}

type watch struct {
	stop  context.CancelFunc
	store cache.Store
	users int
}

// New returns a watcher. Start must be called before it sees anything.
func New(client metadata.Interface) *Watcher {
	return &Watcher{
		client:  client,
		events:  make(chan event.GenericEvent, 256),
		watches: map[types.NamespacedName]*watch{},
		wanted:  map[types.NamespacedName][]types.NamespacedName{},
	}
}

// Events carries the metadata of a watched Secret each time that it appears, changes or disappears.
func (w *Watcher) Events() <-chan event.GenericEvent { return w.events }

// Start runs until ctx ends; it is a manager's Runnable.
func (w *Watcher) Start(ctx context.Context) error {
	w.mu.Lock()
	w.ctx = ctx
	for key, entry := range w.watches {
		w.run(ctx, key, entry)
	}
	w.mu.Unlock()
	<-ctx.Done()
	return nil
}

// Want replaces the Secrets that the object named user wants to hear of; none if secrets is empty.
func (w *Watcher) Want(user types.NamespacedName, secrets ...types.NamespacedName) {
	w.mu.Lock()
	defer w.mu.Unlock()
	before := w.wanted[user]
	for _, key := range secrets {
		w.acquire(key)
	}
	for _, key := range before {
		w.release(key)
	}
	if len(secrets) == 0 {
		delete(w.wanted, user)
		return
	}
	w.wanted[user] = secrets
}

// Metadata returns the metadata of a Secret that somebody wants to hear of, or nil if it does not exist or was not seen
// yet; an event follows when it is. It must not be changed.
func (w *Watcher) Metadata(key types.NamespacedName) *metav1.PartialObjectMetadata {
	w.mu.Lock()
	defer w.mu.Unlock()
	entry := w.watches[key]
	if entry == nil || entry.store == nil {
		return nil
	}
	// A store in memory cannot fail.
	obj, _, _ := entry.store.GetByKey(key.String())
	secret, _ := obj.(*metav1.PartialObjectMetadata)
	return secret
}

func (w *Watcher) acquire(key types.NamespacedName) {
	entry := w.watches[key]
	if entry == nil {
		entry = &watch{}
		w.watches[key] = entry
		if w.ctx != nil {
			w.run(w.ctx, key, entry)
		}
	}
	entry.users++
}

func (w *Watcher) release(key types.NamespacedName) {
	entry := w.watches[key]
	if entry.users--; entry.users > 0 {
		return
	}
	delete(w.watches, key)
	if entry.stop != nil {
		entry.stop()
	}
}

func (w *Watcher) run(ctx context.Context, key types.NamespacedName, entry *watch) {
	ctx, entry.stop = context.WithCancel(ctx)
	informer := metadatainformer.NewFilteredMetadataInformer(w.client, corev1.SchemeGroupVersion.WithResource("secrets"),
		key.Namespace, 0*time.Second, cache.Indexers{}, func(o *metav1.ListOptions) {
			o.FieldSelector = fields.OneTermEqualSelector(metav1.ObjectNameField, key.Name).String()
		}).Informer()
	entry.store = informer.GetStore()
	send := func(obj any) { w.send(ctx, obj) }
	// An informer that has not started accepts every handler.
	_, _ = informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    send,
		UpdateFunc: func(_, obj any) { send(obj) },
		DeleteFunc: send,
	})
	go informer.RunWithContext(ctx)
}

func (w *Watcher) send(ctx context.Context, obj any) {
	if unknown, ok := obj.(cache.DeletedFinalStateUnknown); ok {
		obj = unknown.Obj
	}
	secret, ok := obj.(*metav1.PartialObjectMetadata)
	if !ok || ctx.Err() != nil {
		return
	}
	select {
	case w.events <- event.GenericEvent{Object: secret}:
	case <-ctx.Done():
	}
}
