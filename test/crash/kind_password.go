// SPDX-License-Identifier: Apache-2.0

package crash

import (
	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

// databaseUser is one of the account's.
const databaseUser = AccountUser + "_web"

// MailboxPassword opens a mailbox; the server says whether one is right.
var MailboxPassword = ofMailbox(passwordKind("Email::passwd_pop", simulator.KindMailbox, v1alpha1.PasswordTarget{
	Type: v1alpha1.MailboxPassword, User: mailbox,
}))

// DatabasePassword opens a database; nothing tells whether one is right.
var DatabasePassword = func() *Kind {
	kind := passwordKind("Mysql::set_password", simulator.KindMySQL, v1alpha1.PasswordTarget{
		Type: v1alpha1.MySQLPassword, User: databaseUser,
	})
	kind.holder = func(Scenario) string { return databaseUser }
	kind.stock = func(inventory *simulator.Inventory, _ Scenario) {
		account := inventory.Accounts[AccountUser]
		account.MySQLUsers = map[string]simulator.DatabaseUser{databaseUser: {Password: random(16)}}
		inventory.Accounts[AccountUser] = account
	}
	return kind
}()

// Password opens cPanel, or WHM: it may be what the operator logs in with.
var Password = func() *Kind {
	kind := passwordKind("passwd", simulator.KindPassword, v1alpha1.PasswordTarget{Type: v1alpha1.AccountPassword})
	kind.login = func(user v1alpha1.UserName, from v1alpha1.SecretKeyReference) v1alpha1.ServerAuth {
		return v1alpha1.ServerAuth{Password: &v1alpha1.PasswordAuth{User: user, SecretRef: from}}
	}
	kind.held = func(inventory simulator.Inventory, user string) string { return inventory.Users[user].Password }
	return kind
}()

// SessionPassword is one that the operator logs in with to work in a session.
var SessionPassword = func() *Kind {
	kind := *Password
	kind.login = func(user v1alpha1.UserName, from v1alpha1.SecretKeyReference) v1alpha1.ServerAuth {
		return v1alpha1.ServerAuth{Password: &v1alpha1.PasswordAuth{User: user, SecretRef: from, Session: true}}
	}
	return &kind
}()

func passwordKind(issue string, ledger simulator.Kind, target v1alpha1.PasswordTarget) *Kind {
	return &Kind{
		Issue: issue, class: chosen, ledger: ledger, key: "password",
		empty: func() controller.Credential { return &v1alpha1.PasswordRotation{} },
		specify: func(obj controller.Credential, s Scenario) {
			target.Account = v1alpha1.UserName(s.User())
			obj.(*v1alpha1.PasswordRotation).Spec.Target = target //nolint:forcetypeassert // it comes from empty
		},
	}
}
