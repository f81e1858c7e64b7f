// SPDX-License-Identifier: Apache-2.0

//go:build unix

package crash

import (
	"context"
	"errors"
	"fmt"

	coordinationv1 "k8s.io/api/coordination/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/test/testbed"
)

const (
	leaseName = "whm-credentials-operator"
	leaseRole = "whm-credentials-operator-leader-election"
)

// Leaders are two managers of one rig that compete for its lease. The first is stopped at a point of a rotation for as long
// as the second takes to become the leader and to bring the rotation to its end.
type Leaders struct {
	*Rig
	first, second *testbed.Manager
	proxy         *APIProxy // of the second
	stopped       chan error
	resume        chan struct{}
}

// RunLeaders plays one trial.
func (b *Bed) RunLeaders(ctx context.Context, sc Scenario, at Point) error {
	rig, err := b.NewRig(ctx, sc)
	if err != nil {
		return err
	}
	l := &Leaders{Rig: rig, stopped: make(chan error, 1), resume: make(chan struct{})}
	defer l.Close()
	x := &run{Rig: rig, contested: true}
	for _, part := range []struct {
		name string
		play func(context.Context) error
	}{
		{"preparing", func(ctx context.Context) error {
			return errors.Join(l.prepare(ctx), x.create(ctx), l.start(), l.settle(ctx, x))
		}},
		{"stopping the first leader", func(ctx context.Context) error { return l.stop(ctx, x, at) }},
		{"the second takes over", func(ctx context.Context) error { return errors.Join(l.depose(ctx), l.settle(ctx, x)) }},
		{"the first goes on", func(ctx context.Context) error { return l.goOn(ctx, x) }},
		{"the second goes on alone", func(ctx context.Context) error { return errors.Join(x.ask(ctx), l.settle(ctx, x)) }},
	} {
		if err := part.play(ctx); err != nil {
			return rig.failure(fmt.Sprintf("%s, %s", sc.Name, part.name), err)
		}
	}
	if err := rig.CheckInvariants(ctx, Expectation{Issues: x.issues, Wasted: x.wasted, Stale: 1}); err != nil {
		return rig.failure(sc.Name, err)
	}
	return nil
}

// Close ends both managers.
func (l *Leaders) Close() {
	for _, m := range []*testbed.Manager{l.first, l.second} {
		if m != nil {
			m.Kill()
		}
	}
	if l.proxy != nil {
		l.proxy.Close()
	}
	l.Rig.Close()
}

// prepare gives the operator a lease in the rig's namespace, as the shipped roles do in its own.
func (l *Leaders) prepare(ctx context.Context) (err error) {
	role, binding := &rbacv1.Role{}, &rbacv1.RoleBinding{}
	key := client.ObjectKey{Namespace: testbed.Namespace, Name: leaseRole}
	if err := errors.Join(l.Cluster.Admin.Get(ctx, key, role), l.Cluster.Admin.Get(ctx, key, binding)); err != nil {
		return err
	}
	role.ObjectMeta = metav1.ObjectMeta{Namespace: l.Namespace, Name: leaseRole}
	binding.ObjectMeta = metav1.ObjectMeta{Namespace: l.Namespace, Name: leaseRole}
	l.Trap.Pause = l.pause
	l.proxy, err = NewAPIProxy(l.Operator, l.Namespace, &Trap{}, func() { l.Consumer.Look(ctx) })
	return errors.Join(err, l.Cluster.Admin.Create(ctx, role), l.Cluster.Admin.Create(ctx, binding))
}

// start runs the first manager. The second is started when it is needed, since it would only wait.
func (l *Leaders) start() (err error) {
	l.first, err = l.manager(l.APIProxy)
	return err
}

func (l *Leaders) manager(through *APIProxy) (*testbed.Manager, error) {
	return testbed.StartManager(testbed.ManagerOptions{
		Binary: l.Binary, Config: through.Config(), Log: l.Log,
		Args: []string{"--zap-log-level=10", "--leader-elect", "--leader-election-namespace=" + l.Namespace},
	})
}

// pause stops the first manager. A request that it was stopped before arrives when it goes on.
func (l *Leaders) pause(moment Moment) {
	l.stopped <- l.first.Pause()
	if moment == Before {
		<-l.resume
	}
}

// stop asks for a rotation and waits until the first manager has been stopped in the middle of it.
func (l *Leaders) stop(ctx context.Context, x *run, at Point) error {
	l.Trap.Set([]Point{at})
	if err := x.ask(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	select {
	case err := <-l.stopped:
		l.Log.Mark("the first leader is stopped")
		return err
	case <-ctx.Done():
		return fmt.Errorf("the request did not come: %w", ctx.Err())
	}
}

// depose ends the lease, as its expiry would.
func (l *Leaders) depose(ctx context.Context) (err error) {
	lease := &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Namespace: l.Namespace, Name: leaseName}}
	if err := l.Cluster.Admin.Delete(ctx, lease); err != nil {
		return err
	}
	l.second, err = l.manager(l.proxy)
	return err
}

// goOn lets the first manager go on while there is something to do, until it has found out that it leads no more.
func (l *Leaders) goOn(ctx context.Context, x *run) error {
	l.Log.Mark("the first leader goes on")
	close(l.resume)
	if err := errors.Join(l.first.Resume(), x.ask(ctx), l.settle(ctx, x)); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	select {
	case <-l.first.Done():
		return nil
	case <-ctx.Done():
		return fmt.Errorf("the first manager still runs without a lease: %w", ctx.Err())
	}
}

func (l *Leaders) settle(ctx context.Context, x *run) error {
	return await(ctx, Patience, x.settled)
}
