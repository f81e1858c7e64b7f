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
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

var _ = Describe("The previous token", func() {
	It("is published beside the newest for as long as it overlaps, and taken out before it is revoked", func() {
		g := newTokenRig(withServer(probedDaily))
		r := g.publish(newTokenRotation(g.site, "billing", everyToken(4*time.Hour, time.Hour), includingPrevious))
		Expect(secretOf(r).Data).NotTo(HaveKey("previousToken"))
		first := string(secretOf(r).Data["token"])
		g.setHook(func(c simulator.Call) {
			if c.Function == "api_token_revoke" && string(tokenSecretQuietly(r).Data["previousToken"]) != "" {
				g.problem("revoked while the Secret still had the previous token")
			}
		})
		left := 4 * time.Hour
		for revision := int64(2); revision < 4; revision++ {
			By("rotating")
			g.o.runFor(left)
			now := expectTokenRevision(g.site, r, revision)
			secret := secretOf(r)
			expectSecret(secret.Data["previousToken"], first, "the previous token")
			Expect(string(secret.Data["previousTokenName"])).To(Equal(now.Status.Retiring[0].ID))
			Expect(g.Authenticates("root", simulator.KindToken, first)).To(BeTrue())
			By("idling in the overlap")
			g.o.requests.reset()
			calls := len(g.Ledger().Calls)
			g.o.runFor(10 * time.Minute)
			Expect(g.o.requests.writes()).To(BeEmpty(), g.o.requests.String())
			Expect(g.callsSince(calls)).To(BeEmpty())
			By("ending the overlap")
			first = string(secret.Data["token"])
			g.o.runFor(time.Hour)
			Expect(secretOf(r).Data).NotTo(HaveKey("previousToken"))
			Expect(liveTokens(g.site)).To(HaveLen(1))
			g.o.requests.reset()
			g.o.runFor(10 * time.Minute)
			Expect(g.o.requests.writes()).To(BeEmpty(), g.o.requests.String())
			left = 4*time.Hour - 80*time.Minute
		}
	})

	It("is for templates too, which render without one at first", func() {
		g := newTokenRig(withServer(probedDaily))
		r := createToken(newTokenRotation(g.site, "billing", everyToken(4*time.Hour, time.Hour), includingPrevious,
			func(r *v1alpha1.APITokenRotation) {
				r.Spec.Secret.Template = &v1alpha1.SecretTemplate{Data: map[string]v1alpha1.TemplateSource{
					"tokens": "{{ .token }}{{ if .previousToken }},{{ .previousToken }}{{ end }}", "token": "{{ .token }}",
					"tokenName": "{{ .tokenName }}",
				}}
			}))
		g.o.runFor(time.Minute)
		expectTokenRevision(g.site, r, 1)
		first := string(secretOf(r).Data["token"])
		expectSecret(secretOf(r).Data["tokens"], first, "the list of tokens")
		g.o.runFor(4 * time.Hour)
		expectTokenRevision(g.site, r, 2)
		second := string(secretOf(r).Data["token"])
		expectSecret(secretOf(r).Data["tokens"], second+","+first, "the list of tokens")
		g.o.runFor(time.Hour + time.Minute)
		expectSecret(secretOf(r).Data["tokens"], second, "the list of tokens")
		By("leaving it out when it is not asked for any more")
		g.o.runFor(3 * time.Hour)
		expectTokenRevision(g.site, r, 3)
		edit(refreshed(r), func(r *v1alpha1.APITokenRotation) {
			r.Spec.Secret.IncludePrevious, r.Spec.Secret.Template = false, nil
		})
		g.o.runFor(time.Minute)
		Expect(secretOf(r).Data).NotTo(HaveKey("previousToken"))
		Expect(secretOf(r).Data).NotTo(HaveKey("tokens"))
	})
})

func includingPrevious(r *v1alpha1.APITokenRotation) { r.Spec.Secret.IncludePrevious = true }

