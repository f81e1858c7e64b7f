// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

// key returns a change of the server that reads another key of the auth Secret.
func key(name string) func(*v1alpha1.WHMServer) {
	return func(s *v1alpha1.WHMServer) { s.Spec.Auth.Password.SecretRef.Key = name }
}

// withOTP makes the server send one-time codes.
func withOTP(s *v1alpha1.WHMServer) {
	s.Spec.Auth.Password.OTPSecretRef = &v1alpha1.SecretKeyReference{Name: authName, Key: "totp"}
}

// An auth Secret that is of no use is found before anything is sent to the server, and the right one is used as soon as
// it is there.
var _ = DescribeTable("an auth Secret that cannot be used stalls the server:",
	func(ctx SpecContext, data map[string]string, change func(*v1alpha1.WHMServer), reason, words string) {
		b := newBench(ctx)
		if data != nil {
			b.secret(authName, data)
		}
		s := b.server(change)
		b.awaitStalled(s, reason, words)
		b.expectOneWarning(s, reason)
		Expect(b.whm.Ledger().Calls).To(BeEmpty())

		good := map[string]string{"password": rootPassword, "passwort": rootPassword, "totp": "JBSWY3DPEHPK3PXP"}
		if data == nil {
			b.secret(authName, good)
		} else {
			edit(b, b.read(authName), func(s *corev1.Secret) { s.StringData = good })
		}
		b.awaitReady(s)
	},

	Entry("missing", nil, key(""),
		v1alpha1.SecretNotFoundReason, "the auth Secret auth does not exist; create it with the key password"),
	Entry("without the key", map[string]string{"token": "x", "user": "root"}, key(""),
		v1alpha1.SecretInvalidReason, "the key password of the auth Secret auth is missing or empty; the Secret has the keys token, user"),
	Entry("without the key that is asked for", map[string]string{"password": rootPassword}, key("passwort"),
		v1alpha1.SecretInvalidReason, "the key passwort of the auth Secret auth is missing or empty"),
	Entry("empty", map[string]string{"password": ""}, key(""),
		v1alpha1.SecretInvalidReason, "is missing or empty"),
	Entry("nothing but an end of line", map[string]string{"password": "\r\n"}, key(""),
		v1alpha1.SecretInvalidReason, "is missing or empty"),
	Entry("with control characters", map[string]string{"password": "a\x00b"}, key(""),
		v1alpha1.SecretInvalidReason, "holds control characters"),
	Entry("of several lines", map[string]string{"password": "first\nsecond\n"}, key(""),
		v1alpha1.SecretInvalidReason, "the key password of the auth Secret auth holds more than one line"),
	Entry("with a two-factor secret of several lines",
		map[string]string{"password": rootPassword, "totp": "JBSWY3DP\nEHPK3PXP"}, withOTP,
		v1alpha1.SecretInvalidReason, "the key totp of the auth Secret auth holds more than one line"),
	Entry("with a two-factor secret that is nothing but padding",
		map[string]string{"password": rootPassword, "totp": "===="}, withOTP,
		v1alpha1.SecretInvalidReason, "the two-factor secret in the Secret auth is not base32"),
	Entry("with an otpauth URL instead of the two-factor secret",
		map[string]string{"password": rootPassword, "totp": "otpauth://totp/root?secret=JBSWY3DPEHPK3PXP"}, withOTP,
		v1alpha1.SecretInvalidReason, "the two-factor secret in the Secret auth is not base32"),
	Entry("with a code instead of the two-factor secret",
		map[string]string{"password": rootPassword, "totp": "123 456"}, withOTP,
		v1alpha1.SecretInvalidReason, "the two-factor secret in the Secret auth is not base32; use the secret that WHM showed at set-up"),
	Entry("without the two-factor secret", map[string]string{"password": rootPassword}, withOTP,
		v1alpha1.SecretInvalidReason, "the key totp of the auth Secret auth is missing or empty"),
)

var _ = Describe("a credential that the server rejects", func() {
	It("stalls the server after one failed login, and its rotations wait without one", func(ctx SpecContext) {
		b := newBench(ctx)
		b.secret(authName, map[string]string{"password": "guess"})
		s := b.server()
		b.awaitStalled(s, v1alpha1.AuthenticationFailedReason,
			"the server rejected the credential of root; put a valid one into the Secret auth", "at most three times a day")
		b.expectOneWarning(s, v1alpha1.AuthenticationFailedReason)
		r := b.rotation("r")
		b.awaitReconciling(r, v1alpha1.WaitingForServerReason, "WHMServer server is not ready (AuthenticationFailed)")
		Expect(b.warnings(r)).To(BeEmpty())
		Expect(b.whm.Ledger().FailedLogins).To(HaveLen(1))
		b.expectHashUntouched()

		edit(b, b.read(authName), func(s *corev1.Secret) { s.StringData = map[string]string{"password": rootPassword} })
		b.awaitReady(s)
		b.awaitReady(r)
	})

	It("asks for a one-time code if that is what the server wants", func(ctx SpecContext) {
		b := newBench(ctx, func(i *simulator.Inventory) {
			root := i.Users["root"]
			root.TOTPSecret = "JBSWY3DPEHPK3PXP"
			i.Users["root"] = root
			i.Policies.RequireTwoFactorForAPI = true
		})
		b.secret(authName, map[string]string{"password": rootPassword, "totp": "JBSWY3DPEHPK3PXP"})
		s := b.server()
		b.awaitStalled(s, v1alpha1.TwoFactorRequiredReason,
			"let spec.auth.password have an otpSecretRef", "or use an API token, which needs none")
		b.expectOneWarning(s, v1alpha1.TwoFactorRequiredReason)
		edit(b, s, withOTP)
		b.awaitReady(s)
	})
})

