// SPDX-License-Identifier: Apache-2.0

package crash

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller"
)

// pastIdle is longer than an idle session lives.
const pastIdle = 20 * time.Minute

// Trouble is what goes wrong in a run.
type Trouble struct {
	// At is where the manager is killed, one after the other.
	At []Point
	// Arrange breaks something else before the rotation begins.
	Arrange func(*Rig) error
	// Recovered allows further issues that the operator counts as recoveries.
	Recovered bool
	// Abandoned deletes the object when the manager was killed first, before it is started again.
	Abandoned bool
}

// Result is what came of a run.
type Result struct {
	// Requests are the mutating ones of the rotation, and Later those of them after the manager was killed first.
	Requests, Later []Request
	// Sprung is how often the manager was killed.
	Sprung int
	// Recoveries that the operator counted.
	Recoveries int64
}

// run is one scenario on its way.
type run struct {
	*Rig
	trouble Trouble
	issues  int64
	request string
	wasted  int64 // revisions that came to nothing
	// contested is true if there are two managers.
	contested bool
	failed    int // logins before this rotation
	// deleted is the object that was looked at, if it was deleted.
	deleted controller.Credential
}

// Run plays a scenario on a rig of its own, lets it settle, checks the invariants, and then shows that the operator
// still works by asking for one more rotation.
func (b *Bed) Run(ctx context.Context, sc Scenario, trouble Trouble) (result Result, err error) {
	rig, err := b.NewRig(ctx, sc)
	if err != nil {
		return result, err
	}
	defer rig.Close()
	x := &run{Rig: rig, trouble: trouble}
	for _, part := range []struct {
		name string
		play func(context.Context) error
	}{
		{"preparing", x.prepare},
		{"rotating", func(ctx context.Context) error { return x.rotate(ctx, &result) }},
		{"rotating once more", x.follow},
	} {
		if err := part.play(ctx); err != nil {
			return result, rig.failure(fmt.Sprintf("%s, %s", sc.Name, part.name), err)
		}
	}
	return result, nil
}

// prepare comes to just before the rotation that is looked at.
func (x *run) prepare(ctx context.Context) error {
	if x.Scenario.By == Created {
		return nil
	}
	return errors.Join(x.create(ctx), x.Start(), x.settle(ctx))
}

// rotate plays the rotation in which things go wrong.
func (x *run) rotate(ctx context.Context, result *Result) error {
	if x.trouble.Arrange != nil {
		if err := x.trouble.Arrange(x.Rig); err != nil {
			return err
		}
	}
	x.failed = len(x.Simulator.Ledger().FailedLogins)
	x.Trap.Set(x.trouble.At)
	err := x.begin(ctx)
	if err == nil && x.trouble.Abandoned {
		err = x.abandon(ctx)
	}
	if err == nil {
		err = x.settle(ctx)
	}
	result.Requests, result.Later, result.Sprung = x.Trap.Release()
	if err != nil || x.deleted != nil {
		return errors.Join(err, x.check(ctx))
	}
	object, err := x.object(ctx)
	if err != nil {
		return err
	}
	result.Recoveries = object.CredentialStatus().Recoveries
	return x.check(ctx)
}

func (x *run) begin(ctx context.Context) error {
	switch x.Scenario.By {
	case Requested:
		return x.ask(ctx)
	case Changed:
		return x.change(ctx)
	case Deleted:
		return x.remove(ctx)
	default:
		return errors.Join(x.create(ctx), x.Start())
	}
}

// follow asks for one more rotation, after lifelines that nobody needs any more have ended.
func (x *run) follow(ctx context.Context) error {
	if x.deleted != nil {
		return nil
	}
	if kind := x.Scenario.Kind; !kind.class.stands && !kind.keepsTime {
		x.Simulator.Advance(pastIdle)
	}
	x.failed = len(x.Simulator.Ledger().FailedLogins)
	if err := x.ask(ctx); err != nil {
		return err
	}
	if err := x.settle(ctx); err != nil {
		return err
	}
	return x.check(ctx)
}

func (x *run) create(ctx context.Context) error {
	x.issues = 1
	if x.Scenario.OnRequest {
		x.request = firstRequest
	}
	objects, err := x.Scenario.Objects(x.Rig)
	if err != nil {
		return err
	}
	for _, object := range objects {
		if err := x.Cluster.Admin.Create(ctx, object); err != nil {
			return fmt.Errorf("create %T: %w", object, err)
		}
	}
	return nil
}

// ask leads to another credential, by annotation unless the kind knows better.
func (x *run) ask(ctx context.Context) error {
	x.issues++
	if ask := x.Scenario.Kind.ask; ask != nil {
		return ask(ctx, x)
	}
	x.request = fmt.Sprintf("request %d", x.issues)
	return x.edit(ctx, func(object controller.Credential) {
		object.SetAnnotations(map[string]string{v1alpha1.RotateAnnotation: x.request})
	})
}

// change asks for something else by the spec.
func (x *run) change(ctx context.Context) error {
	if x.Scenario.Kind.changeIssues {
		x.issues++
	}
	return x.edit(ctx, x.Scenario.Kind.change)
}

func (x *run) edit(ctx context.Context, change func(controller.Credential)) error {
	object, err := x.object(ctx)
	if err != nil {
		return err
	}
	before := client.MergeFrom(object.DeepCopyObject().(client.Object)) //nolint:forcetypeassert // a copy has the type of its original
	change(object)
	return x.Cluster.Admin.Patch(ctx, object, before)
}

// remove deletes the object. What it published may stop to work from now on, unless somebody else logs in with it.
func (x *run) remove(ctx context.Context) error {
	object, err := x.object(ctx)
	if err != nil {
		return err
	}
	x.deleted = object
	x.Consumer.Leave(!x.Scenario.Self)
	return x.Cluster.Admin.Delete(ctx, object)
}

// abandon deletes the object in the middle of what the manager was killed at. If everything came to its end without the
// request that it was to be killed at, nothing is left to abandon.
func (x *run) abandon(ctx context.Context) error {
	err := await(ctx, Patience, func(ctx context.Context) error {
		if x.Trap.Sprung() > 0 {
			return nil
		}
		return x.settled(ctx)
	})
	if err != nil || x.Trap.Sprung() == 0 {
		return err
	}
	select {
	case <-x.current().Done():
		return x.remove(ctx)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// settle waits for the revision, or for the end of the object, starting the manager again when it was killed.
func (x *run) settle(ctx context.Context) error {
	return await(ctx, Patience+time.Duration(len(x.trouble.At))*patienceEach, func(ctx context.Context) error {
		if err := x.revive(); err != nil {
			return fmt.Errorf("%w: %w", errGiveUp, err)
		}
		if x.deleted != nil {
			return x.Gone(ctx, x.deleted)
		}
		return x.settled(ctx)
	})
}

// settled tells whether the objects have settled, and helps where only a person can.
func (x *run) settled(ctx context.Context) error {
	err := x.Settled(ctx, x.issues, x.request)
	if rescue := x.Scenario.Kind.rescue; err != nil && rescue != nil {
		err = errors.Join(err, rescue(ctx, x))
	}
	return err
}

func (x *run) check(ctx context.Context) error {
	if x.deleted != nil {
		return x.CheckGone(ctx, x.failed)
	}
	return x.CheckInvariants(ctx, Expectation{
		Issues: x.issues, Recovered: x.trouble.Recovered, Wasted: x.wasted, FailedBefore: x.failed,
	})
}
