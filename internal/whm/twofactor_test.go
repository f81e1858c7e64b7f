// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"errors"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"
)

const testSecret = "JBSWY3DPEHPK3PXP"

func TestGenerateTFAConfig(t *testing.T) {
	t.Parallel()
	f := serve(t, replyWith(200, `{"metadata":{"result":1},"data":{"secret":"`+testSecret+`","otpauth_str":"otpauth://totp/h:root?secret=`+testSecret+`"}}`))
	got, err := clientFor(t, f).GenerateTFAConfig(t.Context())
	noError(t, err)
	equal(t, "secret", got.Secret.Reveal(), testSecret)
	equal(t, "URL", got.OTPAuth.Reveal(), "otpauth://totp/h:root?secret="+testSecret)
	equal(t, "request", f.only(t).target+" "+f.only(t).body, "/json-api/twofactorauth_generate_tfa_config api.version=1")
	for _, data := range []string{``, `,"data":{}`, `,"data":{"secret":"X"}`, `,"data":{"otpauth_str":"X"}`, `,"data":{"secret":1,"otpauth_str":"X"}`} {
		_, err := answering(t, 200, `{"metadata":{"result":1}`+data+`}`).GenerateTFAConfig(t.Context())
		equal(t, data, IsMalformed(err) && !MayHaveApplied(err), true)
	}
}

func setTFA(t *testing.T, c *Client) error {
	t.Helper()
	return c.SetTFAConfig(t.Context(), NewSecret(testSecret), NewSecret("012345"))
}

func TestSetTFAConfig(t *testing.T) {
	t.Parallel()
	f := serve(t, replyWith(200, `{"metadata":{"result":1},"data":{"success":"1"}}`))
	c := clientFor(t, f)
	noError(t, setTFA(t, c))
	equal(t, "body", f.only(t).body, "api.version=1&secret="+testSecret+"&tfa_token=012345")
	for _, code := range []string{"", "12345", "1234567", "12345a", "12 345", "12345\n"} {
		err := c.SetTFAConfig(t.Context(), NewSecret(testSecret), NewSecret(code))
		equal(t, code, IsInvalidInput(err) && !MayHaveApplied(err) && !errors.Is(err, ErrWrongCode), true)
	}
	equal(t, "no secret", IsInvalidInput(c.SetTFAConfig(t.Context(), Secret{}, NewSecret("012345"))), true)
	equal(t, "requests", len(f.requests()), 1)
}

func TestSetTFAConfigFailures(t *testing.T) {
	t.Parallel()
	for body, wrong := range map[string]bool{
		`{"metadata":{"result":0,"reason":"API failure: (XID a1) The security code is invalid."}}`: true,
		`{"metadata":{"result":1},"data":{"success":0}}`:                                           true,
		`{"metadata":{"result":1},"data":{"success":"0"}}`:                                         true,
		`{"metadata":{"result":0,"reason":"Two-factor authentication is disabled."}}`:              false,
	} {
		err := setTFA(t, answering(t, 200, body))
		equal(t, body, errors.Is(err, ErrWrongCode), wrong)
		equal(t, body+": may have applied", MayHaveApplied(err), false)
	}
	for _, data := range []string{``, `,"data":null`, `,"data":{}`, `,"data":{"success":null}`, `,"data":{"success":2}`, `,"data":[]`} {
		err := setTFA(t, answering(t, 200, `{"metadata":{"result":1}`+data+`}`))
		equal(t, data, IsMalformed(err) && MayHaveApplied(err), true)
	}
	lost, count := rawServer(t, sendAndClose(""))
	err := setTFA(t, clientWith(t, lost, WithAPIToken("root", NewSecret(testToken))))
	equal(t, "lost", IsUnavailable(err) && MayHaveApplied(err) && count.Load() == 1, true)
	e := wantError(t, setTFA(t, answering(t, 200, `{"metadata":{"result":0,"reason":"`+testSecret+` and 012345 do not match"}}`)))
	equal(t, "echo", e.Reason, "[redacted] and [redacted] do not match")
}

