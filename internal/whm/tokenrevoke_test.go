// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"errors"
	"net/http"
	"strings"
	"testing"
)

// revoking answers a revocation and the list that follows it.
func revoking(t *testing.T, revocation, list string) (*Client, *fakeWHM) {
	t.Helper()
	f := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		if strings.HasSuffix(r.URL.Path, "_list") || r.PostForm.Get("cpanel.function") == "list" {
			replyWith(200, list)(w, r)
			return
		}
		replyWith(200, revocation)(w, r)
	})
	return clientFor(t, f), f
}

func TestEnsureRevoked(t *testing.T) {
	t.Parallel()
	const (
		done     = `{"metadata":{"result":1}}`
		refused  = `{"metadata":{"result":0,"reason":"The token “n” does not exist."}}`
		denied   = `{"metadata":{"result":0,"reason":"Permission denied"}}`
		uapiNo   = `{"metadata":{"result":1},"data":{"uapi":{"status":0,"errors":["No such token."]}}}`
		uapiZero = `{"metadata":{"result":1},"data":{"uapi":{"status":1,"data":0}}}`
	)
	for _, tc := range []struct {
		name        string
		whm, uapi   string
		listed      bool
		class       Class
		stillListed bool
		requests    int
	}{
		{name: "revoked", whm: done, uapi: uapiDone, requests: 2},
		{name: "unknown and refused", whm: refused, uapi: uapiNo, requests: 2},
		{name: "unknown and nothing done", whm: refused, uapi: uapiZero, requests: 2},
		{name: "refused although it exists", whm: refused, uapi: uapiNo, listed: true, class: ClassRefused, requests: 2},
		{name: "still listed", whm: done, uapi: uapiDone, listed: true, class: ClassRefused, stillListed: true, requests: 2},
		{name: "forbidden", whm: denied, uapi: denied, class: ClassForbidden, requests: 1},
		{name: "not understood", whm: `{}`, uapi: `{}`, class: ClassMalformed, requests: 1},
	} {
		names := map[bool]string{true: "n", false: "other"}[tc.listed]
		check := func(err error, f *fakeWHM) {
			t.Helper()
			equal(t, tc.name+": class", ClassOf(err), tc.class)
			equal(t, tc.name+": failed", err != nil, tc.class != "")
			equal(t, tc.name+": still listed", errors.Is(err, ErrTokenListed), tc.stillListed)
			equal(t, tc.name+": requests", len(f.requests()), tc.requests)
		}
		c, f := revoking(t, tc.whm, `{"metadata":{"result":1},"data":{"tokens":{"`+names+`":{}}}}`)
		check(c.APITokenEnsureRevoked(t.Context(), "n"), f)
		c, f = revoking(t, tc.uapi, uapiShapes["uapi_cpanel"](`{"status":1,"data":[{"name":"`+names+`"}]}`))
		check(c.AccountTokenEnsureRevoked(t.Context(), "bob", "n"), f)
	}
}

func TestEnsureRevokedNeedsTheList(t *testing.T) {
	t.Parallel()
	c, _ := revoking(t, `{"metadata":{"result":1}}`, `{"metadata":{"result":1},"data":{}}`)
	equal(t, "no list", IsMalformed(c.APITokenEnsureRevoked(t.Context(), "n")), true)
	c, f := revoking(t, ``, ``)
	equal(t, "bad name", IsInvalidInput(c.APITokenEnsureRevoked(t.Context(), "a b")), true)
	equal(t, "requests", len(f.requests()), 0)
}
