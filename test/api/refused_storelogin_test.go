// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// minimalStoreLogin is the smallest StoreLogin that is accepted.
const minimalStoreLogin = `
apiVersion: whm-credentials.dev/v1alpha1
kind: StoreLogin
metadata: {name: store, namespace: default}
spec:
  serverRef: {name: web1}
  urlAfterLogin: https://shop.example.com/back?from=store
  loginTokenSecretRef: {name: store-login-token}
  secret: {name: store-tokens}
`

// The words that the API server says to a StoreLogin that differs from an acceptable one as the piece of YAML says.
var _ = DescribeTable("the API server refuses a StoreLogin with",
	func(ctx SpecContext, spec, field, words string) {
		expectOnly(dryRun(ctx, with(minimalStoreLogin, spec)), field, words)
	},

	Entry("no URL", `urlAfterLogin: null`, "spec.urlAfterLogin", "Required value"),
	Entry("a URL without TLS", `urlAfterLogin: "http://shop.example.com/back?x=1"`,
		"spec.urlAfterLogin", "must begin with https://, because the login token is sent there"),
	Entry("a path", `urlAfterLogin: /back/to/the/shop?x=1`, "spec.urlAfterLogin", "must begin with https://"),
	Entry("a URL without a host", `urlAfterLogin: "https:///back?x=1"`, "spec.urlAfterLogin", "must be a URL such as"),
	Entry("what is no URL", `urlAfterLogin: "https://shop example/?x=1"`, "spec.urlAfterLogin", "must be a URL such as"),
	Entry("a URL without a query", `urlAfterLogin: https://shop.example.com/back`,
		"spec.urlAfterLogin", "must have a query, such as ?from=store: the store adds the login token to it"),
	Entry("a URL with a fragment", `urlAfterLogin: "https://shop.example.com/back?x=1#top"`,
		"spec.urlAfterLogin", "must not have a fragment (#)"),
	Entry("a long URL", `urlAfterLogin: "https://shop.example.com/?x=`+strings.Repeat("x", 1024)+`"`,
		"spec.urlAfterLogin", "may not be more than 1024"),

	Entry("an empty provider", `provider: ""`, "spec.provider", "at least 1 chars long"),
	Entry("a provider with a blank", `provider: cP Store`, "spec.provider", "must be the name of a provider, such as cPStore"),
	Entry("a provider with an end of line", `provider: "cPStore\n"`, "spec.provider", "must be the name of a provider"),
	Entry("a long provider", `provider: `+strings.Repeat("p", 65), "spec.provider", "may not be more than 64"),

	Entry("no Secret for the login token", `loginTokenSecretRef: null`, "spec.loginTokenSecretRef", "Required value"),
	Entry("no name of that Secret", `loginTokenSecretRef: {name: null, key: t}`, "spec.loginTokenSecretRef.name", "Required value"),
	Entry("a name that no Secret can have", `loginTokenSecretRef: {name: Token}`,
		"spec.loginTokenSecretRef.name", "must be the name of a Secret"),
	Entry("a key that no Secret can have", `loginTokenSecretRef: {key: "a b"}`,
		"spec.loginTokenSecretRef.key", "must be a key of a Secret"),
	Entry("one Secret for both", `secret: {name: store-login-token}`,
		"spec", "loginTokenSecretRef and secret name one Secret; the login token needs one of its own"),

	Entry("a schedule", `rotation: {every: 720h}`, "spec", "a login token is exchanged once, so there is nothing to repeat on schedule"),
	Entry("a window", `rotation: {windows: [{cron: "@daily", duration: 1h}]}`, "spec", "and leave rotation out"),
	Entry("the previous credential", `secret: {includePrevious: true}`, "spec", "secret.includePrevious is not possible for a store login"),
	Entry("a revocation", `deletionPolicy: {upstream: Revoke}`, "spec", "WHM has no function that revokes credentials of a store"),
	Entry("the login token itself", `loginToken: abc`, "spec.loginToken", "unknown field"),
	Entry("no Secret to publish in", `secret: null`, "spec.secret", "Required value"),
	Entry("no server", `serverRef: null`, "spec.serverRef", "Required value"),
)

var _ = DescribeTable("the API server accepts a StoreLogin with",
	func(ctx SpecContext, spec string) {
		Expect(dryRun(ctx, with(minimalStoreLogin, spec))).To(Succeed())
	},

	Entry("nothing else", `{}`),
	Entry("another store", `provider: other_Store-2`),
	Entry("a key", `loginTokenSecretRef: {key: token.txt}`),
	Entry("a port and more arguments", `urlAfterLogin: "https://shop.example.com:8443/a/b?x=1&y=%2F"`),
	Entry("a query of one word", `urlAfterLogin: "https://shop.example.com/?back"`),
	Entry("credentials that stay at the store", `deletionPolicy: {upstream: Retain}`),
)
