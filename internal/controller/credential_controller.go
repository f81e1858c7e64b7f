// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/journal"
	"github.com/whm-credentials/operator/internal/controller/outcome"
	"github.com/whm-credentials/operator/internal/controller/publish"
	"github.com/whm-credentials/operator/internal/controller/reference"
	"github.com/whm-credentials/operator/internal/controller/upstream"
)

const (
	// conflictRetry is when a conflict with another object is looked at again whose end raises no event here.
	conflictRetry = time.Minute
	// hashLoginRetry is when a server that refuses access hashes is asked again.
	hashLoginRetry = time.Hour
	// busyRetry is when an object comes back that found all slots of its server taken.
	busyRetry = time.Second
	// cacheRetry is when an object comes back that the cache shows as it was before the last write.
	cacheRetry = 50 * time.Millisecond
	// rolloutPoll is how often workloads are looked at while they roll out.
	rolloutPoll = 3 * time.Second
	// longestWait bounds the wait for an event that may have been missed.
	longestWait = 10 * time.Minute
	// longestRest bounds every wait, so that a clock that was set cannot stop rotations for ever.
	longestRest = 12 * time.Hour
)

// CredentialReconciler keeps the objects of one credential kind true.
type CredentialReconciler struct {
	Options
	kind       CredentialKind
	driver     driver
	journals   *journal.Store
	writer     *publish.Writer
	written    ownWrites
	unaccepted pauses
	corrected  pauses
	refused    pauses
	unanswered pauses
	guesses    pauses
	looks      looks
}

// Options are what the reconcilers need from their surroundings.
type Options struct {
	// Client reads the operator's own kinds from the cache, and everything else live.
	Client client.Client
	// Metadata reads the metadata of managed Secrets from the cache. Client cannot: what it reads live it reads live in
	// every form.
	Metadata client.Reader
	// Recorder sends events.
	Recorder events.EventRecorder
	// Clock tells the time.
	Clock clock.PassiveClock
	// Pool holds the connections to the servers.
	Pool *upstream.Pool
	// References resolves what objects refer to.
	References *reference.Resolver
	// ClusterID is part of the names of everything that is made upstream.
	ClusterID string
	// Inputs watches the Secrets that hold what a credential is given for. Nil for kinds without.
	Inputs SecretWatch
	// Turned wakes up the credential objects of a server whose tokens have changed.
	Turned func(v1alpha1.Server)
}

// NewCredentialReconciler returns the reconciler of a kind.
func NewCredentialReconciler(kind CredentialKind, o Options) *CredentialReconciler {
	return &CredentialReconciler{
		Options: o, kind: kind, driver: kind.newDriver(o),
		refused:  pauses{lasting: true},
		journals: &journal.Store{Client: o.Client},
		writer:   &publish.Writer{Client: o.Client},
	}
}

// phase is one step of a reconciliation. An error ends the run; see package outcome.
type phase func(context.Context, *scope) error

// Reconcile brings one object closer to its spec.
func (r *CredentialReconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	obj := r.kind.newObject()
	if err := r.Client.Get(ctx, req.NamespacedName, obj); apierrors.IsNotFound(err) {
		// Somebody may have taken the finalizer off.
		r.forgetInput(req.NamespacedName)
		return ctrl.Result{}, nil
	} else if err != nil {
		return ctrl.Result{}, err
	}
	if r.written.outdated(obj) {
		return ctrl.Result{RequeueAfter: cacheRetry}, nil
	}
	s, err := r.newScope(obj)
	if err != nil {
		return ctrl.Result{}, err
	}
	defer s.releaseSlot()
	if !obj.GetDeletionTimestamp().IsZero() {
		return r.finishDeletion(ctx, s, r.runPhases(ctx, s,
			r.finishKept, r.closeLeftLifeline, r.removeSecret, r.endLent, r.revokeUpstream, r.removeFinalizer))
	}
	r.watchInput(obj)
	return r.finish(ctx, s, r.runPhases(ctx, s,
		r.ensureFinalizer,
		r.findServer,
		r.permit,
		r.digestSpec,
		r.skipIfQuiet,
		r.checkSpec,
		r.takeSlot,
		r.loadJournal,
		r.doubt,
		r.observeSecret,
		r.heedHand,
		r.observeWorkloads,
		r.look,
		r.readInput,
		r.advance,
		r.settle,
	))
}

func (r *CredentialReconciler) newScope(obj Credential) (*scope, error) {
	gvk, err := apiutil.GVKForObject(obj, r.Client.Scheme())
	if err != nil {
		return nil, fmt.Errorf("find kind: %w", err)
	}
	return &scope{
		obj:    obj,
		before: obj.DeepCopyObject().(Credential), //nolint:forcetypeassert // a copy has the type of its original
		owner: publish.Owner{
			Kind: gvk.Kind, Namespace: obj.GetNamespace(), Name: obj.GetName(), UID: obj.GetUID(),
		},
		proven: obj.CredentialStatus().Revision,
	}, nil
}

func (s *scope) releaseSlot() {
	if s.release != nil {
		s.release()
	}
}

// runPhases runs the phases in order until one of them ends the run or the scope is settled early.
func (r *CredentialReconciler) runPhases(ctx context.Context, s *scope, phases ...phase) error {
	for _, p := range phases {
		if err := p(ctx, s); err != nil || s.settled {
			return err
		}
	}
	return nil
}

// errBusy ends a run that found all slots of its server taken. Nothing is known then, so nothing is reported.
var errBusy = outcome.Wait(busyRetry, v1alpha1.ProgressingReason, "waits for other objects of the same server")

// isConflict tells whether a compare-and-swap was lost: somebody else wrote, so everything is read again.
func isConflict(err error) bool {
	return apierrors.IsConflict(err) || apierrors.IsAlreadyExists(err)
}
