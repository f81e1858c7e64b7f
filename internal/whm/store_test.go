// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"net/url"
	"strings"
	"testing"
)

const backFromStore = "https://shop.example/done?from=whm&x=1"

func TestLoginURL(t *testing.T) {
	t.Parallel()
	f := serve(t, replyWith(200, `{"metadata":{"result":1},"data":{"payload":"https://store.example/login?a=b"}}`))
	c := clientFor(t, f)
	got, err := c.LoginURL(t.Context(), ProviderStore, backFromStore)
	noError(t, err)
	equal(t, "URL", got, "https://store.example/login?a=b")
	equal(t, "body", f.only(t).body, url.Values{
		"api.version": {"1"}, "provider": {"cPStore"}, "url_after_login": {backFromStore},
	}.Encode())
	for _, in := range [][2]string{{"", backFromStore}, {"cPStore", ""}, {"cPStore", "/done?x"}, {"cPStore", "ftp://h/x"}, {"cPStore", "https://"}, {"cPStore", "https://%zz"}} {
		_, err := c.LoginURL(t.Context(), in[0], in[1])
		equal(t, in[1], IsInvalidInput(err), true)
	}
	equal(t, "requests", len(f.requests()), 1)
	for _, data := range []string{``, `,"data":{}`, `,"data":{"payload":""}`, `,"data":{"payload":"login"}`, `,"data":{"payload":"javascript:x"}`, `,"data":{"payload":["https://h/"]}`} {
		_, err := answering(t, 200, `{"metadata":{"result":1}`+data+`}`).LoginURL(t.Context(), ProviderStore, backFromStore)
		equal(t, data, IsMalformed(err) && !MayHaveApplied(err), true)
	}
}

func loginToken() ValidateLoginTokenInput {
	return ValidateLoginTokenInput{Provider: ProviderStore, LoginToken: NewSecret("lo&gin token"), URLAfterLogin: backFromStore}
}

func TestValidateLoginToken(t *testing.T) {
	t.Parallel()
	for body, refresh := range map[string]string{
		`{"metadata":{"result":1},"data":{"payload":[{"access_token":"A","refresh_token":"R"}]}}`:     "R",
		`{"data":{"payload":[{"access_token":"A","refresh_token":"R"}],"metadata":{"result":"1"}}}`:   "R",
		`{"metadata":{"result":1},"data":{"payload":[{"access_token":"A"},{"refresh_token":"R"}]}}`:   "R",
		`{"metadata":{"result":1},"data":{"payload":{"access_token":"A","refresh_token":"R"}}}`:       "R",
		`{"metadata":{"result":1},"data":{"payload":{"access_token":"A"}}}`:                           "",
		`{"metadata":{"result":1},"data":{"payload":[{"access_token":"A","refresh_token":{"v":1}}]}}`: "",
	} {
		f := serve(t, replyWith(200, body))
		got, err := clientFor(t, f).ValidateLoginToken(t.Context(), loginToken())
		noError(t, err)
		equal(t, body, got.Access.Reveal()+got.Refresh.Reveal(), "A"+refresh)
		equal(t, "body", f.only(t).body, url.Values{
			"api.version": {"1"}, "provider": {"cPStore"}, "url_after_login": {backFromStore}, "login_token": {"lo&gin token"},
		}.Encode())
	}
}

func TestValidateLoginTokenFailures(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"metadata":{"result":1}}`, `{"metadata":{"result":1},"data":{}}`, `{"metadata":{"result":1},"data":{"payload":null}}`,
		`{"metadata":{"result":1},"data":{"payload":[]}}`, `{"metadata":{"result":1},"data":{"payload":"A"}}`,
		`{"metadata":{"result":1},"data":{"payload":[{"access_token":"","refresh_token":"R"}]}}`,
		`{"metadata":{"result":1},"data":{"payload":[{"access_token":5}]}}`, `{"data":{"payload":[{"access_token":"A"}]}}`,
		`{"data":{"metadata":{},"payload":[{"access_token":"A"}]}}`,
	} {
		_, err := answering(t, 200, body).ValidateLoginToken(t.Context(), loginToken())
		equal(t, body, IsMalformed(err) && MayHaveApplied(err), true)
	}
	for _, body := range []string{
		`{"metadata":{"result":0,"reason":"“lo&gin token” was used up"}}`,
		`{"data":{"metadata":{"result":0,"reason":"lo%26gin+token was used up"}}}`,
	} {
		_, err := answering(t, 200, body).ValidateLoginToken(t.Context(), loginToken())
		e := wantError(t, err)
		equal(t, body, e.Class == ClassRefused && !e.MayHaveApplied && strings.Contains(e.Reason, "[redacted]"), true)
	}
	lost, count := rawServer(t, sendAndClose(""))
	_, err := clientWith(t, lost, WithAPIToken("root", NewSecret(testToken))).ValidateLoginToken(t.Context(), loginToken())
	equal(t, "lost", IsUnavailable(err) && MayHaveApplied(err), true)
	equal(t, "requests", count.Load(), 1)

	f := serve(t, replyWith(200, `{}`))
	noToken, noProvider, noURL := loginToken(), loginToken(), loginToken()
	noToken.LoginToken, noProvider.Provider, noURL.URLAfterLogin = Secret{}, "", "x"
	for _, in := range []ValidateLoginTokenInput{noToken, noProvider, noURL} {
		_, err := clientFor(t, f).ValidateLoginToken(t.Context(), in)
		equal(t, "input", IsInvalidInput(err) && !MayHaveApplied(err), true)
	}
	equal(t, "sent", len(f.requests()), 0)
}

// TestStoreWords has refusals whose words are those of WHM about a login, and may be the store's about the token.
func TestStoreWords(t *testing.T) {
	t.Parallel()
	refused := func(reason string) string { return `{"metadata":{"result":0,"reason":"` + reason + `"}}` }
	old := `{"cpanelresult":{"apiversion":"2","error":"Access denied","data":{"reason":"Access denied","result":"0"}}}`
	for _, tt := range []struct {
		status  int
		body    string
		class   Class
		applied bool
	}{
		{200, refused("Access denied"), ClassRefused, false},
		{200, refused("(XID abc123) The store said: permission denied"), ClassRefused, false},
		{200, refused("The login is invalid"), ClassRefused, false},
		{403, refused("The login is invalid"), ClassRefused, false},
		{403, refused("Access denied"), ClassRefused, false},
		{200, refused("License file expired"), ClassRefused, false},
		{200, refused("No space left on device"), ClassRefused, true},
		{200, refused("The login token is invalid"), ClassInvalidInput, false},
		{401, refused("The login token is invalid"), ClassInvalidInput, false},
		{200, old, ClassRefused, false},
		{200, refused("You do not have permission to call validate_login_token"), ClassForbidden, false},
		{403, refused("This requires the privilege all"), ClassForbidden, false},
		{200, refused(`Unknown app (\"validate_login_token\") requested`), ClassUnsupported, false},
		{403, old, ClassUnauthenticated, false},
		{500, refused("Access denied"), ClassUnavailable, true},
		{429, refused("Access denied"), ClassUnavailable, true},
	} {
		_, err := answering(t, tt.status, tt.body).ValidateLoginToken(t.Context(), loginToken())
		e := wantError(t, err)
		equal(t, tt.body, e.Class, tt.class)
		equal(t, tt.body, e.MayHaveApplied, tt.applied)
	}
}
