// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/whm-credentials/operator/internal/whm"
)

// clientCase is a call of a method of the client. Together the cases call every
// method and fill every field of what the methods take.
type clientCase struct {
	method string
	sends  []string // the functions and pages that it asks for
	args   func(*stage) []any
	// from says whose client; nil: root's, with a token, on the port of WHM.
	from func(*stage) *whm.Client
}

func with(args ...any) func(*stage) []any { return func(*stage) []any { return args } }

func only(name string) []string { return []string{name} }

// secret is short for cases.
func secret(text string) whm.Secret { return whm.NewSecret(text) }

var (
	until   = time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
	webmail = whm.CreateWebmailSessionInput{Login: "info", Domain: "bob.example", Locale: "de", RemoteAddress: "127.0.0.1"}
)

var clientCases = []clientCase{
	{"Version", only("version"), with(), nil},
	{"MyPrivs", only("myprivs"), with(), nil},
	{"AppList", only("applist"), with(), nil},
	{"GetHostname", only("gethostname"), with(), nil},

	{"AccessHash", only("accesshash"), with("root"), nil},
	{"GenerateAccessHash", only("accesshash"), with("root"), nil},

	{"APITokenList", only("api_token_list"), with(), nil},
	{"APITokenGetDetails", only("api_token_get_details"), with(secret(spareToken)), nil},
	{"APITokenRevoke", only("api_token_revoke"), with("spare"), nil},
	{"APITokenRevoke", only("api_token_revoke"), with("spare", "own"), nil},
	{"APITokenEnsureRevoked", []string{"api_token_list", "api_token_revoke"}, with("spare"), nil},
	{"APITokenCreate", only("api_token_create"), with(whm.APITokenCreateInput{Name: "n", AllPrivileges: true}), nil},
	{"APITokenCreate", only("api_token_create"), with(whm.APITokenCreateInput{
		Name: "n", ACLs: []string{"list-accts", "passwd"}, ExpiresAt: until, AllowedIPs: []string{"192.0.2.0/24", "192.0.2.9"},
	}), nil},
	{"APITokenUpdate", only("api_token_update"), with(whm.APITokenUpdateInput{
		Name: "spare", NewName: "m", AllPrivileges: true, ClearAllowedIPs: true,
	}), nil},
	{"APITokenUpdate", only("api_token_update"), with(whm.APITokenUpdateInput{
		Name: "spare", ACLs: []string{"list-accts"}, ExpiresAt: until, AllowedIPs: []string{"192.0.2.1"},
	}), nil},

	{"AccountTokenCreate", only("Tokens::create_full_access"), with("bob", whm.AccountTokenCreateInput{Name: "n", ExpiresAt: until}), nil},
	{"AccountTokenList", only("Tokens::list"), with("bob"), nil},
	{"OwnAccountTokens", only("Tokens::list"), with(), asBob},
	{"AccountTokenRename", only("Tokens::rename"), with("bob", "spare", "m"), nil},
	{"AccountTokenRevoke", only("Tokens::revoke"), with("bob", "spare"), nil},
	{"AccountTokenEnsureRevoked", []string{"Tokens::list", "Tokens::revoke"}, with("bob", "spare"), nil},

	{"Passwd", only("passwd"), with("bob", secret(newPassword), true), nil},
	{"Passwd", only("passwd"), with("bob", secret(newPassword), false), nil},
	{"PasswordStrength", only("get_password_strength"), with(secret(newPassword)), nil},
	{"MinimumPasswordStrengths", only("getminimumpasswordstrengths"), with(), nil},
	{"RequiredPasswordStrength", only("PasswdStrength::get_required_strength"), with("bob", "mysql"), nil},
	{"PasswdPop", only("Email::passwd_pop"), with("bob", "info", "bob.example", secret(newPassword)), nil},
	{"PasswdPop", only("Email::passwd_pop"), with("bob", "info", "", secret(newPassword)), nil},
	{"VerifyMailPassword", only("Email::verify_password"), with("bob", "info@bob.example", secret(bobPassword)), nil},
	{"ListPops", only("Email::list_pops"), with("bob"), nil},
	{"FTPPasswd", only("Ftp::passwd"), with("bob", "deploy", "bob.example", secret(newPassword)), nil},
	{"FTPPasswd", only("Ftp::passwd"), with("bob", "deploy", "", secret(newPassword)), nil},
	{"ListFTP", only("Ftp::list_ftp"), with("bob"), nil},
	{"WebDiskSetPassword", only("WebDisk::set_password"), with("bob", "disk@bob.example", secret(newPassword), true), nil},
	{"WebDiskSetPassword", only("WebDisk::set_password"), with("bob", "disk@bob.example", secret(newPassword), false), nil},
	{"MySQLSetPassword", only("Mysql::set_password"), with("bob", "bob_app", secret(newPassword)), nil},
	{"MySQLUsers", only("Mysql::list_users"), with("bob"), nil},
	{"MySQLRestrictions", only("Mysql::get_restrictions"), with("bob"), nil},
	{"PostgreSQLSetPassword", only("Postgresql::set_password"), with("bob", "bob_app", secret(newPassword)), nil},
	{"PostgreSQLUsers", only("Postgresql::list_users"), with("bob"), nil},

	{"GenerateTFAConfig", only("twofactorauth_generate_tfa_config"), with(), nil},
	{"SetTFAConfig", only("twofactorauth_set_tfa_config"), func(b *stage) []any {
		return []any{secret(totpSecret), secret(b.code())}
	}, nil},
	{"RemoveTFA", only("twofactorauth_remove_user_config"), with("bob"), nil},
	{"TFAUserConfigs", only("twofactorauth_get_user_configs"), with(""), nil},
	{"TFAUserConfigs", only("twofactorauth_get_user_configs"), with("bob"), nil},
	{"TFAPolicyStatus", only("twofactorauth_policy_status"), with(), nil},
	{"TFAIssuer", only("twofactorauth_get_issuer"), with(), nil},

	{"LoginURL", only("get_login_url"), with(provider, urlAfterLogin), nil},
	{"ValidateLoginToken", only("validate_login_token"), func(b *stage) []any {
		return []any{whm.ValidateLoginTokenInput{Provider: provider, LoginToken: secret(b.storeLogin()), URLAfterLogin: urlAfterLogin}}
	}, nil},

	{"CreateUserSession", only("create_user_session"), with(whm.CreateUserSessionInput{
		User: "bob", Service: whm.ServiceCPanel, App: "Email_Accounts", Locale: "de", PreferredDomain: "bob.example",
	}), nil},
	{"CreateWebmailSession", only("Session::create_webmail_session_for_mail_user"), with("bob", webmail), nil},
	{
		"CreateWebmailSessionCheckPassword", only("Session::create_webmail_session_for_mail_user_check_password"),
		with("bob", webmail, secret(bobPassword)), nil,
	},
	{"OpenUserSession", only("session link"), func(b *stage) []any { return []any{b.userSession()} }, onCPanel},
	{"EndSession", only("logout"), func(b *stage) []any { return []any{b.liveSession()} }, onCPanel},
	{"CreateTempUser", only("Session::create_temp_user"), with(), func(b *stage) *whm.Client {
		return b.cpanel.client(whm.WithLiveSession(b.liveSession()))
	}},
}

