// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"
)

// eachShape checks a client whose server answers everything with bare, once in
// each shape.
func eachShape(t *testing.T, bare string, check func(t *testing.T, c *Client)) {
	t.Helper()
	for shape, wrap := range uapiShapes {
		t.Run(shape, func(t *testing.T) {
			t.Parallel()
			check(t, answering(t, 200, wrap(bare)))
		})
	}
}

func TestAccountTokenCreate(t *testing.T) {
	t.Parallel()
	for _, name := range []string{``, `"name":"n-1",`} {
		bare := `{"status":1,"data":{` + name + `"create_time":"1790000000","token":"` + testToken + `"},"errors":null}`
		eachShape(t, bare, func(t *testing.T, c *Client) {
			t.Helper()
			got, err := c.AccountTokenCreate(t.Context(), "bob", AccountTokenCreateInput{Name: "n-1", ExpiresAt: tokenTime})
			noError(t, err)
			equal(t, "token", got.Token.Reveal(), testToken)
			// The answer carries no expiry, so none is claimed.
			equal(t, "info", got.AccountTokenInfo, AccountTokenInfo{Name: "n-1", CreatedAt: tokenTime, FullAccess: true})
		})
	}
}

func TestAccountTokenCreateSendsTheExpiry(t *testing.T) {
	t.Parallel()
	for want, in := range map[string]AccountTokenCreateInput{
		"expires_at=1790000000&name=n": {Name: "n", ExpiresAt: tokenTime},
		"name=n":                       {Name: "n"},
	} {
		f := serve(t, replyWith(200, uapiShapes["uapi_cpanel"](`{"status":1,"data":{"token":"T"}}`)))
		_, err := clientFor(t, f).AccountTokenCreate(t.Context(), "bob", in)
		noError(t, err)
		form, err := url.ParseQuery(f.only(t).body)
		noError(t, err)
		equal(t, "function", form.Get("cpanel.function"), "create_full_access")
		for _, fixed := range []string{"api.version", "cpanel.user", "cpanel.module", "cpanel.function"} {
			form.Del(fixed)
		}
		equal(t, "parameters", form.Encode(), want)
	}
}

func TestAccountTokenCreateNeedsTheToken(t *testing.T) {
	t.Parallel()
	for _, data := range []string{
		``, `,"data":null`, `,"data":{}`, `,"data":{"token":""}`, `,"data":{"token":5}`, `,"data":[]`,
		`,"data":{"name":"other","token":"T"}`, `,"data":{"token":"T","create_time":"soon"}`,
	} {
		_, err := answering(t, 200, uapiShapes["wrapped"](`{"status":1`+data+`}`)).
			AccountTokenCreate(t.Context(), "bob", AccountTokenCreateInput{Name: "n"})
		equal(t, data, IsMalformed(err) && MayHaveApplied(err), true)
	}
}

func TestAccountTokensRefuseBeforeSending(t *testing.T) {
	t.Parallel()
	f := serve(t, replyWith(200, uapiDone))
	c := clientFor(t, f)
	_, badName := c.AccountTokenCreate(t.Context(), "bob", AccountTokenCreateInput{Name: "a b"})
	_, badTime := c.AccountTokenCreate(t.Context(), "bob", AccountTokenCreateInput{Name: "n", ExpiresAt: time.Unix(0, 0)})
	_, noAccount := c.AccountTokenList(t.Context(), "")
	for want, err := range map[string]error{
		"Tokens::create_full_access: invalid input: the token name must": badName,
		"create_full_access: invalid input: the expiry lies before 1970": badTime,
		"Tokens::list: invalid input: the account name is empty":         noAccount,
		"Tokens::revoke: invalid input: the token name":                  c.AccountTokenRevoke(t.Context(), "bob", ""),
		"Tokens::rename: invalid input: the token name":                  c.AccountTokenRename(t.Context(), "bob", "n", strings.Repeat("n", 51)),
		"rename: invalid input: the token name must be":                  c.AccountTokenRename(t.Context(), "bob", "", "n"),
	} {
		e := wantError(t, err)
		equal(t, want, e.Class == ClassInvalidInput && !e.MayHaveApplied && strings.Contains(e.Error(), want), true)
	}
	equal(t, "requests", len(f.requests()), 0)
}

