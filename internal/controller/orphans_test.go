// SPDX-License-Identifier: Apache-2.0

package controller_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/names"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

// testCluster is the cluster id of the operators in this suite.
const testCluster = "test"

// They take long, so they begin early.
var _ = Describe("Tokens that no object knows", SpecPriority(1), func() {
	It("are told from 500 foreign ones and 500 of living objects, reported, and revoked twice in a row", func() {
		const each = 500
		virtual := newTimeline()
		namespace := newNamespace()
		s := newSite(namespace, "whm", siteOptions{time: virtual})
		living := slices.Concat(tokensOf(suspendedObjects(s, 50), each/50), tokensOf(restoredObjects(s, 1), 1))
		foreign := foreignTokens(each)
		orphans := tokensOf(lostObjects("first", each), 1)
		plant(s, virtual.Now().Add(-time.Hour), living, foreign, orphans)

		o := startOperator(namespace, virtual)
		o.runFor(time.Minute)
		expectOrphans(s, orphans)
		Expect(mutations(s.Ledger().Calls)).To(BeEmpty())

		By("reporting them again and again at no cost")
		calls := len(s.Ledger().Calls)
		o.requests.reset()
		o.runFor(25 * time.Minute)
		Expect(describeAll(s.callsSince(calls))).To(HaveExactElements("api_token_list as root", "api_token_list as root",
			"api_token_list as root", "api_token_list as root", "api_token_list as root"))
		Expect(o.requests.writes()).To(BeEmpty())
		Expect(o.requests.secretReads()).To(HaveLen(5), "one read of the auth Secret for each probe")
		Eventually(eventsOf).WithArguments(namespace).Should(ContainElement(v1alpha1.OrphansFoundCondition))

		By("revoking them")
		edit(s.object(), func(w *v1alpha1.WHMServer) { w.Spec.OrphanPolicy = v1alpha1.RevokeOrphans })
		o.runFor(6 * time.Minute)
		Expect(plantedTokens(s)).To(ConsistOf(slices.Concat(living, foreign)))
		expectNoOrphans(s)

		By("revoking others, once they are old enough")
		more := tokensOf(lostObjects("second", each), 1)
		plant(s, virtual.Now(), more)
		o.runFor(14 * time.Minute)
		Expect(plantedTokens(s)).To(ConsistOf(slices.Concat(living, foreign, more)))
		o.runFor(7 * time.Minute)
		Expect(plantedTokens(s)).To(ConsistOf(slices.Concat(living, foreign)))
		expectNoOrphans(s)
		Eventually(eventsOf).WithArguments(namespace).Should(ContainElement("OrphansRevoked"))
		AddReportEntry("revocations", len(mutations(s.Ledger().Calls)))
		Expect(mutations(s.Ledger().Calls)).To(HaveLen(2 * each / 50))
	})

	It("wait for the fence also where the server does not say when they were created, and are one token each", func() {
		virtual := newTimeline()
		namespace := newNamespace()
		s := newSite(namespace, "whm", siteOptions{time: virtual, server: revokesOrphans})
		lifeline := names.Of(testCluster, "lost").Token(names.LifelinePrefix, 1, 1)
		plant(s, time.Unix(0, 0), []string{lifeline})
		o := startOperator(namespace, virtual)
		o.runFor(time.Minute)
		Expect(plantedTokens(s)).To(ConsistOf(lifeline))
		o.runFor(2 * time.Hour)
		Expect(plantedTokens(s)).To(BeEmpty(), "the hourly discovery looks although no object has tokens")
	})

	It("are revoked one by one where the server refuses a batch, and tried again where it fails", func() {
		virtual := newTimeline()
		namespace := newNamespace()
		s := newSite(namespace, "whm", siteOptions{time: virtual, server: revokesOrphans})
		plant(s, virtual.Now().Add(-time.Hour), tokensOf(lostObjects("lost", 60), 1))
		addFault(s, simulator.Fault{Kind: simulator.FaultReset, Function: "api_token_revoke", Max: 1})
		o := startOperator(namespace, virtual)
		o.runFor(time.Minute)
		expectOrphans(s, tokensOf(lostObjects("lost", 60), 1))
		Expect(serverCondition(s, v1alpha1.ReadyCondition)).To(Equal("True/" + v1alpha1.AvailableReason))
		o.runFor(6 * time.Minute)
		Expect(plantedTokens(s)).To(BeEmpty())
		expectNoOrphans(s)
	})

	It("are never the one that the operator logs in with", func() {
		virtual := newTimeline()
		namespace := newNamespace()
		var s *site
		own := names.Of(testCluster, "retired").Token("whm", 7, 1)
		s = newSite(namespace, "whm", siteOptions{time: virtual, password: "canary-own-token", server: func(w *v1alpha1.WHMServer) {
			revokesOrphans(w)
			w.Spec.Auth = v1alpha1.ServerAuth{APIToken: &v1alpha1.APITokenAuth{
				SecretRef: v1alpha1.SecretKeyReference{Name: w.Name + "-auth", Key: "password"},
			}}
		}})
		Expect(s.Update(func(inv *simulator.Inventory) {
			root := inv.Users["root"]
			root.Tokens = map[string]simulator.Token{own: {Value: "canary-own-token", CreatedAt: virtual.Now().Add(-time.Hour)}}
			inv.Users["root"] = root
		})).To(Succeed())
		lost := tokensOf(lostObjects("lost", 1), 1)
		plant(s, virtual.Now().Add(-time.Hour), lost)
		o := startOperator(namespace, virtual)
		o.runFor(6 * time.Minute)
		Expect(plantedTokens(s)).To(ConsistOf(own))

		By("a server that cannot tell which one it is")
		Expect(s.SetVersion("11.90.0.1")).To(Succeed())
		plant(s, virtual.Now().Add(-time.Hour), lost)
		o.runFor(2 * time.Hour)
		Expect(plantedTokens(s)).To(ConsistOf(slices.Concat(lost, []string{own})))
		expectOrphans(s, append(lost, own))
	})

	It("are not those that deleted objects were told to leave", func() {
		virtual := newTimeline()
		namespace := newNamespace()
		kept, lost := tokensOf(lostObjects("kept", 2), 1), tokensOf(lostObjects("lost", 1), 1)
		s := newSite(namespace, "whm", siteOptions{time: virtual, server: func(w *v1alpha1.WHMServer) {
			revokesOrphans(w)
			w.Annotations = map[string]string{"whm-credentials.dev/retained-tokens": strings.Join(kept, ",")}
		}})
		plant(s, virtual.Now().Add(-time.Hour), kept, lost)
		o := startOperator(namespace, virtual)
		o.runFor(time.Minute)
		Expect(plantedTokens(s)).To(ConsistOf(kept))
		expectNoOrphans(s)
	})

	It("do not make a server look unready that does not list tokens", func() {
		virtual := newTimeline()
		for _, form := range []simulator.Choice{"envelope", "envelope403", "login403"} {
			namespace := newNamespace()
			s := newSite(namespace, "whm", siteOptions{time: virtual, server: logsInAsReseller})
			Expect(s.Update(func(inv *simulator.Inventory) {
				inv.Users["shop"] = simulator.User{Password: rootPassword, ACLs: []string{"list-accts"}}
				inv.Unverified.ACLDeniedForm = form
			})).To(Succeed())
			suspendedObjects(s, 1)
			o := startOperator(namespace, virtual)
			o.runFor(30 * time.Minute)
			Expect(serverCondition(s, v1alpha1.ReadyCondition)).To(Equal("True/"+v1alpha1.AvailableReason), string(form))
			Expect(len(s.Ledger().FailedLogins)).To(BeNumerically("<=", 3), string(form))
			Expect(describeAll(s.Ledger().Calls)[len(s.Ledger().Calls)-4:]).To(HaveEach("myprivs as shop"), string(form))
			o.stop()
		}
	})
})

