// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"errors"
	"net"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/clock"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/whm"
)

// TestBreakerLeavesTheCauseVisible calls a server that is not there until it is left alone, and expects the same message
// before and after: a status that changed with every try would hide the cause and be written again and again.
func TestBreakerLeavesTheCauseVisible(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	endpoint := "https://" + listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	pool := NewPool(nil, clock.RealClock{}, "test", nil)
	server := &v1alpha1.WHMServer{ObjectMeta: metav1.ObjectMeta{UID: "a"}, Spec: v1alpha1.WHMServerSpec{Endpoint: endpoint}}
	client, err := pool.Login(server, whm.WithAccessHash("root", whm.NewSecret("abc")))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	var first string
	leftAlone := false
	for range breakAfter + 1 {
		_, err := client.MyPrivs(t.Context())
		if _, open := errors.AsType[*BreakerOpenError](err); open {
			leftAlone = true
		}
		message := Outcome(err).Error()
		if first == "" {
			first = message
		}
		if message != first {
			t.Errorf("Outcome() = %q, want %q as at first", message, first)
		}
	}
	if !leftAlone {
		t.Error("the server was called although it never answered")
	}
}
