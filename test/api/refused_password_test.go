// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// minimalPassword is the smallest PasswordRotation that is accepted.
const minimalPassword = `
apiVersion: whm-credentials.dev/v1alpha1
kind: PasswordRotation
metadata: {name: shop-mail, namespace: default}
spec:
  serverRef: {name: web1}
  target: {type: Mailbox, account: shop, user: info@shop.example.com}
  secret: {name: shop-mail}
`

// The words that the API server says to a PasswordRotation that differs from an acceptable one as the piece of YAML says.
var _ = DescribeTable("the API server refuses a PasswordRotation with",
	func(ctx SpecContext, spec, field, words string) {
		expectOnly(dryRun(ctx, with(minimalPassword, spec)), field, words)
	},

	Entry("no target", `target: null`, "spec.target", "Required value"),
	Entry("no type", `target: {type: null}`, "spec.target.type", "Required value"),
	Entry("a type that is unknown", `target: {type: Database}`, "spec.target.type", `supported values: "Account", "Mailbox"`),
	Entry("no account", `target: {account: null}`, "spec.target.account", "Required value"),
	Entry("an account with capitals", `target: {account: Shop}`, "spec.target.account", "must be a WHM user name"),
	Entry("no mailbox", `target: {user: null}`, "spec.target", "name the mailbox, FTP, Web Disk or database user in target.user"),
	Entry("an empty database user", `target: {type: MySQL, user: ""}`, "spec.target", "must be the name of a database user"),
	Entry("a user beside an account", `target: {type: Account}`, "spec.target", "leave it out for type Account"),
	Entry("a mailbox without a domain", `target: {user: info}`, "spec.target", "must be an address such as info@shop.example.com"),
	Entry("a mailbox with a blank", `target: {user: "in fo@shop.example.com"}`, "spec.target", "must be an address"),
	Entry("a mailbox with an end of line", `target: {user: "info@shop.example.com\n"}`, "spec.target", "must be an address"),
	Entry("two addresses", `target: {user: a@b.example@c.example}`, "spec.target", "must be an address"),
	Entry("an FTP user without a domain", `target: {type: FTP, user: deploy}`, "spec.target", "must be an address"),
	Entry("a Web Disk user without a domain", `target: {type: WebDisk, user: disk}`, "spec.target", "must be an address"),
	Entry("a MySQL user with an address", `target: {type: MySQL}`,
		"spec.target", "must be the name of a database user with the prefix of the account, such as shop_web"),
	Entry("a PostgreSQL user with a quote", `target: {type: PostgreSQL, user: "shop_'"}`, "spec.target", "name of a database user"),
	Entry("a long user", `target: {user: `+strings.Repeat("u", 250)+`@a.example}`, "spec.target.user", "may not be more than 254"),

	Entry("a short length", `policy: {length: 11}`, "spec.policy.length", "greater than or equal to 12"),
	Entry("a long length", `policy: {length: 129}`, "spec.policy.length", "less than or equal to 128"),
	Entry("digits below zero", `policy: {digits: -1}`, "spec.policy.digits", "greater than or equal to 0"),
	Entry("too many digits", `policy: {length: 64, digits: 33}`, "spec.policy.digits", "less than or equal to 32"),
	Entry("too many symbols", `policy: {length: 64, symbols: 33}`, "spec.policy.symbols", "less than or equal to 32"),
	Entry("more digits and symbols than characters", `policy: {length: 16, digits: 12, symbols: 6}`,
		"spec", "policy.digits and policy.symbols together are longer than policy.length"),
	Entry("more digits than characters, beside the default symbols", `policy: {length: 12, digits: 9}`,
		"spec", "together are longer than policy.length"),
	Entry("an empty set of symbols", `policy: {symbolSet: ""}`, "spec.policy.symbolSet", "at least 1 chars long"),
	Entry("letters among the symbols", `policy: {symbolSet: "-a"}`,
		"spec.policy.symbolSet", "must consist of printable symbols, without letters, digits and spaces"),
	Entry("a digit among the symbols", `policy: {symbolSet: "-7"}`, "spec.policy.symbolSet", "printable symbols"),
	Entry("a blank among the symbols", `policy: {symbolSet: "- "}`, "spec.policy.symbolSet", "printable symbols"),
	Entry("a symbol that is not ASCII", `policy: {symbolSet: "€"}`, "spec.policy.symbolSet", "printable symbols"),
	Entry("a blank to exclude", `policy: {exclude: "0 O"}`, "spec.policy.exclude", "printable characters, without spaces"),
	Entry("nothing to exclude", `policy: {exclude: ""}`, "spec.policy.exclude", "at least 1 chars long"),

	Entry("a database password of a mailbox", `changeDatabasePassword: true`,
		"spec", "changeDatabasePassword belongs to target.type Account; leave it out"),
	Entry("an overlap", `rotation: {every: 720h, overlap: 1h}`, "spec", "rotation.overlap is not possible"),
	Entry("the previous password", `secret: {includePrevious: true}`, "spec", "the previous password does not work"),
	Entry("a revocation", `deletionPolicy: {upstream: Revoke}`, "spec", "a password cannot be revoked, only replaced"),
	Entry("a risk that is unknown", `acceptRisks: [All]`, "spec.acceptRisks[0]", "Unsupported value"),
)

var _ = DescribeTable("the API server accepts a PasswordRotation with",
	func(ctx SpecContext, spec string) {
		Expect(dryRun(ctx, with(minimalPassword, spec))).To(Succeed())
	},
	Entry("the smallest spec", `{}`),
	Entry("an account", `{target: {type: Account, user: null}, changeDatabasePassword: true}`),
	Entry("a database user", `target: {type: PostgreSQL, user: shop_web}`),
	Entry("a user with a sign in its name", `target: {type: FTP, user: "de+ploy_1@shop.example.com"}`),
	Entry("every policy", `policy: {length: 128, digits: 0, symbols: 32, symbolSet: "!\"#$%&'()*+,-./:;<=>?@[\\]^_`+"`"+`{|}", exclude: "0O1lI|"}`),
	Entry("a policy with one field", `policy: {symbols: 0}`),
)

var _ = DescribeTable("the API server refuses to change of a PasswordRotation",
	func(ctx SpecContext, spec, field, words string) {
		object := parse(minimalPassword)
		object.SetNamespace(newNamespace(ctx))
		Expect(admin.Create(ctx, object)).To(Succeed())
		Eventually(func(g Gomega) {
			// The operator adds its finalizer meanwhile.
			Expect(admin.Get(ctx, client.ObjectKeyFromObject(object), object)).To(Succeed())
			changed := with(minimalPassword, spec)
			changed.SetNamespace(object.GetNamespace())
			changed.SetFinalizers(object.GetFinalizers())
			changed.SetResourceVersion(object.GetResourceVersion())
			err := admin.Update(ctx, changed)
			g.Expect(apierrors.IsConflict(err)).To(BeFalse())
			expectOnly(err, field, words)
		}).Should(Succeed())
	},
	Entry("the mailbox", `target: {user: sales@shop.example.com}`, "spec", "target cannot be changed"),
	Entry("the account", `target: {account: other}`, "spec", "target cannot be changed"),
	Entry("the Secret", `secret: {name: other}`, "spec", "secret.name cannot be changed"),
	Entry("the server", `serverRef: {name: web2}`, "spec", "serverRef cannot be changed"),
)
