// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"fmt"
	"slices"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/api/v1alpha1"
)

// mostLeftovers is how many the status takes.
const mostLeftovers = 256

// recordLeftover writes down at a server what an object that is let go could not revoke there. The same tokens are written
// down once. A server object that is gone has nowhere to write it. A conflict means that somebody else wrote the status.
func (o Options) recordLeftover(ctx context.Context, server v1alpha1.Server, l v1alpha1.Leftover) error {
	if slices.ContainsFunc(server.ServerStatus().Leftovers, func(old v1alpha1.Leftover) bool { return sameLeftover(old, l) }) {
		return nil
	}
	if len(server.ServerStatus().Leftovers) >= mostLeftovers {
		ctrl.LoggerFrom(ctx).Info("Cannot record tokens that are left on the server, its status is full",
			"server", server.GetName(), "user", l.User, "tokens", l.Names)
		return nil
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
