// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/whm-credentials/operator/internal/whm/simulator"
)

const strongPassword = `wB7.narrow-Lantern&40+%25`

// simulateServices is simulate with a user of every service for bob.
func simulateServices(t *testing.T, release string, u simulator.Unverified) (*simulator.Server, *Client) {
	t.Helper()
	s, root := simulate(t, release, u)
	noError(t, s.Update(func(inv *simulator.Inventory) {
		inv.Accounts["bob"] = simulator.Account{
			Domain: "bob.example", Password: "old",
			Mailboxes:       map[string]simulator.Mailbox{"info@bob.example": {Password: "old"}},
			FTPUsers:        map[string]simulator.FTPUser{"deploy@bob.example": {Password: "old"}},
			WebDiskUsers:    map[string]simulator.WebDiskUser{"disk@bob.example": {Password: "old"}},
			MySQLUsers:      map[string]simulator.DatabaseUser{"bob": {Password: "old"}, "bob_app": {Password: "old", Databases: []string{"bob_x"}}},
			PostgreSQLUsers: map[string]simulator.DatabaseUser{"bob_app": {Password: "old"}},
		}
	}))
	return s, root
}

func TestPasswordsOnEveryKindOfServer(t *testing.T) {
	t.Parallel()
	settings := simulator.Matrix("weakPasswordWord", "setPasswordData", "verifyFeedsCPHulk", "cpanelAnswer", "resultAsString")
	for _, release := range []string{"11.54.0.36", "11.136.0.4"} {
		for _, setting := range settings {
			t.Run(release+"/"+setting.Name, func(t *testing.T) {
				t.Parallel()
				s, root := simulateServices(t, release, setting.Unverified)
				setEveryPassword(t, s, root)
				askAboutServices(t, root)
			})
		}
	}
}

func setEveryPassword(t *testing.T, s *simulator.Server, root *Client) {
	t.Helper()
	ctx := t.Context()
	for _, user := range []struct {
		kind simulator.Kind
		name string
		set  func(password Secret) error
	}{
		{simulator.KindPassword, "bob", func(p Secret) error { _, err := root.Passwd(ctx, "bob", p, false); return err }},
		{simulator.KindMailbox, "info@bob.example", func(p Secret) error { return root.PasswdPop(ctx, "bob", "info", "bob.example", p) }},
		{simulator.KindFTP, "deploy@bob.example", func(p Secret) error { return root.FTPPasswd(ctx, "bob", "deploy", "", p) }},
		{simulator.KindWebDisk, "disk@bob.example", func(p Secret) error {
			return root.WebDiskSetPassword(ctx, "bob", "disk@bob.example", p, false)
		}},
		{simulator.KindMySQL, "bob_app", func(p Secret) error { _, err := root.MySQLSetPassword(ctx, "bob", "bob_app", p); return err }},
		{simulator.KindPostgreSQL, "bob_app", func(p Secret) error { return root.PostgreSQLSetPassword(ctx, "bob", "bob_app", p) }},
	} {
		err := user.set(NewSecret("weak"))
		equal(t, "weak for "+string(user.kind), errors.Is(err, ErrPasswordTooWeak) && !MayHaveApplied(err), true)
		equal(t, "old "+string(user.kind), s.Authenticates(user.name, user.kind, "old"), true)
		for range 2 {
			noError(t, user.set(NewSecret(strongPassword)))
		}
		equal(t, "new "+string(user.kind), s.Authenticates(user.name, user.kind, strongPassword), true)
	}
	equal(t, "database of the account, not asked for", s.Authenticates("bob", simulator.KindMySQL, "old"), true)
	services, err := root.Passwd(ctx, "bob", NewSecret(strongPassword), true)
	noError(t, err)
	equal(t, "services", strings.Join(services, " "), "system ftp mail mySQL")
	equal(t, "database of the account, asked for", s.Authenticates("bob", simulator.KindMySQL, strongPassword), true)
	_, err = root.Passwd(ctx, "ghost", NewSecret(strongPassword), false)
	equal(t, "unknown account", errors.Is(err, ErrAccountUnknown), true)
}

