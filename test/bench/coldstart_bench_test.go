// SPDX-License-Identifier: Apache-2.0

package bench_test

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/api/v1alpha1"
)

// Names under which the controllers are known to controller-runtime.
const (
	rotationController = "accesshashrotation"
	serverController   = "whmserver"
)

// BenchmarkColdStart starts the operator on a fleet in which nothing has changed, and measures how long it takes until
// every object has been looked at, against listing once what it has to know.
func BenchmarkColdStart(b *testing.B) {
	const servers, objectsEach, rounds = 10, 50, 5
	f := newWorld(b).newFleet(b, servers, objectsEach)
	first := f.startOperator(b)
	f.await(b, f.all(objectsEach), published)
	first.stop()
	m := &starts{fleet: f, reader: f.operatorClient(b), objects: servers * objectsEach}
	// The first list asks for the kinds and connects.
	f.listAll(b, m.reader)
	for b.Loop() {
		for range rounds {
			m.round(b)
		}
	}
	m.report(b)
}

// starts sums up starts of the operator and lists.
type starts struct {
	fleet   *fleet
	reader  client.Reader
	objects int

	runs                int
	startTook, listTook time.Duration
	calls               int
	// last is the operator of the last round.
	last *operator
}

// round starts the operator and lists once.
func (m *starts) round(b *testing.B) {
	b.Helper()
	calls := m.fleet.calls()
	begin := time.Now()
	m.last = m.fleet.startOperator(b)
	wait(b, m.last.looks.reach(rotationController, m.objects))
	m.startTook += time.Since(begin)
	wait(b, m.last.looks.reach(serverController, len(m.fleet.sites)))
	m.last.stop()
	m.calls += m.fleet.calls() - calls
	m.listTook += m.fleet.listAll(b, m.reader)
	m.runs++
}

func (m *starts) report(b *testing.B) {
	b.Helper()
	objects, runs := float64(m.objects), float64(m.runs)
	asked := &m.last.requests
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(m.startTook.Seconds()/runs, "s/start")
	b.ReportMetric(m.listTook.Seconds()/runs, "floor-s/start")
	b.ReportMetric(m.startTook.Seconds()/m.listTook.Seconds(), "x-floor")
	b.ReportMetric(float64(asked.total(anything)), "requests/start")
	b.ReportMetric(float64(asked.total(secretReads(m.fleet.authNames()...)))/objects, "secret-reads/object")
	b.ReportMetric(float64(asked.total(writes))/objects, "writes/object")
	b.ReportMetric(float64(m.last.looks.total(rotationController))/objects, "looks/object")
	b.ReportMetric(float64(m.calls)/runs/float64(len(m.fleet.sites)), "calls/server")
	b.Logf("API requests of the last start:\n%s", asked)
}

func wait(b *testing.B, reached <-chan struct{}) {
	b.Helper()
	select {
	case <-reached:
	case <-time.After(longest):
		b.Fatal("not everything was looked at")
	}
}

// listAll lists servers, objects and the metadata of managed Secrets, and returns how long that took.
func (w *world) listAll(b *testing.B, reader client.Reader) time.Duration {
	b.Helper()
	secrets := &metav1.PartialObjectMetadataList{}
	secrets.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("SecretList"))
	managed := client.MatchingLabels{v1alpha1.ManagedByLabel: v1alpha1.ManagedByValue}
	in := client.InNamespace(w.namespace)
	begin := time.Now()
	for _, list := range []func() error{
		func() error { return reader.List(b.Context(), &v1alpha1.WHMServerList{}, in) },
		func() error { return reader.List(b.Context(), &v1alpha1.AccessHashRotationList{}, in) },
		func() error { return reader.List(b.Context(), secrets, in, managed) },
	} {
		if err := list(); err != nil {
			b.Fatal(err)
		}
	}
	return time.Since(begin)
}
