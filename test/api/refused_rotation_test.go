// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"strings"

	. "github.com/onsi/ginkgo/v2"
)

const durationOfEvery = "must be a duration between 10m and 87600h (ten years), such as 720h"

// The words that the API server says to an AccessHashRotation that differs from an acceptable one as the piece of YAML
// says.
var _ = DescribeTable("the API server refuses an AccessHashRotation with",
	func(ctx SpecContext, spec, field, words string) {
		expectOnly(dryRun(ctx, with(minimalRotation, spec)), field, words)
	},

	Entry("no user", `user: null`, "spec.user", "Required value"),
	Entry("an empty user", `user: ""`, "spec.user", "at least 1 chars long"),
	Entry("a user with capitals", `user: Root`, "spec.user", "must be a WHM user name"),
	Entry("a user that begins with a digit", `user: 1root`, "spec.user", "beginning with a letter"),
	Entry("a user with an end of line", `user: "root\n"`, "spec.user", "must be a WHM user name"),
	Entry("a long user", `user: `+strings.Repeat("u", 65), "spec.user", "may not be more than 64"),

	Entry("no server", `serverRef: null`, "spec.serverRef", "Required value"),
	Entry("a server without a name", `serverRef: {name: null, kind: WHMServer}`, "spec.serverRef.name", "Required value"),
	Entry("a server name with a slash", `serverRef: {name: other/web1}`,
		"spec.serverRef.name", "must be the name of a server object: lower-case letters, digits, '-' and '.'"),
	Entry("a kind of server that is unknown", `serverRef: {kind: Server}`,
		"spec.serverRef.kind", `supported values: "WHMServer"`),

	Entry("no Secret", `secret: null`, "spec.secret", "Required value"),
	Entry("a Secret without a name", `secret: {name: null, adoption: Never}`, "spec.secret.name", "Required value"),
	Entry("a Secret name with capitals", `secret: {name: Billing}`, "spec.secret.name", "must be the name of a Secret"),
	Entry("an unknown adoption policy", `secret: {adoption: Always}`,
		"spec.secret.adoption", `supported values: "Never", "IfAnnotated", "IfUnowned"`),
	Entry("the type of journals", `secret: {template: {type: whm-credentials.dev/journal}}`,
		"spec.secret.template.type", "is the type of the operator's own journals; choose another one"),
	Entry("a label of the operator", `secret: {template: {labels: {whm-credentials.dev/managed: "false"}}}`,
		"spec.secret.template.labels", "keys that begin with whm-credentials.dev/ are the operator's own"),
	Entry("an annotation of the operator", `secret: {template: {annotations: {whm-credentials.dev/revision: "7"}}}`,
		"spec.secret.template.annotations", "keys that begin with whm-credentials.dev/ are the operator's own"),
	Entry("a label value with a blank", `secret: {template: {labels: {team: "the billers"}}}`,
		"spec.secret.template.labels[team]", "must be the value of a label: letters, digits"),
	Entry("a label value that is too long", `secret: {template: {labels: {team: `+strings.Repeat("a", 64)+`}}}`,
		"spec.secret.template.labels", "may not be more than 63"),
	Entry("a label key that is none", `secret: {template: {labels: {"a b": c}}}`,
		"spec.secret.template.labels", "keys must be names of labels"),
	Entry("an annotation key that is none", `secret: {template: {annotations: {"a/b/c": d}}}`,
		"spec.secret.template.annotations", "keys must be names of annotations"),
	Entry("no data in the template", `secret: {template: {data: {}}}`,
		"spec.secret.template.data", "at least 1 properties"),
	Entry("a data key that no Secret can have", `secret: {template: {data: {"a b": x}}}`,
		"spec.secret.template.data", "keys consist of letters, digits, '-', '_' and '.'"),

	Entry("both every and cron", `rotation: {every: 720h, cron: "@monthly"}`,
		"spec.rotation", "set either every or cron, not both"),
	Entry("a time zone without cron", `rotation: {every: 720h, timeZone: Europe/Berlin}`,
		"spec.rotation", "timeZone belongs to cron; set cron too, or leave timeZone out"),
	Entry("every in days", `rotation: {every: 30d}`, "spec.rotation.every", durationOfEvery),
	Entry("every without a unit", `rotation: {every: "720"}`, "spec.rotation.every", durationOfEvery),
	Entry("every that is negative", `rotation: {every: -720h}`, "spec.rotation.every", durationOfEvery),
	Entry("every that is too short", `rotation: {every: 9m59s}`, "spec.rotation.every", durationOfEvery),
	Entry("every that is too long", `rotation: {every: 87601h}`, "spec.rotation.every", durationOfEvery),
	Entry("every that overflows", `rotation: {every: 9999999999999999999h}`, "spec.rotation.every", durationOfEvery),
	Entry("@every in cron", `rotation: {cron: "@every 1h"}`, "spec.rotation.cron", "use every instead of @every"),
	Entry("a time zone in cron", `rotation: {cron: "CRON_TZ=UTC 0 3 * * *"}`,
		"spec.rotation.cron", "put the time zone into timeZone"),
	Entry("an empty cron", `rotation: {cron: ""}`, "spec.rotation.cron", "at least 1 chars long"),
	Entry("a window without a duration", `rotation: {windows: [{cron: "@daily"}]}`,
		"spec.rotation.windows[0].duration", "Required value"),
	Entry("a window that is too short", `rotation: {windows: [{cron: "@daily", duration: 30s}]}`,
		"spec.rotation.windows[0].duration", "must be a duration between 1m and 744h (31 days), such as 2h"),
	Entry("a window that is too long", `rotation: {windows: [{cron: "@daily", duration: 745h}]}`,
		"spec.rotation.windows[0].duration", "between 1m and 744h"),
	Entry("a time zone in the cron of a window", `rotation: {windows: [{cron: "TZ=UTC @daily", duration: 1h}]}`,
		"spec.rotation.windows[0].cron", "put the time zone into timeZone"),
	Entry("an interval as a window", `rotation: {windows: [{cron: "@every 1h", duration: 1h}]}`,
		"spec.rotation.windows[0].cron", "a window opens at times, not at intervals"),

	Entry("a workload twice", `restart: [{kind: Deployment, name: a}, {kind: Deployment, name: a}]`,
		"spec.restart[1]", "Duplicate value"),
	Entry("a workload that cannot be restarted", `restart: [{kind: Job, name: a}]`,
		"spec.restart[0].kind", `supported values: "Deployment", "StatefulSet", "DaemonSet"`),
	Entry("a workload name that is none", `restart: [{kind: Deployment, name: A}]`,
		"spec.restart[0].name", "must be the name of a workload"),
	Entry("an unknown deletion policy", `deletionPolicy: {secret: Keep}`,
		"spec.deletionPolicy.secret", `supported values: "Delete", "Retain"`),
	Entry("an unknown risk", `acceptRisks: [All]`,
		"spec.acceptRisks[0]", `supported values: "SelfRotationWithoutLifeline"`),
	Entry("a risk twice", `acceptRisks: [SelfRotationWithoutLifeline, SelfRotationWithoutLifeline]`,
		"spec.acceptRisks[1]", "Duplicate value"),
	Entry("an unknown field", `schedule: "@monthly"`, "spec.schedule", "unknown field"),
)
