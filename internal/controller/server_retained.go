// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/api/v1alpha1"
)

// retainedTokensAnnotation on a server object lists the tokens that deleted objects were told to leave there, so that they
// do not count as orphaned. The objects are gone, and the Secrets that were kept are nobody's any more.
const retainedTokensAnnotation = "whm-credentials.dev/retained-tokens"

// recordRetained writes down at a server which tokens an object that is let go leaves there on purpose. A server object
// that is gone has nowhere to write it. A conflict means that somebody else wrote the object.
func (o Options) recordRetained(ctx context.Context, server v1alpha1.Server, tokens ...string) error {
	before := retainedTokens(server)
	now := slices.Concat(before, tokens)
	slices.Sort(now)
	if now = slices.Compact(now); slices.Equal(now, before) {
		return nil
	}
	changed := copyOf(server)
	annotations := changed.GetAnnotations()
	if annotations == nil {
		annotations = map[string]string{}
	}
	annotations[retainedTokensAnnotation] = strings.Join(now, ",")
	changed.SetAnnotations(annotations)
	patch := client.MergeFromWithOptions(server, client.MergeFromWithOptimisticLock{})
	if err := o.Client.Patch(ctx, changed, patch); client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("write retained tokens of %s %s: %w", server.ServerKind(), server.GetName(), err)
	}
	return nil
}

func retainedTokens(server v1alpha1.Server) []string {
	text := server.GetAnnotations()[retainedTokensAnnotation]
	if text == "" {
		return nil
	}
	return strings.Split(text, ",")
}
