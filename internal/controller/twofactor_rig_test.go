// SPDX-License-Identifier: Apache-2.0

package controller_test

import (
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

const (
	factorSecretName  = "root-2fa"
	factorFirstSecret = "JBSWY3DPEHPK3PXP"
	factorToken       = "CANARYFACTORTOKENOFTHEOPERATORS0"
)

// factorRig is one server, an operator on virtual time and an object that rotates the second factor of root.
type factorRig struct {
	*site
	virtual *timeline
	o       *operator
}

// factorOptions describe a rig.
type factorOptions struct {
	// secondFactor of root before; empty for none.
	secondFactor string
	policies     simulator.Policies
	unverified   simulator.Unverified
	skew         time.Duration
	version      string
	server       func(*v1alpha1.WHMServer)
}

// newFactorRig starts a server and an operator. The Secret that codes are made from holds the user's second factor, or
// something made up if there is none.
func newFactorRig(o factorOptions) *factorRig {
	GinkgoHelper()
	g := &factorRig{virtual: newTimeline()}
	g.site = newSite(newNamespace(), "whm", siteOptions{time: g.virtual, version: o.version, server: o.server})
	Expect(g.Update(func(inv *simulator.Inventory) {
		root := inv.Users["root"]
		root.TOTPSecret = o.secondFactor
		root.Tokens = map[string]simulator.Token{"console": {Value: factorToken}}
		inv.Users["root"] = root
		inv.Policies, inv.Unverified, inv.ClockSkew = o.policies, o.unverified, simulator.Skew(o.skew)
	})).To(Succeed())
	edit(g.authSecret(""), func(x *corev1.Secret) { x.Data["token"] = []byte(factorToken) })
	g.o = startOperator(g.namespace, g.virtual)
	return g
}

// ownFactor is a rig whose server object makes its codes from the Secret that the object publishes into.
func ownFactor(session bool, o factorOptions) (*factorRig, *v1alpha1.TwoFactorRotation) {
	GinkgoHelper()
	o.server = withPublishedCodes(session)
	g := newFactorRig(o)
	value := o.secondFactor
	if value == "" {
		value = "MFRGGZDFMZTWQ2LK"
	}
	g.putFactor(value)
	return g, g.newFactor(adoptFactor)
}

// putFactor creates the Secret that a person put there by hand.
func (g *factorRig) putFactor(value string) {
	GinkgoHelper()
	Expect(admin.Create(ctx, &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: g.namespace, Name: factorSecretName},
		Data:       map[string][]byte{"secret": []byte(value)},
	})).To(Succeed())
}

func adoptFactor(r *v1alpha1.TwoFactorRotation) { r.Spec.Secret.Adoption = v1alpha1.AdoptIfUnowned }

func withPublishedCodes(session bool) func(*v1alpha1.WHMServer) {
	return func(w *v1alpha1.WHMServer) {
		w.Spec.Auth.Password.Session = session
		w.Spec.Auth.Password.OTPSecretRef = &v1alpha1.SecretKeyReference{Name: factorSecretName}
	}
}

// withFactorToken lets the operator log in with a token.
func withFactorToken(w *v1alpha1.WHMServer) {
	w.Spec.Auth = v1alpha1.ServerAuth{APIToken: &v1alpha1.APITokenAuth{
		SecretRef: v1alpha1.SecretKeyReference{Name: w.Name + "-auth"},
	}}
}

// withFactorTokenDaily lets it, and keeps probes out of what is counted and of long times.
func withFactorTokenDaily(w *v1alpha1.WHMServer) {
	withFactorToken(w)
	probedDaily(w)
}

// newFactor returns a rotation every 30 days.
func (g *factorRig) newFactor(changes ...func(*v1alpha1.TwoFactorRotation)) *v1alpha1.TwoFactorRotation {
	r := &v1alpha1.TwoFactorRotation{
		ObjectMeta: metav1.ObjectMeta{Namespace: g.namespace, Name: "root"},
		Spec: v1alpha1.TwoFactorRotationSpec{CredentialSpec: v1alpha1.CredentialSpec{
			ServerRef: v1alpha1.ServerReference{Name: g.name},
			Secret:    v1alpha1.SecretTarget{Name: factorSecretName},
			Rotation:  &v1alpha1.RotationSchedule{Every: &metav1.Duration{Duration: 720 * time.Hour}},
		}},
	}
	for _, change := range changes {
		change(r)
	}
	return r
}

// publish creates an object and lets it publish its first revision.
func (g *factorRig) publish(r *v1alpha1.TwoFactorRotation) *v1alpha1.TwoFactorRotation {
	GinkgoHelper()
	Expect(admin.Create(ctx, r)).To(Succeed())
	g.o.runFor(3 * time.Minute)
	return g.expectFactor(r, 1)
}

// expectFactor checks that a revision is published, at rest, and what the server makes codes from.
func (g *factorRig) expectFactor(r *v1alpha1.TwoFactorRotation, revision int64) *v1alpha1.TwoFactorRotation {
	GinkgoHelper()
	now := expectAtRest(r, revision)
	Expect(g.Authenticates("root", simulator.KindTOTP, string(secretOf(r).Data["secret"]))).To(BeTrue(), "the server makes codes from it")
	Expect(serverCondition(g.site, v1alpha1.ReadyCondition)).To(Equal("True/" + v1alpha1.AvailableReason))
	return now
}

func factorCondition(r *v1alpha1.TwoFactorRotation, kind string) string {
	GinkgoHelper()
	c := finding(r, kind)
	if c == nil {
		return "absent"
	}
	return fmt.Sprintf("%s/%s: %s", c.Status, c.Reason, c.Message)
}

// lastingTokens are the live tokens of root but that of people.
func (g *factorRig) lastingTokens() (names []string) {
	for _, c := range g.Ledger().Credentials {
		if c.Kind == simulator.KindToken && c.Live && c.Name != "console" {
			names = append(names, c.Name)
		}
	}
	return names
}

// applied counts the calls of a function that had their effect.
func (g *factorRig) applied(function string) int { return len(mutationsOf(g.Ledger().Calls, function)) }

// asked counts the calls of a function.
func (g *factorRig) asked(function string) int { return callsOf(g.Ledger().Calls, function) }

const setFactor = "twofactorauth_set_tfa_config"
