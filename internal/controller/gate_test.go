// SPDX-License-Identifier: Apache-2.0

package controller_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/api/v1alpha1"
)

var _ = Describe("A credential of the operator that the server rejects", func() {
	const (
		objects = 200
		budget  = 3
	)

	// fleet creates the objects of one server.
	fleet := func(s *site, count int) {
		GinkgoHelper()
		for _, user := range userNames(count) {
			create(newRotation(s, user))
		}
	}

	It("costs at most three failed logins a day with 200 objects, two restarts and a touched Secret", func() {
		virtual := newTimeline()
		namespace := newNamespace()
		s := newSite(namespace, "whm", siteOptions{users: userNames(objects), time: virtual, password: "canary-wrong-password"})
		fleet(s, objects)
		o := startOperator(namespace, virtual)
		o.runFor(time.Hour)
		Expect(s.Ledger().FailedLogins).To(HaveLen(1))
		Expect(serverCondition(s, v1alpha1.StalledCondition)).To(Equal("True/" + v1alpha1.AuthenticationFailedReason))

		By("touching the Secret while the operator runs")
		version := touchAuth(s)
		Eventually(func() string { return s.get().Status.Authentication.Credential }).Should(ContainSubstring(version))
		o.runFor(time.Hour)
		Expect(s.Ledger().FailedLogins).To(HaveLen(1))

		By("restarting it")
		o = o.restart()
		o.runFor(time.Hour)
		Expect(s.Ledger().FailedLogins).To(HaveLen(1))

		By("touching the Secret while it is down, twice")
		for range 2 {
			o.stop()
			touchAuth(s)
			o = startOperator(namespace, virtual)
			o.runFor(time.Hour)
		}
		o.runFor(19 * time.Hour)
		AddReportEntry("failed logins of a day", s.Ledger().FailedLogins)
		Expect(len(s.Ledger().FailedLogins)).To(BeNumerically("<=", budget))
		Expect(s.Ledger().Calls).To(HaveEach(HaveField("Function", "myprivs")), "only the server object tries")
	})

	It("costs at most three failed logins when it is revoked while 200 objects are due", func() {
		virtual := newTimeline()
		namespace := newNamespace()
		s := newSite(namespace, "whm", siteOptions{users: userNames(objects), time: virtual})
		o := startOperator(namespace, virtual)
		o.runFor(time.Minute)
		Expect(serverCondition(s, v1alpha1.ReadyCondition)).To(Equal("True/" + v1alpha1.AvailableReason))

		s.changeRootPassword("canary-other-password")
		fleet(s, objects)
		Eventually(s.Ledger).Should(HaveField("FailedLogins", Not(BeEmpty())))
		o.runFor(24 * time.Hour)
		AddReportEntry("failed logins of a day", s.Ledger().FailedLogins)
		Expect(len(s.Ledger().FailedLogins)).To(BeNumerically("<=", budget))
		Expect(mutations(s.Ledger().Calls)).To(BeEmpty())
		Expect(serverCondition(s, v1alpha1.StalledCondition)).To(Equal("True/" + v1alpha1.AuthenticationFailedReason))

		By("correcting the Secret")
		failed := len(s.Ledger().FailedLogins)
		s.putPassword("canary-other-password")
		Eventually(serverCondition).WithArguments(s, v1alpha1.ReadyCondition).Should(Equal("True/" + v1alpha1.AvailableReason))
		o.runFor(5 * time.Minute)
		expectAllReady(namespace, objects)
		Expect(s.Ledger().FailedLogins).To(HaveLen(failed))
	})

	It("is tried again when it may be, however seldom the server is probed, and not before there is one again", func() {
		virtual := newTimeline()
		namespace := newNamespace()
		s := newSite(namespace, "whm", siteOptions{users: []string{"billing"}, time: virtual, server: probedDaily})
		o := startOperator(namespace, virtual)
		o.runFor(time.Minute)
		s.changeRootPassword("canary-other-password")
		r := create(newRotation(s, "billing"))
		o.runFor(time.Hour)
		Expect(serverCondition(s, v1alpha1.StalledCondition)).To(Equal("True/" + v1alpha1.AuthenticationFailedReason))
		s.changeRootPassword(rootPassword)
		o.runFor(12 * time.Hour)
		Expect(serverCondition(s, v1alpha1.ReadyCondition)).To(Equal("True/" + v1alpha1.AvailableReason))
		Expect(refreshed(r).Status.Revision).To(BeEquivalentTo(1))

		By("taking the Secret of one that was rejected away")
		s.changeRootPassword("canary-other-password")
		askForRotation(r, "now")
		o.runFor(time.Minute)
		Expect(admin.Delete(ctx, s.authSecret(""))).To(Succeed())
		o.runFor(12 * time.Hour)
		o.requests.reset()
		o.runFor(time.Hour)
		Expect(o.requests.where(func(q request) bool { return q.verb == "get" && q.name == s.authName() })).To(BeEmpty())
	})

	It("is replaced within seconds once the Secret is corrected", func() {
		namespace := newNamespace()
		s := newSite(namespace, "whm", siteOptions{users: userNames(10), password: "canary-wrong-password"})
		fleet(s, 10)
		startOperator(namespace, nil)
		Eventually(serverCondition).WithArguments(s, v1alpha1.StalledCondition).
			Should(Equal("True/" + v1alpha1.AuthenticationFailedReason))
		corrected := time.Now()
		s.putPassword(rootPassword)
		Eventually(func(g Gomega) {
			var all v1alpha1.AccessHashRotationList
			g.Expect(admin.List(ctx, &all, inNamespace(namespace))).To(Succeed())
			g.Expect(all.Items).To(HaveEach(HaveField("Status.Revision", BeEquivalentTo(1))))
		}).WithTimeout(time.Minute).Should(Succeed(), "the next attempt of its own would be hours away")
		AddReportEntry("recovered after", time.Since(corrected).String())
		Expect(s.Ledger().FailedLogins).To(HaveLen(1))
	})
})

// serverCondition returns status and reason of a condition of the WHMServer.
func serverCondition(s *site, kind string) string {
	GinkgoHelper()
	c := meta.FindStatusCondition(s.get().Status.Conditions, kind)
	if c == nil {
		return "absent"
	}
	return string(c.Status) + "/" + c.Reason
}

// touchAuth changes the metadata of the auth Secret, as a backup or GitOps tool would, and returns its new version.
func touchAuth(s *site) string {
	GinkgoHelper()
	secret := &corev1.Secret{}
	secret.Namespace, secret.Name = s.namespace, s.authName()
	edit(secret, func(o *corev1.Secret) {
		metav1.SetMetaDataAnnotation(&o.ObjectMeta, "example.com/touched", time.Now().String())
	})
	return secret.ResourceVersion
}

func inNamespace(namespace string) client.ListOption { return client.InNamespace(namespace) }
