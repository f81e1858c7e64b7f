// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"errors"
	"maps"
	"net/url"
	"strings"
	"testing"
)

// newPassword holds what a form, a JSON text and a web page escape.
var newPassword = NewSecret(`n&w=+ %41"<b>ß`)

const weak = `Sorry, the password cannot be used because it is too weak and would be too easy to crack. Please select a password with strength rating of 65 or higher.`

func TestPasswd(t *testing.T) {
	t.Parallel()
	for database, want := range map[bool]string{false: "0", true: "1"} {
		f := serve(t, replyWith(200, `{"metadata":{"result":1,"reason":"Password changed for user “bob”."},"data":{"app":["system","ftp"]}}`))
		services, err := clientFor(t, f).Passwd(t.Context(), "bob", newPassword, database)
		noError(t, err)
		equal(t, "services", strings.Join(services, " "), "system ftp")
		sent := f.only(t)
		equal(t, "target", sent.method+" "+sent.target, "POST /json-api/passwd")
		equal(t, "body", sent.body, url.Values{
			"api.version": {"1"}, "user": {"bob"}, "password": {newPassword.Reveal()}, "db_pass_update": {want},
		}.Encode())
	}
}

func TestPasswdSucceedsWithoutAReadableList(t *testing.T) {
	t.Parallel()
	for data, want := range map[string]int{
		``: 0, `,"data":null`: 0, `,"data":{}`: 0, `,"data":{"app":null}`: 0, `,"data":{"app":{}}`: 0, `,"data":[]`: 0,
		`,"data":{"app":[{"app":"system"}]}`: 0, `,"data":{"app":"system\nftp"}`: 2, `,"data":{"app":["system",""]}`: 1,
	} {
		services, err := answering(t, 200, `{"metadata":{"result":1}`+data+`}`).Passwd(t.Context(), "bob", newPassword, false)
		noError(t, err)
		equal(t, data, len(services), want)
	}
}

func TestPasswdFailures(t *testing.T) {
	t.Parallel()
	for reason, tc := range map[string]struct {
		class Class
		cause error
	}{
		`API failure: (XID abc123) ` + weak:        {ClassInvalidInput, ErrPasswordTooWeak},
		strings.Repeat(`a long name `, 30) + weak:  {ClassInvalidInput, ErrPasswordTooWeak},
		`(XID a) You do not have a user named “b”`: {ClassInvalidInput, ErrAccountUnknown},
		`Permission denied`:                        {ClassForbidden, nil},
		`No.`:                                      {ClassRefused, nil},
	} {
		_, err := answering(t, 200, `{"metadata":{"result":0,"reason":"`+reason+`"}}`).Passwd(t.Context(), "bob", newPassword, false)
		e := wantError(t, err)
		equal(t, reason, e.Class, tc.class)
		equal(t, reason+": cause", errors.Unwrap(e), tc.cause)
		equal(t, reason+": may have applied", e.MayHaveApplied, false)
	}
	_, err := answering(t, 200, `{"metadata":{"result":2}}`).Passwd(t.Context(), "bob", newPassword, false)
	equal(t, "not understood", IsMalformed(err) && MayHaveApplied(err), true)
}

