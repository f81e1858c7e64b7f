// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

const minimalTwoFactor = `
apiVersion: whm-credentials.dev/v1alpha1
kind: TwoFactorRotation
metadata: {name: root, namespace: default}
spec:
  serverRef: {name: web1}
  secret: {name: root-2fa}
`

// The words that the API server says to a TwoFactorRotation that differs from an acceptable one as the piece of YAML says.
var _ = DescribeTable("the API server refuses a TwoFactorRotation with",
	func(ctx SpecContext, spec, field, words string) {
		expectOnly(dryRun(ctx, with(minimalTwoFactor, spec)), field, words)
	},

	Entry("no server", `serverRef: null`, "spec.serverRef", "Required value"),
	Entry("a server without a name", `serverRef: {name: null, kind: WHMServer}`, "spec.serverRef.name", "Required value"),
	Entry("a server name with a slash", `serverRef: {name: other/web1}`, "spec.serverRef.name", "must be the name of a server object"),
	Entry("a kind of server that is unknown", `serverRef: {kind: Server}`, "spec.serverRef.kind", `supported values: "WHMServer"`),

	Entry("no Secret", `secret: null`, "spec.secret", "Required value"),
	Entry("a Secret without a name", `secret: {name: null, adoption: Never}`, "spec.secret.name", "Required value"),
	Entry("a Secret name with capitals", `secret: {name: Root-2FA}`, "spec.secret.name", "must be the name of a Secret"),
	Entry("an unknown adoption policy", `secret: {adoption: Always}`,
		"spec.secret.adoption", `supported values: "Never", "IfAnnotated", "IfUnowned"`),
	Entry("the previous secret, which makes no codes any more", `secret: {includePrevious: true}`,
		"spec", "the previous two-factor secret does not work, so secret.includePrevious is of no use; leave it out"),
	Entry("the type of journals", `secret: {template: {type: whm-credentials.dev/journal}}`,
		"spec.secret.template.type", "is the type of the operator's own journals"),
	Entry("a label of the operator", `secret: {template: {labels: {whm-credentials.dev/managed: "false"}}}`,
		"spec.secret.template.labels", "keys that begin with whm-credentials.dev/ are the operator's own"),
	Entry("no data in the template", `secret: {template: {data: {}}}`, "spec.secret.template.data", "at least 1 properties"),
	Entry("a data key that no Secret can have", `secret: {template: {data: {"qr code": x}}}`,
		"spec.secret.template.data", "keys consist of letters, digits, '-', '_' and '.'"),

	Entry("an overlap, which there is none of", `rotation: {every: 720h, overlap: 1h}`,
		"spec", "a two-factor secret replaces the old one at once, so rotation.overlap is not possible; leave it out"),
	Entry("both every and cron", `rotation: {every: 720h, cron: "@monthly"}`, "spec.rotation", "set either every or cron, not both"),
	Entry("every in days", `rotation: {every: 30d}`, "spec.rotation.every", durationOfEvery),
	Entry("every that is too short", `rotation: {every: 9m}`, "spec.rotation.every", durationOfEvery),
	Entry("@every in cron", `rotation: {cron: "@every 1h"}`, "spec.rotation.cron", "use every instead of @every"),
	Entry("a window without a duration", `rotation: {windows: [{cron: "@daily"}]}`,
		"spec.rotation.windows[0].duration", "Required value"),

	Entry("a workload of an unknown kind", `restart: [{kind: Job, name: a}]`, "spec.restart[0].kind", "supported values"),
	Entry("a workload without a name", `restart: [{kind: Deployment}]`, "spec.restart[0].name", "Required value"),
	Entry("a revocation, after which no code would be asked for", `deletionPolicy: {upstream: Revoke}`,
		"spec", "its user could log in without a code then; leave deletionPolicy.upstream out"),
	Entry("an unknown policy for the Secret", `deletionPolicy: {secret: Keep}`, "spec.deletionPolicy.secret", "supported values"),
	Entry("a risk that is unknown", `acceptRisks: [Anything]`,
		"spec.acceptRisks[0]", `supported values: "SelfRotationWithoutLifeline", "LoginWithoutCode"`),
	Entry("a risk that is accepted twice", `acceptRisks: [LoginWithoutCode, LoginWithoutCode]`, "spec.acceptRisks[1]", "Duplicate value"),
	Entry("too many risks", `acceptRisks: [`+strings.Repeat("LoginWithoutCode,", 9)+`]`, "spec.acceptRisks", "must have at most 8 items"),
)

var _ = DescribeTable("the API server accepts a TwoFactorRotation with",
	func(ctx SpecContext, spec string) { Expect(dryRun(ctx, with(minimalTwoFactor, spec))).To(Succeed()) },

	Entry("nothing but server and Secret", `{}`),
	Entry("a schedule and the Secret of the operator's own login", `{rotation: {every: 2160h}, secret: {adoption: IfUnowned}}`),
	Entry("a QR code under another key", `secret: {template: {data: {code.png: '{{ index . "qr.png" }}'}}}`),
	Entry("both risks", `acceptRisks: [LoginWithoutCode, SelfRotationWithoutLifeline]`),
	Entry("a Secret that stays", `deletionPolicy: {secret: Retain, upstream: Retain}`),
)