// blockades keep a Secret from being written from the moment that a token has been made.
var blockades = map[string]struct {
	raise, lift func(*v1alpha1.APITokenRotation) error
}{
	"is immutable": {
		func(r *v1alpha1.APITokenRotation) error {
			s := tokenSecretQuietly(r)
			s.Immutable = new(true)
			return admin.Update(ctx, s)
		},
		func(r *v1alpha1.APITokenRotation) error { return admin.Delete(ctx, tokenSecretQuietly(r)) },
	},
	"is somebody else's": {
		func(r *v1alpha1.APITokenRotation) error {
			if err := admin.Delete(ctx, tokenSecretQuietly(r)); err != nil {
				return err
			}
			return admin.Create(ctx, foreignSecret(r.Namespace, r.Spec.Secret.Name))
		},
		func(r *v1alpha1.APITokenRotation) error { return admin.Delete(ctx, tokenSecretQuietly(r)) },
	},
}

var _ = Describe("A Secret that cannot be written any more once a token was made", func() {
	for name, b := range blockades {
		It("because it "+name+" stops that more are made, and gets the token when it can", func() {
			g := newTokenRig(withServer(probedDaily))
			r := g.publish(newTokenRotation(g.site, "billing", everyToken(time.Hour, 10*time.Minute)))
			raised := false
			g.setHook(func(c simulator.Call) {
				if c.Function == "api_token_create" && !raised {
					raised = true
					if err := b.raise(r); err != nil {
						g.problem(err.Error())
					}
				}
			})
			g.o.runFor(150 * time.Minute)
			Expect(raised).To(BeTrue())
			Expect(condition(r, v1alpha1.StalledCondition)).To(Equal("True/" + v1alpha1.SecretConflictReason))
			Expect(mutationsOf(g.Ledger().Calls, "api_token_create")).To(HaveLen(2))
			Expect(liveTokens(g.site)).To(HaveLen(2), "what was published may be in use")
			Expect(b.lift(r)).To(Succeed())
			g.o.runFor(2 * time.Minute)
			expectTokenWorks(g.site, r)
			g.o.runFor(30 * time.Minute)
			Expect(refreshed(r).Status.Revision).To(BeNumerically(">=", 2))
			Expect(liveTokens(g.site)).To(Equal([]string{refreshed(r).Status.Current.ID}))
		})
	}

	It("stops that more are made, when nothing was published yet", func() {
		g := newTokenRig(withServer(probedDaily))
		r := newTokenRotation(g.site, "billing", everyToken(time.Hour, 10*time.Minute))
		g.setHook(func(c simulator.Call) {
			if c.Function == "api_token_create" {
				// A second time it exists already.
				_ = admin.Create(ctx, foreignSecret(r.Namespace, r.Spec.Secret.Name))
			}
		})
		createToken(r)
		g.o.runFor(150 * time.Minute)
		Expect(condition(r, v1alpha1.StalledCondition)).To(Equal("True/" + v1alpha1.SecretConflictReason))
		Expect(mutationsOf(g.Ledger().Calls, "api_token_create")).To(HaveLen(1))
		g.setHook(nil)
		Expect(admin.Delete(ctx, tokenSecretQuietly(r))).To(Succeed())
		g.o.runFor(30 * time.Minute)
		Expect(liveTokens(g.site)).To(Equal([]string{refreshed(r).Status.Current.ID}))
		expectTokenWorks(g.site, r)
	})
})

// tokenSecretQuietly is for hooks, where nothing may fail; empty if there is none.
func tokenSecretQuietly(r *v1alpha1.APITokenRotation) *corev1.Secret {
	s := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: r.Namespace, Name: r.Spec.Secret.Name}}
	if err := admin.Get(ctx, client.ObjectKeyFromObject(s), s); err != nil {
		return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: r.Namespace, Name: r.Spec.Secret.Name}}
	}
	return s
}
