// SPDX-License-Identifier: Apache-2.0

package bench_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"

	"github.com/whm-credentials/operator/internal/setup"
	"github.com/whm-credentials/operator/test/testbed"
)

// cluster starts the one control plane when a benchmark asks for it first, so that plain go test starts nothing.
var cluster = sync.OnceValues(func() (*testbed.Cluster, error) {
	started = true
	return testbed.StartCluster(context.Background())
})

var started bool

func TestMain(m *testing.M) {
	// Lines are made as in production, and then go nowhere.
	ctrl.SetLogger(zap.New(zap.WriteTo(io.Discard)))
	code := m.Run()
	if started {
		if c, _ := cluster(); c != nil {
			if err := c.Stop(); err != nil {
				fmt.Fprintln(os.Stderr, "stop control plane:", err)
				code = 1
			}
		}
	}
	os.Exit(code)
}

// world is a namespace of its own for one benchmark, and the access to it.
type world struct {
	*testbed.Cluster
	namespace string
	// admin may do everything, without a limit to its rate.
	admin client.WithWatch
	// operatorConfig is the access of the operator's service account.
	operatorConfig *rest.Config
}

func newWorld(b *testing.B) *world {
	b.Helper()
	c, err := cluster()
	if err != nil {
		b.Fatal(err)
	}
	w := &world{Cluster: c}
	if w.operatorConfig, err = c.OperatorConfig(b.Context()); err != nil {
		b.Fatal(err)
	}
	w.admin, err = client.NewWithWatch(setup.RESTConfig(c.AdminConfig()), client.Options{Scheme: setup.Scheme()})
	if err != nil {
		b.Fatal(err)
	}
	w.namespace = w.newNamespace(b)
	return w
}

func (w *world) newNamespace(b *testing.B) string {
	b.Helper()
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "bench-"}}
	w.create(b, ns)
	return ns.Name
}

func (w *world) create(b *testing.B, obj client.Object) {
	b.Helper()
	if err := w.admin.Create(b.Context(), obj); err != nil {
		b.Fatal(err)
	}
}

func (w *world) read(b *testing.B, key client.ObjectKey, obj client.Object) {
	b.Helper()
	if err := w.admin.Get(b.Context(), key, obj); err != nil {
		b.Fatal(err)
	}
}

// operatorClient reads and writes live with the operator's rights.
func (w *world) operatorClient(b *testing.B) client.Client {
	b.Helper()
	c, err := client.New(setup.RESTConfig(w.operatorConfig), client.Options{Scheme: setup.Scheme()})
	if err != nil {
		b.Fatal(err)
	}
	return c
}