func TestPasswordsRefuseBeforeSending(t *testing.T) {
	t.Parallel()
	f := serve(t, replyWith(200, uapiDone))
	c, ctx, none := clientFor(t, f), t.Context(), Secret{}
	_, noUser := c.Passwd(ctx, "", newPassword, false)
	_, badUser := c.Passwd(ctx, "b ob", newPassword, false)
	_, noPassword := c.Passwd(ctx, "bob", none, false)
	_, nothingToRate := c.PasswordStrength(ctx, none)
	_, noMySQLUser := c.MySQLSetPassword(ctx, "bob", "", newPassword)
	_, noAddress := c.VerifyMailPassword(ctx, "bob", "", newPassword)
	_, nothingToVerify := c.VerifyMailPassword(ctx, "bob", "info@bob.example", none)
	for want, err := range map[string]error{
		"whm: passwd: invalid input: the user name is empty or contains a space, a colon or a control character": errors.Join(noUser, badUser),
		"whm: passwd: invalid input: the password is empty":                                                      noPassword,
		"whm: get_password_strength: invalid input: the password is empty":                                       nothingToRate,
		"whm: Email::passwd_pop: invalid input: the parameter email is empty":                                    c.PasswdPop(ctx, "bob", "", "", newPassword),
		"whm: Email::passwd_pop: invalid input: the parameter password is empty":                                 c.PasswdPop(ctx, "bob", "info", "", none),
		"whm: Email::passwd_pop: invalid input: the account name is empty":                                       c.PasswdPop(ctx, "", "info", "", newPassword),
		"whm: Email::verify_password: invalid input: the address or the password is empty":                       errors.Join(noAddress, nothingToVerify),
		"whm: Ftp::passwd: invalid input: the parameter pass is empty":                                           c.FTPPasswd(ctx, "bob", "deploy", "", none),
		"whm: Ftp::passwd: invalid input: the parameter user is empty":                                           c.FTPPasswd(ctx, "bob", "", "", newPassword),
		"whm: WebDisk::set_password: invalid input: the parameter user is empty":                                 c.WebDiskSetPassword(ctx, "bob", "", newPassword, false),
		"whm: Mysql::set_password: invalid input: the parameter user is empty":                                   noMySQLUser,
		"whm: Postgresql::set_password: invalid input: the parameter password is empty":                          c.PostgreSQLSetPassword(ctx, "bob", "bob_app", none),
	} {
		if err == nil {
			t.Errorf("%s: no error", want)
			continue
		}
		for line := range strings.SplitSeq(err.Error(), "\n") {
			equal(t, line, strings.HasPrefix(line, want), true)
		}
		equal(t, want, IsInvalidInput(err) && !MayHaveApplied(err), true)
	}
	equal(t, "requests", len(f.requests()), 0)
}

// passwordSetters are the functions that set a password of a user of bob.
var passwordSetters = map[string]func(t *testing.T, c *Client) error{
	"passwd": func(t *testing.T, c *Client) error {
		_, err := c.Passwd(t.Context(), "bob", newPassword, false)
		return err
	},
	"Email::passwd_pop": func(t *testing.T, c *Client) error {
		return c.PasswdPop(t.Context(), "bob", "info", "bob.example", newPassword)
	},
	"Ftp::passwd": func(t *testing.T, c *Client) error {
		return c.FTPPasswd(t.Context(), "bob", "deploy", "", newPassword)
	},
	"WebDisk::set_password": func(t *testing.T, c *Client) error {
		return c.WebDiskSetPassword(t.Context(), "bob", "disk@bob.example", newPassword, true)
	},
	"Mysql::set_password": func(t *testing.T, c *Client) error {
		_, err := c.MySQLSetPassword(t.Context(), "bob", "bob_app", newPassword)
		return err
	},
	"Postgresql::set_password": func(t *testing.T, c *Client) error {
		return c.PostgreSQLSetPassword(t.Context(), "bob", "bob_app", newPassword)
	},
}

func TestSettersSendThePasswordOnceAndInTheBody(t *testing.T) {
	t.Parallel()
	for function, want := range map[string]url.Values{
		"Email::passwd_pop":        {"email": {"info"}, "domain": {"bob.example"}, "password": {newPassword.Reveal()}},
		"Ftp::passwd":              {"user": {"deploy"}, "pass": {newPassword.Reveal()}},
		"WebDisk::set_password":    {"user": {"disk@bob.example"}, "password": {newPassword.Reveal()}, "enabledigest": {"1"}},
		"Mysql::set_password":      {"user": {"bob_app"}, "password": {newPassword.Reveal()}},
		"Postgresql::set_password": {"user": {"bob_app"}, "password": {newPassword.Reveal()}},
	} {
		f := serve(t, replyWith(200, uapiShapes["uapi_cpanel"](`{"status":1,"data":null,"errors":null}`)))
		noError(t, passwordSetters[function](t, clientFor(t, f)))
		sent := f.only(t)
		module, name, _ := strings.Cut(function, "::")
		maps.Copy(want, url.Values{"api.version": {"1"}, "cpanel.user": {"bob"}, "cpanel.module": {module}, "cpanel.function": {name}})
		equal(t, function, sent.method+" "+sent.target+" "+sent.body, "POST /json-api/uapi_cpanel "+want.Encode())
	}
}

