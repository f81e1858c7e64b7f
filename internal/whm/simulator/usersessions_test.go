// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
)

// openWebmail posts a prepared session to Webmail, as the vendor's form does.
func openWebmail(t *testing.T, s *Server, data map[string]any) (status int, cookie, token string) {
	t.Helper()
	token = as[string](t, data["token"])
	got, err := try(t, s, s.WebmailURL()+token+"/login", query("session", as[string](t, data["session"])))
	if err != nil {
		t.Fatal(err)
	}
	cookie, _, _ = strings.Cut(got.header.Get("Set-Cookie"), ";")
	return got.status, cookie, token
}

func TestWebmailSessions(t *testing.T) {
	t.Parallel()
	s := startServer(t, serviceInventory("11.136.0.4"))
	box := "login=info&domain=alice.example"
	for name, call := range map[string]struct {
		form  string
		opens bool
	}{
		"mail_user":                {box, true},
		"mail_user_check_password": {box + "&" + query("password", boxPassword), true},
		"self":                     {"", true},
		"mail_user?elsewhere":      {box + "&remote_address=192.0.2.1", false},
	} {
		function, _, _ := strings.Cut(name, "?")
		data, complaint := execute(t, s, "Session::create_webmail_session_for_"+function, call.form)
		if complaint != "" {
			t.Fatalf("%s: %s", name, complaint)
		}
		answer := as[map[string]any](t, data)
		if hostname, ok := answer["hostname"]; !ok || hostname != nil || len(answer) != 3 {
			t.Errorf("%s: %v", name, answer)
		}
		user := "info@alice.example"
		if name == "self" {
			user = "alice"
		}
		session := as[string](t, answer["session"])
		if !s.SessionStands(user, session) || s.Authenticates(user, KindSession, session) {
			t.Errorf("%s: a session that was not opened stands, and is no login yet", name)
		}
		status, cookie, token := openWebmail(t, s, answer)
		if (status == http.StatusMovedPermanently) != call.opens {
			t.Errorf("%s: opening gives %d", name, status)
		}
		home := get(t, s, s.WebmailURL()+token+"/", with("Cookie", cookie))
		if (home.status == http.StatusOK) != call.opens || s.Authenticates(user, KindSession, session) != call.opens {
			t.Errorf("%s: home page gives %d", name, home.status)
		}
	}
	for name, form := range map[string]string{
		"mail_user": "login=nobody&domain=alice.example", "mail_user?suspended": "login=old&domain=alice.example",
		"mail_user_check_password": box + "&password=wrong", "mail_user?address": box + "&remote_address=here",
		"mail_user?none": "",
	} {
		function, _, _ := strings.Cut(name, "?")
		if _, complaint := execute(t, s, "Session::create_webmail_session_for_"+function, form); complaint == "" {
			t.Errorf("%s: not refused", name)
		}
	}
}

func TestMailboxPasswordOpensWebmail(t *testing.T) {
	t.Parallel()
	s := startServer(t, serviceInventory("11.136.0.4"))
	for user, password := range map[string]string{"info@alice.example": boxPassword, "alice": accPassword} {
		got, _, prefix := login(t, s, s.WebmailURL(), query("user", user, "pass", password))
		if got.status != http.StatusMovedPermanently || prefix == "" {
			t.Errorf("%s: %d", user, got.status)
		}
	}
	if got, _, _ := login(t, s, s.WebmailURL(), query("user", "old@alice.example", "pass", boxPassword+"-old")); got.status != 401 {
		t.Errorf("a suspended mailbox logs in: %d", got.status)
	}
	if got, _, _ := login(t, s, s.CPanelURL(), query("user", "info@alice.example", "pass", boxPassword)); got.status != 401 {
		t.Errorf("a mailbox opens cPanel: %d", got.status)
	}
}