func TestRefusalsShowTheServersClock(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"metadata":{"result":1},"data":{"success":0}}`,
		`{"metadata":{"result":0,"reason":"The security code is invalid."}}`,
		`<html><form id="tfa_login_form"></form></html>`,
	} {
		for date, want := range map[string]time.Time{"Mon, 21 Sep 2026 14:13:20 GMT": tokenTime, "now": {}} {
			f := serve(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Date", date)
				replyWith(200, body)(w, r)
			})
			e := wantError(t, setTFA(t, clientFor(t, f)))
			equal(t, body, e.ServerTime, want)
			equal(t, "text", strings.Contains(e.Error(), "2026"), false)
			equal(t, "sign-in", wantError(t, setTFA(t, clientWith(t, optionsFor(f), WithLogin("root", NewSecret(testPassword), nil)))).ServerTime, want)
		}
	}
}

func TestRemoveTFA(t *testing.T) {
	t.Parallel()
	for _, failed := range []string{``, `,"failed":{}`, `,"failed":[]`, `,"failed":null`, `,"failed":{"eve":"no"}`} {
		f := serve(t, replyWith(200, `{"metadata":{"result":1},"data":{"users_modified":["bob"]`+failed+`}}`))
		noError(t, clientFor(t, f).RemoveTFA(t.Context(), "bob"))
		equal(t, "body", f.only(t).body, "api.version=1&user=bob")
	}
	no := answering(t, 200, `{"metadata":{"result":1},"data":{"users_modified":[],"failed":{"bob":"You are not authorized to modify “bob”."}}}`)
	e := wantError(t, no.RemoveTFA(t.Context(), "bob"))
	equal(t, "failed", e.Class == ClassRefused && !e.MayHaveApplied, true)
	equal(t, "reason", e.Reason, `You are not authorized to modify "bob".`)
	for _, data := range []string{``, `,"data":{}`, `,"data":{"users_modified":["eve"]}`, `,"data":[]`} {
		err := answering(t, 200, `{"metadata":{"result":1}`+data+`}`).RemoveTFA(t.Context(), "bob")
		equal(t, data, IsMalformed(err) && MayHaveApplied(err), true)
	}
	equal(t, "nobody", IsInvalidInput(no.RemoveTFA(t.Context(), "")), true)
}

func TestTFAUserConfigs(t *testing.T) {
	t.Parallel()
	f := serve(t, replyWith(200, `{"metadata":{"result":1},"data":{"bob":{"is_enabled":1,"primary_domain":"bob.example"},"eve":{"is_enabled":"0"}}}`))
	c := clientFor(t, f)
	got, err := c.TFAUserConfigs(t.Context(), "")
	noError(t, err)
	equal(t, "configs", maps.Equal(got, map[string]TFAUserConfig{"bob": {Enabled: true, PrimaryDomain: "bob.example"}, "eve": {}}), true)
	_, err = c.TFAUserConfigs(t.Context(), "bob")
	noError(t, err)
	equal(t, "bodies", f.requests()[0].body+" "+f.requests()[1].body, "api.version=1 api.version=1&user=bob")
	for _, empty := range []string{`{}`, `[]`} {
		got, err := answering(t, 200, `{"metadata":{"result":1},"data":`+empty+`}`).TFAUserConfigs(t.Context(), "")
		noError(t, err)
		equal(t, empty, got != nil && len(got) == 0, true)
	}
	for _, data := range []string{``, `,"data":null`, `,"data":[{}]`, `,"data":"x"`, `,"data":{"bob":{}}`, `,"data":{"bob":1}`, `,"data":{"bob":{"is_enabled":"yes"}}`} {
		_, err := answering(t, 200, `{"metadata":{"result":1}`+data+`}`).TFAUserConfigs(t.Context(), "")
		equal(t, data, IsMalformed(err), true)
	}
}

func TestTFAPolicyStatusAndIssuer(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]bool{`1`: true, `"1"`: true, `0`: false, `""`: false} {
		got, err := answering(t, 200, `{"metadata":{"result":1},"data":{"is_enabled":`+value+`}}`).TFAPolicyStatus(t.Context())
		noError(t, err)
		equal(t, value, got, want)
	}
	for _, data := range []string{``, `,"data":{}`, `,"data":{"is_enabled":null}`, `,"data":[]`} {
		_, err := answering(t, 200, `{"metadata":{"result":1}`+data+`}`).TFAPolicyStatus(t.Context())
		equal(t, data, IsMalformed(err), true)
	}
	own, all, err := answering(t, 200, `{"metadata":{"result":1},"data":{"issuer":"me","system_wide_issuer":"host"}}`).TFAIssuer(t.Context())
	noError(t, err)
	equal(t, "issuers", own+" "+all, "me host")
	_, _, err = answering(t, 200, `{"metadata":{"result":1},"data":"x"}`).TFAIssuer(t.Context())
	equal(t, "no issuers", IsMalformed(err), true)
}
