// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"time"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/publish"
	"github.com/whm-credentials/operator/internal/rotation"
	"github.com/whm-credentials/operator/internal/whm"
)

// published describes the credential that a Secret says it holds.
type published struct {
	Fingerprint string
	issuedAt    time.Time
}

// publishedValue returns the value in the published Secret, or nil if the Secret does not hold it under the default keys
// or somebody changed it: then it says nothing about the credential.
func (r *CredentialReconciler) publishedValue(s *scope) (rotation.Value, published) {
	if s.secret == nil || !publish.OwnedBy(s.secret, s.owner) || publish.Revision(s.secret) == 0 {
		return nil, published{}
	}
	p := published{Fingerprint: s.secret.Annotations[v1alpha1.FingerprintAnnotation]}
	var err error
	if p.issuedAt, err = time.Parse(time.RFC3339, s.secret.Annotations[v1alpha1.IssuedAtAnnotation]); err != nil {
		return nil, published{}
	}
	for part := range r.driver.Sample() {
		raw := string(s.secret.Data[part])
		if whm.NewSecret(raw).Fingerprint() != p.Fingerprint {
			return nil, published{}
		}
		return rotation.Value{part: raw}, p
	}
	return nil, published{}
}
