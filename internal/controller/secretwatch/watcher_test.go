// SPDX-License-Identifier: Apache-2.0

package secretwatch_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/metadata/fake"
	clienttesting "k8s.io/client-go/testing"

	"github.com/whm-credentials/operator/internal/controller/secretwatch"
)

var (
	secrets = corev1.SchemeGroupVersion.WithResource("secrets")
	// The fake API server knows no field selectors, so the Secrets are kept apart by namespace.
	one   = types.NamespacedName{Namespace: "first", Name: "one"}
	two   = types.NamespacedName{Namespace: "second", Name: "two"}
	user  = types.NamespacedName{Namespace: "ns", Name: "user"}
	other = types.NamespacedName{Namespace: "ns", Name: "other"}
)

// rig is a watcher on a cluster with the Secrets one and two.
type rig struct {
	*secretwatch.Watcher
	client  metadata.Interface
	watches atomic.Int32
}

func metadataOf(key types.NamespacedName) *metav1.PartialObjectMetadata {
	return &metav1.PartialObjectMetadata{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"},
		ObjectMeta: metav1.ObjectMeta{Namespace: key.Namespace, Name: key.Name},
	}
}

func newRig(t *testing.T) *rig {
	t.Helper()
	scheme := fake.NewTestScheme()
	if err := metav1.AddMetaToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	client := fake.NewSimpleMetadataClient(scheme, metadataOf(one), metadataOf(two))
	r := &rig{Watcher: secretwatch.New(client), client: client}
	client.PrependWatchReactor("secrets", func(clienttesting.Action) (bool, watch.Interface, error) {
		r.watches.Add(1)
		return false, nil, nil
	})
	return r
}

// start runs the watcher until the test ends, and fails it if the watcher does not end then.
func (r *rig) start(t *testing.T) {
	t.Helper()
	ended := make(chan error, 1)
	go func() { ended <- r.Start(t.Context()) }()
	t.Cleanup(func() {
		select {
		case err := <-ended:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(10 * time.Second):
			t.Error("the watcher does not stop")
		}
	})
}

// expect waits for an event about each of the Secrets, in any order.
func (r *rig) expect(t *testing.T, keys ...types.NamespacedName) {
	t.Helper()
	missing := map[string]bool{}
	for _, key := range keys {
		missing[key.Name] = true
	}
	for len(missing) > 0 {
		select {
		case e := <-r.Events():
			delete(missing, e.Object.GetName())
		case <-time.After(10 * time.Second):
			t.Fatalf("no event about %v", missing)
		}
	}
}

// watching waits until so many watches have begun in all. They begin after the lists that the first events are from, and the
// fake API server tells nobody of what happened before.
func (r *rig) watching(t *testing.T, watches int32) {
	t.Helper()
	begun := func(context.Context) (bool, error) { return r.watches.Load() == watches, nil }
	if err := wait.PollUntilContextTimeout(t.Context(), 10*time.Millisecond, 10*time.Second, true, begun); err != nil {
		t.Fatalf("got %d watches, want %d", r.watches.Load(), watches)
	}
}

func (r *rig) touch(t *testing.T, key types.NamespacedName) {
	t.Helper()
	_, err := r.client.Resource(secrets).Namespace(key.Namespace).Patch(t.Context(), key.Name, types.MergePatchType,
		[]byte(`{"metadata":{"annotations":{"touched":"`+time.Now().String()+`"}}}`), metav1.PatchOptions{})
	if err != nil {
		t.Fatal(err)
	}
}

func TestWatcherTellsOfWantedSecrets(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Want(user, one)
	r.start(t)
	r.expect(t, one)
	r.watching(t, 1)
	r.touch(t, one)
	r.expect(t, one)
	r.Want(other, two)
	r.expect(t, two)
	r.watching(t, 2)
	if err := r.client.Resource(secrets).Namespace(two.Namespace).Delete(t.Context(), two.Name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	r.expect(t, two)
}

func TestWatcherSharesWatches(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start(t)
	r.Want(user, one)
	r.expect(t, one)
	r.watching(t, 1)
	r.Want(other, one)
	r.Want(user, one)
	r.Want(user)
	r.touch(t, one)
	r.expect(t, one)
	if got := r.watches.Load(); got != 1 {
		t.Errorf("got %d watches for one Secret, want 1", got)
	}
}

func TestWatcherDropsWhatNobodyWants(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start(t)
	r.Want(user, one, two)
	r.expect(t, one, two)
	r.watching(t, 2)
	r.Want(user, two)
	r.touch(t, one)
	r.touch(t, two)
	if e := <-r.Events(); e.Object.GetName() != two.Name {
		t.Fatalf("an event about Secret %s, which nobody wants any more", e.Object.GetName())
	}
	r.Want(user, one)
	r.expect(t, one)
	r.watching(t, 3)
}

func TestMetadataIsKnownOnceSeen(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Want(user, one)
	if r.Metadata(one) != nil || r.Metadata(two) != nil {
		t.Error("the watcher knows Secrets before it was started")
	}
	r.start(t)
	r.expect(t, one)
	if got := r.Metadata(one); got == nil || got.Name != one.Name {
		t.Errorf("got %v", got)
	}
	if r.Metadata(two) != nil {
		t.Error("the watcher knows a Secret that nobody wants to hear of")
	}
	r.Want(user)
	if r.Metadata(one) != nil {
		t.Error("the watcher still knows a Secret that nobody wants to hear of any more")
	}
}
