// SPDX-License-Identifier: Apache-2.0

package tokens

import (
	"context"
	"maps"
	"slices"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/outcome"
	"github.com/whm-credentials/operator/internal/whm"
)

// Purge revokes the tokens that match, and lists again, because only the list proves that they are gone. It returns the
// names that it found, and what is listed now.
func Purge(ctx context.Context, h Holder, match func(Info) bool) (found []string, left map[string]Info, err error) {
	left, err = h.List(ctx)
	if err != nil {
		return nil, nil, err
	}
	if found = matching(left, match); len(found) == 0 {
		return nil, left, nil
	}
	left, err = Revoke(ctx, h, found...)
	return found, left, err
}

// batch is how many tokens one call revokes at most.
const batch = 50

// Revoke revokes tokens by name and proves that they are gone. A name that the server does not know counts as gone,
// whether or not the server refuses to revoke it, which is not documented. It returns what is listed now; nil if that
// could not be found out.
func Revoke(ctx context.Context, h Holder, names ...string) (map[string]Info, error) {
	refused := revokeAll(ctx, h, names)
	left, err := h.List(ctx)
	if err != nil {
		return nil, err
	}
	still := matching(left, func(t Info) bool { return slices.Contains(names, t.Name) })
	switch {
	case len(still) == 0:
		return left, nil
	case refused != nil:
		return left, refused
	}
	return left, outcome.Retry(v1alpha1.UnavailableReason, "the server still lists the token %s after it was revoked", still[0])
}

// revokeAll returns why a token may be left. If the server refuses a batch, which one name suffices for, its tokens are
// revoked one by one.
func revokeAll(ctx context.Context, h Holder, names []string) (refused error) {
	for some := range slices.Chunk(names, batch) {
		err := h.Revoke(ctx, some...)
		if saidNo(err) && len(some) > 1 {
			err = revokeEach(ctx, h, some)
		}
		if err != nil {
			refused = err
			if !saidNo(err) {
				return refused
			}
		}
	}
	return refused
}

func revokeEach(ctx context.Context, h Holder, names []string) (refused error) {
	for _, name := range names {
		if err := h.Revoke(ctx, name); err != nil {
			refused = err
			if !saidNo(err) {
				return refused
			}
		}
	}
	return refused
}

// saidNo tells whether the server answered and refused, so that another call may still succeed.
func saidNo(err error) bool { return whm.IsRefused(err) || whm.IsInvalidInput(err) }

func matching(all map[string]Info, match func(Info) bool) []string {
	var names []string
	for name := range maps.Keys(all) {
		if match(all[name]) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
