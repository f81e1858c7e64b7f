// SPDX-License-Identifier: Apache-2.0

package controller_test

import (
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/api/v1alpha1"
)

var _ = Describe("A server that is in use", func() {
	It("stays with its auth Secret until nothing refers to it", func() {
		namespace := newNamespace()
		s := newSite(namespace, "whm", siteOptions{users: []string{"billing"}})
		startOperator(namespace, nil)
		Eventually(func() string { return serverCondition(s, v1alpha1.ReadyCondition) }).Should(Equal("True/Available"))
		Expect(s.get().Finalizers).To(BeEmpty())

		hash := expectReady(create(newRotation(s, "billing")))
		Eventually(func() []string { return s.get().Finalizers }).Should(ConsistOf(v1alpha1.InUseFinalizer))
		Expect(finalizersOf(s.authSecret(""))).To(BeEmpty(), "an access hash cannot be revoked")

		token := createToken(newTokenRotation(s, "portal"))
		Eventually(finalizersOf).WithArguments(s.authSecret("")).Should(ConsistOf(v1alpha1.InUseFinalizer))
		Eventually(func() int64 { return refreshed(token).Status.Revision }).Should(BeEquivalentTo(1))

		Expect(admin.Delete(ctx, s.object())).To(Succeed())
		Expect(admin.Delete(ctx, s.authSecret(""))).To(Succeed())
		Eventually(func() string { return serverCondition(s, v1alpha1.ReconcilingCondition) }).Should(Equal("True/InUse"))
		Expect(serverMessage(s, v1alpha1.ReconcilingCondition)).To(HavePrefix("2 objects refer to this server"))

		Expect(admin.Delete(ctx, token)).To(Succeed())
		Eventually(gone(token)).Should(BeTrue())
		Eventually(gone(s.authSecret(""))).Should(BeTrue(), "no token is left that could be revoked with it")
		Expect(plantedTokens(s)).To(BeEmpty())
		Eventually(func() string { return serverMessage(s, v1alpha1.ReconcilingCondition) }).Should(HavePrefix("1 objects refer"))
		Expect(admin.Delete(ctx, hash)).To(Succeed())
		Eventually(gone(s.object())).Should(BeTrue())
	})

	It("costs no write after a restart and while it is idle", func() {
		virtual := newTimeline()
		namespace := newNamespace()
		s := newSite(namespace, "whm", siteOptions{time: virtual})
		createToken(newTokenRotation(s, "portal"))
		o := startOperator(namespace, virtual)
		o.runFor(time.Minute)
		Expect(s.get().Finalizers).To(ConsistOf(v1alpha1.InUseFinalizer))
		Expect(finalizersOf(s.authSecret(""))).To(ConsistOf(v1alpha1.InUseFinalizer))
		o = o.restart()
		o.runFor(time.Minute)
		Expect(o.requests.writes()).To(BeEmpty(), o.requests.String())
		Expect(o.requests.secretReads(s.authName())).To(BeEmpty(), o.requests.String())
		o.runFor(25 * time.Minute)
		Expect(o.requests.writes()).To(BeEmpty(), o.requests.String())
	})

	It("releases a Secret that it no longer logs in with, also if that changed while the operator was down", func() {
		namespace := newNamespace()
		s := newSite(namespace, "whm", siteOptions{})
		shared := newSite(namespace, "twin", siteOptions{server: func(w *v1alpha1.WHMServer) {
			w.Spec.Auth.Password.SecretRef.Name = s.authName()
		}})
		o := startOperator(namespace, nil)
		createToken(newTokenRotation(s, "portal"))
		other := createToken(newTokenRotation(shared, "shop"))
		Eventually(finalizersOf).WithArguments(s.authSecret("")).Should(ConsistOf(v1alpha1.InUseFinalizer))
		Eventually(func() string { return shared.get().Annotations["whm-credentials.dev/in-use-secrets"] }).ShouldNot(BeEmpty())
		o.stop()

		next := s.authSecret(rootPassword)
		next.Name = "next-auth"
		Expect(admin.Create(ctx, next)).To(Succeed())
		edit(s.object(), func(w *v1alpha1.WHMServer) { w.Spec.Auth.Password.SecretRef.Name = next.Name })
		startOperator(namespace, nil)
		Eventually(finalizersOf).WithArguments(next).Should(ConsistOf(v1alpha1.InUseFinalizer))
		Eventually(func() string { return s.get().Annotations["whm-credentials.dev/in-use-secrets"] }).
			Should(Equal(namespace + "/next-auth"))
		Expect(finalizersOf(s.authSecret(""))).To(ConsistOf(v1alpha1.InUseFinalizer), "the other server needs it")

		Expect(admin.Delete(ctx, other)).To(Succeed())
		Eventually(finalizersOf).WithArguments(s.authSecret("")).Should(BeEmpty())
		Eventually(func() []string { return shared.get().Finalizers }).Should(BeEmpty())
		Expect(shared.get().Annotations).NotTo(HaveKey("whm-credentials.dev/in-use-secrets"))
	})

	It("lets its Secrets go when somebody took its own finalizer off", func() {
		namespace := newNamespace()
		s := newSite(namespace, "whm", siteOptions{})
		startOperator(namespace, nil)
		createToken(newTokenRotation(s, "portal"))
		Eventually(finalizersOf).WithArguments(s.authSecret("")).Should(ConsistOf(v1alpha1.InUseFinalizer))
		Expect(admin.Delete(ctx, s.object())).To(Succeed())
		Expect(admin.Patch(ctx, s.object(), client.RawPatch(types.MergePatchType, []byte(`{"metadata":{"finalizers":null}}`)))).
			To(Succeed())
		Eventually(finalizersOf).WithArguments(s.authSecret("")).Should(BeEmpty())
	})

	It("goes with its namespace", func() {
		namespace := newNamespace()
		s := newSite(namespace, "whm", siteOptions{})
		startOperator(namespace, nil)
		token := createToken(newTokenRotation(s, "portal"))
		Eventually(func() int64 { return refreshed(token).Status.Revision }).Should(BeEquivalentTo(1))
		Eventually(finalizersOf).WithArguments(s.authSecret("")).Should(ConsistOf(v1alpha1.InUseFinalizer))
		ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}
		Expect(admin.Delete(ctx, ns)).To(Succeed())
		Eventually(gone(ns)).WithTimeout(namespaceBound).Should(BeTrue())
		Expect(plantedTokens(s)).To(BeEmpty())
	})

	It("is looked at again by an object that missed what it waits for", func() {
		virtual := newTimeline()
		namespace := newNamespace()
		s := newSite(namespace, "whm", siteOptions{users: []string{"billing"}, time: virtual, server: probedDaily})
		var missing atomic.Bool
		o := (&operator{namespace: namespace, time: virtual, between: func(next http.RoundTripper) http.RoundTripper {
			return roundTripper(func(h *http.Request) (*http.Response, error) {
				if q, _ := parseRequest(h); q.verb != "get" || q.name != s.authName() || !missing.CompareAndSwap(true, false) {
					return next.RoundTrip(h)
				}
				return &http.Response{
					StatusCode: http.StatusNotFound, Request: h, Header: http.Header{"Content-Type": {"application/json"}},
					Body: io.NopCloser(strings.NewReader(`{"kind":"Status","apiVersion":"v1","reason":"NotFound","code":404}`)),
				}, nil
			})
		}}).start()
		r := create(newRotation(s, "billing"))
		o.runFor(time.Minute)
		missing.Store(true)
		askForRotation(r, "now")
		o.runFor(time.Minute)
		Expect(missing.Load()).To(BeFalse())
		Expect(condition(r, v1alpha1.ReconcilingCondition)).To(Equal("True/" + v1alpha1.WaitingForServerReason))
		Expect(serverCondition(s, v1alpha1.ReadyCondition)).To(Equal("True/" + v1alpha1.AvailableReason))
		o.runFor(10 * time.Minute)
		Expect(refreshed(r).Status.Revision).To(BeEquivalentTo(2))
	})

	Context("for other namespaces than its Secret's", func() {
		var namespace, apart string
		var s *site

		BeforeEach(func() {
			namespace, apart = newNamespace(), newNamespace()
			s = &site{namespace: apart, name: "shared-" + apart}
		})

		shared := func(o siteOptions) *v1alpha1.ClusterWHMServer {
			s.Server = simulate(o)
			Expect(admin.Create(ctx, s.authSecret(rootPassword))).To(Succeed())
			server := s.object()
			probedDaily(server)
			return s.inCluster(server.Spec, namespace)
		}
		fromElsewhere := func(r *v1alpha1.APITokenRotation) {
			r.Namespace, r.Spec.ServerRef.Kind = namespace, v1alpha1.ClusterWHMServerKind
		}

		It("is kept for objects that may use it, from when they may", func() {
			virtual := newTimeline()
			server := shared(siteOptions{time: virtual})
			edit(server, func(c *v1alpha1.ClusterWHMServer) { c.Spec.Policy.MaxACLs = nil })
			r := createToken(newTokenRotation(s, "portal", fromElsewhere))
			o := startOperator(namespace, virtual)
			o.runFor(time.Minute)
			Expect(condition(r, v1alpha1.StalledCondition)).To(Equal("True/" + v1alpha1.NotPermittedReason))
			Expect(refreshed(server).Finalizers).To(BeEmpty())
			Expect(finalizersOf(s.authSecret(""))).To(BeEmpty())

			edit(server, func(c *v1alpha1.ClusterWHMServer) { c.Spec.Policy.MaxACLs = r.Spec.ACLs })
			o.runFor(time.Minute)
			Expect(refreshed(r).Status.Revision).To(BeEquivalentTo(1))
			Expect(refreshed(server).Finalizers).To(ConsistOf(v1alpha1.InUseFinalizer))
			Expect(finalizersOf(s.authSecret(""))).To(ConsistOf(v1alpha1.InUseFinalizer))

			Expect(admin.Delete(ctx, r)).To(Succeed())
			o.runFor(time.Minute)
			Expect(gone(r)()).To(BeTrue())
			Expect(refreshed(server).Finalizers).To(BeEmpty())
			Expect(finalizersOf(s.authSecret(""))).To(BeEmpty())
		})

		It("does not hold up the namespace of its Secret, which was deleted before", func() {
			virtual := newTimeline()
			shared(siteOptions{time: virtual})
			r := createToken(newTokenRotation(s, "portal", fromElsewhere))
			o := startOperator(namespace, virtual)
			o.runFor(time.Minute)
			Expect(admin.Delete(ctx, s.authSecret(""))).To(Succeed())
			o.runFor(time.Minute)
			Expect(finalizersOf(s.authSecret(""))).To(ConsistOf(v1alpha1.InUseFinalizer))
			ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: apart}}
			Expect(admin.Delete(ctx, ns)).To(Succeed())
			Eventually(func() bool { o.runFor(time.Second); return gone(ns)() }).WithTimeout(namespaceBound).Should(BeTrue())
			Expect(admin.Delete(ctx, r)).To(Succeed())
			Eventually(func() bool { o.runFor(time.Second); return gone(r)() }).WithTimeout(deletionBound).Should(BeTrue())
		})

		It("does not hold up the namespace of its Secret", func() {
			server := shared(siteOptions{})
			startOperator(namespace, nil)
			r := createToken(newTokenRotation(s, "portal", fromElsewhere, func(r *v1alpha1.APITokenRotation) {
				r.Spec.Suspend, r.Spec.DeletionPolicy = true, &v1alpha1.DeletionPolicy{Upstream: v1alpha1.RetainUpstream}
			}))
			Eventually(finalizersOf).WithArguments(s.authSecret("")).Should(ConsistOf(v1alpha1.InUseFinalizer))

			ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: apart}}
			Expect(admin.Delete(ctx, ns)).To(Succeed())
			Eventually(gone(ns)).WithTimeout(namespaceBound).Should(BeTrue())
			Expect(admin.Delete(ctx, server)).To(Succeed())
			Expect(admin.Delete(ctx, r)).To(Succeed())
			Eventually(gone(r)).WithTimeout(deletionBound).Should(BeTrue())
			Eventually(gone(server)).Should(BeTrue())
		})
	})
})

// finalizersOf returns the finalizers of a Secret as it is now.
func finalizersOf(secret *corev1.Secret) []string {
	GinkgoHelper()
	now := &corev1.Secret{}
	Expect(client.IgnoreNotFound(admin.Get(ctx, client.ObjectKeyFromObject(secret), now))).To(Succeed())
	return now.Finalizers
}

// serverMessage is the message of a condition of the server object.
func serverMessage(s *site, kind string) string {
	GinkgoHelper()
	for _, c := range s.get().Status.Conditions {
		if c.Type == kind {
			return c.Message
		}
	}
	return ""
}

// probedOften has a server probed as often as the API allows.
func probedOften(w *v1alpha1.WHMServer) {
	w.Spec.ProbeInterval = &metav1.Duration{Duration: 30 * time.Second}
}
