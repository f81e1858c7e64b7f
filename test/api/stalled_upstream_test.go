// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

// withToken makes the server log in with a token.
func withToken(s *v1alpha1.WHMServer) {
	s.Spec.Auth = v1alpha1.ServerAuth{APIToken: &v1alpha1.APITokenAuth{
		SecretRef: v1alpha1.SecretKeyReference{Name: "token"},
	}}
}

// withHash makes the server log in with the access hash of root.
func withHash(s *v1alpha1.WHMServer) {
	s.Spec.Auth = v1alpha1.ServerAuth{AccessHash: &v1alpha1.AccessHashAuth{
		SecretRef: v1alpha1.SecretKeyReference{Name: authName},
	}}
}

// patient makes the operator wait for three seconds where it cannot know whether a call is still under way.
func patient(s *v1alpha1.WHMServer) { s.Spec.Timeout = &metav1.Duration{Duration: time.Second} }

// intoAuth makes the rotation publish into the Secret that the server logs in with.
func intoAuth(r *v1alpha1.AccessHashRotation) {
	r.Spec.Secret = v1alpha1.SecretTarget{Name: authName, Adoption: v1alpha1.AdoptIfUnowned}
}

// What the server does not let the operator do stalls, and the hash stays what it was.
var _ = Describe("a rotation that the server does not allow stalls", func() {
	stalls := func(b *bench, r *v1alpha1.AccessHashRotation, reason string, words ...string) {
		GinkgoHelper()
		b.awaitStalled(r, reason, words...)
		b.expectOneWarning(r, reason)
		b.expectHashUntouched()
	}

	It("because it does not accept access hashes", func(ctx SpecContext) {
		b := newBench(ctx, func(i *simulator.Inventory) { i.Policies.AllowDeprecatedAccessHash = new(false) })
		b.readyServer()
		stalls(b, b.rotation("r"), v1alpha1.AccessHashLoginDisabledReason,
			"so it was not touched; use an API token, or switch on", "Allow deprecated WHM accesshash authentication")
		Expect(b.whm.Ledger().FailedLogins).To(HaveLen(1))
	})

	It("because the credential lacks the privilege", func(ctx SpecContext) {
		b := newBench(ctx, func(i *simulator.Inventory) {
			root := i.Users["root"]
			root.Tokens = map[string]simulator.Token{"limited": {Value: "LIMITEDTOKEN0000", ACLs: []string{"list-accts"}}}
			i.Users["root"] = root
		})
		b.secret("token", map[string]string{"token": "LIMITEDTOKEN0000"})
		b.awaitReady(b.server(withToken))
		stalls(b, b.rotation("r"), v1alpha1.ForbiddenReason, "whm: accesshash: the credential lacks a privilege", `requires the privilege "all"`, "give the operator's user that privilege")
	})

	It("because it does not have the function", func(ctx SpecContext) {
		b := newBench(ctx)
		b.deny("accesshash", "Unknown app (“accesshash”) requested for this version (1) of the API.")
		b.readyServer()
		stalls(b, b.rotation("r"), v1alpha1.UnsupportedReason, "whm: accesshash: the server does not know this function", "it is too old for it")
	})

	It("because it refuses for a reason of its own", func(ctx SpecContext) {
		b := newBench(ctx)
		b.deny("accesshash", "Maintenance until Monday.")
		b.readyServer()
		stalls(b, b.rotation("r"), v1alpha1.RefusedReason, "whm: accesshash: the server refused", "Maintenance until Monday.")
	})

	It("because there is no such user", func(ctx SpecContext) {
		b := newBench(ctx)
		b.readyServer()
		r := b.rotation("r", func(r *v1alpha1.AccessHashRotation) { r.Spec.User = "nobody" })
		stalls(b, r, v1alpha1.RefusedReason, "whm: accesshash: invalid input", "nobody", "correct the spec, or what it names on the server")
	})

	It("because a lost answer would lock the operator out, unless that risk is accepted", func(ctx SpecContext) {
		b := newBench(ctx, func(i *simulator.Inventory) {
			i.Version = "11.54.0.36"
			i.Unverified.RootSessionForRoot = "refuse"
		})
		b.readyServer(withHash, patient)
		r := b.rotation("r", intoAuth)
		stalls(b, r, v1alpha1.LifelineUnavailableReason,
			"let WHMServer server log in with something else, or add SelfRotationWithoutLifeline to spec.acceptRisks")
		Expect(b.read(authName).Data).To(HaveKeyWithValue("accesshash", []byte(rootHash)))

		edit(b, r, func(r *v1alpha1.AccessHashRotation) {
			r.Spec.AcceptRisks = []v1alpha1.Risk{v1alpha1.RiskSelfRotationWithoutLifeline}
		})
		b.awaitReady(r)
		Expect(b.whm.AccessHash("root")).NotTo(Equal(rootHash))
		Expect(b.read(authName).Data).To(HaveKeyWithValue("accesshash", []byte(b.whm.AccessHash("root"))))
	})
})