func askAboutServices(t *testing.T, root *Client) {
	t.Helper()
	ctx := t.Context()
	for password, want := range map[string]bool{strongPassword: true, "old": false} {
		right, err := root.VerifyMailPassword(ctx, "bob", "info@bob.example", NewSecret(password))
		noError(t, err)
		equal(t, "verified", right, want)
	}
	boxes, err := root.ListPops(ctx, "bob")
	noError(t, err)
	equal(t, "mailboxes", len(boxes) == 1 && boxes[0] == Mailbox{Address: "info@bob.example"}, true)
	ftp, err := root.ListFTP(ctx, "bob")
	noError(t, err)
	equal(t, "FTP users", len(ftp) == 4 && ftp[3] == FTPUser{User: "deploy@bob.example", Type: FTPSub, HomeDir: "/home/bob/public_html"}, true)
	mysql, err := root.MySQLUsers(ctx, "bob")
	noError(t, err)
	equal(t, "MySQL users", len(mysql) == 1 && mysql[0].Name == "bob_app" && mysql[0].ShortName == "app" && mysql[0].Databases[0] == "bob_x", true)
	postgresql, err := root.PostgreSQLUsers(ctx, "bob")
	noError(t, err)
	equal(t, "PostgreSQL users", strings.Join(postgresql, " "), "bob_app")
	rules, err := root.MySQLRestrictions(ctx, "bob")
	noError(t, err)
	equal(t, "restrictions", rules, MySQLRestrictions{Prefix: "bob_", MaxUsernameLength: 32})
	rating, err := root.PasswordStrength(ctx, NewSecret(strongPassword))
	noError(t, err)
	least, err := root.MinimumPasswordStrengths(ctx)
	noError(t, err)
	needed, err := root.RequiredPasswordStrength(ctx, "bob", "mysql")
	noError(t, err)
	equal(t, "strength", rating >= needed && needed == least["mysql"] && needed == 65, true)
}

func TestServicesThatTheServerLacks(t *testing.T) {
	t.Parallel()
	s, root := simulateServices(t, "11.136.0.4", simulator.Unverified{})
	noError(t, s.SetPolicies(func(p *simulator.Policies) {
		p.DisabledRoles = []string{"Receive Mail", "FTP", "MySQL", "PostgreSQL", "Web Disk"}
	}))
	for name, set := range passwordSetters {
		err := set(t, root)
		equal(t, name, IsUnsupported(err) && !MayHaveApplied(err), name != "passwd")
	}
}

func TestWebmailSessionOfTheSimulator(t *testing.T) {
	t.Parallel()
	for _, release := range []string{"11.84.0.1", "11.136.0.4"} {
		s, root := simulateServices(t, release, simulator.Unverified{})
		in := CreateWebmailSessionInput{Login: "info", Domain: "bob.example", RemoteAddress: "127.0.0.1"}
		_, err := root.CreateWebmailSessionCheckPassword(t.Context(), "bob", in, NewSecret("wrong"))
		equal(t, "wrong password", IsRefused(err) && !MayHaveApplied(err), true)
		checked, err := root.CreateWebmailSessionCheckPassword(t.Context(), "bob", in, NewSecret("old"))
		noError(t, err)
		unchecked, err := root.CreateWebmailSession(t.Context(), "bob", in)
		noError(t, err)
		for _, session := range []WebmailSession{checked, unchecked} {
			equal(t, "signed in", openWebmail(t, root, s, session), http.StatusMovedPermanently)
			equal(t, "signed in twice", openWebmail(t, root, s, session), http.StatusUnauthorized)
		}
	}
}

// openWebmail posts the form as a browser does, to the simulator's own port.
func openWebmail(t *testing.T, c *Client, s *simulator.Server, session WebmailSession) int {
	t.Helper()
	link, err := url.Parse(session.URL("127.0.0.1").Reveal())
	noError(t, err)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.WebmailURL()+link.Path, strings.NewReader(session.Form().Reveal()))
	noError(t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := c.sender.wire.fresh.RoundTrip(r)
	noError(t, err)
	_, _ = io.Copy(io.Discard, answer.Body)
	noError(t, answer.Body.Close())
	return answer.StatusCode
}

