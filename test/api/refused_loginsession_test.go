// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// minimalSession is the smallest LoginSession that is accepted, and minimalMailbox the smallest one of a mailbox.
const (
	minimalSession = `
apiVersion: whm-credentials.dev/v1alpha1
kind: LoginSession
metadata: {name: sso, namespace: default}
spec:
  serverRef: {name: web1}
  service: cpanel
  user: shop
  secret: {name: sso}
`
	minimalMailbox = `
apiVersion: whm-credentials.dev/v1alpha1
kind: LoginSession
metadata: {name: mail, namespace: default}
spec:
  serverRef: {name: web1}
  service: webmail
  user: shop
  mailbox: {login: info, domain: shop.example.com}
  secret: {name: mail}
`
	durationOfTTL = "must be a duration between 1m and 24h, such as 10m"
	domainName    = "must be a domain name such as shop.example.com"
)

// The words that the API server says to a LoginSession that differs from an acceptable one as the piece of YAML says.
var _ = DescribeTable("the API server refuses a LoginSession with",
	func(ctx SpecContext, spec, field, words string) {
		expectOnly(dryRun(ctx, with(minimalSession, spec)), field, words)
	},

	Entry("no service", `service: null`, "spec.service", "Required value"),
	Entry("an unknown service", `service: ftp`, "spec.service", `supported values: "cpanel", "whm", "webmail"`),
	Entry("no user", `user: null`, "spec.user", "Required value"),
	Entry("a user with capitals", `user: Shop`, "spec.user", "must be the name of an account or WHM user"),
	Entry("a user with an end of line", `user: "shop\n"`, "spec.user", "must be the name of an account or WHM user"),
	Entry("an address in cPanel", `user: info@shop.example.com`, "spec", "only a session of service webmail is for a mail address"),
	Entry("an address with a blank", `{service: webmail, user: "in fo@shop.example.com"}`, "spec.user", "or a mail address"),
	Entry("an address with a control character", `{service: webmail, user: "in\u0001fo@shop.example.com"}`,
		"spec.user", "or a mail address"),
	Entry("an unknown mode", `mode: Always`, "spec.mode", `supported values: "OnRequest", "KeepFresh"`),
	Entry("a ttl without a unit", `ttl: "10"`, "spec.ttl", durationOfTTL),
	Entry("a ttl that is empty", `ttl: ""`, "spec.ttl", durationOfTTL),
	Entry("a ttl that is negative", `ttl: -5m`, "spec.ttl", durationOfTTL),
	Entry("a ttl that is too short", `ttl: 59s`, "spec.ttl", durationOfTTL),
	Entry("a ttl that is too long for any session", `{ttl: 25h, temporaryDatabaseUser: true}`, "spec.ttl", durationOfTTL),
	Entry("a ttl beyond the end of an idle session", `ttl: 13m`, "spec", "ttl must be at most 12m"),
	Entry("a ttl that lets fresh sessions pile up", `{mode: KeepFresh, ttl: 4m}`, "spec", "ttl must be at least 5m with mode KeepFresh"),
	Entry("a locale with a blank", `locale: "de de"`, "spec.locale", "must be a locale such as de or es_419"),
	Entry("an app with a slash", `app: ../mail`, "spec.app", "must be the name of an interface"),
	Entry("a domain with a port", `preferredDomain: "shop.example.com:2083"`, "spec.preferredDomain", domainName),
	Entry("a domain in capitals", `preferredDomain: Shop.example.com`, "spec.preferredDomain", domainName),
	Entry("a domain without a dot", `preferredDomain: shop`, "spec.preferredDomain", domainName),
	Entry("a database user in WHM", `{service: whm, temporaryDatabaseUser: true}`, "spec", "set service to cpanel"),
	Entry("a mailbox in cPanel", `mailbox: {login: info, domain: shop.example.com}`, "spec", "mailbox belongs to service webmail"),
	Entry("a schedule", `rotation: {every: 10m}`, "spec", "mode and ttl say when there is another one; leave rotation out"),
	Entry("workloads", `restart: [{kind: Deployment, name: a}]`, "spec", "leave restart out"),
	Entry("the previous one", `secret: {includePrevious: true}`, "spec", "sessions end by themselves, so secret.includePrevious"),
	Entry("a type of Secret that cannot be empty", `secret: {template: {type: kubernetes.io/basic-auth}}`,
		"spec", "leave secret.template.type out"),
	Entry("a way to revoke it", `deletionPolicy: {upstream: Revoke}`, "spec", "leave deletionPolicy.upstream out"),
	Entry("an unknown field", `remoteAddress: 203.0.113.7`, "spec.remoteAddress", "unknown field"),
)

