// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"context"
	"errors"
	"net/http"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
)

// syncTimeout is shorter than a second, which is what a probe waits for an answer unless its manifest says otherwise.
const syncTimeout = 500 * time.Millisecond

// CachesSynced returns a check that fails until everything has been listed once. No controller works before that, and
// without the right to list one kind in one namespace it never comes to it.
func CachesSynced(informers cache.Informers) healthz.Checker {
	return func(r *http.Request) error {
		ctx, cancel := context.WithTimeout(r.Context(), syncTimeout)
		defer cancel()
		if !informers.WaitForCacheSync(ctx) {
			return errors.New("not everything could be listed yet; the log says what is forbidden or fails")
		}
		return nil
	}
}
