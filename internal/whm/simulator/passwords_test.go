// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"strings"
	"testing"
	"time"
)

// Passwords of the test account's services, and one that is strong enough.
const (
	boxPassword    = "mailbox-battery-staple"
	ftpPassword    = "transfer-battery-staple"
	diskPassword   = "webdisk-battery-staple"
	mysqlPassword  = "mysql-battery-staple"
	pgPassword     = "postgres-battery-staple"
	strongPassword = "xW4-kd7Q_zr9TbN2uHvE"
)

// serviceInventory is the test inventory with users of every service.
func serviceInventory(release string) Inventory {
	inv := testInventory(release)
	alice := inv.Accounts["alice"]
	alice.Mailboxes = map[string]Mailbox{
		"info@alice.example": {Password: boxPassword}, "old@alice.example": {Password: boxPassword + "-old", SuspendedLogin: true},
	}
	alice.FTPUsers = map[string]FTPUser{"deploy@alice.example": {Password: ftpPassword}}
	alice.WebDiskUsers = map[string]WebDiskUser{"disk@alice.example": {Password: diskPassword}}
	alice.MySQLUsers = map[string]DatabaseUser{
		"alice": {Password: "own-battery-staple"}, "alice_app": {Password: mysqlPassword, Databases: []string{"alice_shop"}},
	}
	alice.PostgreSQLUsers = map[string]DatabaseUser{"alice_app": {Password: pgPassword}}
	inv.Accounts["alice"] = alice
	return inv
}

// execute calls a cPanel function as the account and returns data and errors.
func execute(t *testing.T, s *Server, name, form string) (data any, complaint string) {
	t.Helper()
	got, err := try(t, s, s.CPanelURL()+"/execute/"+strings.Replace(name, "::", "/", 1), form, basic("alice", accPassword))
	if err != nil {
		t.Fatal(err)
	}
	body := got.decode(t)
	if list, _ := body["errors"].([]any); len(list) > 0 {
		complaint = as[string](t, list[0])
	}
	return body["data"], complaint
}

func TestPasswordsOfServices(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		function, form, secret, user, old string
		kind                              Kind
	}{
		{"Email::passwd_pop", "email=info@alice.example", "password", "info@alice.example", boxPassword, KindMailbox},
		{"Email::passwd_pop", "email=info&domain=alice.example", "password", "info@alice.example", boxPassword, KindMailbox},
		{"Email::passwd_pop", "email=info", "password", "info@alice.example", boxPassword, KindMailbox},
		{"Ftp::passwd", "user=deploy", "pass", "deploy@alice.example", ftpPassword, KindFTP},
		{"WebDisk::set_password", "user=disk@alice.example", "password", "disk@alice.example", diskPassword, KindWebDisk},
		{"Mysql::set_password", "user=alice_app", "password", "alice_app", mysqlPassword, KindMySQL},
		{"Postgresql::set_password", "user=alice_app", "password", "alice_app", pgPassword, KindPostgreSQL},
	} {
		t.Run(test.function+" "+test.form, func(t *testing.T) {
			t.Parallel()
			s := startServer(t, serviceInventory("11.136.0.4"))
			if !s.Authenticates(test.user, test.kind, test.old) || s.Authenticates(test.user, test.kind, strongPassword) {
				t.Fatal("the inventory's password is not in force")
			}
			if _, complaint := execute(t, s, test.function, test.form+"&"+query(test.secret, strongPassword)); complaint != "" {
				t.Fatal(complaint)
			}
			if s.Authenticates(test.user, test.kind, test.old) || !s.Authenticates(test.user, test.kind, strongPassword) {
				t.Error("the new password is not the one in force")
			}
			call, history := last(s.Ledger().Calls), last(s.Ledger().Credentials)
			if !call.Mutating || !call.Applied || call.Params[test.secret] != mask {
				t.Errorf("call: %+v", call)
			}
			if history.Kind != test.kind || history.Account != "alice" || history.IssuedHow != test.function || history.IssuedByCall != call.ID {
				t.Errorf("credential: %+v", history)
			}
			for form, want := range map[string]string{
				test.form + "&" + test.secret + "=abc123": "it is too weak and would be too easy to guess",
				test.form: "is required",
				strings.Replace(test.form, "=", "=no", 1) + "&" + query(test.secret, strongPassword): "does not exist",
			} {
				if _, complaint := execute(t, s, test.function, form); !strings.Contains(complaint, want) {
					t.Errorf("%s: %q, want %q", form, complaint, want)
				}
			}
		})
	}
}