var _ = DescribeTable("the API server refuses a LoginSession of a mailbox with",
	func(ctx SpecContext, spec, field, words string) {
		expectOnly(dryRun(ctx, with(minimalMailbox, spec)), field, words)
	},

	Entry("no login", `mailbox: {login: null}`, "spec.mailbox.login", "Required value"),
	Entry("a whole address as login", `mailbox: {login: info@shop.example.com}`,
		"spec.mailbox.login", "must be the part of the address before the @"),
	Entry("a login with an end of line", `mailbox: {login: "info\n"}`, "spec.mailbox.login", "before the @"),
	Entry("no domain", `mailbox: {domain: null}`, "spec.mailbox.domain", "Required value"),
	Entry("a domain that is an address", `mailbox: {domain: "@shop.example.com"}`, "spec.mailbox.domain", domainName),
	Entry("an address that is none", `mailbox: {remoteAddress: office}`,
		"spec.mailbox.remoteAddress", "must be an IP address such as 203.0.113.7"),
	Entry("a range of addresses", `mailbox: {remoteAddress: 203.0.113.0/24}`,
		"spec.mailbox.remoteAddress", "must be an IP address"),
	Entry("the Secret of the password as target", `mailbox: {passwordSecretRef: {name: mail}}`,
		"spec", "secret.name is the Secret that the password is read from"),
	Entry("an address as user too", `user: info@shop.example.com`, "spec", "user is the account that the mailbox belongs to"),
	Entry("an app", `app: Email_Accounts`, "spec", "app and preferredDomain are not possible with mailbox"),
)

var _ = Describe("who opens the session of a LoginSession", func() {
	const fixed = "temporaryDatabaseUser cannot be changed: it says who opens the session and keeps it alive; make a new object instead"

	DescribeTable("cannot be changed:",
		func(ctx SpecContext, spec, to string) {
			session := with(minimalSession, spec)
			session.SetNamespace(newNamespace(ctx))
			Expect(admin.Create(ctx, session)).To(Succeed())
			expectOnly(change(ctx, session, to), "spec", fixed)
			Expect(change(ctx, session, `{user: other, locale: de, mode: KeepFresh}`)).To(Succeed())
		},
		Entry("the operator from now on", `{}`, `{temporaryDatabaseUser: true}`),
		Entry("the operator instead of nobody by name", `temporaryDatabaseUser: false`, `{temporaryDatabaseUser: true}`),
		Entry("not the operator any more", `temporaryDatabaseUser: true`, `{temporaryDatabaseUser: false}`),
		Entry("nobody by name", `temporaryDatabaseUser: true`, `{temporaryDatabaseUser: null}`),
	)

	It("may be said or left out", func(ctx SpecContext) {
		session := with(minimalSession, `temporaryDatabaseUser: false`)
		session.SetNamespace(newNamespace(ctx))
		Expect(admin.Create(ctx, session)).To(Succeed())
		Expect(change(ctx, session, `{temporaryDatabaseUser: null}`)).To(Succeed())
	})
})

var _ = DescribeTable("the API server accepts a LoginSession with",
	func(ctx SpecContext, manifest, spec string) {
		Expect(dryRun(ctx, with(manifest, spec))).To(Succeed())
	},

	Entry("nothing more", minimalSession, `{}`),
	Entry("a mailbox", minimalMailbox, `{}`),
	Entry("the shortest ttl", minimalSession, `ttl: 1m`),
	Entry("the longest ttl", minimalSession, `ttl: 12m`),
	Entry("the shortest ttl that is kept fresh", minimalSession, `{mode: KeepFresh, ttl: 5m0s}`),
	Entry("the longest ttl of all", minimalSession, `{mode: KeepFresh, ttl: 24h, temporaryDatabaseUser: true}`),
	Entry("an address", minimalSession, `{service: webmail, user: info+orders@shop.example.com}`),
	Entry("an address to open it from", minimalMailbox, `mailbox: {remoteAddress: "2001:db8::7"}`),
	Entry("a password", minimalMailbox, `mailbox: {passwordSecretRef: {name: password, key: shop}}`),
	Entry("its look", minimalSession, `{locale: es_419, app: Email_Accounts, preferredDomain: shop.example.com}`),
)
