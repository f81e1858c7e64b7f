// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/names"
	"github.com/whm-credentials/operator/internal/controller/tokens"
	"github.com/whm-credentials/operator/internal/controller/upstream"
	"github.com/whm-credentials/operator/internal/whm"
)

const (
	// orphanFence is how old a token must be to count as orphaned. Who creates one writes its name down first, so the fence
	// is only for what nobody foresaw; the clocks of both sides need not agree.
	orphanFence = 15 * time.Minute
	// mostOrphans is how many are revoked in one run. The rest follows at the next probe.
	mostOrphans = 500
	// namedOrphans is how many the status names, and mentionedOrphans the condition.
	namedOrphans, mentionedOrphans = 32, 5
)

// sweepRecord is what this process knows of tokens of one server that nobody seems to know.
type sweepRecord struct {
	// seen is when a token was listed first of which the server does not say when it was created.
	seen map[string]time.Time
	// candidates were looked up last, and orphans were found among them.
	candidates, orphans []string
	// turn counts the accounts that were visited for leftovers.
	turn int
}

// sweep finds tokens of the operator's user that carry this cluster's id and that no object knows, and reports or revokes
// them as the spec says. What goes wrong is tried again at the next probe; it does not mean that the server is not ready.
func (r *ServerReconciler) sweep(ctx context.Context, s *serverScope) {
	if s.tokens == nil || r.ClusterID == "" {
		return
	}
	revoke := s.obj.ServerSpec().OrphanPolicy == v1alpha1.RevokeOrphans
	orphans, err := r.findOrphans(ctx, s, revoke)
	if err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "Cannot tell which tokens are orphaned")
		return
	}
	switch {
	case !revoke || s.loginUnknown || len(orphans) == 0:
	case r.References.Namespaced:
		// An object outside of the operator's namespaces may know them, if only since its namespace was taken out.
		ctrl.LoggerFrom(ctx).Info("Not revoking orphaned tokens, because an operator that is limited to some namespaces does "+
			"not see every object", "tokens", orphans[:min(len(orphans), namedOrphans)])
	default:
		orphans = r.revokeOrphans(ctx, s, orphans)
	}
	report := reportOf(orphans)
	if news(s.obj.ServerStatus().Orphans, report) {
		s.note(corev1.EventTypeWarning, v1alpha1.OrphansFoundCondition, "Sweep", describeOrphans(report))
	}
	s.obj.ServerStatus().Orphans = report
}

// findOrphans returns the names in order. With lookAgain it relies on nothing that was found before.
func (r *ServerReconciler) findOrphans(ctx context.Context, s *serverScope, lookAgain bool) ([]string, error) {
	candidates := r.agedTokens(s)
	if len(candidates) == 0 {
		return nil, nil
	}
	candidates, err := r.unknownToObjects(ctx, s.obj, candidates)
	if err != nil || len(candidates) == 0 {
		return nil, err
	}
	memory := s.record.sweep
	if !lookAgain && slices.Equal(candidates, memory.candidates) {
		return memory.orphans, nil
	}
	orphans, err := r.unknownToSecrets(ctx, s, candidates)
	if err == nil {
		orphans, err = r.stillListed(ctx, s, orphans)
	}
	if err != nil {
		return nil, err
	}
	memory.candidates, memory.orphans = candidates, orphans
	return orphans, nil
}

// stillListed lists once more, because an object may have revoked its tokens and gone since the probe listed them.
func (r *ServerReconciler) stillListed(ctx context.Context, s *serverScope, orphans []string) ([]string, error) {
	if len(orphans) == 0 {
		return nil, nil
	}
	if listed, err := r.listTokens(ctx, s); err != nil || !listed {
		return nil, cmp.Or(err, errNotListed)
	}
	return slices.DeleteFunc(orphans, func(name string) bool { _, still := s.tokens[name]; return !still }), nil
}

var errNotListed = errors.New("the server does not list its tokens any more")

