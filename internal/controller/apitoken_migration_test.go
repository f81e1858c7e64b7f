// SPDX-License-Identifier: Apache-2.0

package controller_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

var _ = Describe("A move from an access hash to a token in the same Secret", func() {
	It("leaves no moment without a credential that works", func() {
		g := newTokenRig(withServer(probedDaily))
		hash := create(newRotation(g.site, "seller", func(r *v1alpha1.AccessHashRotation) {
			r.Spec.DeletionPolicy = &v1alpha1.DeletionPolicy{Secret: v1alpha1.RetainSecret}
		}))
		g.o.runFor(time.Minute)
		Expect(expectReady(hash).Status.Revision).To(BeEquivalentTo(1))
		prober := g.probeSecret(hash.Spec.Secret.Name)
		Expect(admin.Delete(ctx, hash)).To(Succeed())
		g.o.runFor(time.Minute)
		Eventually(gone(hash)).Should(BeTrue())
		r := createToken(newTokenRotation(g.site, hash.Name, ofSeller, everyToken(4*time.Hour, time.Hour),
			func(r *v1alpha1.APITokenRotation) {
				r.Spec.Secret.Name, r.Spec.Secret.Adoption = hash.Spec.Secret.Name, v1alpha1.AdoptIfUnowned
				r.Spec.Secret.Template = &v1alpha1.SecretTemplate{Data: map[string]v1alpha1.TemplateSource{
					"accesshash": "{{ .token }}", "authorization": "{{ .authorization }}", "token": "{{ .token }}",
					"tokenName": "{{ .tokenName }}", "username": "{{ .username }}", "endpoint": "{{ .endpoint }}",
				}}
			}))
		g.o.runFor(time.Minute)
		expectTokenRevision(g.site, r, 1)
		g.o.runFor(9 * time.Hour)
		expectTokenRevision(g.site, r, 3)
		Expect(prober()).To(BeNumerically(">=", 3))
		expectSecret(secretOf(r).Data["accesshash"], string(secretOf(r).Data["token"]), "the key of old")
	})
})

// probeSecret tries what a Secret holds whenever it is written. The returned function ends that and says how often it was.
func (g *tokenRig) probeSecret(name string) (stop func() int) {
	GinkgoHelper()
	watcher, err := client.NewWithWatch(cluster.AdminConfig(), client.Options{Scheme: admin.Scheme()})
	Expect(err).NotTo(HaveOccurred())
	w, err := watcher.Watch(ctx, &corev1.SecretList{}, inNamespace(g.namespace), client.MatchingFields{"metadata.name": name})
	Expect(err).NotTo(HaveOccurred())
	done := make(chan int)
	go func() {
		probes := 0
		for e := range w.ResultChan() {
			s, ok := e.Object.(*corev1.Secret)
			if !ok {
				continue
			}
			probes++
			g.tryKeys(s)
		}
		done <- probes
	}()
	return func() int {
		w.Stop()
		return <-done
	}
}

// tryKeys logs in with the authorization and with the access hash of a Secret, as consumers of either would.
func (g *tokenRig) tryKeys(s *corev1.Secret) {
	user, key := string(s.Data["username"]), string(s.Data["accesshash"])
	if string(s.Data["authorization"]) != "whm "+user+":"+key && string(s.Data["authorization"]) != "WHM "+user+":"+key {
		g.problem("the header and the key of the Secret differ")
	}
	if !g.Authenticates(user, simulator.KindHash, key) && !g.Authenticates(user, simulator.KindToken, key) {
		g.problem("what the Secret holds does not authenticate")
	}
}
