// SPDX-License-Identifier: Apache-2.0

package controller_test

import (
	"maps"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/journal"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

// damages are what happens to published Secrets; nil deletes them.
var damages = map[string]func(*corev1.Secret){
	"edited value":       func(s *corev1.Secret) { s.Data["accesshash"] = []byte("edited") },
	"removed key":        func(s *corev1.Secret) { delete(s.Data, "authorization") },
	"removed label":      func(s *corev1.Secret) { delete(s.Labels, v1alpha1.ManagedByLabel) },
	"removed annotation": func(s *corev1.Secret) { delete(s.Annotations, v1alpha1.RevisionAnnotation) },
	"emptied":            func(s *corev1.Secret) { s.Data, s.Labels = nil, nil },
	"deleted":            nil,
}

var _ = Describe("Drift of the published Secret", func() {
	for _, reachable := range []bool{true, false} {
		state := map[bool]string{true: "answers", false: "is down"}[reachable]
		It("is healed byte by byte from the journal while the server "+state, func() {
			namespace := newNamespace()
			s := newSite(namespace, "whm", siteOptions{users: userNames(len(damages))})
			startOperator(namespace, nil)
			rotations := map[string]*v1alpha1.AccessHashRotation{}
			before := map[string]*corev1.Secret{}
			users := userNames(len(damages))
			for name := range damages {
				rotations[name] = create(newRotation(s, users[len(rotations)]))
			}
			for name, r := range rotations {
				expectReady(r)
				before[name] = secretOf(r)
			}
			calls := len(s.Ledger().Calls)
			if !reachable {
				s.Close()
			}
			for name, damage := range damages {
				secret := before[name].DeepCopy()
				if damage == nil {
					Expect(admin.Delete(ctx, secret)).To(Succeed())
					continue
				}
				edit(secret, damage)
			}
			for name, r := range rotations {
				Eventually(func(g Gomega) { expectSame(g, r, before[name]) }).Should(Succeed(), name)
			}
			Expect(describeAll(s.callsSince(calls))).To(BeEmpty())
		})
	}

	It("is left alone once nothing in it tells that it is the operator's", func() {
		namespace := newNamespace()
		s := newSite(namespace, "whm", siteOptions{users: []string{"billing"}})
		startOperator(namespace, nil)
		r := expectReady(create(newRotation(s, "billing")))
		edit(secretOf(r), func(o *corev1.Secret) { o.Labels, o.Annotations = nil, nil })
		expectCondition(r, v1alpha1.ReadyCondition, "False/"+v1alpha1.SecretConflictReason)
	})

	Context("that the operator logs in with", func() {
		var (
			s *site
			r *v1alpha1.AccessHashRotation

			byHand string
		)

		// letIn regenerates the hash on the server and puts it into the Secret, as people do when the operator is locked out.
		letIn := func() {
			Expect(s.SetUser("root", simulator.User{Password: rootPassword, AccessHash: byHand})).To(Succeed())
			edit(secretOf(r), func(o *corev1.Secret) { o.Data["accesshash"] = []byte(byHand) })
		}

		BeforeEach(func() {
			namespace := newNamespace()
			byHand = firstHash("by hand")
			s = newSite(namespace, "whm", siteOptions{server: loginWithHash})
			startOperator(namespace, nil)
			r = expectReady(create(newRotation(s, "root", intoAuthSecret)))
		})

		It("stays as a person left it if the server accepts that", func() {
			letIn()
			askForRotation(r, "by hand")
			expectRevision(r, 2)
			expectPublished(s, r)
		})

		It("stays as a person left it in the middle of a rotation", func() {
			addFault(s, simulator.Fault{Kind: simulator.FaultStatus, Function: "accesshash", Mutating: true})
			askForRotation(r, "now")
			Eventually(func() string { return journalText(r.Namespace) }).Should(ContainSubstring(`"open":true`))
			letIn()
			Eventually(serverCondition).WithArguments(s, v1alpha1.ReadyCondition).Should(Equal("True/" + v1alpha1.AvailableReason))
			Consistently(func() string { return string(secretOf(r).Data["accesshash"]) }).Should(Equal(byHand))
		})

		It("is healed if the server rejects what somebody put there", func() {
			hash := secretOf(r).Data["accesshash"]
			edit(secretOf(r), func(o *corev1.Secret) { o.Data["accesshash"] = []byte(firstHash("nobody")) })
			Eventually(func() []byte { return secretOf(r).Data["accesshash"] }).Should(Equal(hash))
			Eventually(serverCondition).WithArguments(s, v1alpha1.ReadyCondition).Should(Equal("True/" + v1alpha1.AvailableReason))
			Expect(s.Ledger().FailedLogins).To(HaveLen(1))
		})
	})

	It("leaves what others keep in an adopted Secret alone", func() {
		namespace := newNamespace()
		s := newSite(namespace, "whm", siteOptions{users: []string{"billing"}})
		theirs := foreignSecret(namespace, "existing")
		Expect(admin.Create(ctx, theirs)).To(Succeed())
		startOperator(namespace, nil)
		r := expectReady(create(newRotation(s, "billing", adoptExisting(v1alpha1.AdoptIfUnowned))))
		hash := secretOf(r).Data["accesshash"]
		edit(theirs, func(o *corev1.Secret) {
			o.Data["accesshash"], o.Data["second"] = []byte("edited"), []byte("theirs too")
		})
		Eventually(func() []byte { return secretOf(r).Data["accesshash"] }).Should(Equal(hash))
		healed := secretOf(r)
		Expect(healed.Data).To(And(
			HaveKeyWithValue("theirs", []byte("kept")), HaveKeyWithValue("second", []byte("theirs too"))))
		Expect(healed.Labels).To(HaveKeyWithValue("team", "billing"))
		Expect(healed.Annotations).To(HaveKeyWithValue("example.com/note", "theirs"))
	})
})

var _ = Describe("Loss of what the operator remembers", func() {
	var (
		s *site
		r *v1alpha1.AccessHashRotation
		o *operator
	)

	BeforeEach(func() {
		namespace := newNamespace()
		s = newSite(namespace, "whm", siteOptions{users: []string{"billing"}})
		r = create(newRotation(s, "billing"))
		o = startOperator(namespace, nil)
		r = expectReady(r)
	})

	It("rebuilds a deleted journal from the Secret without a rotation", func() {
		before := secretOf(r)
		Expect(admin.Delete(ctx, journalOf(r))).To(Succeed())
		Eventually(func() error { return admin.Get(ctx, journal.Key(r), &corev1.Secret{}) }).Should(Succeed())
		expectReady(r)
		expectSame(Default, r, before)
		Expect(mutations(s.Ledger().Calls)).To(HaveLen(1))
		By("rotating with the rebuilt journal")
		askForRotation(r, "again")
		expectRevision(r, 2)
		expectPublished(s, r)
		Expect(mutations(s.Ledger().Calls)).To(HaveLen(2))
	})

	It("rebuilds it from the server if a template put the hash under another key", func() {
		edit(r, func(o *v1alpha1.AccessHashRotation) {
			o.Spec.Secret.Template = &v1alpha1.SecretTemplate{Data: map[string]v1alpha1.TemplateSource{"WHM_HASH": "{{ .accesshash }}"}}
		})
		Eventually(func() map[string][]byte { return secretOf(r).Data }).Should(And(HaveLen(1), HaveKey("WHM_HASH")))
		before := secretOf(r)
		Expect(admin.Delete(ctx, journalOf(r))).To(Succeed())
		Eventually(func() error { return admin.Get(ctx, journal.Key(r), &corev1.Secret{}) }).Should(Succeed())
		expectReady(r)
		expectSame(Default, r, before)
		Expect(mutations(s.Ledger().Calls)).To(HaveLen(1))
	})

	It("rebuilds the journal while the server is down", func() {
		s.Close()
		Expect(admin.Delete(ctx, journalOf(r))).To(Succeed())
		Eventually(func() error { return admin.Get(ctx, journal.Key(r), &corev1.Secret{}) }).Should(Succeed())
		expectReady(r)
	})

	It("goes on with a higher revision when journal and Secret are both gone", func() {
		o.stop()
		Expect(admin.Delete(ctx, journalOf(r))).To(Succeed())
		Expect(admin.Delete(ctx, secretOf(r))).To(Succeed())
		o = startOperator(o.namespace, nil)
		expectRevision(r, 2)
		expectPublished(s, r)
		Expect(mutations(s.Ledger().Calls)).To(HaveLen(2))
	})

	It("rebuilds a wiped status without a rotation", func() {
		before := r.Status.DeepCopy()
		wipeStatus(r)
		edit(r, func(o *v1alpha1.AccessHashRotation) {
			metav1.SetMetaDataAnnotation(&o.ObjectMeta, "example.com/restored", "now")
		})
		now := expectRevision(r, 1).Status
		Expect(now.NextRotationTime).To(Equal(before.NextRotationTime))
		Expect(now.LastRotationTime).To(Equal(before.LastRotationTime))
		Expect(now.Current).To(Equal(before.Current))
		Expect(now.Secret).To(Equal(before.Secret))
		Expect(mutations(s.Ledger().Calls)).To(HaveLen(1))
	})

	It("stalls on a damaged journal when it needs it, and goes on when that is deleted", func() {
		edit(journalOf(r), func(j *corev1.Secret) { j.Data = map[string][]byte{"state": []byte("not the operator's")} })
		askForRotation(r, "now")
		expectCondition(r, v1alpha1.StalledCondition, "True/"+v1alpha1.JournalInvalidReason)
		Expect(mutations(s.Ledger().Calls)).To(HaveLen(1))
		Expect(admin.Delete(ctx, journalOf(r))).To(Succeed())
		expectRevision(r, 2)
		expectPublished(s, r)
	})

	It("continues from a retained Secret under a new object of the same name", func() {
		before := secretOf(r)
		edit(r, func(o *v1alpha1.AccessHashRotation) {
			o.Spec.DeletionPolicy = &v1alpha1.DeletionPolicy{Secret: v1alpha1.RetainSecret}
		})
		Expect(admin.Delete(ctx, r)).To(Succeed())
		Eventually(gone(r)).Should(BeTrue())
		again := expectReady(create(newRotation(s, "billing")))
		Expect(again.Status.Revision).To(BeEquivalentTo(1))
		Expect(secretOf(again).Data).To(Equal(before.Data))
		Expect(mutations(s.Ledger().Calls)).To(HaveLen(1))
	})
})

// expectSame compares the published Secret with how it was.
func expectSame(g Gomega, r *v1alpha1.AccessHashRotation, before *corev1.Secret) {
	GinkgoHelper()
	now := &corev1.Secret{}
	g.Expect(admin.Get(ctx, secretKey(r), now)).To(Succeed())
	g.Expect(maps.EqualFunc(now.Data, before.Data, func(a, b []byte) bool { return string(a) == string(b) })).To(BeTrue(), "data")
	g.Expect(now.Labels).To(Equal(before.Labels))
	g.Expect(now.Annotations).To(Equal(before.Annotations))
	g.Expect(now.Type).To(Equal(before.Type))
}

// adoptExisting publishes into the Secret named existing.
func adoptExisting(policy v1alpha1.AdoptionPolicy) func(*v1alpha1.AccessHashRotation) {
	return func(r *v1alpha1.AccessHashRotation) {
		r.Spec.Secret.Name, r.Spec.Secret.Adoption = "existing", policy
	}
}