// notUpstream are the methods that send nothing.
var notUpstream = []string{"As", "Close"}

func asBob(b *stage) *whm.Client {
	return b.cpanel.client(whm.WithAccountToken("bob", secret(accountToken)))
}

func onCPanel(b *stage) *whm.Client {
	return b.cpanel.client(whm.WithPassword("bob", secret(bobPassword)))
}

func (b *stage) code() string {
	b.t.Helper()
	code, err := totp.GenerateCode(totpSecret, b.server.Now())
	if err != nil {
		b.t.Fatal(err)
	}
	return code
}

func (b *stage) storeLogin() string {
	b.t.Helper()
	token, err := b.server.IssueStoreLogin(provider, urlAfterLogin)
	if err != nil {
		b.t.Fatal(err)
	}
	return token
}

func (b *stage) userSession() whm.UserSession {
	b.t.Helper()
	session, err := b.root.CreateUserSession(b.t.Context(), whm.CreateUserSessionInput{User: "bob", Service: whm.ServiceCPanel, Locale: "de"})
	if err != nil {
		b.t.Fatal(err)
	}
	return session
}

func (b *stage) liveSession() whm.LiveSession {
	b.t.Helper()
	live, err := onCPanel(b).OpenUserSession(b.t.Context(), b.userSession())
	if err != nil {
		b.t.Fatal(err)
	}
	return live
}
