// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"context"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"testing"
)

const versionReply = `{"metadata":{"result":1},"data":{"version":"11.136.0.4"}}`

func TestHeaderForms(t *testing.T) {
	t.Parallel()
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte("root:"+testPassword))
	code := func() (string, error) { return "123456", nil }
	for name, tc := range map[string]struct {
		cred               Credential
		authorization, otp string
	}{
		"access hash":      {WithAccessHash("root", NewSecret(testHash[:32]+"\r\n"+testHash[32:]+"\n")), "WHM root:" + testHash, ""},
		"token":            {WithAPIToken("root", NewSecret(testToken+"\n")), "whm root:" + testToken, ""},
		"password":         {WithPassword("root", NewSecret(testPassword)), basic, ""},
		"password and OTP": {WithPasswordAndOTP("root", NewSecret(testPassword), code), basic, "123456"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			equal(t, "user", tc.cred.User(), "root")
			f := serve(t, replyWith(200, versionReply))
			_, err := clientWith(t, optionsFor(f), tc.cred).Version(t.Context())
			noError(t, err)
			r := f.only(t)
			equal(t, "Authorization", r.head.Get("Authorization"), tc.authorization)
			equal(t, "X-CPANEL-OTP", r.head.Get("X-CPANEL-OTP"), tc.otp)
			equal(t, "cookie", r.head.Get("Cookie"), "")
		})
	}
}

func TestOneTimeCodeIsAskedForEveryRequest(t *testing.T) {
	t.Parallel()
	n := 0
	code := func() (string, error) { n++; return "00000" + strconv.Itoa(n), nil }
	f := serve(t, replyWith(200, versionReply))
	c := clientWith(t, optionsFor(f), WithPasswordAndOTP("root", NewSecret("p"), code))
	for range 2 {
		_, err := c.Version(t.Context())
		noError(t, err)
	}
	equal(t, "second code", f.requests()[1].head.Get("X-CPANEL-OTP"), "000002")
}

func TestOneTimeCodeFailureSendsNothing(t *testing.T) {
	t.Parallel()
	f := serve(t, replyWith(200, versionReply))
	broken := errors.New("no secret")
	for _, code := range []OTPFunc{
		nil, func() (string, error) { return "", broken },
		func() (string, error) { return "", nil }, func() (string, error) { return "12 34", nil },
	} {
		_, err := clientWith(t, optionsFor(f), WithPasswordAndOTP("root", NewSecret("p"), code)).GenerateAccessHash(t.Context(), "root")
		equal(t, "error", IsInvalidInput(err) && !MayHaveApplied(err), true)
	}
	login := WithLogin("root", NewSecret("p"), func() (string, error) { return "", broken })
	_, err := clientWith(t, optionsFor(f), login).Version(t.Context())
	equal(t, "cause", errors.Is(err, broken), true)
	equal(t, "requests", len(f.requests()), 0)
}

func TestIncompleteCredentialsAreRefused(t *testing.T) {
	t.Parallel()
	f := serve(t, replyWith(200, versionReply))
	good := clientFor(t, f)
	s := NewSecret("s3cr3t-value")
	for want, cred := range map[string]Credential{
		"none given":               nil,
		"user name is empty":       WithAPIToken("", s),
		"access hash is empty":     WithAccessHash("root", NewSecret("\r\n")),
		"API token is empty":       WithAPIToken("root", Secret{}),
		"password is empty":        WithPassword("root", Secret{}),
		"API token contains":       WithAPIToken("root", NewSecret("s3cr3t-value x")),
		"user name contains":       WithPassword("ro:ot", s),
		"a control character":      WithLogin("ro\not", s, nil),
		"URL is not absolute":      WithUserSession(UserSession{User: "u", URL: s}),
		"does not start with /cps": WithUserSession(UserSession{User: "u", URL: NewSecret("https://h:2087/login/s3cr3t-value")}),
		"session cookie is empty":  WithLiveSession(LiveSession{User: "u", SecurityToken: NewSecret("/cpsess1")}),
		"contains a line break":    WithLiveSession(LiveSession{User: "u", Cookie: NewSecret("a=s3cr3t-value\nb"), SecurityToken: NewSecret("/cpsess1")}),
		"of the form /cpsess":      WithLiveSession(LiveSession{User: "u", Cookie: s, SecurityToken: NewSecret("/cpsess1/../s3cr3t-value")}),
	} {
		_, err := New(optionsFor(f), cred)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("New: got %v, want %q without the secret", err, want)
		}
		_, err = good.As(cred).Version(t.Context())
		equal(t, want, IsInvalidInput(err) && strings.Contains(err.Error(), want), true)
	}
	equal(t, "requests", len(f.requests()), 0)
}

func TestAsSharesTransportAndGuard(t *testing.T) {
	t.Parallel()
	f := serve(t, replyWith(200, versionReply))
	passed := 0
	opts := optionsFor(f)
	opts.Guard = func(context.Context, string) (func(error), error) { passed++; return func(error) {}, nil }
	c := clientWith(t, opts, WithAPIToken("root", NewSecret("A")))
	other := c.As(WithAPIToken("bob", NewSecret("B")))
	equal(t, "sender", other.sender, c.sender)
	_, err := other.Version(t.Context())
	noError(t, err)
	_, err = c.Version(t.Context())
	noError(t, err)
	equal(t, "through the guard", passed, 2)
	equal(t, "first", f.requests()[0].head.Get("Authorization"), "whm bob:B")
	equal(t, "second", f.requests()[1].head.Get("Authorization"), "whm root:A")
}
