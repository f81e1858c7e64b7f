// SPDX-License-Identifier: Apache-2.0

package controller_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/whm"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

const (
	// exchange is the call that uses a login token up.
	exchange = "validate_login_token"
	// afterStore is where the store sends the browser.
	afterStore = "https://shop.example.com/back?from=store"
)

// storeRig is one server with a store, and an operator on virtual time.
type storeRig struct {
	*site
	virtual *timeline
	o       *operator
}

func newStoreRig(changes ...func(*siteOptions)) *storeRig {
	GinkgoHelper()
	g := &storeRig{virtual: newTimeline()}
	o := siteOptions{time: g.virtual, server: probedDaily}
	for _, change := range changes {
		change(&o)
	}
	g.site = newSite(newNamespace(), "whm", o)
	g.o = startOperator(g.namespace, g.virtual)
	return g
}

// newStoreLogin returns a store login that waits for a login token in the Secret name-token.
func newStoreLogin(s *site, name string, changes ...func(*v1alpha1.StoreLogin)) *v1alpha1.StoreLogin {
	r := &v1alpha1.StoreLogin{
		ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace, Name: name},
		Spec: v1alpha1.StoreLoginSpec{
			CredentialSpec: v1alpha1.CredentialSpec{
				ServerRef: v1alpha1.ServerReference{Name: s.name},
				Secret:    v1alpha1.SecretTarget{Name: name},
			},
			URLAfterLogin:       afterStore,
			LoginTokenSecretRef: v1alpha1.SecretKeyReference{Name: name + "-token"},
		},
	}
	for _, change := range changes {
		change(r)
	}
	return r
}

// begin creates an object and lets it ask for a login token.
func (g *storeRig) begin(r *v1alpha1.StoreLogin) *v1alpha1.StoreLogin {
	GinkgoHelper()
	Expect(admin.Create(ctx, r)).To(Succeed())
	g.o.runFor(time.Minute)
	return r
}

// publish creates an object and brings it a login token.
func (g *storeRig) publish(r *v1alpha1.StoreLogin) *v1alpha1.StoreLogin {
	GinkgoHelper()
	g.begin(r)
	g.logIn(r)
	g.expectPublished(r, 1)
	return r
}

// logIn does what a person does: it logs in to the store and brings the login token, which it returns.
func (g *storeRig) logIn(r *v1alpha1.StoreLogin) string {
	GinkgoHelper()
	token, err := g.IssueStoreLogin(whm.ProviderStore, r.Spec.URLAfterLogin)
	Expect(err).NotTo(HaveOccurred())
	g.bring(r, token)
	return token
}

// bring puts a text into the Secret for the login token, and waits until the operator has read it.
func (g *storeRig) bring(r *v1alpha1.StoreLogin, text string) {
	GinkgoHelper()
	secret := g.put(r, text)
	if !g.o.killed() {
		Eventually(func() string { return readVersion(refreshed(r)) }).Should(Equal(secret.ResourceVersion), "the Secret is read")
		g.o.runFor(time.Minute)
	}
}

func (g *storeRig) put(r *v1alpha1.StoreLogin, text string) *corev1.Secret {
	GinkgoHelper()
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: r.Namespace, Name: r.Spec.LoginTokenSecretRef.Name},
		Data:       map[string][]byte{"loginToken": []byte(text)},
	}
	if err := admin.Create(ctx, secret); apierrors.IsAlreadyExists(err) {
		Expect(admin.Update(ctx, secret)).To(Succeed())
	} else {
		Expect(err).NotTo(HaveOccurred())
	}
	return secret
}

func readVersion(r *v1alpha1.StoreLogin) string {
	if r.Status.LoginToken == nil {
		return ""
	}
	return r.Status.LoginToken.ResourceVersion
}

func (g *storeRig) restart() { g.o = g.o.restart() }

// exchanges are the calls that used a login token up.
func (g *storeRig) exchanges() int {
	return callsOf(g.Ledger().Calls, exchange)
}

// invitations are the calls that asked where to log in.
func (g *storeRig) invitations() int {
	return callsOf(g.Ledger().Calls, "get_login_url")
}

// expectPublished checks that the Secret holds what the store gave last.
func (g *storeRig) expectPublished(r *v1alpha1.StoreLogin, revision int64) *v1alpha1.StoreLogin {
	GinkgoHelper()
	now := expectAtRest(r, revision)
	Expect(condition(r, v1alpha1.ReadyCondition)).To(Equal("True/" + v1alpha1.PublishedReason))
	Expect(now.Status.LoginURL).To(BeEmpty())
	data := secretOf(r).Data
	Expect(g.given(simulator.KindStoreAccess, string(data["accessToken"]))).To(BeTrue(), "the store gave the access token last")
	Expect(g.given(simulator.KindStoreRefresh, string(data["refreshToken"]))).To(BeTrue(), "the store gave the refresh token last")
	return now
}

// given tells whether a value is what the store gave last.
func (g *storeRig) given(kind simulator.Kind, value string) bool {
	last := ""
	for _, c := range g.Ledger().Credentials {
		if c.Kind == kind {
			last = c.Fingerprint
		}
	}
	return last != "" && last == whm.NewSecret(value).Fingerprint()
}

// storeNotes are the notes of the events of a reason about an object.
func storeNotes(r *v1alpha1.StoreLogin, reason string) func() []string {
	return func() []string { return eventNotes(r, reason) }
}

// eventNotes are the texts of an object's events of a reason.
func eventNotes(r client.Object, reason string) (notes []string) {
	var all eventsv1.EventList
	if admin.List(ctx, &all, inNamespace(r.GetNamespace())) != nil {
		return nil
	}
	for i := range all.Items {
		if all.Items[i].Regarding.Name == r.GetName() && all.Items[i].Reason == reason {
			notes = append(notes, all.Items[i].Note)
		}
	}
	return notes
}
