// SPDX-License-Identifier: Apache-2.0

package controller_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/journal"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

const (
	// deletionBound is how long the deletion of an object may take, whatever the server does. Half of it is what the operator
	// allows itself.
	deletionBound = 30 * time.Second
	// namespaceBound is that for a namespace, at which its controller looks again eight seconds later each time.
	namespaceBound = time.Minute
)

var _ = Describe("Deletion", func() {
	It("ends within its bound, whatever the server does", func() {
		answers := func(*site) {}
		hangs := func(s *site) { addFault(s, simulator.Fault{Kind: simulator.FaultHang}) }
		isGone := func(s *site) { s.Close() }
		isForgotten := func(s *site) { Expect(admin.Delete(ctx, s.object())).To(Succeed()) }
		// All at once, because the namespace controller alone takes ten seconds.
		cases := []*deletionCase{
			{name: "namespace, server answers", prepare: published, misbehave: answers, whole: true},
			{name: "namespace, server hangs", prepare: published, misbehave: hangs, whole: true},
			{name: "namespace, server is gone", prepare: published, misbehave: isGone, whole: true},
			{name: "namespace with lifeline, server answers", prepare: interrupted, misbehave: answers, whole: true},
			{name: "namespace with lifeline, server hangs", prepare: interrupted, misbehave: hangs, whole: true},
			{name: "namespace with lifeline, server is gone", prepare: interrupted, misbehave: isGone, whole: true},
			{name: "object, server hangs", prepare: published, misbehave: hangs},
			{name: "object, server is gone", prepare: published, misbehave: isGone},
			{name: "object with lifeline, server answers", prepare: interrupted, misbehave: answers},
			{name: "object with lifeline, server hangs", prepare: interrupted, misbehave: hangs, left: 1},
			{name: "object with lifeline, server is gone", prepare: interrupted, misbehave: isGone, left: 1},
			{name: "object with lifeline, server object is to be deleted", prepare: interrupted, misbehave: isForgotten},
		}
		for _, c := range cases {
			c.site, c.rotation = c.prepare()
		}
		for _, c := range cases {
			c.begin()
		}
		for _, c := range cases {
			bound := deletionBound
			if c.whole {
				bound = namespaceBound
			}
			Eventually(gone(c.victim)).WithTimeout(bound-time.Since(c.began)).Should(BeTrue(), c.name)
			AddReportEntry(c.name, time.Since(c.began).Truncate(time.Millisecond).String())
			if !c.whole {
				Expect(lifelines(c.site)).To(HaveLen(c.left), c.name)
			}
		}
	})

	It("does not mind in which order auth Secret, journal and server went before", func() {
		namespace := newNamespace()
		orders := [][]string{
			{"auth", "journal", "server"}, {"auth", "server", "journal"}, {"journal", "auth", "server"},
			{"journal", "server", "auth"}, {"server", "auth", "journal"}, {"server", "journal", "auth"},
		}
		var sites []*site
		var rotations []*v1alpha1.AccessHashRotation
		for i := range orders {
			s := newSite(namespace, userNames(i + 1)[i], siteOptions{users: []string{"billing"}})
			sites = append(sites, s)
			rotations = append(rotations, create(newRotation(s, "billing")))
		}
		startOperator(namespace, nil)
		for i, order := range orders {
			expectReady(rotations[i])
			victims := map[string]client.Object{
				"auth":    sites[i].authSecret(""),
				"journal": &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: journal.Key(rotations[i]).Name}},
				"server":  sites[i].object(),
			}
			for _, name := range order {
				Expect(admin.Delete(ctx, victims[name])).To(Succeed(), "%v", order)
			}
			Expect(admin.Delete(ctx, rotations[i])).To(Succeed())
		}
		for i, order := range orders {
			Eventually(gone(rotations[i])).WithTimeout(deletionBound).Should(BeTrue(), "%v", order)
			Eventually(gone(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{
				Namespace: namespace, Name: rotations[i].Spec.Secret.Name,
			}})).Should(BeTrue(), "%v", order)
		}
	})

	It("in the middle of a rotation leaves the operator with a hash that works", func() {
		namespace := newNamespace()
		s := newSite(namespace, "whm", siteOptions{server: loginWithHash})
		o := startOperator(namespace, nil)
		r := expectReady(create(newRotation(s, "root", intoAuthSecret)))
		before := s.AccessHash("root")
		addFault(s, simulator.Fault{Kind: simulator.FaultReset, Function: "accesshash", Mutating: true, After: true, Max: 1})
		addFault(s, simulator.Fault{Kind: simulator.FaultReset, Function: "accesshash", Skip: 1})
		askForRotation(r, "now")
		Eventually(func() string { return s.AccessHash("root") }).ShouldNot(Equal(before))
		o.stop()
		s.ClearFaults()
		Expect(journalText(namespace)).To(ContainSubstring(`"open":true`))

		Expect(admin.Delete(ctx, r)).To(Succeed())
		startOperator(namespace, nil)
		Eventually(gone(r)).WithTimeout(deletionBound).Should(BeTrue())
		Expect(string(secretOf(r).Data["accesshash"])).To(Equal(s.AccessHash("root")))
		Expect(lifelines(s)).To(BeEmpty())
	})

	DescribeTable("of an object keeps or removes its Secret by policy",
		func(change func(*v1alpha1.AccessHashRotation), kept bool) {
			namespace := newNamespace()
			s := newSite(namespace, "whm", siteOptions{users: []string{"billing"}})
			existing := foreignSecret(namespace, "existing")
			Expect(admin.Create(ctx, existing)).To(Succeed())
			startOperator(namespace, nil)
			r := expectReady(create(newRotation(s, "billing", change)))
			before := secretOf(r)
			Expect(admin.Delete(ctx, r)).To(Succeed())
			Eventually(gone(r)).Should(BeTrue())
			now := &corev1.Secret{}
			err := admin.Get(ctx, secretKey(r), now)
			Expect(client.IgnoreNotFound(err)).To(Succeed())
			Expect(err == nil).To(Equal(kept), "the Secret is kept")
			if kept {
				Expect(now.Data).To(Equal(before.Data))
				Expect(now.Labels).NotTo(HaveKey(v1alpha1.ManagedByLabel))
			}
		},
		Entry("removes it by default", func(*v1alpha1.AccessHashRotation) {}, false),
		Entry("removes it if told so", func(r *v1alpha1.AccessHashRotation) {
			r.Spec.DeletionPolicy = &v1alpha1.DeletionPolicy{Secret: v1alpha1.DeleteSecret}
		}, false),
		Entry("keeps it if told so", func(r *v1alpha1.AccessHashRotation) {
			r.Spec.DeletionPolicy = &v1alpha1.DeletionPolicy{Secret: v1alpha1.RetainSecret}
		}, true),
		Entry("keeps one that existed before", adoptExisting(v1alpha1.AdoptIfUnowned), true),
	)

	It("keeps a Secret that a server logs in with", func() {
		namespace := newNamespace()
		s := newSite(namespace, "whm", siteOptions{})
		startOperator(namespace, nil)
		r := expectReady(create(newRotation(s, "root")))
		By("letting another server object log in with what was published")
		other := s.object()
		other.Name, other.Spec.Auth = "other", v1alpha1.ServerAuth{AccessHash: &v1alpha1.AccessHashAuth{
			SecretRef: v1alpha1.SecretKeyReference{Name: r.Spec.Secret.Name},
		}}
		Expect(admin.Create(ctx, other)).To(Succeed())
		Eventually(func() string {
			return serverCondition(&site{Server: s.Server, namespace: namespace, name: "other"}, v1alpha1.ReadyCondition)
		}).Should(Equal("True/" + v1alpha1.AvailableReason))
		Expect(admin.Delete(ctx, r)).To(Succeed())
		Eventually(gone(r)).Should(BeTrue())
		Expect(secretOf(r).Data).To(HaveKey("accesshash"))
	})
})

