// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

const (
	uapiDone     = `{"metadata":{"result":1},"data":{"uapi":{"status":1,"data":1,"errors":null}}}`
	uapiOldDone  = `{"apiversion":3,"module":"Tokens","func":"revoke","result":{"status":1,"data":1,"errors":null}}`
	proxyMissing = `{"metadata":{"reason":"Unknown app (“uapi_cpanel”) requested for this version (1) of the API.","result":0}}`
)

// before86 answers as a server that has only the older proxy function.
func before86(w http.ResponseWriter, r *http.Request) {
	if strings.HasSuffix(r.URL.Path, "/uapi_cpanel") {
		replyWith(200, proxyMissing)(w, r)
		return
	}
	replyWith(200, uapiOldDone)(w, r)
}

func targets(f *fakeWHM) []string {
	var out []string
	for _, r := range f.requests() {
		out = append(out, r.method+" "+r.target)
	}
	return out
}

func TestUAPIGoesThroughTheProxyOf86(t *testing.T) {
	t.Parallel()
	f := serve(t, replyWith(200, uapiDone))
	c := clientFor(t, f)
	noError(t, c.AccountTokenRevoke(t.Context(), "Bob", "n"))
	noError(t, c.AccountTokenRevoke(t.Context(), "bob", "n"))
	equal(t, "requests", strings.Join(targets(f), " "), "POST /json-api/uapi_cpanel POST /json-api/uapi_cpanel")
	equal(t, "body", f.requests()[0].body, url.Values{
		"api.version": {"1"}, "cpanel.user": {"bob"}, "cpanel.module": {"Tokens"}, "cpanel.function": {"revoke"}, "name": {"n"},
	}.Encode())
}

func TestUAPIFallsBackOnceToTheOlderProxy(t *testing.T) {
	t.Parallel()
	f := serve(t, before86)
	c := clientFor(t, f)
	for range 2 {
		noError(t, c.AccountTokenRevoke(t.Context(), "Bob", "n"))
	}
	noError(t, c.As(WithAPIToken("admin", NewSecret(testToken))).AccountTokenRevoke(t.Context(), "bob", "n"))
	want := []string{"POST /json-api/uapi_cpanel", "POST /json-api/cpanel", "POST /json-api/cpanel", "POST /json-api/cpanel"}
	if got := targets(f); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	equal(t, "body", f.requests()[1].body, url.Values{
		"api.version": {"1"}, "cpanel_jsonapi_user": {"bob"}, "cpanel_jsonapi_module": {"Tokens"},
		"cpanel_jsonapi_func": {"revoke"}, "cpanel_jsonapi_apiversion": {"3"}, "name": {"n"},
	}.Encode())
}

func TestUAPIDoesNotFallBackForOtherReasons(t *testing.T) {
	t.Parallel()
	for name, reply := range map[string]http.HandlerFunc{
		"inner function unknown": replyWith(200, `{"metadata":{"result":1},"data":{"uapi":{"status":0,"errors":["The system could not find the function “revoke” in the module “Tokens”."]}}}`),
		"privilege missing":      replyWith(200, `{"metadata":{"result":0,"reason":"Permission denied"}}`),
		"refused":                replyWith(200, `{"metadata":{"result":0,"reason":"No."}}`),
		"not understood":         replyWith(200, `{"metadata":{"result":1}}`),
		"rejected":               replyWith(403, rejected403),
		"server error":           replyWith(500, proxyMissing),
		"answer lost":            func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		f := serve(t, reply)
		err := clientFor(t, f).AccountTokenRevoke(t.Context(), "bob", "n")
		equal(t, name+": failed", err != nil, true)
		equal(t, name+": requests", strings.Join(targets(f), " "), "POST /json-api/uapi_cpanel")
	}
}

func TestGuardSeesUAPIFunctions(t *testing.T) {
	t.Parallel()
	var log []string
	opts := optionsFor(serve(t, before86))
	opts.Guard = func(_ context.Context, function string) (func(error), error) {
		return func(err error) { log = append(log, function+" "+string(ClassOf(err))) }, nil
	}
	noError(t, clientWith(t, opts, WithAPIToken("root", NewSecret(testToken))).AccountTokenRevoke(t.Context(), "bob", "n"))
	if want := []string{"Tokens::revoke Unsupported", "Tokens::revoke "}; !slices.Equal(log, want) {
		t.Errorf("got %q, want %q", log, want)
	}
}

func TestUAPIRefusesBadAccounts(t *testing.T) {
	t.Parallel()
	f := serve(t, replyWith(200, uapiDone))
	c := clientFor(t, f)
	for _, account := range []string{"", "b ob", "bob:x", "bob\n"} {
		e := wantError(t, c.AccountTokenRevoke(t.Context(), account, "n"))
		equal(t, account, e.Class == ClassInvalidInput && !e.MayHaveApplied && e.Function == "Tokens::revoke", true)
	}
	equal(t, "requests", len(f.requests()), 0)
}

func TestUAPIOnTheAccountsOwnPort(t *testing.T) {
	t.Parallel()
	f := serve(t, replyWith(200, `{"status":1,"data":[],"errors":null,"messages":null,"warnings":null,"metadata":{}}`))
	c := clientWith(t, optionsFor(f), WithAccountToken("bob", NewSecret(testToken+"\n")))
	_, err := c.OwnAccountTokens(t.Context())
	noError(t, err)
	r := f.only(t)
	equal(t, "request", r.method+" "+r.target, "POST /execute/Tokens/list")
	equal(t, "Authorization", r.head.Get("Authorization"), "cpanel bob:"+testToken)
	equal(t, "body", r.body, "")
}

func TestUAPIInsideASession(t *testing.T) {
	t.Parallel()
	f := serve(t, replyWith(200, `{"status":1,"data":[],"errors":null}`))
	c := clientWith(t, optionsFor(f), WithLiveSession(LiveSession{
		User: "bob", Cookie: NewSecret("cpsession=abc"), SecurityToken: NewSecret("/cpsess123"),
	}))
	_, err := c.OwnAccountTokens(t.Context())
	noError(t, err)
	equal(t, "request", f.only(t).target, "/cpsess123/execute/Tokens/list")
}

func TestUAPIErrorsDoNotQuoteTheToken(t *testing.T) {
	t.Parallel()
	const token = "short-1"
	f := serve(t, replyWith(200, `{"status":0,"errors":["The token `+token+` of bob is “`+token+`”"]}`))
	_, err := clientWith(t, optionsFor(f), WithAccountToken("bob", NewSecret(token))).OwnAccountTokens(t.Context())
	equal(t, "text", wantError(t, err).Reason, `The token [redacted] of bob is "[redacted]"`)
}
