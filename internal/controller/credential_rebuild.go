// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"time"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/upstream"
	"github.com/whm-credentials/operator/internal/rotation"
	"github.com/whm-credentials/operator/internal/whm"
)

// published describes the credential that a Secret says it holds.
type published struct {
	Fingerprint string
	issuedAt    time.Time
}

// publishedValue returns the value that belongs to the published Secret: what stands there under the default keys, or what
// upstream holds if a template put it under others. It is nil if the Secret says nothing about a credential.
func (r *CredentialReconciler) publishedValue(ctx context.Context, s *scope) (rotation.Value, published, error) {
	if publishedRevision(s) == 0 {
		return nil, published{}, nil
	}
	p := published{Fingerprint: s.secret.Annotations[v1alpha1.FingerprintAnnotation]}
	var err error
	if p.issuedAt, err = time.Parse(time.RFC3339, s.secret.Annotations[v1alpha1.IssuedAtAnnotation]); err != nil {
		return nil, published{}, nil //nolint:nilerr // somebody changed the annotation, so it says nothing
	}
	for part := range r.driver.Sample() {
		raw := string(s.secret.Data[part])
		if whm.NewSecret(raw).Fingerprint() == p.Fingerprint {
			return rotation.Value{part: raw}, p, nil
		}
	}
	return r.upstreamValue(ctx, s, p)
}

// upstreamValue reads what upstream holds now. It takes the place of what the Secret should hold, whether it is the same
// or not; a rotation out of turn would do no more.
func (r *CredentialReconciler) upstreamValue(
	ctx context.Context, s *scope, p published,
) (rotation.Value, published, error) {
	c, done, err := r.call(ctx, s)
	if err != nil {
		return nil, published{}, err
	}
	defer done()
	held, exists, err := r.driver.Recover(ctx, c, "")
	if err != nil {
		return nil, published{}, upstream.Outcome(err)
	}
	if !exists {
		return nil, published{}, nil
	}
	p.Fingerprint = held.Fingerprint
	return held.Value, p, nil
}
