// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"net/url"
	"strings"
	"testing"
)

const webmailData = `{"session":"info@bob.example:sEsSiOn:create_webmail_session_for_mail_user,ab+c","token":"/cpsess77","hostname":null}`

func TestCreateWebmailSession(t *testing.T) {
	t.Parallel()
	in := CreateWebmailSessionInput{Login: "info", Domain: "bob.example"}
	eachShape(t, `{"status":1,"data":`+webmailData+`}`, func(t *testing.T, c *Client) {
		t.Helper()
		s, err := c.CreateWebmailSession(t.Context(), "bob", in)
		noError(t, err)
		equal(t, "URL", s.URL("whm1.example.com").Reveal(), "https://whm1.example.com:2096/cpsess77/login")
		equal(t, "URL at an address", s.URL("2001:db8::1").Reveal(), "https://[2001:db8::1]:2096/cpsess77/login")
		form, err := url.ParseQuery(s.Form().Reveal())
		noError(t, err)
		equal(t, "form", form.Get("session") == s.Session.Reveal() && len(form) == 1, true)
	})
	elsewhere := answering(t, 200, strings.Replace(`{"status":1,"data":`+webmailData+`}`, `null`, `"mail2.example.com"`, 1))
	s, err := elsewhere.CreateWebmailSession(t.Context(), "bob", in)
	noError(t, err)
	equal(t, "URL on another server", s.URL("whm1.example.com").Reveal(), "https://mail2.example.com:2096/cpsess77/login")
}

func TestCreateWebmailSessionSendsWhatItWasGiven(t *testing.T) {
	t.Parallel()
	f := serve(t, replyWith(200, uapiShapes["uapi_cpanel"](`{"status":1,"data":`+webmailData+`}`)))
	c := clientFor(t, f)
	_, err := c.CreateWebmailSession(t.Context(), "bob", CreateWebmailSessionInput{Login: "info", Domain: "bob.example"})
	noError(t, err)
	full := CreateWebmailSessionInput{Login: "info", Domain: "bob.example", Locale: "pt_BR", RemoteAddress: "192.0.2.1"}
	_, err = c.CreateWebmailSessionCheckPassword(t.Context(), "bob", full, newPassword)
	noError(t, err)
	fixed := url.Values{"api.version": {"1"}, "cpanel.user": {"bob"}, "cpanel.module": {"Session"}, "login": {"info"}, "domain": {"bob.example"}}
	fixed.Set("cpanel.function", "create_webmail_session_for_mail_user")
	equal(t, "short", f.requests()[0].body, fixed.Encode())
	fixed.Set("cpanel.function", "create_webmail_session_for_mail_user_check_password")
	fixed.Set("locale", "pt_br")
	fixed.Set("remote_address", "192.0.2.1")
	fixed.Set("password", newPassword.Reveal())
	equal(t, "long", f.requests()[1].body, fixed.Encode())
}

func TestCreateWebmailSessionFailures(t *testing.T) {
	t.Parallel()
	f := serve(t, replyWith(200, `{"status":1,"data":`+webmailData+`}`))
	c, good := clientFor(t, f), CreateWebmailSessionInput{Login: "info", Domain: "bob.example"}
	for _, in := range []CreateWebmailSessionInput{{}, {Login: "info"}, {Domain: "bob.example"}, {Login: "info", Domain: "bob.example", RemoteAddress: "pod-1"}} {
		_, err := c.CreateWebmailSession(t.Context(), "bob", in)
		equal(t, "input", IsInvalidInput(err) && !MayHaveApplied(err), true)
	}
	_, err := c.CreateWebmailSessionCheckPassword(t.Context(), "bob", good, Secret{})
	equal(t, "no password", IsInvalidInput(err), true)
	equal(t, "requests", len(f.requests()), 0)

	for _, data := range []string{``, `,"data":null`, `,"data":{}`, `,"data":{"session":"s"}`, `,"data":{"token":"/cpsess1"}`, `,"data":{"session":"s","token":"/other"}`, `,"data":{"session":"s","token":"/cpsess1/x"}`, `,"data":[]`} {
		_, err := answering(t, 200, `{"status":1`+data+`}`).CreateWebmailSession(t.Context(), "bob", good)
		equal(t, data, IsMalformed(err) && MayHaveApplied(err), true)
	}
	wrong := answering(t, 200, uapiShapes["uapi_cpanel"](`{"status":0,"errors":["The login is invalid."]}`))
	_, err = wrong.CreateWebmailSessionCheckPassword(t.Context(), "bob", good, newPassword)
	equal(t, "a wrong password of a mailbox is no rejected login", IsRefused(err) && !MayHaveApplied(err), true)
}

func TestCreateTempUser(t *testing.T) {
	t.Parallel()
	session := WithLiveSession(LiveSession{User: "bob", Cookie: NewSecret("cpsession=abc"), SecurityToken: NewSecret("/cpsess123")})
	for created, want := range map[string]bool{`1`: true, `"1"`: true, `0`: false} {
		f := serve(t, replyWith(200, `{"status":1,"data":{"created":`+created+`,"session_temp_user":"cpses_boXYZ"}}`))
		user, err := clientWith(t, optionsFor(f), session).CreateTempUser(t.Context())
		noError(t, err)
		equal(t, "name", user.Name.Reveal(), "cpses_boXYZ")
		equal(t, "created", user.Created, want)
		sent := f.only(t)
		equal(t, "request", sent.method+" "+sent.target, "POST /cpsess123/execute/Session/create_temp_user")
		equal(t, "cookie", sent.head.Get("Cookie"), "cpsession=abc")
	}
	for _, data := range []string{``, `,"data":null`, `,"data":{"created":1}`, `,"data":[]`} {
		f := serve(t, replyWith(200, `{"status":1`+data+`}`))
		_, err := clientWith(t, optionsFor(f), session).CreateTempUser(t.Context())
		equal(t, data, IsMalformed(err) && MayHaveApplied(err), true)
	}
	outside := serve(t, replyWith(200, `{"status":0,"errors":["not in a session, cpses_boXYZ"]}`))
	_, err := clientWith(t, optionsFor(outside), WithAccountToken("bob", NewSecret(testToken))).CreateTempUser(t.Context())
	e := wantError(t, err)
	equal(t, "outside", e.Class == ClassRefused && !e.MayHaveApplied && e.Reason == "not in a session, [redacted]", true)
}
