// SPDX-License-Identifier: Apache-2.0

package crash

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/internal/controller"
	"github.com/whm-credentials/operator/internal/whm/simulator"
	"github.com/whm-credentials/operator/test/testbed"
)

// Bed is what all rigs share.
type Bed struct {
	Cluster *testbed.Cluster
	// Operator is the access of the operator's service account.
	Operator *rest.Config
	// Binary is the manager.
	Binary string
}

// Rig is one namespace with a simulated server and a manager that knows nothing else.
type Rig struct {
	*Bed
	Scenario    Scenario
	Namespace   string
	Simulator   *simulator.Server
	Trap        *Trap
	APIProxy    *APIProxy
	WHMProxy    *WHMProxy
	CPanelProxy *WHMProxy
	Canaries    *Canaries
	Consumer    *Consumer
	Log         *Log

	mu      sync.Mutex
	manager *testbed.Manager
	starts  int
}

// NewRig makes a namespace and starts everything but the manager.
func (b *Bed) NewRig(ctx context.Context, sc Scenario) (*Rig, error) {
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "crash-"}}
	if err := b.Cluster.Admin.Create(ctx, namespace); err != nil {
		return nil, fmt.Errorf("create namespace: %w", err)
	}
	r := &Rig{Bed: b, Scenario: sc, Namespace: namespace.Name, Canaries: &Canaries{}, Log: &Log{}}
	r.Trap = &Trap{Kill: r.Kill}
	var err error
	if r.Simulator, err = simulator.Start(simulator.Config{Inventory: sc.Inventory()}); err != nil {
		return nil, err
	}
	r.Consumer = NewConsumer(ctx, r)
	r.Canaries.AddInventory(r.Simulator.Inventory())
	r.Simulator.OnCall(func(c simulator.Call) {
		if c.Applied {
			r.Canaries.AddInventory(r.Simulator.Inventory())
		}
		r.Consumer.Called(ctx, c)
	})
	if r.WHMProxy, err = NewWHMProxy(r.Simulator.WHMURL(), r.Simulator.CA(), r.Trap, r.Canaries); err != nil {
		return nil, err
	}
	if r.CPanelProxy, err = NewWHMProxy(r.Simulator.CPanelURL(), r.Simulator.CA(), r.Trap, r.Canaries); err != nil {
		return nil, err
	}
	r.APIProxy, err = NewAPIProxy(b.Operator, r.Namespace, r.Trap, func() { r.Consumer.Look(ctx) })
	return r, err
}

// Close ends everything. The namespace stays, because the cluster goes with the suite.
func (r *Rig) Close() {
	r.Kill()
	r.Consumer.Close()
	r.APIProxy.Close()
	r.WHMProxy.Close()
	r.CPanelProxy.Close()
	r.Simulator.Close()
}

// Start runs the manager, with everything that it can log.
func (r *Rig) Start() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.starts++
	var err error
	r.manager, err = testbed.StartManager(testbed.ManagerOptions{
		Binary: r.Binary, Config: r.APIProxy.Config(), Log: r.Log, Args: []string{"--zap-log-level=10"},
	})
	return err
}

// Kill ends the manager as a crash would and returns when it is gone.
func (r *Rig) Kill() {
	if m := r.current(); m != nil {
		m.Kill()
	}
}

func (r *Rig) current() *testbed.Manager {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.manager
}

// revive starts the manager again if the trap killed it. A manager that ended by itself is an error.
func (r *Rig) revive() error {
	select {
	case <-r.current().Done():
	default:
		return nil
	}
	if r.starts > r.Trap.Sprung() {
		return errors.New("the manager ended by itself")
	}
	r.Log.Mark("the manager was killed and is started again")
	return r.Start()
}

// Get reads an object of the rig's namespace live.
func (r *Rig) Get(ctx context.Context, name string, into client.Object) error {
	return r.Cluster.Admin.Get(ctx, client.ObjectKey{Namespace: r.Namespace, Name: name}, into)
}

// object reads the object that is looked at live.
func (r *Rig) object(ctx context.Context) (controller.Credential, error) {
	object := r.Scenario.Kind.empty()
	return object, r.Get(ctx, RotationName, object)
}

// Log collects what the manager prints over all its lives.
type Log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// Mark writes a line of the test's own.
func (l *Log) Mark(text string) { fmt.Fprintf(l, "=== %s ===\n", text) }

// String returns everything.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// Tail returns the last lines without those that only say which request was made to the API server.
func (l *Log) Tail(lines int) string {
	var kept []string
	for line := range strings.Lines(l.String()) {
		if len(line) < 2000 && !strings.Contains(line, "/namespaces/") && !strings.Contains(line, "reflector") {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept[max(0, len(kept)-lines):], "")
}
