// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

// inputName is the Secret with the login token.
const inputName = "login-token"

func storeBench(ctx SpecContext, change ...func(*simulator.Inventory)) *bench {
	GinkgoHelper()
	b := newBench(ctx, change...)
	DeferCleanup(func(ctx SpecContext) {
		Expect(admin.DeleteAllOf(ctx, &v1alpha1.StoreLogin{}, client.InNamespace(b.namespace))).To(Succeed())
	})
	b.readyServer()
	return b
}

// storeLogin makes a StoreLogin that publishes into the Secret "target", unless edit changes that.
func (b *bench) storeLogin(name string, edit ...func(*v1alpha1.StoreLogin)) *v1alpha1.StoreLogin {
	GinkgoHelper()
	r := &v1alpha1.StoreLogin{ObjectMeta: b.meta(name), Spec: v1alpha1.StoreLoginSpec{
		URLAfterLogin:       "https://shop.example.com/back?from=store",
		LoginTokenSecretRef: v1alpha1.SecretKeyReference{Name: inputName},
		CredentialSpec: v1alpha1.CredentialSpec{
			ServerRef: v1alpha1.ServerReference{Name: "server"},
			Secret:    v1alpha1.SecretTarget{Name: targetName},
		},
	}}
	for _, f := range edit {
		f(r)
	}
	b.create(r)
	return r
}

var _ = DescribeTable("a login token that cannot be exchanged stalls:",
	func(ctx SpecContext, content map[string]string, change func(*corev1.Secret), reason, words string) {
		b := storeBench(ctx)
		b.secret(inputName, content, change)
		r := b.storeLogin("r")
		b.awaitStalled(r, reason, words)
		b.expectOneWarning(r, reason)

		By("bringing a good one")
		token, err := b.whm.IssueStoreLogin("cPStore", r.Spec.URLAfterLogin)
		Expect(err).NotTo(HaveOccurred())
		edit(b, b.read(inputName), func(s *corev1.Secret) {
			s.Labels, s.Data = nil, map[string][]byte{"loginToken": []byte(token + "\n")}
		})
		b.awaitReady(r)
		Expect(b.read(targetName).Data).To(HaveKey("accessToken"))
	},

	Entry("another key", map[string]string{"token": "abc", "a": "b"}, nothing, v1alpha1.SecretInvalidReason,
		"the Secret login-token has no key loginToken for the login token; it has the keys a, token"),
	Entry("a URL", map[string]string{"loginToken": "https://shop.example.com/back?code=abc"}, nothing, v1alpha1.SecretInvalidReason,
		"holds a URL; of the URL that the store sent you back to, put only the value of the parameter there that the store has added"),
	Entry("two lines", map[string]string{"loginToken": "abc\ndef"}, nothing, v1alpha1.SecretInvalidReason,
		"holds line breaks or control characters; put only the login token there"),
	Entry("a tab", map[string]string{"loginToken": "abc\tdef"}, nothing, v1alpha1.SecretInvalidReason, "control characters"),
	Entry("bytes that are no text", map[string]string{"loginToken": "abc\x00"}, nothing, v1alpha1.SecretInvalidReason, "control characters"),
	Entry("a blank at the end", map[string]string{"loginToken": "abc "}, nothing, v1alpha1.SecretInvalidReason,
		"begins or ends with a space"),
	Entry("a Secret of the operator", map[string]string{"loginToken": "abc"}, func(s *corev1.Secret) {
		s.Labels = map[string]string{v1alpha1.ManagedByLabel: v1alpha1.ManagedByValue}
	}, v1alpha1.SecretInvalidReason, "is one that this operator publishes, and its content is sent to no store"),
	Entry("one that the store does not know", map[string]string{"loginToken": "made-up-login-token"}, nothing, v1alpha1.LoginTokenConsumedReason,
		"the login token in the Secret login-token was used once and is never used again"),
)

func nothing(*corev1.Secret) {}

var _ = DescribeTable("a StoreLogin that cannot be done stalls:",
	func(ctx SpecContext, prepare func(*bench), change func(*v1alpha1.StoreLogin), reason, words string) {
		b := storeBench(ctx)
		prepare(b)
		b.awaitStalled(b.storeLogin("r", change), reason, words)
	},

	Entry("a store that does not exist", func(*bench) {}, func(r *v1alpha1.StoreLogin) { r.Spec.Provider = "other" },
		v1alpha1.RefusedReason, "the server refused"),
	Entry("a template of another kind", func(*bench) {}, func(r *v1alpha1.StoreLogin) {
		r.Spec.Secret.Template = &v1alpha1.SecretTemplate{Data: map[string]v1alpha1.TemplateSource{"t": "{{ .token }}"}}
	}, v1alpha1.TemplateFailedReason, "token"),
	Entry("a Secret of somebody else", func(b *bench) { b.secret(targetName, map[string]string{"theirs": "kept"}) },
		func(*v1alpha1.StoreLogin) {}, v1alpha1.SecretConflictReason, targetName),
	Entry("a Secret that a server object logs in with", func(*bench) {}, func(r *v1alpha1.StoreLogin) {
		r.Spec.Secret = v1alpha1.SecretTarget{Name: authName, Adoption: v1alpha1.AdoptIfUnowned}
		r.Spec.Secret.Template = &v1alpha1.SecretTemplate{Data: map[string]v1alpha1.TemplateSource{"password": "{{ .accessToken }}"}}
	}, v1alpha1.WouldLockOutReason, "logs in with the key password of the Secret auth"),
	Entry("a privilege that the operator lacks", func(b *bench) {
		_, err := b.whm.AddFault(simulator.Fault{
			Kind: simulator.FaultDeny, Function: "get_login_url", Reason: "Permission denied: you do not have permission",
		})
		Expect(err).NotTo(HaveOccurred())
	}, func(*v1alpha1.StoreLogin) {}, v1alpha1.ForbiddenReason, "get_login_url"),
)
