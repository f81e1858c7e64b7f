// SPDX-License-Identifier: Apache-2.0

package controller_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/whm"
)

var _ = Describe("A login token of several store logins", func() {
	It("is exchanged by the first that names its Secret, also through a restart", func() {
		g := newStoreRig()
		first, second := newStoreLogin(g.site, "first"), newStoreLogin(g.site, "second")
		second.Spec.LoginTokenSecretRef = v1alpha1.SecretKeyReference{Name: "first-token", Key: "loginToken"}
		g.publish(first)
		g.begin(second)
		expectOneReader := func() {
			GinkgoHelper()
			Expect(condition(second, v1alpha1.StalledCondition)).To(Equal("True/" + v1alpha1.UserConflictReason))
			Expect(message(second, v1alpha1.StalledCondition)).To(HavePrefix(
				"StoreLogin %s/first takes its login tokens from the key loginToken of the Secret first-token already", g.namespace))
			Expect(refreshed(second).Status.LoginURL).To(BeEmpty(), "nobody shall log in for what cannot be exchanged")
		}
		expectOneReader()
		g.restart()
		g.o.runFor(20 * time.Minute)
		g.logIn(first)
		g.expectPublished(first, 2)
		expectOneReader()
		Expect(g.exchanges()).To(Equal(2))

		By("deleting the first one")
		Expect(admin.Delete(ctx, refreshed(first))).To(Succeed())
		Eventually(gone(first)).Should(BeTrue())
		g.o.runFor(10 * time.Minute)
		Expect(condition(second, v1alpha1.StalledCondition)).To(Equal("True/" + v1alpha1.LoginTokenConsumedReason))
		Expect(g.exchanges()).To(Equal(2))
		g.logIn(second)
		g.o.runFor(10 * time.Minute)
		g.expectPublished(second, 2)
	})

	It("is exchanged once if both are made at the same moment", func() {
		g := newStoreRig()
		first, second := newStoreLogin(g.site, "first"), newStoreLogin(g.site, "second")
		second.Spec.LoginTokenSecretRef.Name = "first-token"
		token, err := g.IssueStoreLogin(whm.ProviderStore, afterStore)
		Expect(err).NotTo(HaveOccurred())
		g.put(first, token)
		Expect(admin.Create(ctx, first)).To(Succeed())
		Expect(admin.Create(ctx, second)).To(Succeed())
		g.o.runFor(time.Hour)
		Expect(g.exchanges()).To(Equal(1))
		Expect(refreshed(first).Status.Revision + refreshed(second).Status.Revision).To(Equal(int64(1)))
	})

	It("is exchanged once if another Secret has it too, also through a restart", func() {
		g := newStoreRig()
		first := g.begin(newStoreLogin(g.site, "first"))
		token := g.logIn(first)
		g.expectPublished(first, 1)
		g.restart()
		second := g.begin(newStoreLogin(g.site, "second"))
		g.bring(second, token)
		Expect(condition(second, v1alpha1.StalledCondition)).To(Equal("True/" + v1alpha1.LoginTokenConsumedReason))
		Expect(refreshed(second).Status.LoginURL).NotTo(BeEmpty())
		Expect(storeNotes(second, "Refused")()).To(BeEmpty(), "the server was not asked")
		Expect(g.exchanges()).To(Equal(1))
		g.logIn(second)
		g.expectPublished(second, 2)
	})

	It("is not exchanged again for an object that is made anew", func() {
		g := newStoreRig()
		r := g.publish(newStoreLogin(g.site, "store"))
		for range 2 {
			Expect(admin.Delete(ctx, refreshed(r))).To(Succeed())
			Eventually(gone(r)).Should(BeTrue())
			r = g.begin(newStoreLogin(g.site, "store"))
			Expect(condition(r, v1alpha1.StalledCondition)).To(Equal("True/" + v1alpha1.LoginTokenConsumedReason))
		}
		Expect(g.exchanges()).To(Equal(1))
		g.logIn(r)
		g.expectPublished(r, 2)
	})
})
