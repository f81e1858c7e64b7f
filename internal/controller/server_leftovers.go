// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"errors"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/names"
	"github.com/whm-credentials/operator/internal/controller/outcome"
	"github.com/whm-credentials/operator/internal/controller/tokens"
	"github.com/whm-credentials/operator/internal/whm"
)

const (
	// mostLeftovers is how many the status takes.
	mostLeftovers = 2048
	// mostAccounts is how many accounts are visited in one run. The others have their turn at the next probe.
	mostAccounts = 16
)

// recordLeftover writes down at a server what an object that is let go could not revoke there. The same tokens are written
// down once. A server object that is gone has nowhere to write it; one whose status is full holds the deletion up. A conflict means that somebody else wrote the status.
func (o Options) recordLeftover(ctx context.Context, server v1alpha1.Server, l v1alpha1.Leftover) error {
	if slices.ContainsFunc(server.ServerStatus().Leftovers, func(old v1alpha1.Leftover) bool { return sameLeftover(old, l) }) {
		return nil
	}
	if len(server.ServerStatus().Leftovers) >= mostLeftovers {
		// To let the object go would be to forget its tokens.
		return outcome.Retry(v1alpha1.UnavailableReason, "the status of %s %s has no room for more leftovers",
			server.ServerKind(), server.GetName())
	}
	return o.patchLeftovers(ctx, copyOf(server), func(st *v1alpha1.WHMServerStatus) { st.Leftovers = append(st.Leftovers, l) })
}

// patchLeftovers changes the list in the status. A merge patch replaces all of it, so it must not be applied to a list
// that somebody changed.
func (o Options) patchLeftovers(ctx context.Context, server v1alpha1.Server, change func(*v1alpha1.WHMServerStatus)) error {
	patch := client.MergeFromWithOptions(copyOf(server), client.MergeFromWithOptimisticLock{})
	change(server.ServerStatus())
	if err := o.Client.Status().Patch(ctx, server, patch); client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("write leftovers of %s %s: %w", server.ServerKind(), server.GetName(), err)
	}
	return nil
}

func sameLeftover(a, b v1alpha1.Leftover) bool {
	return a.AccountType == b.AccountType && a.User == b.User && a.Names == b.Names
}

// revokeLeftovers tries again what could not be revoked when objects were let go. What goes wrong is tried again at the
// next probe.
func (r *ServerReconciler) revokeLeftovers(ctx context.Context, s *serverScope) {
	accounts := leftoverAccounts(s.obj.ServerStatus().Leftovers)
	if len(accounts) == 0 {
		return
	}
	var done []v1alpha1.Leftover
	for range min(len(accounts), mostAccounts) {
		account := accounts[s.record.sweep.turn%len(accounts)]
		s.record.sweep.turn++
		left := slices.DeleteFunc(slices.Clone(s.obj.ServerStatus().Leftovers), func(l v1alpha1.Leftover) bool {
			return accountOf(l) != account
		})
		if err := r.revokeLeft(ctx, s, account, left); err != nil {
			ctrl.LoggerFrom(ctx).Info("Tokens of deleted objects cannot be revoked yet", "user", account.User, "reason", err.Error())
			continue
		}
		done = append(done, left...)
	}
	if err := r.strikeLeftovers(ctx, s, done); err != nil {
		ctrl.LoggerFrom(ctx).Info("Cannot write down that leftovers are gone", "reason", err.Error())
	}
}

// revokeLeft revokes the tokens of one account that leftovers stand for.
func (r *ServerReconciler) revokeLeft(
	ctx context.Context, s *serverScope, account tokens.Account, left []v1alpha1.Leftover,
) error {
	logins, err := r.loginsOf(ctx, s, account)
	if err != nil {
		return err
	}
	// An object of the same name may have been made since, and go on with what its predecessor published.
	if err := r.addInherited(ctx, s, logins); err != nil {
		return err
	}
	match := func(t tokens.Info) bool {
		maker, ours := names.Parse(t.Name)
		return ours && !logins[t.Name] &&
			slices.ContainsFunc(left, func(l v1alpha1.Leftover) bool { return l.Names == maker.String() })
	}
	holder, err := tokens.Open(ctx, r.access(s), account)
	if err == nil {
		defer holder.Close(ctx)
		_, _, err = tokens.Purge(ctx, holder, match)
	}
	if errors.Is(err, whm.ErrAccountUnknown) && slices.Contains(s.obj.ServerStatus().Privileges, "all") {
		// Whoever may do everything is refused only an account that is gone, and its tokens are gone with it.
		return nil
	}
	return err
}

// loginsOf returns the tokens of an account that somebody logs in to the server with, which are kept.
func (r *ServerReconciler) loginsOf(ctx context.Context, s *serverScope, account tokens.Account) (map[string]bool, error) {
	logins := map[string]bool{}
	if account.Type != v1alpha1.WHMUser || account.User != s.conn.User {
		return logins, nil
	}
	err := r.addLogins(ctx, s, logins)
	if err == nil && s.loginUnknown {
		err = outcome.Retry(v1alpha1.UnsupportedReason, "nobody can tell which of the tokens the operator itself uses")
	}
	return logins, err
}

// strikeLeftovers takes what is done off the list in the status.
func (r *ServerReconciler) strikeLeftovers(ctx context.Context, s *serverScope, done []v1alpha1.Leftover) error {
	if len(done) == 0 {
		return nil
	}
	server := copyOf(s.before)
	if err := r.patchLeftovers(ctx, server, func(st *v1alpha1.WHMServerStatus) {
		st.Leftovers = slices.DeleteFunc(st.Leftovers, func(l v1alpha1.Leftover) bool {
			return slices.ContainsFunc(done, func(d v1alpha1.Leftover) bool { return sameLeftover(l, d) })
		})
	}); err != nil {
		return err
	}
	r.written.remember(server)
	s.before = server
	s.obj.SetResourceVersion(server.GetResourceVersion())
	s.obj.ServerStatus().Leftovers = slices.Clone(server.ServerStatus().Leftovers)
	s.note(corev1.EventTypeNormal, "LeftoversRevoked", "Revoke",
		fmt.Sprintf("Revoked what %d deleted objects had left on the server", len(done)))
	return nil
}

// leftoverAccounts returns the accounts of the list, each once and in order.
func leftoverAccounts(list []v1alpha1.Leftover) []tokens.Account {
	var accounts []tokens.Account
	for _, l := range list {
		if a := accountOf(l); !slices.Contains(accounts, a) {
			accounts = append(accounts, a)
		}
	}
	return accounts
}

func accountOf(l v1alpha1.Leftover) tokens.Account {
	return tokens.Account{Type: l.AccountType, User: l.User}
}

func leftoversMessage(list []v1alpha1.Leftover) string {
	if len(list) == 0 {
		return ""
	}
	l := list[0]
	return fmt.Sprintf("The server may have tokens of %d deleted objects, the first of %s with %s in their names; they are revoked "+
		"when the server lets the operator", len(list), l.User, l.Names)
}
