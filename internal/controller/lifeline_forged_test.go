// SPDX-License-Identifier: Apache-2.0

package controller_test

import (
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/journal"
	"github.com/whm-credentials/operator/internal/rotation"
)

var _ = Describe("A lifeline that somebody put into a journal", func() {
	DescribeTable("makes the operator fail no login", func(forge func(*rotation.Lifeline)) {
		g := newPasswordRig()
		r := g.publish(g.password(v1alpha1.MySQLPassword))
		s := &corev1.Secret{}
		Expect(admin.Get(ctx, journal.Key(refreshed(r)), s)).To(Succeed())
		j, err := rotation.Decode(s.Data)
		Expect(err).NotTo(HaveOccurred())
		l := &rotation.Lifeline{Kind: rotation.LifelineSession, Attempt: 2}
		forge(l)
		j.Newest().Lifeline = l
		s.Data, err = rotation.Encode(j)
		Expect(err).NotTo(HaveOccurred())
		g.o.stop()
		Expect(admin.Update(ctx, s)).To(Succeed())
		g.o = g.o.restart()
		edit(refreshed(r), func(r *v1alpha1.PasswordRotation) {
			r.Annotations = map[string]string{v1alpha1.RotateAnnotation: "now"}
		})
		g.o.runFor(24 * time.Hour)
		Expect(g.Ledger().FailedLogins).To(BeEmpty())
		Expect(g.works(r)).To(BeTrue())
		state := &corev1.Secret{}
		Expect(admin.Get(ctx, journal.Key(refreshed(r)), state)).To(Succeed())
		Expect(strings.Contains(string(state.Data[rotation.StateKey]), "lifeline")).To(BeFalse(), "it is taken out again")
	},
		Entry("planned", func(*rotation.Lifeline) {}),
		Entry("an open token", func(l *rotation.Lifeline) {
			l.Kind, l.Open, l.ID = rotation.LifelineToken, true, "whm-lifeline-x"
			l.Value = rotation.Value{"user": "root", "token": "canary-forged-token-value-0123456"}
		}),
		Entry("an open session", func(l *rotation.Lifeline) {
			l.Open = true
			l.Value = rotation.Value{"user": "root", "cookie": "canary-forged-cookie-value", "securityToken": "/cpsess1234567890"}
		}),
	)
})