func last[T any](list []T) T { return list[len(list)-1] }

func TestListsOfServiceUsers(t *testing.T) {
	t.Parallel()
	s := startServer(t, serviceInventory("11.136.0.4"))
	for call, want := range map[string]string{
		"Email::list_pops?skip_main=1&regex=info":               `[{"email":"info@alice.example","login":"info@alice.example","suspended_incoming":0,"suspended_login":0}]`,
		"Email::list_pops?regex=^alice$":                        `[{"email":"alice","login":"Main Account","suspended_incoming":0,"suspended_login":0}]`,
		"Ftp::list_ftp?include_acct_types=sub":                  `[{"homedir":"/home/alice/public_html","type":"sub","user":"deploy@alice.example"}]`,
		"Ftp::list_ftp?skip_acct_types=sub|anonymous|logaccess": `[{"homedir":"/home/alice","type":"main","user":"alice"}]`,
		"Mysql::list_users?":                                    `[{"databases":["alice_shop"],"shortuser":"app","user":"alice_app"}]`,
		"Mysql::get_restrictions?":                              `{"max_database_name_length":64,"max_username_length":32,"prefix":"alice_"}`,
		"Postgresql::list_users?":                               `["alice_app"]`,
		"PasswdStrength::get_required_strength?app=mysql":       `{"strength":65}`,
	} {
		name, form, _ := strings.Cut(call, "?")
		data, complaint := execute(t, s, name, form)
		if got := string(encode(data)); got != want {
			t.Errorf("%s: %s %s\nwant %s", call, got, complaint, want)
		}
	}
}

func TestFunctionsVanishWithTheirRole(t *testing.T) {
	t.Parallel()
	s := startServer(t, serviceInventory("11.136.0.4"))
	functions := map[string]string{
		roleMail: "Email::list_pops", roleFTP: "Ftp::list_ftp", roleMySQL: "Mysql::list_users",
		rolePostgreSQL: "Postgresql::list_users", roleWebDisk: "WebDisk::set_password",
	}
	for _, role := range roles {
		if err := s.SetPolicies(func(p *Policies) { p.DisabledRoles = []string{role} }); err != nil {
			t.Fatal(err)
		}
		for owner, name := range functions {
			_, complaint := execute(t, s, name, "")
			if missing := strings.Contains(complaint, "could not find the function"); missing != (owner == role) {
				t.Errorf("without %s, %s: %q", role, name, complaint)
			}
		}
	}
}

func TestVerifyPassword(t *testing.T) {
	t.Parallel()
	inv := serviceInventory("11.136.0.4")
	inv.Policies.CPHulk.Enabled = true
	s := startServer(t, inv)
	verify := func(address, password string) float64 {
		t.Helper()
		data, complaint := execute(t, s, "Email::verify_password", query("email", address, "password", password))
		if complaint != "" {
			t.Fatal(complaint)
		}
		return as[float64](t, data)
	}
	right := verify("info@alice.example", boxPassword)
	wrong, suspended := verify("info@alice.example", "wrong"), verify("old@alice.example", boxPassword+"-old")
	if failed := s.Ledger().FailedLogins; right != 1 || wrong != 0 || suspended != 0 || len(failed) != 0 {
		t.Errorf("right %v, wrong %v, suspended %v, failed logins %v", right, wrong, suspended, failed)
	}
	if err := s.SetUnverified(Unverified{VerifyFeedsCPHulk: yes}); err != nil {
		t.Fatal(err)
	}
	for _, guess := range []string{"a", "b", "c", "d", "e"} {
		verify("info@alice.example", guess)
	}
	failed := s.Ledger().FailedLogins
	if len(failed) != 5 || failed[0].Kind != KindMailbox || !failed[4].Counted || failed[4].User != "info@alice.example" {
		t.Errorf("failed logins: %+v", failed)
	}
	if got := callWHM(t, s, "gethostname", "", basic("root", rootPassword)); got.status != 403 {
		t.Errorf("five guesses did not block the address: %d", got.status)
	}
}

