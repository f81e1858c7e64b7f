package controlplane_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/test/controlplane"
)

// shared is the control plane of all tests that need no own one; pods run on it.
var shared *controlplane.ControlPlane

func TestMain(m *testing.M) {
	if os.Getenv(orphanEnv) != "" {
		startAndWait()
		return
	}
	os.Exit(runShared(m))
}

func runShared(m *testing.M) (code int) {
	ctx := context.Background()
	var err error
	if shared, err = controlplane.Start(ctx, controlplane.Options{}); err != nil {
		return fail(err)
	}
	defer func() {
		if err := shared.Stop(); err != nil {
			code = fail(err)
		}
	}()
	if err := shared.RunPods(ctx); err != nil {
		return fail(err)
	}
	return m.Run()
}

func fail(err error) int {
	fmt.Fprintln(os.Stderr, err)
	return 1
}

// admin returns a client that RBAC allows everything.
func admin(t *testing.T) client.Client {
	t.Helper()
	c, err := client.New(shared.AdminConfig(), client.Options{})
	must(t, err)
	return c
}

// newNamespace creates a namespace of the test's own.
func newNamespace(t *testing.T, c client.Client) string {
	t.Helper()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "test-"}}
	must(t, c.Create(t.Context(), namespace))
	return namespace.Name
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// eventually repeats check until it succeeds, and fails the test with its last error otherwise.
func eventually(t *testing.T, check func(context.Context) error) {
	t.Helper()
	last := errors.New("never checked")
	err := wait.PollUntilContextTimeout(t.Context(), 50*time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) {
		last = check(ctx)
		return last == nil, nil
	})
	if err != nil {
		t.Fatalf("%v; last: %v", err, last)
	}
}
