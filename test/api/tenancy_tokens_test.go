// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/whm-credentials/operator/api/v1alpha1"
)

// allowing returns a change of a policy.
func allowing(change func(*v1alpha1.ServerPolicy)) func(*v1alpha1.ClusterWHMServer) {
	return func(s *v1alpha1.ClusterWHMServer) { change(&s.Spec.Policy) }
}

// atMost limits the tokens of a namespace.
func atMost(n int32) func(*v1alpha1.ClusterWHMServer) {
	return allowing(func(o *v1alpha1.ServerPolicy) { o.MaxTokensPerNamespace = &n })
}

// privilegesOf returns what the server says that a token of root may do.
func (p *platform) privilegesOf(token string) []string {
	return p.whm.Inventory().Users["root"].Tokens[token].ACLs
}

var _ = Describe("a token that a policy no longer permits", func() {
	It("works on, and is not replaced until the policy permits it again", func(ctx SpecContext) {
		p := newPlatform(ctx)
		s := p.shared("server")
		r := p.token("r", s)
		p.awaitReady(r)
		before, tokens := p.read("r"), p.liveTokens()
		edit(p.bench, s, allowing(func(o *v1alpha1.ServerPolicy) { o.MaxACLs = []v1alpha1.ACLName{"acct-summary"} }))
		p.awaitStalled(r, v1alpha1.NotPermittedReason, "does not allow the privileges list-accts;", "it allows acct-summary")
		edit(p.bench, r, func(r *v1alpha1.APITokenRotation) {
			r.Annotations = map[string]string{v1alpha1.RotateAnnotation: "now"}
		})
		edit(p.bench, s, allowing(func(o *v1alpha1.ServerPolicy) { o.AllowedNamespaces = named("default") }))
		p.awaitStalled(r, v1alpha1.NotPermittedReason, "does not let this namespace use it")
		Expect(p.read("r")).To(Equal(before))
		Expect(p.liveTokens()).To(Equal(tokens))

		edit(p.bench, s, allowing(func(o *v1alpha1.ServerPolicy) {
			o.AllowedNamespaces, o.MaxACLs = named(p.namespace), []v1alpha1.ACLName{"list-accts"}
		}))
		Eventually(p.liveTokens).Should(HaveLen(2))
		p.awaitReady(r)
		Expect(r.Status.Revision).To(BeEquivalentTo(2))
	})

	It("is revoked when its object is deleted", func(ctx SpecContext) {
		p := newPlatform(ctx)
		s := p.shared("server")
		r := p.token("r", s)
		p.awaitReady(r)
		edit(p.bench, s, allowing(func(o *v1alpha1.ServerPolicy) { o.AllowedNamespaces = named("default") }))
		p.awaitStalled(r, v1alpha1.NotPermittedReason)
		Expect(admin.Delete(ctx, r)).To(Succeed())
		p.awaitGone(r)
		Expect(p.liveTokens()).To(BeEmpty())
	})

	It("keeps its privileges when its spec asks for more than the policy gives", func(ctx SpecContext) {
		p := newPlatform(ctx)
		s := p.shared("server", allowing(func(o *v1alpha1.ServerPolicy) {
			o.MaxACLs = []v1alpha1.ACLName{"acct-summary", "list-accts"}
		}))
		r := p.token("r", s)
		p.awaitReady(r)
		id := r.Status.Current.ID
		edit(p.bench, r, func(r *v1alpha1.APITokenRotation) {
			r.Spec.ACLs = []v1alpha1.ACLName{"list-accts", "passwd", "create-acct", "acct-summary"}
		})
		p.awaitStalled(r, v1alpha1.NotPermittedReason, "does not allow the privileges create-acct, passwd; take them out of spec.acls, "+
			"or ask whoever runs the cluster to add them to its maxACLs; it allows acct-summary, list-accts")
		Expect(p.privilegesOf(id)).To(Equal([]string{"list-accts"}))
		edit(p.bench, r, func(r *v1alpha1.APITokenRotation) { r.Spec.ACLs = []v1alpha1.ACLName{"acct-summary"} })
		p.awaitReady(r)
		Expect(p.privilegesOf(id)).To(Equal([]string{"acct-summary"}))
	})

	It("is one of the server's own user if the spec names none", func(ctx SpecContext) {
		p := newPlatform(ctx)
		s := p.shared("server", allowing(func(o *v1alpha1.ServerPolicy) { o.AllowedUsers = []v1alpha1.UserPattern{"shop-*"} }))
		r := p.token("r", s, func(r *v1alpha1.APITokenRotation) { r.Spec.Account = nil })
		p.awaitStalled(r, v1alpha1.NotPermittedReason, "does not allow credentials of root")
		edit(p.bench, s, allowing(func(o *v1alpha1.ServerPolicy) { o.AllowedUsers = []v1alpha1.UserPattern{"root"} }))
		p.awaitReady(r)
	})
})

