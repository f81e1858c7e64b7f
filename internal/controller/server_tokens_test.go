// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"fmt"
	"slices"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/names"
	"github.com/whm-credentials/operator/internal/controller/outcome"
	"github.com/whm-credentials/operator/internal/whm"
)

func TestLeftoversAreWrittenDownOnce(t *testing.T) {
	t.Parallel()
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	server := &v1alpha1.WHMServer{ObjectMeta: metav1.ObjectMeta{Namespace: "a", Name: "whm"}}
	leftover := func(i int) v1alpha1.Leftover {
		return v1alpha1.Leftover{User: "root", AccountType: v1alpha1.WHMUser, Names: fmt.Sprintf("-test-%012d-", i)}
	}
	for i := range mostLeftovers - 2 {
		server.Status.Leftovers = append(server.Status.Leftovers, leftover(i))
	}
	o := Options{Client: fake.NewClientBuilder().WithScheme(scheme).WithStatusSubresource(server).WithObjects(server).Build()}
	now := func() *v1alpha1.WHMServer {
		s := &v1alpha1.WHMServer{}
		if err := o.Client.Get(t.Context(), client.ObjectKeyFromObject(server), s); err != nil {
			t.Fatal(err)
		}
		return s
	}
	stale := now()
	for i := mostLeftovers - 2; i < mostLeftovers; i++ {
		for range 2 {
			if err := o.recordLeftover(t.Context(), now(), leftover(i)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got := len(now().Status.Leftovers); got != mostLeftovers {
		t.Errorf("%d leftovers are written down, want %d", got, mostLeftovers)
	}
	if err := o.recordLeftover(t.Context(), now(), leftover(mostLeftovers)); outcome.AsTransient(err) == nil {
		t.Errorf("recordLeftover() = %v, want one that is let go later, when there is room", err)
	}
	if err := o.recordLeftover(t.Context(), stale, leftover(-1)); !apierrors.IsConflict(err) {
		t.Errorf("a list that somebody changed was replaced: %v", err)
	}
	if err := o.Client.Delete(t.Context(), now()); err != nil {
		t.Fatal(err)
	}
	if err := o.recordLeftover(t.Context(), stale, leftover(-1)); err != nil {
		t.Errorf("a server object that is gone holds up a deletion: %v", err)
	}
}

func TestRetainedTokensAreWrittenDownOnce(t *testing.T) {
	t.Parallel()
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	server := &v1alpha1.WHMServer{ObjectMeta: metav1.ObjectMeta{Namespace: "a", Name: "whm"}}
	o := Options{Client: fake.NewClientBuilder().WithScheme(scheme).WithObjects(server).Build()}
	now := &v1alpha1.WHMServer{}
	read := func() []string {
		if err := o.Client.Get(t.Context(), client.ObjectKeyFromObject(server), now); err != nil {
			t.Fatal(err)
		}
		return retainedTokens(now)
	}
	read()
	stale := now.DeepCopy()
	for _, tokens := range [][]string{{"b"}, {"a", "b"}, {"a"}, nil} {
		if err := o.recordRetained(t.Context(), now, tokens...); err != nil {
			t.Fatal(err)
		}
		read()
	}
	if got := read(); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("got %v", got)
	}
	if err := o.recordRetained(t.Context(), stale, "c"); !apierrors.IsConflict(err) {
		t.Errorf("a list that somebody changed was replaced: %v", err)
	}
}

func TestNewsOfOrphans(t *testing.T) {
	t.Parallel()
	report := func(orphans ...string) *v1alpha1.OrphanReport { return reportOf(orphans) }
	for name, tt := range map[string]struct {
		before, now *v1alpha1.OrphanReport
		want        bool
	}{
		"none":         {nil, nil, false},
		"the first":    {nil, report("a"), true},
		"the same":     {report("a"), report("a"), false},
		"one more":     {report("a"), report("a", "b"), true},
		"another":      {report("a"), report("b"), true},
		"one is gone":  {report("a", "b"), report("b"), false},
		"all are gone": {report("a", "b"), nil, false},
	} {
		if got := news(tt.before, tt.now); got != tt.want {
			t.Errorf("%s: got %t", name, got)
		}
	}
}

func TestFenceOfOrphans(t *testing.T) {
	t.Parallel()
	clk := clocktesting.NewFakePassiveClock(time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC))
	r := &ServerReconciler{Options: Options{Clock: clk, ClusterID: "ours"}}
	token := func(cluster string, age time.Duration) (string, whm.APITokenInfo) {
		info := whm.APITokenInfo{Name: names.Of(cluster, "lost").Token("whm", 1, int(age.Seconds()))}
		if age > 0 {
			info.CreatedAt = clk.Now().Add(-age)
		}
		return info.Name, info
	}
	s := &serverScope{tokens: map[string]whm.APITokenInfo{}, record: probeRecord{sweep: &sweepRecord{}}}
	for _, of := range []string{"ours", "theirs"} {
		for _, age := range []time.Duration{0, orphanFence - time.Second, orphanFence} {
			name, info := token(of, age)
			s.tokens[name] = info
		}
	}
	old, _ := token("ours", orphanFence)
	if got := r.agedTokens(s); len(got) != 1 || got[0] != old {
		t.Errorf("got %v, want only %s", got, old)
	}
	clk.SetTime(clk.Now().Add(orphanFence - time.Second))
	if got := r.agedTokens(s); len(got) != 2 {
		t.Errorf("got %v, one of unknown age is among them too early", got)
	}
	clk.SetTime(clk.Now().Add(time.Second))
	if got := r.agedTokens(s); len(got) != 3 {
		t.Errorf("got %v, want all three", got)
	}
}
