// SPDX-License-Identifier: Apache-2.0

package controller_test

import (
	"slices"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

// newTokenRotation returns a rotation every 30 days of a token of root that may list accounts.
func newTokenRotation(s *site, name string, changes ...func(*v1alpha1.APITokenRotation)) *v1alpha1.APITokenRotation {
	r := &v1alpha1.APITokenRotation{
		ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace, Name: name},
		Spec: v1alpha1.APITokenRotationSpec{
			ACLs: []v1alpha1.ACLName{"list-accts"},
			CredentialSpec: v1alpha1.CredentialSpec{
				ServerRef: v1alpha1.ServerReference{Name: s.name},
				Secret:    v1alpha1.SecretTarget{Name: name},
				Rotation:  &v1alpha1.RotationSchedule{Every: &metav1.Duration{Duration: 720 * time.Hour}},
			},
		},
	}
	for _, change := range changes {
		change(r)
	}
	return r
}

func createToken(r *v1alpha1.APITokenRotation) *v1alpha1.APITokenRotation {
	GinkgoHelper()
	Expect(admin.Create(ctx, r)).To(Succeed())
	return r
}

// expectTokenRevision checks that a revision is published, ready and at rest, and that its token works.
func expectTokenRevision(s *site, r *v1alpha1.APITokenRotation, revision int64) *v1alpha1.APITokenRotation {
	GinkgoHelper()
	now := expectAtRest(r, revision)
	expectTokenWorks(s, now)
	return now
}

func expectTokenWorks(s *site, r *v1alpha1.APITokenRotation) {
	GinkgoHelper()
	kind, user := simulator.KindToken, "root"
	if a := r.Spec.Account; a != nil && a.User != "" {
		user = string(a.User)
	}
	if a := r.Spec.Account; a != nil && a.Type == v1alpha1.CPanelAccount {
		kind = simulator.KindAccountToken
	}
	secret := secretOf(r)
	Expect(s.Authenticates(user, kind, string(secret.Data["token"]))).To(BeTrue(), "the server accepts the published token")
	Expect(string(secret.Data["tokenName"])).To(Equal(secret.Annotations[v1alpha1.CredentialIDAnnotation]))
}

// liveTokens are the names of the tokens that the operator made and that still work, in order.
func liveTokens(s *site) (names []string) {
	for _, c := range s.Ledger().Credentials {
		if (c.Kind == simulator.KindToken || c.Kind == simulator.KindAccountToken) && c.Live && c.IssuedHow != "inventory" {
			names = append(names, c.Name)
		}
	}
	slices.Sort(names)
	return names
}

// everyToken sets interval and overlap.
func everyToken(interval, overlap time.Duration) func(*v1alpha1.APITokenRotation) {
	return func(r *v1alpha1.APITokenRotation) {
		r.Spec.Rotation = &v1alpha1.RotationSchedule{
			Every: &metav1.Duration{Duration: interval}, Overlap: &metav1.Duration{Duration: overlap},
		}
	}
}
