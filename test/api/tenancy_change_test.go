// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/whm-credentials/operator/api/v1alpha1"
)

const minute = time.Minute

// A policy and a namespace's labels count from the moment they change. What is published is left alone meanwhile, to the
// byte, and nothing is asked of the server for it.
var _ = Describe("what a policy no longer permits", func() {
	// withdrawn asserts that the object stalls when permission is withdrawn, even if a rotation is asked for, and goes on
	// when it is given back.
	withdrawn := func(p *platform, r *v1alpha1.AccessHashRotation, words string, withdraw, give func()) {
		GinkgoHelper()
		p.awaitReady(r)
		before := p.read(targetName)
		withdraw()
		p.awaitStalled(r, v1alpha1.NotPermittedReason, words)
		edit(p.bench, r, func(r *v1alpha1.AccessHashRotation) {
			r.Annotations = map[string]string{v1alpha1.RotateAnnotation: "now"}
		})
		p.expectOneWarning(r, v1alpha1.NotPermittedReason)
		Expect(p.read(targetName)).To(Equal(before))
		Expect(p.regenerations()).To(HaveLen(1))
		give()
		Eventually(p.regenerations).Should(HaveLen(2))
		p.awaitReady(r)
		Expect(p.read(targetName).Data).To(HaveKeyWithValue("accesshash", []byte(p.whm.AccessHash("root"))))
	}

	// policy changes the policy of a server.
	policy := func(p *platform, s *v1alpha1.ClusterWHMServer, change func(*v1alpha1.ServerPolicy)) {
		GinkgoHelper()
		edit(p.bench, s, func(s *v1alpha1.ClusterWHMServer) { change(&s.Spec.Policy) })
	}

	It("stalls when its namespace is taken out of the names", func(ctx SpecContext) {
		p := newPlatform(ctx)
		s := p.shared("server")
		withdrawn(p, p.rotation("r", using(s)), "does not let this namespace use it",
			func() {
				policy(p, s, func(o *v1alpha1.ServerPolicy) { o.AllowedNamespaces.Names = []v1alpha1.NamespaceName{} })
			},
			func() { policy(p, s, func(o *v1alpha1.ServerPolicy) { o.AllowedNamespaces = named(p.namespace) }) })
	})

	It("stalls when its namespace loses the label", func(ctx SpecContext) {
		p := newPlatform(ctx)
		p.label("example.com/tier", `"gold"`)
		s := p.shared("server", func(s *v1alpha1.ClusterWHMServer) {
			s.Spec.Policy.AllowedNamespaces = selected("example.com/tier", "gold")
		})
		withdrawn(p, p.rotation("r", using(s)), "does not let this namespace use it",
			func() { p.label("example.com/tier", "null") },
			func() { p.label("example.com/tier", `"gold"`) })
	})

	It("stalls when its user is taken out", func(ctx SpecContext) {
		p := newPlatform(ctx)
		s := p.shared("server")
		withdrawn(p, p.rotation("r", using(s)), "does not allow credentials of root",
			func() {
				policy(p, s, func(o *v1alpha1.ServerPolicy) { o.AllowedUsers = []v1alpha1.UserPattern{"shop-*"} })
			},
			func() {
				policy(p, s, func(o *v1alpha1.ServerPolicy) { o.AllowedUsers = []v1alpha1.UserPattern{"shop-*", "r*"} })
			})
	})

	It("stalls when its privileges are taken out", func(ctx SpecContext) {
		p := newPlatform(ctx)
		s := p.shared("server")
		withdrawn(p, p.rotation("r", using(s)), "spec.acls are among list-accts",
			func() { policy(p, s, func(o *v1alpha1.ServerPolicy) { o.MaxACLs = []v1alpha1.ACLName{"list-accts"} }) },
			func() { policy(p, s, func(o *v1alpha1.ServerPolicy) { o.MaxACLs = []v1alpha1.ACLName{"all"} }) })
	})

	It("can be deleted, with its Secret", func(ctx SpecContext) {
		p := newPlatform(ctx)
		s := p.shared("server")
		r := p.rotation("r", using(s))
		p.awaitReady(r)
		policy(p, s, func(o *v1alpha1.ServerPolicy) { o.AllowedNamespaces = named("default") })
		p.awaitStalled(r, v1alpha1.NotPermittedReason)
		Expect(admin.Delete(ctx, r)).To(Succeed())
		p.awaitGone(r)
		Eventually(p.secretNames).Should(BeEmpty())
		Expect(p.regenerations()).To(HaveLen(1))
	})
})

// An access hash exists once, so of two objects that rotate the same one only the first goes on, whatever their namespaces:
// but only if it may.
var _ = Describe("two rotations of one access hash in two namespaces", func() {
	// strangerOf returns a tenant of another namespace.
	strangerOf := func(p *platform) *platform {
		GinkgoHelper()
		other := &platform{bench: &bench{ctx: p.ctx, namespace: newNamespace(p.ctx), whm: p.whm}, home: p.home}
		DeferCleanup(other.empty)
		return other
	}

	It("conflict if both are permitted, and the second is not told whose the first is", func(ctx SpecContext) {
		p := newPlatform(ctx)
		other := strangerOf(p)
		s := p.shared("server", func(s *v1alpha1.ClusterWHMServer) {
			s.Spec.Policy.AllowedNamespaces = named(p.namespace, other.namespace)
		})
		first := other.rotation("first", using(s))
		p.awaitReady(first)
		second := p.rotation("second", using(s))
		p.awaitStalled(second, v1alpha1.UserConflictReason, "AccessHashRotation of another namespace already rotates the access hash of root")
		Expect(p.regenerations()).To(HaveLen(1))
	})

	It("do not conflict if the first is not permitted", func(ctx SpecContext) {
		p := newPlatform(ctx)
		other := strangerOf(p)
		s := p.shared("server")
		first := other.rotation("first", using(s))
		p.awaitStalled(first, v1alpha1.NotPermittedReason, "does not let this namespace use it")
		p.awaitReady(p.rotation("second", using(s)))
		Expect(p.regenerations()).To(HaveLen(1))
	})
})
