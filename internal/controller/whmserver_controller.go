// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/journal"
	"github.com/whm-credentials/operator/internal/controller/outcome"
	"github.com/whm-credentials/operator/internal/controller/upstream"
	"github.com/whm-credentials/operator/internal/whm"
)

const (
	defaultProbeInterval = 5 * time.Minute

	// discoverAfter is how often version, hostname and functions are asked again; between that a probe is one call.
	discoverAfter = time.Hour

	// terminatingRetry is how often the namespace of a Secret is looked at that somebody has deleted and that is held.
	terminatingRetry = 10 * time.Second
)

// ServerReconciler keeps the status of the objects of one server kind true: whether the server answers, what it can do and whether it
// accepts the operator's credential. It is the only one that tries a credential that has not been proven.
type ServerReconciler struct {
	Options
	// Watch tells which Secrets a server wants to hear of.
	Watch SecretWatch

	kind serverKind

	journals *journal.Store
	written  ownWrites

	mu     sync.Mutex
	probes map[types.NamespacedName]probeRecord
	// held are the Secrets that have a finalizer for a server.
	held map[types.NamespacedName][]types.NamespacedName
}

// SecretWatch watches single Secrets.
type SecretWatch interface {
	// Want replaces the Secrets that an object wants to hear of.
	Want(user types.NamespacedName, secrets ...types.NamespacedName)
	// Metadata returns what is known of a Secret that somebody wants to hear of; nil if nothing.
	Metadata(secret types.NamespacedName) *metav1.PartialObjectMetadata
}

// probeRecord is when a server was probed in this process, and as whom.
type probeRecord struct {
	uid        types.UID
	generation int64
	credential string
	probed     time.Time
	discovered time.Time
	failed     bool
	// listed is true if the credential may list tokens, which an hourly discovery finds out.
	listed bool
	// sweep is what is known of tokens that nobody seems to know.
	sweep *sweepRecord
}

// NewServerReconciler returns the reconciler of a server kind.
func NewServerReconciler(kind v1alpha1.ServerKind, o Options, watch SecretWatch) *ServerReconciler {
	return &ServerReconciler{
		Options: o, Watch: watch, kind: serverKinds[kind], journals: &journal.Store{Client: o.Client},
		probes: map[types.NamespacedName]probeRecord{}, held: map[types.NamespacedName][]types.NamespacedName{},
	}
}

// serverScope is what one reconciliation of a server knows.
type serverScope struct {
	obj, before v1alpha1.Server
	conn        *upstream.Connection
	record      probeRecord
	// probed is true if this run probed the server.
	probed bool
	// tokens is what the server listed in this run; nil if it was not asked.
	tokens map[string]whm.APITokenInfo
	// after is when to come back if all is well.
	after time.Duration
	// loginUnknown is true if the operator logs in with a token and nobody could tell which one it is.
	loginUnknown bool
	// users is how many objects refer to a server object that is being deleted.
	users int
	// again is when to look once more at what is held, because no event may tell of it; zero if one will.
	again time.Duration
	// notices are things to tell people once the status is written.
	notices []notice
}

func (s *serverScope) note(kind, reason, action, message string) {
	s.notices = append(s.notices, notice{kind, reason, action, message})
}

// Reconcile brings the status of one server up to date.
func (r *ServerReconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	server := r.kind.newObject()
	if err := r.Client.Get(ctx, req.NamespacedName, server); err != nil {
		if client.IgnoreNotFound(err) != nil {
			return ctrl.Result{}, err
		}
		return ctrl.Result{}, r.vanished(ctx, req.NamespacedName)
	}
	if r.written.outdated(server) {
		return ctrl.Result{RequeueAfter: cacheRetry}, nil
	}
	r.watchSecrets(server)
	s := &serverScope{obj: server, before: copyOf(server), record: r.recordOf(server)}
	switch gone, err := r.hold(ctx, s); {
	case isConflict(err):
		return ctrl.Result{RequeueAfter: cacheRetry}, nil
	case err != nil:
		return ctrl.Result{}, err
	case gone:
		r.forget(req.NamespacedName)
		return ctrl.Result{}, nil
	}
	result, err := r.finish(ctx, s, r.run(ctx, s))
	return r.lookAgain(ctx, s, result, err)
}

// lookAgain comes back for what is held, also while the server cannot be reached: the back-off may have grown to minutes.
func (r *ServerReconciler) lookAgain(ctx context.Context, s *serverScope, result ctrl.Result, err error) (ctrl.Result, error) {
	left := outcome.AsTransient(err)
	if s.again == 0 || err != nil && left == nil {
		return result, err
	}
	if left != nil {
		ctrl.LoggerFrom(ctx).Info("Server cannot be reached", "reason", left.Message)
	}
	result.RequeueAfter = sooner(result.RequeueAfter, s.again)
	return result, nil
}