func TestAccountTokenList(t *testing.T) {
	t.Parallel()
	const bare = `{"status":1,"errors":null,"data":[
		{"name":"a","create_time":1790000000,"expires_at":null,"features":[],"has_full_access":1},
		{"name":"b","create_time":"1790000000","expires_at":"1790000000","features":["email"],"has_full_access":"0","readonly":1},
		{"name":"c","features":[]},{"name":"d","features":["email"],"create_time":0,"expires_at":0},{"name":"e"}]}`
	want := map[string]AccountTokenInfo{
		"a": {Name: "a", CreatedAt: tokenTime, FullAccess: true},
		"b": {Name: "b", CreatedAt: tokenTime, ExpiresAt: tokenTime},
		"c": {Name: "c", FullAccess: true},
		"d": {Name: "d"},
		"e": {Name: "e", FullAccess: true},
	}
	eachShape(t, bare, func(t *testing.T, c *Client) {
		t.Helper()
		got, err := c.AccountTokenList(t.Context(), "bob")
		noError(t, err)
		own, err := c.OwnAccountTokens(t.Context())
		noError(t, err)
		if !reflect.DeepEqual(got, want) || !reflect.DeepEqual(own, want) {
			t.Errorf("got %+v and %+v, want %+v", got, own, want)
		}
	})
}

func TestAccountTokenListEmptyAndOdd(t *testing.T) {
	t.Parallel()
	for _, empty := range []string{`[]`, `{}`, `null`} {
		got, err := answering(t, 200, uapiShapes["uapi_cpanel"](`{"status":1,"data":`+empty+`}`)).AccountTokenList(t.Context(), "bob")
		noError(t, err)
		equal(t, empty, got != nil && len(got) == 0, true)
	}
	got, err := answering(t, 200, `{"status":1,"data":{"a":{"has_full_access":1}}}`).OwnAccountTokens(t.Context())
	noError(t, err)
	equal(t, "by name", got["a"], AccountTokenInfo{Name: "a", FullAccess: true})
	for _, odd := range []string{
		``, `,"data":"x"`, `,"data":1`, `,"data":[{}]`, `,"data":["a"]`, `,"data":[{"name":"a"},{"name":"a"}]`,
		`,"data":[{"name":"a","expires_at":"soon"}]`, `,"data":{"tokens":[]}`,
	} {
		_, err := answering(t, 200, `{"status":1`+odd+`}`).AccountTokenList(t.Context(), "bob")
		equal(t, odd, IsMalformed(err), true)
	}
}

func TestAccountTokenRevokeAndRename(t *testing.T) {
	t.Parallel()
	for _, data := range []string{``, `,"data":1`, `,"data":"1"`, `,"data":null`, `,"data":{}`, `,"data":""`} {
		c := answering(t, 200, uapiShapes["uapi_cpanel"](`{"status":1`+data+`}`))
		noError(t, c.AccountTokenRevoke(t.Context(), "bob", "n"))
		noError(t, c.AccountTokenRename(t.Context(), "bob", "n", "m"))
	}
	for _, data := range []string{`0`, `"0"`} {
		err := answering(t, 200, uapiShapes["uapi_cpanel"](`{"status":1,"data":`+data+`}`)).AccountTokenRevoke(t.Context(), "bob", "n")
		equal(t, data, IsRefused(err) && MayHaveApplied(err), true)
	}
	f := serve(t, before86)
	noError(t, clientFor(t, f).AccountTokenRename(t.Context(), "bob", "n", "m"))
	form, err := url.ParseQuery(f.requests()[1].body)
	noError(t, err)
	equal(t, "parameters", form.Get("cpanel_jsonapi_func")+" "+form.Get("name")+" "+form.Get("new_name"), "rename n m")
}