func TestTempUserDiesWithItsSession(t *testing.T) {
	t.Parallel()
	s := startServer(t, serviceInventory("11.136.0.4"))
	if _, complaint := execute(t, s, "Session::create_temp_user", ""); !strings.Contains(complaint, "inside a cPanel session") {
		t.Errorf("without a session: %q", complaint)
	}
	_, cookie, prefix := login(t, s, s.CPanelURL(), query("user", "alice", "pass", accPassword))
	create := func() map[string]any {
		t.Helper()
		got := get(t, s, s.CPanelURL()+prefix+"/execute/Session/create_temp_user", with("Cookie", cookie))
		return got.data(t)
	}
	first, again := create(), create()
	name := as[string](t, first["session_temp_user"])
	if !regexp.MustCompile(`^cpses_al[A-Za-z0-9]{8}$`).MatchString(name) || first["created"] != 1.0 || again["created"] != 0.0 || again["session_temp_user"] != name {
		t.Errorf("first %v, again %v", first, again)
	}
	s.Advance(10 * time.Minute)
	if !s.Authenticates("alice", KindTempUser, name) {
		t.Error("died before its session")
	}
	get(t, s, s.CPanelURL()+prefix+"/", with("Cookie", cookie))
	s.Advance(10 * time.Minute)
	if !s.Authenticates("alice", KindTempUser, name) {
		t.Error("keeping the session alive did not keep it alive")
	}
	s.Advance(6 * time.Minute)
	if s.Authenticates("alice", KindTempUser, name) {
		t.Error("outlived its session")
	}
}

func TestSessionLog(t *testing.T) {
	t.Parallel()
	s := startServer(t, serviceInventory("11.136.0.4"))
	_, cookie, prefix := login(t, s, s.CPanelURL(), query("user", "alice", "pass", accPassword))
	get(t, s, s.CPanelURL()+prefix+"/logout", with("Cookie", cookie))
	login(t, s, s.WHMURL(), query("user", "root", "pass", rootPassword))
	mustSucceed(t, s, "passwd", query("user", "root", "password", strongPassword), key("root", rootToken))
	mustSucceed(t, s, "create_user_session", "user=alice&service=cpaneld", key("root", rootToken))
	s.Advance(16 * time.Minute)
	_, cookie, _ = login(t, s, s.CPanelURL(), query("user", "alice", "pass", accPassword))
	for range 3 {
		get(t, s, s.CPanelURL()+"/cpsess1234567890/execute/SSH/get_port", with("Cookie", cookie))
	}
	lines := s.Ledger().SessionLog
	for i, want := range []string{
		`info \[cpaneld\] 127\.0\.0\.1 NEW alice:[0-9a-f]{16} address=127\.0\.0\.1,app=cpaneld,creator=alice,method=handle_form_login,path=form,possessed=0`,
		`info \[cpaneld\] 127\.0\.0\.1 PURGE alice:[0-9a-f]{16} logout`,
		`info \[whostmgrd\] 127\.0\.0\.1 NEW root:[0-9a-f]{16} address=127\.0\.0\.1,app=whostmgrd,creator=root,method=handle_form_login,path=form,possessed=0`,
		`info \[security\] internal PURGE root:[0-9a-f]{16} password_change`,
		`info \[cpaneld\] 127\.0\.0\.1 NEW alice:[0-9a-f]{16} address=127\.0\.0\.1,app=cpaneld,creator=root,method=create_user_session,path=form,possessed=1`,
		`info \[security\] internal PURGE alice:[0-9a-f]{16} expired`,
		`info \[cpaneld\] 127\.0\.0\.1 NEW alice:[0-9a-f]{16} address=127\.0\.0\.1,app=cpaneld,creator=alice,method=handle_form_login,path=form,possessed=0`,
		`info \[cpaneld\] 127\.0\.0\.1 PURGE alice:[0-9a-f]{16} tokendenied \[Too many token failures \(3/3\)\]`,
	} {
		form := regexp.MustCompile(`^\[[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8} \+0000\] ` + want + `$`)
		if i >= len(lines) || !form.MatchString(lines[i]) {
			t.Fatalf("line %d does not match %s\n%s", i, want, strings.Join(lines, "\n"))
		}
	}
	if len(lines) != 8 {
		t.Errorf("%d lines:\n%s", len(lines), strings.Join(lines, "\n"))
	}
}