var _ = Describe("a rotation in conflict with another object stalls", func() {
	It("because the server object logs in with the hash from another Secret", func(ctx SpecContext) {
		b := newBench(ctx)
		s := b.readyServer(withHash)
		r := b.rotation("r")
		b.awaitStalled(r, v1alpha1.WouldLockOutReason, "WHMServer "+b.namespace+"/server logs in with the access hash of root "+
			"from the Secret auth", "publish into that Secret and key, or let it log in with something else")
		b.expectOneWarning(r, v1alpha1.WouldLockOutReason)
		b.expectHashUntouched()

		edit(b, s, func(s *v1alpha1.WHMServer) {
			s.Spec.Auth = v1alpha1.ServerAuth{Password: &v1alpha1.PasswordAuth{
				SecretRef: v1alpha1.SecretKeyReference{Name: authName},
			}}
		})
		b.awaitReady(r)
	})

	It("because the Secret is what a server object logs in with as somebody else", func(ctx SpecContext) {
		b := newBench(ctx)
		b.readyServer(withHash)
		before := b.read(authName)
		r := b.rotation("r", adoption(v1alpha1.AdoptIfUnowned), func(r *v1alpha1.AccessHashRotation) {
			r.Spec.User, r.Spec.Secret.Name = "shop", authName
		})
		b.awaitStalled(r, v1alpha1.WouldLockOutReason, "WHMServer server logs in with the key accesshash of the Secret auth, "+
			"which this rotation would overwrite with another credential", "publish under another name")
		b.expectOneWarning(r, v1alpha1.WouldLockOutReason)
		Expect(b.read(authName)).To(Equal(before))
	})

	It("because an older one rotates the hash of the same user", func(ctx SpecContext) {
		b := newBench(ctx)
		b.readyServer()
		first := b.rotation("first")
		b.awaitReady(first)
		hash := b.whm.AccessHash("root")
		second := b.rotation("second", func(r *v1alpha1.AccessHashRotation) { r.Spec.Secret.Name = "second" })
		b.awaitStalled(second, v1alpha1.UserConflictReason, "AccessHashRotation "+b.namespace+"/first already rotates the access "+
			"hash of root on this server, which keeps only one; delete one of the two objects")
		b.expectOneWarning(second, v1alpha1.UserConflictReason)
		Expect(b.whm.AccessHash("root")).To(Equal(hash))
		Expect(b.warnings(first)).To(BeEmpty())
	})

	It("because its journal was damaged, and heals from the Secret", func(ctx SpecContext) {
		b := newBench(ctx)
		b.readyServer()
		r := b.rotation("r")
		b.awaitReady(r)
		hash, before := b.whm.AccessHash("root"), b.read(targetName)
		damaged := b.read("whm-journal-" + string(r.UID))
		damaged.Data["state"] = []byte("{")
		Expect(admin.Update(ctx, damaged)).To(Succeed())
		edit(b, r, func(r *v1alpha1.AccessHashRotation) { r.Spec.Rotation = &v1alpha1.RotationSchedule{Cron: "@yearly"} })
		b.awaitStalled(r, v1alpha1.JournalInvalidReason, "the journal Secret "+damaged.Name+" was changed by somebody",
			"delete it, and it is made anew from the published Secret")
		b.expectOneWarning(r, v1alpha1.JournalInvalidReason)
		Expect(b.whm.AccessHash("root")).To(Equal(hash))
		Expect(b.read(targetName)).To(Equal(before))

		Expect(client.IgnoreNotFound(admin.Delete(ctx, damaged))).To(Succeed())
		b.awaitReady(r)
		Expect(b.whm.AccessHash("root")).To(Equal(hash))
		Expect(b.read(targetName).Data).To(Equal(before.Data))
	})
})
