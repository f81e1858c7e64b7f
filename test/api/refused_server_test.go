// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"strings"

	. "github.com/onsi/ginkgo/v2"
)

// The words that the API server says to a WHMServer that differs from an acceptable one as the piece of YAML says.
var _ = DescribeTable("the API server refuses a WHMServer with",
	func(ctx SpecContext, spec, field, words string) {
		expectOnly(dryRun(ctx, with(minimalServer, spec)), field, words)
	},

	Entry("no endpoint", `endpoint: null`, "spec.endpoint", "Required value"),
	Entry("an http endpoint", `endpoint: http://web1.example.com:2086`,
		"spec.endpoint", "must begin with https://, because the operator sends credentials there"),
	Entry("a bare host", `endpoint: web1.example.com`, "spec.endpoint", "must begin with https://"),
	Entry("an endpoint that is no URL", `endpoint: "https://web1 example"`,
		"spec.endpoint", "must be a URL such as https://whm.example.com:2087"),
	Entry("an endpoint without a host", `endpoint: "https://:2087"`, "spec.endpoint", "must be a URL such as"),
	Entry("a path in the endpoint", `endpoint: https://web1.example.com:2087/json-api`,
		"spec.endpoint", "must be only scheme, host and port"),
	Entry("a password in the endpoint", `endpoint: "https://root:hunter2@web1.example.com"`,
		"spec.endpoint", "credentials belong into auth"),
	Entry("a query in the endpoint", `endpoint: "https://web1.example.com?api.version=1"`,
		"spec.endpoint", "must be only scheme, host and port"),
	Entry("a fragment in the endpoint", `endpoint: "https://web1.example.com#x"`,
		"spec.endpoint", "must be a URL such as"),
	Entry("a port that is none", `endpoint: "https://web1.example.com:99999999"`,
		"spec.endpoint", "the port must be between 1 and 65535"),

	Entry("no auth", `auth: null`, "spec.auth", "Required value"),
	Entry("an empty auth", `auth: {apiToken: null}`,
		"spec.auth", "set exactly one of apiToken, accessHash and password"),
	Entry("two ways to log in", `auth: {accessHash: {secretRef: {name: a}}}`,
		"spec.auth", "set exactly one of apiToken, accessHash and password"),
	Entry("a token without a Secret", `auth: {apiToken: {user: root, secretRef: null}}`,
		"spec.auth.apiToken.secretRef", "Required value"),
	Entry("a user name with capitals", `auth: {apiToken: {user: Root}}`,
		"spec.auth.apiToken.user", "must be a WHM user name: lower-case letters"),
	Entry("an empty user name", `auth: {apiToken: {user: ""}}`, "spec.auth.apiToken.user", "at least 1 chars long"),
	Entry("a Secret name with an underscore", `auth: {apiToken: {secretRef: {name: web1_root}}}`,
		"spec.auth.apiToken.secretRef.name", "must be the name of a Secret: lower-case letters, digits, '-' and '.'"),
	Entry("a key that no Secret can have", `auth: {apiToken: {secretRef: {key: "the token"}}}`,
		"spec.auth.apiToken.secretRef.key", "must be a key of a Secret: letters, digits"),
	Entry("a bad key of the two-factor secret",
		`auth: {apiToken: null, password: {secretRef: {name: a}, otpSecretRef: {name: a, key: "a/b"}}}`,
		"spec.auth.password.otpSecretRef.key", "must be a key of a Secret"),

	Entry("an empty tls", `tls: {}`, "spec.tls", "set caBundle, serverName or both, or leave tls out"),
	Entry("a CA bundle without a certificate", `tls: {caBundle: "MIIB"}`,
		"spec.tls.caBundle", "must hold at least one certificate in PEM form"),
	Entry("a private key in the CA bundle",
		`tls: {caBundle: "-----BEGIN CERTIFICATE-----\n-----BEGIN RSA PRIVATE KEY-----\n-----END RSA PRIVATE KEY-----"}`,
		"spec.tls.caBundle", "holds a private key; put only certificates here, and replace that key"),
	Entry("a switch to turn verification off", `tls: {serverName: a, insecureSkipVerify: true}`,
		"insecureSkipVerify", "unknown field"),

	Entry("no requests", `limits: {requestsPerSecond: 0}`, "spec.limits.requestsPerSecond", "greater than or equal to 1"),
	Entry("too many requests", `limits: {requestsPerSecond: 101}`, "spec.limits.requestsPerSecond", "less than or equal to 100"),
	Entry("too many requests at once", `limits: {maxConcurrentRequests: 4}`,
		"spec.limits.maxConcurrentRequests", "less than or equal to 3"),

	Entry("a timeout in days", `timeout: 1d`, "spec.timeout", "must be a duration between 1s and 10m, such as 90s"),
	Entry("a negative timeout", `timeout: -5m`, "spec.timeout", "must be a duration between 1s and 10m"),
	Entry("a timeout that is too short", `timeout: 0s`, "spec.timeout", "must be a duration between 1s and 10m"),
	Entry("a timeout that is too long", `timeout: 11m`, "spec.timeout", "must be a duration between 1s and 10m"),
	Entry("a timeout that is a number", `timeout: 60`, "spec.timeout", "must be of type string"),
	Entry("an empty timeout", `timeout: ""`, "spec.timeout", "must be a duration between 1s and 10m"),
	Entry("an immense timeout", `timeout: 999999h99999999m999999999s`, "spec.timeout", "must be a duration between 1s and 10m"),
	Entry("a probe interval that is too short", `probeInterval: 29s`,
		"spec.probeInterval", "must be a duration between 30s and 24h, such as 5m"),
	Entry("a probe interval that is too long", `probeInterval: 24h1s`, "spec.probeInterval", "between 30s and 24h"),
	Entry("a probe interval that overflows", `probeInterval: `+strings.Repeat("9", 20)+"h",
		"spec.probeInterval", "between 30s and 24h"),

	Entry("an unknown field", `probeIntervall: 5m`, "spec.probeIntervall", "unknown field"),
)