func TestTempUserOfTheSimulator(t *testing.T) {
	t.Parallel()
	for _, setting := range simulator.Matrix("tempUserAgain", "tempUserOutsideSession", "sessionDeniedForm", "sessionBoundTo") {
		t.Run(setting.Name, func(t *testing.T) {
			t.Parallel()
			s, root := simulateServices(t, "11.136.0.4", setting.Unverified)
			session, err := root.CreateUserSession(t.Context(), CreateUserSessionInput{User: "bob", Service: ServiceCPanel})
			noError(t, err)
			cpanel := simulated(t, s, s.CPanelURL(), WithUserSession(session))
			live, err := cpanel.OpenUserSession(t.Context(), session)
			noError(t, err)
			inside := simulated(t, s, s.CPanelURL(), WithLiveSession(live))
			user, err := inside.CreateTempUser(t.Context())
			noError(t, err)
			equal(t, "created", user.Created && strings.HasPrefix(user.Name.Reveal(), "cpses_bo"), true)
			again, err := inside.CreateTempUser(t.Context())
			noError(t, err)
			equal(t, "another one", again.Created, !again.Name.Equal(user.Name))

			outside := simulated(t, s, s.CPanelURL(), WithPassword("bob", NewSecret("old")))
			_, err = outside.CreateTempUser(t.Context())
			equal(t, "outside", err == nil, setting.Name == "tempUserOutsideSession=allow")
			noError(t, cpanel.EndSession(t.Context(), live))
			_, err = inside.CreateTempUser(t.Context())
			equal(t, "ended", IsUnauthenticated(err) && !MayHaveApplied(err), true)
		})
	}
}

func TestStoreLoginOfTheSimulator(t *testing.T) {
	t.Parallel()
	for _, setting := range simulator.Matrix("storePayload", "loginTokenSingleUse", "resultAsString") {
		t.Run(setting.Name, func(t *testing.T) {
			t.Parallel()
			s, root := simulate(t, "11.136.0.4", setting.Unverified)
			link, err := root.LoginURL(t.Context(), ProviderStore, backFromStore)
			noError(t, err)
			equal(t, "link", strings.Contains(link, url.QueryEscape(backFromStore)), true)
			value, err := s.IssueStoreLogin(ProviderStore, backFromStore)
			noError(t, err)
			in := ValidateLoginTokenInput{Provider: ProviderStore, LoginToken: NewSecret(value), URLAfterLogin: backFromStore}
			tokens, err := root.ValidateLoginToken(t.Context(), in)
			noError(t, err)
			equal(t, "access", s.Authenticates("root", simulator.KindStoreAccess, tokens.Access.Reveal()), true)
			equal(t, "refresh", s.Authenticates("root", simulator.KindStoreRefresh, tokens.Refresh.Reveal()), true)
			_, err = root.ValidateLoginToken(t.Context(), in)
			equal(t, "again", err == nil, setting.Name == "loginTokenSingleUse=false")
		})
	}
	_, old := simulate(t, "11.60.0.1", simulator.Unverified{})
	_, err := old.LoginURL(t.Context(), ProviderStore, backFromStore)
	equal(t, "before 62", IsUnsupported(err), true)
}

func TestSecondFactorOfTheSimulator(t *testing.T) {
	t.Parallel()
	for _, setting := range simulator.Matrix("wrongSetupCode", "resultAsString") {
		t.Run(setting.Name, func(t *testing.T) {
			t.Parallel()
			s, root := simulate(t, "11.136.0.4", setting.Unverified)
			ctx := t.Context()
			proposed, err := root.GenerateTFAConfig(ctx)
			noError(t, err)
			code := func(at time.Time) Secret {
				code, err := totp.GenerateCode(proposed.Secret.Reveal(), at)
				noError(t, err)
				return NewSecret(code)
			}
			err = root.SetTFAConfig(ctx, proposed.Secret, code(s.Now().Add(-time.Hour)))
			equal(t, "wrong clock", errors.Is(err, ErrWrongCode) && IsInvalidInput(err) && !MayHaveApplied(err), true)
			equal(t, "the server's clock", s.Now().Sub(wantError(t, err).ServerTime).Abs() < time.Minute, true)
			for _, want := range []bool{false, true} {
				configs, err := root.TFAUserConfigs(ctx, "root")
				noError(t, err)
				equal(t, "enabled", configs["root"].Enabled, want)
				noError(t, root.SetTFAConfig(ctx, proposed.Secret, code(s.Now())))
			}
			equal(t, "in force", s.Authenticates("root", simulator.KindTOTP, proposed.Secret.Reveal()), true)
			for range 2 {
				noError(t, root.RemoveTFA(ctx, "root"))
			}
			equal(t, "removed", s.Authenticates("root", simulator.KindTOTP, proposed.Secret.Reveal()), false)
			equal(t, "a stranger", IsRefused(root.RemoveTFA(ctx, "ghost")), true)
			on, err := root.TFAPolicyStatus(ctx)
			noError(t, err)
			own, all, err := root.TFAIssuer(ctx)
			noError(t, err)
			equal(t, "policy and issuers", on && own == all && own == "server.example.com", true)
		})
	}
}