func TestSettersFail(t *testing.T) {
	t.Parallel()
	uapiFailed := func(reason string) string {
		return uapiShapes["uapi_cpanel"](`{"status":0,"errors":["` + reason + `"]}`)
	}
	lost, _ := rawServer(t, sendAndClose(""))
	for name, set := range passwordSetters {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := uapiFailed(weak)
			if name == "passwd" {
				body = `{"metadata":{"result":0,"reason":"` + weak + `"}}`
			}
			e := wantError(t, set(t, answering(t, 200, body)))
			equal(t, "weak", errors.Is(e, ErrPasswordTooWeak) && e.Class == ClassInvalidInput && !e.MayHaveApplied, true)
			equal(t, "function", e.Function, name)

			e = wantError(t, set(t, clientWith(t, lost, WithAPIToken("root", NewSecret(testToken)))))
			equal(t, "lost", e.Class == ClassUnavailable && e.MayHaveApplied, true)

			equal(t, "missing", ClassOf(set(t, answering(t, 200, strings.ReplaceAll(proxyMissing, "uapi_cpanel", name)))), ClassUnsupported)
			err := set(t, answering(t, 502, ``))
			equal(t, "gateway", IsUnavailable(err) && MayHaveApplied(err), true)
		})
	}
}

func TestErrorsDoNotQuotePasswords(t *testing.T) {
	t.Parallel()
	echo := `The value n&w=+ %41\"<b>ß, n%26w%3D%2B+%2541%22%3Cb%3E%C3%9F, n&amp;w=+ %41&#34;&lt;b&gt;ß is odd`
	uapi := answering(t, 200, uapiShapes["wrapped"](`{"status":0,"errors":["`+echo+`"]}`))
	plain := answering(t, 200, `{"metadata":{"result":0,"reason":"`+echo+`"}}`)
	calls := map[string]func(c *Client) error{
		"get_password_strength": func(c *Client) error { _, err := c.PasswordStrength(t.Context(), newPassword); return err },
		"Email::verify_password": func(c *Client) error {
			_, err := c.VerifyMailPassword(t.Context(), "bob", "info@bob.example", newPassword)
			return err
		},
	}
	for name, set := range passwordSetters {
		calls[name] = func(c *Client) error { return set(t, c) }
	}
	for name, do := range calls {
		c := plain
		if strings.Contains(name, "::") {
			c = uapi
		}
		equal(t, name, wantError(t, do(c)).Reason, "The value [redacted], [redacted], [redacted] is odd")
	}
}

func TestPasswordStrengths(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]int{`0`: 0, `65`: 65, `"100"`: 100, `""`: 0} {
		body := `{"strength":` + value + `}`
		got, err := answering(t, 200, `{"metadata":{"result":1},"data":`+body+`}`).PasswordStrength(t.Context(), newPassword)
		noError(t, err)
		equal(t, value, got, want)
		got, err = answering(t, 200, uapiShapes["cpanel, metadata and data"](`{"status":1,"data":`+body+`}`)).
			RequiredPasswordStrength(t.Context(), "bob", "mysql")
		noError(t, err)
		equal(t, value, got, want)
	}
	for _, data := range []string{``, `,"data":{}`, `,"data":{"strength":null}`, `,"data":{"strength":101}`, `,"data":{"strength":-1}`, `,"data":{"strength":"good"}`, `,"data":{"strength":[]}`, `,"data":65`} {
		_, err := answering(t, 200, `{"metadata":{"result":1}`+data+`}`).PasswordStrength(t.Context(), newPassword)
		equal(t, data, IsMalformed(err) && !MayHaveApplied(err), true)
	}
	f := serve(t, replyWith(200, `{"metadata":{"result":1},"data":{"strength":1}}`))
	_, err := clientFor(t, f).PasswordStrength(t.Context(), newPassword)
	noError(t, err)
	sent := f.only(t)
	equal(t, "request", sent.method+" "+sent.target, "POST /json-api/get_password_strength")
}

func TestMinimumPasswordStrengths(t *testing.T) {
	t.Parallel()
	got, err := answering(t, 200, `{"metadata":{"result":1},"data":{"default":"65","mysql":80,"ftp":0,"note":"x","list":null,"odd":500}}`).
		MinimumPasswordStrengths(t.Context())
	noError(t, err)
	equal(t, "strengths", maps.Equal(got, map[string]int{"default": 65, "mysql": 80, "ftp": 0}), true)
	for _, data := range []string{``, `,"data":null`, `,"data":{}`, `,"data":[]`, `,"data":{"default":"x"}`} {
		_, err := answering(t, 200, `{"metadata":{"result":1}`+data+`}`).MinimumPasswordStrengths(t.Context())
		equal(t, data, IsMalformed(err), true)
	}
}