// agedTokens returns the tokens of this cluster that are past the fence, in order.
func (r *ServerReconciler) agedTokens(s *serverScope) []string {
	var aged []string
	now, before := r.Clock.Now(), s.record.sweep.seen
	s.record.sweep.seen = map[string]time.Time{}
	for _, name := range slices.Sorted(maps.Keys(s.tokens)) {
		if of, ours := names.Parse(name); !ours || of.Cluster != r.ClusterID {
			continue
		}
		since := s.tokens[name].CreatedAt
		if since.IsZero() {
			var known bool
			if since, known = before[name]; !known {
				since = now
			}
			s.record.sweep.seen[name] = since
		}
		if now.Sub(since) >= orphanFence {
			aged = append(aged, name)
		}
	}
	return aged
}

// revokeOrphans returns those that are left.
func (r *ServerReconciler) revokeOrphans(ctx context.Context, s *serverScope, orphans []string) []string {
	some := orphans[:min(len(orphans), mostOrphans)]
	ctrl.LoggerFrom(ctx).Info("Revoking orphaned tokens", "tokens", some)
	holder, err := tokens.Open(ctx, r.access(s), tokens.Account{Type: v1alpha1.WHMUser, User: s.conn.User})
	if err != nil {
		return orphans
	}
	defer holder.Close(ctx)
	listed, err := tokens.Revoke(ctx, holder, some...)
	if err != nil {
		ctrl.LoggerFrom(ctx).Info("Some orphaned tokens could not be revoked", "reason", err.Error())
	}
	if listed == nil {
		return orphans
	}
	r.keep(s, listed)
	left := slices.DeleteFunc(slices.Clone(orphans), func(name string) bool { _, still := listed[name]; return !still })
	if n := len(orphans) - len(left); n > 0 {
		s.note(corev1.EventTypeNormal, "OrphansRevoked", "Sweep", fmt.Sprintf("Revoked %d API tokens that no object knows", n))
	}
	return left
}

// access is how to get at the tokens of accounts with the operator's own credential.
func (r *ServerReconciler) access(s *serverScope) tokens.Access {
	return tokens.Access{
		Client: s.conn.Operator, User: s.conn.User,
		Login: func(c whm.Credential) (*whm.Client, error) { return r.Pool.Login(s.obj, c) },
	}
}

// keep takes what was listed after a revocation for the snapshot, with the time of the list before: what is missing is gone.
func (r *ServerReconciler) keep(s *serverScope, listed map[string]tokens.Info) {
	s.tokens = listed
	r.Pool.KeepTokens(s.obj, upstream.Snapshot{TakenAt: r.Pool.Tokens(s.obj).TakenAt, User: s.conn.User, Tokens: listed})
}

func reportOf(orphans []string) *v1alpha1.OrphanReport {
	if len(orphans) == 0 {
		return nil
	}
	return &v1alpha1.OrphanReport{Count: int32(len(orphans)), Names: orphans[:min(len(orphans), namedOrphans)]} //nolint:gosec // bounded by an answer's size
}

// news tells whether a report says more than that some of the tokens are gone.
func news(before, now *v1alpha1.OrphanReport) bool {
	if now == nil || before == nil {
		return now != nil
	}
	return now.Count > before.Count || now.Count == before.Count && !slices.Equal(now.Names, before.Names)
}

func describeOrphans(o *v1alpha1.OrphanReport) string {
	mentioned := o.Names[:min(len(o.Names), mentionedOrphans)]
	more := ""
	if int(o.Count) > len(mentioned) {
		more = " and others"
	}
	return fmt.Sprintf("The server has %d API tokens of this cluster that no object knows: %s%s", o.Count,
		strings.Join(mentioned, ", "), more)
}

func orphansMessage(server v1alpha1.Server) string {
	o := server.ServerStatus().Orphans
	switch {
	case o == nil:
		return ""
	case server.ServerSpec().OrphanPolicy == v1alpha1.RevokeOrphans:
		return describeOrphans(o) + "; they could not be revoked yet, the log says why"
	}
	return describeOrphans(o) + "; revoke those that nothing uses, or let spec.orphanPolicy: Revoke do it"
}
