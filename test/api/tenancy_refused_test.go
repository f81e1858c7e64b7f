// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// minimalClusterServer is the smallest ClusterWHMServer that is accepted.
const minimalClusterServer = `
apiVersion: whm-credentials.dev/v1alpha1
kind: ClusterWHMServer
metadata: {name: shared}
spec:
  endpoint: https://web1.example.com
  auth: {apiToken: {secretRef: {name: web1-root}}}
  authSecretNamespace: whm-system
  policy: {allowedNamespaces: {names: [shop]}, allowedUsers: [shop]}
`

// The words that the API server says to a ClusterWHMServer that differs from an acceptable one as the piece of YAML says.
var _ = DescribeTable("the API server refuses a ClusterWHMServer with",
	func(ctx SpecContext, spec, field, words string) {
		expectOnly(dryRun(ctx, with(minimalClusterServer, spec)), field, words)
	},

	Entry("no namespace of the auth Secret", `authSecretNamespace: null`, "spec.authSecretNamespace", "Required value"),
	Entry("a namespace of the auth Secret that is none", `authSecretNamespace: Hosting`,
		"spec.authSecretNamespace", "must be the name of a namespace: lower-case letters, digits and '-'"),
	Entry("no policy", `policy: null`, "spec.policy", "Required value"),
	Entry("no namespaces", `policy: {allowedNamespaces: null}`, "spec.policy.allowedNamespaces", "Required value"),
	Entry("a pattern of namespaces", `policy: {allowedNamespaces: {names: ["shop-*"]}}`,
		"spec.policy.allowedNamespaces.names[0]", "must be the name of a namespace"),
	Entry("a namespace named twice", `policy: {allowedNamespaces: {names: [a, a]}}`,
		"spec.policy.allowedNamespaces.names[1]", "Duplicate value"),
	Entry("an operator that is none", `policy: {allowedNamespaces: {selector: {matchExpressions: [{key: a, operator: Like}]}}}`,
		"spec.policy.allowedNamespaces.selector", "must have the operator In or NotIn and values, or Exists or DoesNotExist and none"),
	Entry("In without values", `policy: {allowedNamespaces: {selector: {matchExpressions: [{key: a, operator: In}]}}}`,
		"spec.policy.allowedNamespaces.selector", "must have the operator In or NotIn and values"),
	Entry("Exists with values", `policy: {allowedNamespaces: {selector: {matchExpressions: [{key: a, operator: Exists, values: [b]}]}}}`,
		"spec.policy.allowedNamespaces.selector", "or Exists or DoesNotExist and none"),
	Entry("no users", `policy: {allowedUsers: null}`, "spec.policy.allowedUsers", "Required value"),
	Entry("an empty list of users", `policy: {allowedUsers: []}`, "spec.policy.allowedUsers", "at least 1 items"),
	Entry("another pattern than *", `policy: {allowedUsers: ["shop[0-9]"]}`,
		"spec.policy.allowedUsers[0]", "must be a user name or a pattern such as shop-*"),
	Entry("a user with capitals", `policy: {allowedUsers: [Shop]}`, "spec.policy.allowedUsers[0]", "lower-case letters"),
	Entry("a privilege that is none", `policy: {maxACLs: ["List Accounts"]}`,
		"spec.policy.maxACLs[0]", "must be the API name of a WHM privilege, such as list-accts"),
	Entry("a pattern of privileges", `policy: {maxACLs: ["list-*"]}`, "spec.policy.maxACLs[0]", "must be the API name"),
	Entry("no tokens at all", `policy: {maxTokensPerNamespace: 0}`, "spec.policy.maxTokensPerNamespace", "greater than or equal to 1"),
	Entry("an http endpoint", `endpoint: http://web1.example.com`, "spec.endpoint", "must begin with https://"),
)

var _ = DescribeTable("the API server accepts a ClusterWHMServer with",
	func(ctx SpecContext, spec string) {
		Expect(dryRun(ctx, with(minimalClusterServer, spec))).To(Succeed())
	},

	Entry("nothing but what it needs", `{}`),
	Entry("nobody allowed", `policy: {allowedNamespaces: {names: []}}`),
	Entry("everybody allowed", `policy: {allowedNamespaces: {selector: {}}, allowedUsers: ["*"], maxACLs: [all]}`),
	Entry("labels", `policy: {allowedNamespaces: {selector: {matchLabels: {example.com/tier: "", team: billing}}}}`),
	Entry("every operator", `policy: {allowedNamespaces: {selector: {matchExpressions: [{key: a, operator: In, values: [b]},
		{key: a, operator: NotIn, values: [b]}, {key: a, operator: Exists}, {key: a, operator: DoesNotExist, values: []}]}}}`),
	Entry("patterns", `policy: {allowedUsers: ["shop-*", "*-eu", "a*b"]}`),
	Entry("a limit", `policy: {maxTokensPerNamespace: 10000}`),
)