func TestPasswd(t *testing.T) {
	t.Parallel()
	s := startServer(t, serviceInventory("11.136.0.4"))
	root := key("root", rootToken)
	got := callWHM(t, s, "passwd", query("user", "alice", "password", strongPassword, "db_pass_update", "0"), root)
	if result, reason := got.result(t); result != 1 || reason != "Password changed for user “alice”." {
		t.Errorf("%v %s", result, reason)
	}
	if apps := as[[]any](t, got.data(t)["app"]); len(apps) == 0 || apps[0] != "system" {
		t.Errorf("app: %v", apps)
	}
	if !s.Authenticates("alice", KindPassword, strongPassword) || !s.Authenticates("alice", KindMySQL, "own-battery-staple") {
		t.Error("db_pass_update=0 changed the wrong things")
	}
	mustSucceed(t, s, "passwd", query("user", "alice", "password", strongPassword+"2"), root)
	if !s.Authenticates("alice", KindMySQL, strongPassword+"2") || !s.Authenticates("alice_app", KindMySQL, mysqlPassword) {
		t.Error("passwd without db_pass_update left the account's own database user alone")
	}
	for form, want := range map[string]string{
		"user=alice&password=secret":                       "Please select a password with strength rating of 65 or higher",
		"user=nobody&" + query("password", strongPassword): "You do not have a user named “nobody”",
		"user=alice": "“password” is required",
		"db_pass_update=true&user=alice&password=irrelevant1": "must be 1 or 0",
	} {
		if result, reason := callWHM(t, s, "passwd", form, root).result(t); result != 0 || !strings.Contains(reason, want) {
			t.Errorf("%s: %v %q", form, result, reason)
		}
	}
	reseller := basic("res", resPassword)
	if result, _ := callWHM(t, s, "passwd", query("user", "alice", "password", strongPassword), reseller).result(t); result != 0 {
		t.Error("a reseller without the privilege set a password")
	}
}

func TestPasswdEndsSessionsOfRoot(t *testing.T) {
	t.Parallel()
	for release, ends := range map[string]bool{"11.116.0.1": false, "11.118.0.4": true} {
		s := startServer(t, serviceInventory(release))
		_, cookie, prefix := login(t, s, s.WHMURL(), query("user", "root", "pass", rootPassword))
		mustSucceed(t, s, "passwd", query("user", "root", "password", strongPassword), key("root", rootToken))
		got := get(t, s, s.WHMURL()+prefix+"/json-api/gethostname?api.version=1", with("Cookie", cookie))
		if (got.status == 403) != ends {
			t.Errorf("%s: a session of root after passwd gets %d", release, got.status)
		}
	}
}

func TestReplacedPasswordMayLinger(t *testing.T) {
	t.Parallel()
	inv := serviceInventory("11.136.0.4")
	inv.Unverified = Unverified{OldPasswordDiesAfter: Duration(2 * time.Minute), NewPasswordUsableAfter: Duration(5 * time.Second)}
	s := startServer(t, inv)
	if _, complaint := execute(t, s, "Mysql::set_password", query("user", "alice_app", "password", strongPassword)); complaint != "" {
		t.Fatal(complaint)
	}
	works := func(old, fresh bool) {
		t.Helper()
		if s.Authenticates("alice_app", KindMySQL, mysqlPassword) != old || s.Authenticates("alice_app", KindMySQL, strongPassword) != fresh {
			t.Errorf("want old %v, new %v", old, fresh)
		}
	}
	works(true, false)
	s.Advance(5 * time.Second)
	works(true, true)
	s.Advance(2 * time.Minute)
	works(false, true)
}

func TestPasswordStrength(t *testing.T) {
	t.Parallel()
	s := startServer(t, serviceInventory("11.136.0.4"))
	root := key("root", rootToken)
	weak := as[float64](t, mustSucceed(t, s, "get_password_strength", "password=abc123", root)["strength"])
	strong := as[float64](t, mustSucceed(t, s, "get_password_strength", query("password", strongPassword), root)["strength"])
	if weak >= 65 || strong != 100 {
		t.Errorf("weak %v, strong %v", weak, strong)
	}
	if err := s.SetPolicies(func(p *Policies) { p.PasswordStrength = map[string]int{"mysql": 80, strengthDefault: 50} }); err != nil {
		t.Fatal(err)
	}
	for release, has := range map[string]string{"11.134.0.1": "cpaddons", "11.136.0.4": "ftp"} {
		if err := s.SetVersion(release); err != nil {
			t.Fatal(err)
		}
		data := mustSucceed(t, s, "getminimumpasswordstrengths", "", root)
		if data["mysql"] != 80.0 || data["passwd"] != 50.0 || data[has] != 50.0 || len(data) != 9 {
			t.Errorf("%s: %v", release, data)
		}
	}
	if data := mustSucceed(t, s, "getminimumpasswordstrengths", "name=mysql", root); len(data) != 1 || data["mysql"] != 80.0 {
		t.Errorf("one application: %v", data)
	}
}
