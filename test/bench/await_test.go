// SPDX-License-Identifier: Apache-2.0

package bench_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/api/v1alpha1"
)

// longest is how long anything may take on a machine that has other things to do.
const longest = 10 * time.Minute

// await watches the objects until every one of them is ready and fulfils the condition.
func (w *world) await(
	b *testing.B, objects []*v1alpha1.AccessHashRotation, fulfilled func(*v1alpha1.AccessHashRotation) bool,
) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), longest)
	defer cancel()
	watch, err := w.admin.Watch(ctx, &v1alpha1.AccessHashRotationList{}, client.InNamespace(w.namespace))
	if err != nil {
		b.Fatal(err)
	}
	defer watch.Stop()
	missing := map[string]bool{}
	for _, r := range objects {
		missing[r.Name] = true
	}
	for e := range watch.ResultChan() {
		r, ok := e.Object.(*v1alpha1.AccessHashRotation)
		if ok && meta.IsStatusConditionTrue(r.Status.Conditions, v1alpha1.ReadyCondition) && fulfilled(r) {
			delete(missing, r.Name)
		}
		if len(missing) == 0 {
			return
		}
	}
	b.Fatalf("%d of %d objects did not get there", len(missing), len(objects))
}

// published is the condition that an object has its first credential.
func published(r *v1alpha1.AccessHashRotation) bool { return r.Status.Revision > 0 }

// rotate asks for a rotation of the objects and waits until all are done. It returns how long that took.
func (w *world) rotate(b *testing.B, objects []*v1alpha1.AccessHashRotation, request string) time.Duration {
	b.Helper()
	patch := client.RawPatch(types.MergePatchType,
		fmt.Appendf(nil, `{"metadata":{"annotations":{%q:%q}}}`, v1alpha1.RotateAnnotation, request))
	begin := time.Now()
	err := inParallel(slots, len(objects), func(i int) error {
		return w.admin.Patch(b.Context(), &v1alpha1.AccessHashRotation{ObjectMeta: *objects[i].ObjectMeta.DeepCopy()}, patch)
	})
	if err != nil {
		b.Fatal(err)
	}
	w.await(b, objects, func(r *v1alpha1.AccessHashRotation) bool { return r.Status.LastHandledRotate == request })
	return time.Since(begin)
}

// inParallel does count pieces of work, so many at once.
func inParallel(workers, count int, do func(int) error) error {
	pieces := make(chan int)
	failures := make([]error, workers)
	var group sync.WaitGroup
	for w := range workers {
		group.Go(func() {
			for i := range pieces {
				failures[w] = errors.Join(failures[w], do(i))
			}
		})
	}
	for i := range count {
		pieces <- i
	}
	close(pieces)
	group.Wait()
	return errors.Join(failures...)
}
