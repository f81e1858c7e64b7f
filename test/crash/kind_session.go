// SPDX-License-Identifier: Apache-2.0

package crash

import (
	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

// mailbox is an address of the account.
const (
	mailboxName   = "info"
	accountDomain = "shop.example.com"
	mailbox       = mailboxName + "@" + accountDomain
)

// Session signs an account in to cPanel.
var Session = sessionKind("create_user_session", func(spec *v1alpha1.LoginSessionSpec) {
	spec.Service = v1alpha1.CPanelService
})

// WebmailSession signs a mailbox in to Webmail.
var WebmailSession = ofMailbox(sessionKind("Session::create_webmail_session_for_mail_user",
	func(spec *v1alpha1.LoginSessionSpec) {
		spec.Service = v1alpha1.WebmailService
		spec.Mailbox = &v1alpha1.WebmailMailbox{Login: mailboxName, Domain: accountDomain}
	}))

// DatabaseSession holds a temporary database user.
var DatabaseSession = func() *Kind {
	kind := sessionKind("create_user_session", func(spec *v1alpha1.LoginSessionSpec) {
		spec.Service, spec.TemporaryDatabaseUser = v1alpha1.CPanelService, true
	})
	kind.besides = map[string]simulator.Kind{"databaseUser": simulator.KindTempUser}
	return kind
}()

func sessionKind(issue string, of func(*v1alpha1.LoginSessionSpec)) *Kind {
	return &Kind{
		Issue: issue, class: ephemeral, ledger: simulator.KindSession, key: "session",
		empty: func() controller.Credential { return &v1alpha1.LoginSession{} },
		specify: func(obj controller.Credential, s Scenario) {
			spec := &obj.(*v1alpha1.LoginSession).Spec //nolint:forcetypeassert // it comes from empty
			spec.User, spec.Mode = s.User(), v1alpha1.SessionKeepFresh
			if s.OnRequest {
				spec.Mode = v1alpha1.SessionOnRequest
			}
			of(spec)
		},
		works: (*simulator.Server).SessionStands, // that of an unopened session does not log in yet
	}
}

// ofMailbox makes it a credential of the mailbox.
func ofMailbox(kind *Kind) *Kind {
	kind.holder = func(Scenario) string { return mailbox }
	kind.stock = func(inventory *simulator.Inventory, _ Scenario) {
		account := inventory.Accounts[AccountUser]
		account.Mailboxes = map[string]simulator.Mailbox{mailbox: {Password: random(16)}}
		inventory.Accounts[AccountUser] = account
	}
	return kind
}