func (r *ServerReconciler) run(ctx context.Context, s *serverScope) error {
	if s.obj.ServerSpec().Suspend {
		return nil
	}
	var err error
	if s.conn, err = r.Pool.Connect(ctx, s.obj); err != nil {
		return err
	}
	if wait := r.dueIn(s); wait > 0 {
		s.after = wait
		if r.Pool.Gate(s.obj).Status().Rejected {
			return lastFinding(s.obj)
		}
		return nil
	}
	release, ok := r.Pool.TrySlot(s.obj)
	if !ok {
		return errBusy
	}
	defer release()
	if err := r.probe(ctx, s); err != nil {
		return err
	}
	r.revokeLeftovers(ctx, s)
	r.sweep(ctx, s)
	return nil
}

// lastFinding repeats why the credential was rejected, while it is not tried again.
func lastFinding(server v1alpha1.Server) error {
	if c := meta.FindStatusCondition(server.ServerStatus().Conditions, v1alpha1.StalledCondition); c != nil &&
		c.Reason == v1alpha1.TwoFactorRequiredReason {
		return outcome.Stall(c.Reason, "%s", c.Message)
	}
	return authenticationFailed(server)
}

// dueIn returns how long it is until the next probe. A server is probed when it is new to this process, when its spec or
// its credential has changed, when a credential that was rejected may be tried again, and at its interval.
func (r *ServerReconciler) dueIn(s *serverScope) time.Duration {
	p := s.record
	if p.probed.IsZero() || p.failed || p.generation != s.obj.GetGeneration() || p.credential != s.conn.Credential ||
		r.Pool.Gate(s.obj).AwaitsTry() {
		return 0
	}
	return p.probed.Add(probeInterval(s.obj)).Sub(r.Clock.Now())
}

func probeInterval(server v1alpha1.Server) time.Duration {
	if i := server.ServerSpec().ProbeInterval; i != nil && i.Duration > 0 {
		return i.Duration
	}
	return defaultProbeInterval
}

// watchSecrets hears of changes of the auth Secrets, so that a new credential is used at once.
func (r *ServerReconciler) watchSecrets(server v1alpha1.Server) {
	r.Watch.Want(client.ObjectKeyFromObject(server), authSecretKeys(server)...)
}

// recordOf returns what this process knows of probes of the server. An object that was deleted and made again under the
// same name starts anew.
func (r *ServerReconciler) recordOf(server v1alpha1.Server) probeRecord {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := client.ObjectKeyFromObject(server)
	p := r.probes[key]
	if p.uid != server.GetUID() {
		if p.uid != "" {
			r.Pool.Forget(p.uid)
			r.written.forget(p.uid)
		}
		p = probeRecord{uid: server.GetUID(), sweep: &sweepRecord{}}
		r.probes[key] = p
	}
	return p
}

func (r *ServerReconciler) remember(server v1alpha1.Server, p probeRecord) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.probes[client.ObjectKeyFromObject(server)] = p
}

func (r *ServerReconciler) forget(key types.NamespacedName) {
	r.mu.Lock()
	p, known := r.probes[key]
	delete(r.probes, key)
	r.mu.Unlock()
	if known {
		r.Pool.Forget(p.uid)
		r.written.forget(p.uid)
	}
	r.Watch.Want(key)
	forgetServerMetrics(key)
	forgetTokenMetrics(key)
}

// finish writes the status, sends events and turns the outcome into a result.
func (r *ServerReconciler) finish(ctx context.Context, s *serverScope, err error) (ctrl.Result, error) {
	if errors.Is(err, errBusy) {
		return ctrl.Result{RequeueAfter: busyRetry}, nil
	}
	r.report(s, err)
	// The write brings back what the API server holds. Seen from a cache that lags behind, that would be news once more.
	before, found := s.before.ServerStatus().Conditions, slices.Clone(s.obj.ServerStatus().Conditions)
	if werr := r.writeStatus(ctx, s); werr != nil {
		return ctrl.Result{}, werr
	}
	for _, n := range s.notices {
		r.Recorder.Eventf(s.obj, nil, n.kind, n.reason, n.action, "%s", fitNote(n.message))
	}
	sendTransitions(r.Recorder, s.obj, before, found)
	if meta.IsStatusConditionTrue(found, v1alpha1.ReadyCondition) && !meta.IsStatusConditionTrue(before, v1alpha1.ReadyCondition) {
		sendAvailable(r.Recorder, s.obj)
	}
	if result, done, rerr := resultOf(err); done {
		return r.atGate(s, result), rerr
	}
	return ctrl.Result{RequeueAfter: s.after}, nil
}

// atGate comes back when a rejected credential may be tried again, if there is one.
func (r *ServerReconciler) atGate(s *serverScope, result ctrl.Result) ctrl.Result {
	if a := s.obj.ServerStatus().Authentication; s.conn != nil && a != nil && a.Rejected && a.NextAttemptTime != nil {
		result.RequeueAfter = max(a.NextAttemptTime.Sub(r.Clock.Now())+time.Second, time.Second)
	}
	return result
}

func (r *ServerReconciler) now() metav1.Time {
	return metav1.NewTime(r.Clock.Now().Truncate(time.Second))
}
