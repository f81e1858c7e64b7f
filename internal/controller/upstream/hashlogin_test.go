// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/whm-credentials/operator/api/v1alpha1"
)

func TestOnlyARefusedHashLoginIsRemembered(t *testing.T) {
	t.Parallel()
	clk := clocktesting.NewFakePassiveClock(time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC))
	pool := NewPool(nil, clk, "test", nil)
	server := &v1alpha1.WHMServer{ObjectMeta: metav1.ObjectMeta{UID: "a"}}
	for _, step := range []struct {
		name    string
		do      func()
		refused bool
	}{
		{"nothing is known", func() {}, false},
		{"accepted", func() { pool.HashLogin(server).Record(true) }, false},
		{"switched off", func() { pool.HashLogin(server).Record(false) }, true},
		{"almost an hour later", func() { clk.SetTime(clk.Now().Add(hashLoginMemory - time.Second)) }, true},
		{"an hour later", func() { clk.SetTime(clk.Now().Add(time.Second)) }, false},
		{"refused again", func() { pool.HashLogin(server).Record(false) }, true},
		{"switched on", func() { pool.HashLogin(server).Record(true) }, false},
	} {
		step.do()
		if got := pool.HashLogin(server).Refused(); got != step.refused {
			t.Errorf("%s: Refused() = %t, want %t", step.name, got, step.refused)
		}
	}
}