// created is how many tokens were made.
func (p *platform) created() (n int) {
	for _, c := range p.whm.Ledger().Credentials {
		if c.IssuedHow == "api_token_create" {
			n++
		}
	}
	return n
}

// awaitRest waits until an object is ready or stalled.
func (p *platform) awaitRest(r *v1alpha1.APITokenRotation) {
	GinkgoHelper()
	p.await(r, func(g Gomega, conditions []metav1.Condition) {
		g.Expect(conditions).NotTo(BeEmpty())
		g.Expect(meta.FindStatusCondition(conditions, v1alpha1.ReconcilingCondition)).To(BeNil())
	})
}

const noRoom = "lets this namespace have %d tokens (maxTokensPerNamespace), and other objects have them; delete one that is no " +
	"longer needed, or ask whoever runs the cluster for more"

var _ = Describe("a namespace with a limit of tokens", func() {
	It("gets no more than that of many that are made at once", func(ctx SpecContext) {
		const limit, many = 3, 12
		p := newPlatform(ctx)
		s := p.shared("server", atMost(limit))
		var all []*v1alpha1.APITokenRotation
		for i := range many {
			all = append(all, p.token(fmt.Sprintf("r%02d", i), s))
		}
		ready, stalled := 0, 0
		for _, r := range all {
			p.awaitRest(r)
			if meta.IsStatusConditionTrue(r.Status.Conditions, v1alpha1.ReadyCondition) {
				ready++
				continue
			}
			p.awaitStalled(r, v1alpha1.QuotaExceededReason, "ClusterWHMServer "+s.Name+" "+fmt.Sprintf(noRoom, limit))
			stalled++
		}
		Expect([]int{ready, stalled}).To(Equal([]int{limit, many - limit}))
		Expect(p.liveTokens()).To(HaveLen(limit))
		Expect(p.created()).To(Equal(limit), "more were made and revoked again")

		By("having room when the limit is raised")
		edit(p.bench, s, atMost(many))
		for _, r := range all {
			p.awaitReady(r)
		}
		Expect(p.liveTokens()).To(HaveLen(many))

		By("keeping what it has when the limit is lowered")
		edit(p.bench, s, atMost(1))
		edit(p.bench, all[many-1], func(r *v1alpha1.APITokenRotation) {
			r.Annotations = map[string]string{v1alpha1.RotateAnnotation: "now"}
		})
		Eventually(func() int64 {
			p.awaitReady(all[many-1])
			return all[many-1].Status.Revision
		}).Should(BeEquivalentTo(2))
		extra := p.token("extra", s)
		p.awaitStalled(extra, v1alpha1.QuotaExceededReason, fmt.Sprintf(noRoom, 1))
	}, SpecTimeout(9*minute))

	It("has room again when an object is gone, and other namespaces have their own", func(ctx SpecContext) {
		p := newPlatform(ctx)
		other := &platform{bench: &bench{ctx: ctx, namespace: newNamespace(ctx), whm: p.whm}, home: p.home}
		DeferCleanup(other.empty)
		s := p.shared("server", atMost(1), allowing(func(o *v1alpha1.ServerPolicy) {
			o.AllowedNamespaces = named(p.namespace, other.namespace)
		}))
		first, second := p.token("first", s), other.token("theirs", s)
		p.awaitReady(first)
		other.awaitReady(second)
		third := p.token("third", s)
		p.awaitStalled(third, v1alpha1.QuotaExceededReason)
		Expect(admin.Delete(ctx, first)).To(Succeed())
		p.awaitGone(first)
		// It would look by itself within a minute.
		edit(p.bench, third, func(r *v1alpha1.APITokenRotation) { r.Annotations = map[string]string{"example.com/look": "again"} })
		p.awaitReady(third)
	})
})
