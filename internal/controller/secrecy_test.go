// SPDX-License-Identifier: Apache-2.0

package controller_test

import (
	"encoding/json"
	"strings"
	"sync"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	eventsv1 "k8s.io/api/events/v1"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

var _ = Describe("Secrets", func() {
	It("appear in no log, event, status, metric or URL, whatever goes wrong", func() {
		namespace := newNamespace()
		s := newSite(namespace, "whm", siteOptions{users: []string{"billing", "mail"}, server: impatient})
		self := newSite(namespace, "self", siteOptions{server: loginWithHash})
		canaries := collectSecrets(s, self)
		o := startOperator(namespace, nil)

		By("rotating by hash, by lifeline and after lost answers")
		r, own := create(newRotation(s, "billing")), create(newRotation(self, "root", intoAuthSecret))
		expectReady(r)
		expectReady(own)
		for i, f := range []simulator.Fault{
			{Kind: simulator.FaultReset, Function: "accesshash", Mutating: true, After: true, Max: 1},
			{Kind: simulator.FaultTruncate, Function: "accesshash", Mutating: true, Max: 1},
			{Kind: simulator.FaultHTML, Function: "myprivs", Max: 1},
			{Kind: simulator.FaultStatus, Function: "accesshash", Max: 1, Body: firstHash("billing") + " " + rootPassword},
		} {
			addFault(s, f)
			askForRotation(r, f.Function+string(f.Kind))
			expectRevision(r, int64(i+2))
		}
		addFault(s, simulator.Fault{
			Kind: simulator.FaultDeny, Function: "accesshash", Max: 1, Reason: "no: " + firstHash("billing") + " " + rootPassword,
		})
		askForRotation(r, "refused")
		expectCondition(r, v1alpha1.StalledCondition, "True/"+v1alpha1.RefusedReason)
		addFault(self, simulator.Fault{Kind: simulator.FaultReset, Function: "api_token_create", After: true, Max: 1})
		askForRotation(own, "now")
		expectRevision(own, 2)

		By("breaking templates, Secrets and credentials")
		broken := create(newRotation(s, "mail", func(r *v1alpha1.AccessHashRotation) {
			r.Spec.Secret.Template = &v1alpha1.SecretTemplate{
				Type: "kubernetes.io/dockerconfigjson", Data: map[string]v1alpha1.TemplateSource{".dockerconfigjson": "{{ .accesshash }}"},
			}
		}))
		Eventually(func() string { return condition(broken, v1alpha1.StalledCondition) }).ShouldNot(Equal("absent"))
		s.putPassword("canary-wrong-password")
		Eventually(serverCondition).WithArguments(s, v1alpha1.StalledCondition).
			Should(Equal("True/" + v1alpha1.AuthenticationFailedReason))

		places := map[string]string{"log": o.log.String(), "metrics": gatheredMetrics(), "objects and events": objectsText(namespace)}
		secrets := canaries()
		AddReportEntry("secrets looked for", len(secrets))
		Expect(len(secrets)).To(BeNumerically(">=", 9))
		// What begins like a secret tells enough of it.
		for i, secret := range secrets {
			secrets[i] = secret[:min(len(secret), 20)]
		}
		for place, text := range places {
			Expect(text).NotTo(BeEmpty(), place)
			for i, secret := range secrets {
				Expect(strings.Contains(text, secret)).To(BeFalse(), "secret %d in %s", i, place)
			}
		}
	})
})

// collectSecrets returns a function that lists every secret that the servers ever had.
func collectSecrets(sites ...*site) func() []string {
	var mu sync.Mutex
	found := map[string]bool{"canary-wrong-password": true}
	note := func(inv simulator.Inventory) {
		mu.Lock()
		defer mu.Unlock()
		for _, u := range inv.Users {
			found[u.Password], found[u.AccessHash] = true, true
			for _, token := range u.Tokens {
				found[token.Value] = true
			}
		}
		delete(found, "")
	}
	for _, s := range sites {
		note(s.Inventory())
		s.OnCall(func(c simulator.Call) {
			if c.Applied {
				note(s.Inventory())
			}
		})
	}
	return func() (all []string) {
		mu.Lock()
		defer mu.Unlock()
		for secret := range found {
			all = append(all, secret)
		}
		return all
	}
}

func gatheredMetrics() string {
	GinkgoHelper()
	families, err := metrics.Registry.Gather()
	Expect(err).NotTo(HaveOccurred())
	var text strings.Builder
	for _, f := range families {
		text.WriteString(f.String() + "\n")
	}
	return text.String()
}

// objectsText is everything that people can read in a namespace without the right to read Secrets.
func objectsText(namespace string) string {
	GinkgoHelper()
	var (
		rotations v1alpha1.AccessHashRotationList
		servers   v1alpha1.WHMServerList
		events    eventsv1.EventList
	)
	Expect(admin.List(ctx, &rotations, inNamespace(namespace))).To(Succeed())
	Expect(admin.List(ctx, &servers, inNamespace(namespace))).To(Succeed())
	Expect(admin.List(ctx, &events, inNamespace(namespace))).To(Succeed())
	Expect(events.Items).NotTo(BeEmpty())
	raw, err := json.Marshal([]any{rotations, servers, events})
	Expect(err).NotTo(HaveOccurred())
	return string(raw)
}