// lostObjects are UIDs of objects that do not exist.
func lostObjects(label string, n int) (uids []types.UID) {
	for i := range n {
		uids = append(uids, types.UID(fmt.Sprintf("%s-%d", label, i)))
	}
	return uids
}

// tokensOf returns the names of so many tokens of each object.
func tokensOf(uids []types.UID, each int) (all []string) {
	for _, uid := range uids {
		for i := range each {
			all = append(all, names.Of(testCluster, uid).Token("whm", int64(i+1), 1))
		}
	}
	return all
}

// foreignTokens are names of other clusters, other tools and people, some of which look much like ours.
func foreignTokens(n int) (all []string) {
	ours := names.Of(testCluster, "lost").Token("whm", 1, 1)
	forms := []string{
		names.Of("other", "lost").Token("whm%d", 1, 1), "billing-%d", "%d" + strings.TrimSuffix(ours, "r1a1"),
		"%d-" + strings.ToUpper(ours), ours + "-%d",
	}
	for i := range n {
		all = append(all, fmt.Sprintf(forms[i%len(forms)], i))
	}
	return all
}

// suspendedObjects creates objects that do nothing.
func suspendedObjects(s *site, n int) (uids []types.UID) {
	GinkgoHelper()
	for _, name := range userNames(n) {
		r := newTokenRotation(s, name)
		r.Spec.Suspend = true
		uids = append(uids, createToken(r).UID)
	}
	return uids
}

