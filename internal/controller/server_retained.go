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
	annotations[v1alpha1.RetainedTokensAnnotation] = strings.Join(now, ",")
	changed.SetAnnotations(annotations)
	patch := client.MergeFromWithOptions(server, client.MergeFromWithOptimisticLock{})
	if err := o.Client.Patch(ctx, changed, patch); client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("write retained tokens of %s %s: %w", server.ServerKind(), server.GetName(), err)
	}
	return nil
}

func retainedTokens(server v1alpha1.Server) []string {
	text := server.GetAnnotations()[v1alpha1.RetainedTokensAnnotation]
	if text == "" {
		return nil
	}
	return strings.Split(text, ",")
}