// secondFactor gives root a second factor and a token.
func secondFactor(secret string) func(*simulator.Inventory) {
	return func(i *simulator.Inventory) {
		root := i.Users["root"]
		root.TOTPSecret = secret
		root.Tokens = map[string]simulator.Token{"console": {Value: "CONSOLETOKEN00000000000000000000"}}
		i.Users["root"] = root
		i.Policies.RequireTwoFactorForAPI = true
		i.Unverified.OTPAskedOfTokens = "true"
	}
}

// behind sets the server's clock back.
func behind(i *simulator.Inventory) { i.ClockSkew = simulator.Skew(-time.Hour) }

func insideSession(s *v1alpha1.WHMServer) { s.Spec.Auth.Password.Session = true }

func viaToken(s *v1alpha1.WHMServer) {
	s.Spec.Auth = v1alpha1.ServerAuth{APIToken: &v1alpha1.APITokenAuth{SecretRef: v1alpha1.SecretKeyReference{Name: authName}}}
}

func viaHash(s *v1alpha1.WHMServer) {
	s.Spec.Auth = v1alpha1.ServerAuth{AccessHash: &v1alpha1.AccessHashAuth{SecretRef: v1alpha1.SecretKeyReference{Name: authName}}}
}

// What a person reads depends on what the operator logs in with, because that is what has to be changed.
var _ = DescribeTable("a second factor stalls the server with what to do about it:",
	func(ctx SpecContext, words []string, how []func(*v1alpha1.WHMServer), edits ...func(*simulator.Inventory)) {
		b := newBench(ctx, edits...)
		b.secret(authName, map[string]string{
			"password": rootPassword, "totp": "JBSWY3DPEHPK3PXP", "token": "CONSOLETOKEN00000000000000000000", "accesshash": rootHash,
		})
		s := b.server(how...)
		b.awaitStalled(s, v1alpha1.TwoFactorRequiredReason, words...)
		b.expectOneWarning(s, v1alpha1.TwoFactorRequiredReason)
		Expect(b.whm.Ledger().Calls).To(HaveLen(1), "it is not tried again at once")
	},

	Entry("a password without codes", []string{"let spec.auth.password have an otpSecretRef", "or use an API token, which needs none"},
		nil, secondFactor("JBSWY3DPEHPK3PXP")),
	Entry("a password without codes, inside a session", []string{"let spec.auth.password have an otpSecretRef"},
		[]func(*v1alpha1.WHMServer){insideSession}, secondFactor("JBSWY3DPEHPK3PXP")),
	Entry("a token", []string{"goes with no API token and no access hash", "or log in with spec.auth.password and its otpSecretRef"},
		[]func(*v1alpha1.WHMServer){viaToken}, secondFactor("JBSWY3DPEHPK3PXP")),
	Entry("an access hash", []string{"goes with no API token and no access hash", "let its security policies leave API requests out"},
		[]func(*v1alpha1.WHMServer){viaHash}, secondFactor("JBSWY3DPEHPK3PXP")),
	Entry("codes of another secret", []string{"the server did not accept the one-time code of root", "into the Secret auth"},
		[]func(*v1alpha1.WHMServer){withOTP}, secondFactor("KRSXG5CTMVRXEZLU")),
	Entry("codes of another secret, inside a session", []string{"the server did not accept the one-time code of root", "into the Secret auth"},
		[]func(*v1alpha1.WHMServer){withOTP, insideSession}, secondFactor("KRSXG5CTMVRXEZLU")),
	Entry("a clock that is behind", []string{"did not accept the one-time code of root: its clock is ", " behind the operator's, and codes are good for about 30s; set the clock that is wrong"},
		[]func(*v1alpha1.WHMServer){withOTP, insideSession}, secondFactor("JBSWY3DPEHPK3PXP"), behind),
)

// How the page is worded that wants a second factor set up is not verified.
var _ = It("a page that wants two-factor authentication set up is recognised and not quoted", func(ctx SpecContext) {
	b := newBench(ctx)
	_, err := b.whm.AddFault(simulator.Fault{
		Kind: simulator.FaultHTML, Function: "myprivs", Body: "<html><h1>Two-Factor Authentication</h1>Scan ABCDEFGHIJKLMNOP</html>",
	})
	Expect(err).NotTo(HaveOccurred())
	b.secret(authName, map[string]string{"password": rootPassword})
	s := b.server()
	b.awaitStalled(s, v1alpha1.TwoFactorRequiredReason, "the server wants root to set up two-factor authentication first",
		"let spec.auth.password.otpSecretRef name a Secret with what it shows")
	Expect(s.Status.Conditions).NotTo(BeEmpty())
	for _, c := range s.Status.Conditions {
		Expect(c.Message).NotTo(ContainSubstring("Scan"))
	}
	b.expectOneWarning(s, v1alpha1.TwoFactorRequiredReason)
})