// restoredObjects creates suspended objects whose status speaks of tokens that objects with other UIDs made, as after a
// restore from a backup. It returns those UIDs.
func restoredObjects(s *site, n int) []types.UID {
	GinkgoHelper()
	before := lostObjects("restored", n)
	for i, uid := range before {
		r := newTokenRotation(s, fmt.Sprintf("restored-%d", i))
		r.Spec.Suspend = true
		createToken(r)
		r.Status.Current = &v1alpha1.CredentialInfo{ID: names.Of(testCluster, uid).Token("whm", 1, 1)}
		Expect(admin.Status().Update(ctx, r)).To(Succeed())
	}
	return before
}

// plant adds tokens of root that were created at a time.
func plant(s *site, created time.Time, lists ...[]string) {
	GinkgoHelper()
	Expect(s.Update(func(inv *simulator.Inventory) {
		root := inv.Users["root"]
		if root.Tokens == nil {
			root.Tokens = map[string]simulator.Token{}
		}
		for _, name := range slices.Concat(lists...) {
			root.Tokens[name] = simulator.Token{Value: "planted-" + name, CreatedAt: created}
		}
		inv.Users["root"] = root
	})).To(Succeed())
}

// plantedTokens are the names of root's tokens that are still there.
func plantedTokens(s *site) (all []string) {
	for name := range s.Inventory().Users["root"].Tokens {
		all = append(all, name)
	}
	return all
}

func expectOrphans(s *site, orphans []string) {
	GinkgoHelper()
	st := s.get().Status
	Expect(st.Orphans).NotTo(BeNil())
	Expect(int(st.Orphans.Count)).To(Equal(len(orphans)))
	sorted := slices.Sorted(slices.Values(orphans))
	Expect(st.Orphans.Names).To(Equal(sorted[:min(len(sorted), 32)]))
	Expect(serverCondition(s, v1alpha1.OrphansFoundCondition)).To(Equal("True/" + v1alpha1.UnknownTokensReason))
	Expect(gauge(s, "whm_orphaned_tokens")).To(BeEquivalentTo(len(orphans)))
}

func expectNoOrphans(s *site) {
	GinkgoHelper()
	Expect(s.get().Status.Orphans).To(BeNil())
	Expect(meta.FindStatusCondition(s.get().Status.Conditions, v1alpha1.OrphansFoundCondition)).To(BeNil())
	Expect(gauge(s, "whm_orphaned_tokens")).To(BeZero())
}

// gauge returns what a metric says of a server; -1 if nothing.
func gauge(s *site, name string) float64 {
	GinkgoHelper()
	families, err := metrics.Registry.Gather()
	Expect(err).NotTo(HaveOccurred())
	for _, f := range families {
		for _, m := range f.GetMetric() {
			labels := map[string]string{}
			for _, l := range m.GetLabel() {
				labels[l.GetName()] = l.GetValue()
			}
			if f.GetName() == name && labels["namespace"] == s.namespace && labels["name"] == s.name {
				return m.GetGauge().GetValue()
			}
		}
	}
	return -1
}

// eventsOf are the reasons of the events in a namespace.
func eventsOf(namespace string) (reasons []string) {
	GinkgoHelper()
	var list eventsv1.EventList
	Expect(admin.List(ctx, &list, inNamespace(namespace))).To(Succeed())
	for i := range list.Items {
		reasons = append(reasons, list.Items[i].Reason)
	}
	return reasons
}

func revokesOrphans(w *v1alpha1.WHMServer) { w.Spec.OrphanPolicy = v1alpha1.RevokeOrphans }

func logsInAsReseller(w *v1alpha1.WHMServer) {
	w.Spec.Auth.Password.User = "shop"
	w.Spec.ProbeInterval = &metav1.Duration{Duration: 5 * time.Minute}
}