// deletionCase is one deletion and the circumstances of it.
type deletionCase struct {
	name      string
	prepare   func() (*site, *v1alpha1.AccessHashRotation)
	misbehave func(*site)
	// whole is true if the namespace is deleted, and not only the rotation.
	whole bool
	// left is how many lifelines are left on the server.
	left int

	site     *site
	rotation *v1alpha1.AccessHashRotation
	victim   client.Object
	began    time.Time
}

func (c *deletionCase) begin() {
	GinkgoHelper()
	c.misbehave(c.site)
	c.victim = c.rotation
	if c.whole {
		c.victim = &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: c.site.namespace}}
	}
	c.began = time.Now()
	Expect(admin.Delete(ctx, c.victim)).To(Succeed(), c.name)
}

// published returns a rotation that is at rest.
func published() (*site, *v1alpha1.AccessHashRotation) {
	GinkgoHelper()
	namespace := newNamespace()
	s := newSite(namespace, "whm", siteOptions{users: []string{"billing"}})
	startOperator(namespace, nil)
	return s, expectReady(create(newRotation(s, "billing")))
}

// interrupted returns a rotation of the operator's own hash that has opened its lifeline and cannot go on.
func interrupted() (*site, *v1alpha1.AccessHashRotation) {
	GinkgoHelper()
	namespace := newNamespace()
	s := newSite(namespace, "whm", siteOptions{server: loginWithHash})
	addFault(s, simulator.Fault{Kind: simulator.FaultStatus, Function: "accesshash", Mutating: true})
	startOperator(namespace, nil)
	r := create(newRotation(s, "root", intoAuthSecret))
	Eventually(func() string { return journalText(namespace) }).Should(ContainSubstring(`"open":true`))
	Expect(lifelines(s)).To(HaveLen(1))
	return s, r
}
