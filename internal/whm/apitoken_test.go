// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"errors"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"
)

var tokenTime = time.Unix(1_790_000_000, 0).UTC()

func TestAPITokenCreate(t *testing.T) {
	t.Parallel()
	f := serve(t, replyWith(200, `{"metadata":{"result":1,"output":{"warnings":"Careful.\n"}},"data":{"name":"n-1","token":"`+testToken+
		`","acls":["passwd","list-accts"],"create_time":1790000000,"expires_at":"1790000000","whitelist_ips":["192.0.2.1"]}}`))
	got, err := clientFor(t, f).APITokenCreate(t.Context(), APITokenCreateInput{
		Name: "n-1", ACLs: []string{"list-accts", "passwd"}, ExpiresAt: tokenTime, AllowedIPs: []string{"192.0.2.1", "198.51.100.0/24"},
	})
	noError(t, err)
	equal(t, "token", got.Token.Reveal(), testToken)
	want := APITokenInfo{"n-1", []string{"list-accts", "passwd"}, tokenTime, tokenTime, []string{"192.0.2.1"}}
	if !reflect.DeepEqual(got.APITokenInfo, want) {
		t.Errorf("got %+v, want %+v", got.APITokenInfo, want)
	}
	equal(t, "warnings", strings.Join(got.Warnings, "|"), "Careful.")
	equal(t, "body", f.only(t).body, url.Values{
		"api.version": {"1"}, "token_name": {"n-1"}, "acl-0": {"list-accts"}, "acl-1": {"passwd"}, "expires_at": {"1790000000"},
		"whitelist_ip-0": {"192.0.2.1"}, "whitelist_ip-1": {"198.51.100.0/24"},
	}.Encode())
}

func TestAPITokenCreateWithAllPrivileges(t *testing.T) {
	t.Parallel()
	f := serve(t, replyWith(200, `{"metadata":{"result":1},"data":{"name":"n","token":"T","acls":["all"],"create_time":1,"expires_at":null,"whitelist_ips":null}}`))
	got, err := clientFor(t, f).APITokenCreate(t.Context(), APITokenCreateInput{Name: "n", AllPrivileges: true})
	noError(t, err)
	equal(t, "expires", got.ExpiresAt.IsZero(), true)
	equal(t, "body", f.only(t).body, "api.version=1&token_name=n")
}

func TestAPITokenCreateRefusesBeforeSending(t *testing.T) {
	t.Parallel()
	f := serve(t, replyWith(200, `{}`))
	c := clientFor(t, f)
	acls := []string{"passwd"}
	for name, in := range map[string]APITokenCreateInput{
		"WHM would grant all to a token without ACLs": {Name: "n"},
		"not both":             {Name: "n", ACLs: acls, AllPrivileges: true},
		"the token name":       {Name: "a b", ACLs: acls},
		"1 to 50 letters":      {Name: strings.Repeat("n", 51), ACLs: acls},
		"address is empty":     {Name: "n", ACLs: acls, AllowedIPs: []string{""}},
		"an ACL":               {Name: "n", ACLs: []string{""}},
		"100 addresses":        {Name: "n", ACLs: acls, AllowedIPs: make101()},
		"WHM would take it":    {Name: "n", ACLs: acls, ExpiresAt: time.Unix(0, 0)},
		"digits, dashes or un": {Name: "", ACLs: acls},
	} {
		_, err := c.APITokenCreate(t.Context(), in)
		e := wantError(t, err)
		equal(t, name, e.Class == ClassInvalidInput && !e.MayHaveApplied && strings.Contains(e.Error(), name), true)
	}
	equal(t, "requests", len(f.requests()), 0)
}

func make101() []string {
	return strings.Split(strings.Repeat("192.0.2.1 ", 100)+"192.0.2.1", " ")
}

func TestAPITokenCreateNeedsTheToken(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{"metadata":{"result":1}}`, `{"metadata":{"result":1},"data":{"name":"n"}}`,
		`{"metadata":{"result":1},"data":{"name":"other","token":"T"}}`, `{"metadata":{"result":1},"data":{"name":"n","token":5}}`} {
		_, err := answering(t, 200, body).APITokenCreate(t.Context(), APITokenCreateInput{Name: "n", AllPrivileges: true})
		equal(t, body, IsMalformed(err) && MayHaveApplied(err), true)
	}
}

func TestAPITokenList(t *testing.T) {
	t.Parallel()
	const data = `{"tokens":{
		"a":{"name":"a","create_time":1790000000,"expires_at":null,"acls":{"passwd":1,"all":0,"list-accts":"1","kill-acct":""},"whitelist_ips":null},
		"b":{"name":"b","create_time":"1790000000","expires_at":1790000000,"acls":["passwd"],"whitelist_ips":["192.0.2.1"]},
		"c":{"name":"c","create_time":0,"acls":[]}}}`
	got, err := answering(t, 200, `{"metadata":{"result":1},"data":`+data+`}`).APITokenList(t.Context())
	noError(t, err)
	want := map[string]APITokenInfo{
		"a": {Name: "a", CreatedAt: tokenTime, ACLs: []string{"list-accts", "passwd"}},
		"b": {"b", []string{"passwd"}, tokenTime, tokenTime, []string{"192.0.2.1"}},
		"c": {Name: "c", ACLs: []string{}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestAPITokenListEmptyAndOdd(t *testing.T) {
	t.Parallel()
	for _, empty := range []string{`{}`, `[]`, `null`} {
		got, err := answering(t, 200, `{"metadata":{"result":1},"data":{"tokens":`+empty+`}}`).APITokenList(t.Context())
		noError(t, err)
		equal(t, empty, got != nil && len(got) == 0, true)
	}
	for _, odd := range []string{`{}`, `null`, `[]`, `{"tokens":"x"}`, `{"tokens":[{"name":"a"}]}`, `{"tokens":{"a":{"expires_at":"soon"}}}`, `{"tokens":{"a":{"acls":5}}}`} {
		_, err := answering(t, 200, `{"metadata":{"result":1},"data":`+odd+`}`).APITokenList(t.Context())
		equal(t, odd, IsMalformed(err), true)
	}
}

func TestAPITokenGetDetails(t *testing.T) {
	t.Parallel()
	f := serve(t, replyWith(200, `{"metadata":{"result":1},"data":{"name":"n","acls":["passwd"],"create_time":1790000000,"expires_at":null,"whitelist_ips":[]}}`))
	got, err := clientFor(t, f).APITokenGetDetails(t.Context(), NewSecret("SECRETVALUE"))
	noError(t, err)
	equal(t, "name", got.Name, "n")
	equal(t, "body", f.only(t).body, "api.version=1&token=SECRETVALUE")
}

func TestAPITokenGetDetailsUnknown(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"metadata":{"result":1,"reason":"OK"}}`, `{"metadata":{"result":1},"data":null}`,
		`{"metadata":{"result":0,"reason":"API failure: (XID a) No token SECRETVALUE was found."}}`,
		`{"metadata":{"result":0,"reason":"The token “SECRETVALUE” is invalid."}}`,
	} {
		_, err := answering(t, 200, body).APITokenGetDetails(t.Context(), NewSecret("SECRETVALUE"))
		equal(t, body, errors.Is(err, ErrTokenUnknown), true)
		equal(t, "echo of the token", strings.Contains(err.Error(), "SECRETVALUE"), false)
	}
	for status, body := range map[int]string{403: rejected403, 200: `{"metadata":{"result":0,"reason":"Permission denied"}}`, 500: ``} {
		_, err := answering(t, status, body).APITokenGetDetails(t.Context(), NewSecret("SECRETVALUE"))
		equal(t, body, err != nil && !errors.Is(err, ErrTokenUnknown), true)
	}
	_, err := answering(t, 200, `{}`).APITokenGetDetails(t.Context(), Secret{})
	equal(t, "empty token", IsInvalidInput(err) && !errors.Is(err, ErrTokenUnknown), true)
	_, err = answering(t, 200, `{"metadata":{"result":1},"data":{}}`).APITokenGetDetails(t.Context(), NewSecret("T"))
	equal(t, "no name", IsMalformed(err), true)
}

func TestAPITokenRevoke(t *testing.T) {
	t.Parallel()
	for want, names := range map[string][]string{
		"api.version=1&token_name=a":                  {"a"},
		"api.version=1&token_name-1=a&token_name-2=b": {"a", "b"},
	} {
		f := serve(t, replyWith(200, `{"metadata":{"result":1,"reason":"OK"}}`))
		noError(t, clientFor(t, f).APITokenRevoke(t.Context(), names...))
		equal(t, "body", f.only(t).body, want)
	}
	refusing := answering(t, 200, `{"metadata":{"result":0,"reason":"The token “b” does not exist."}}`)
	equal(t, "one refused", MayHaveApplied(refusing.APITokenRevoke(t.Context(), "b")), false)
	equal(t, "several refused", MayHaveApplied(refusing.APITokenRevoke(t.Context(), "a", "b")), true)

	f := serve(t, replyWith(200, `{}`))
	c := clientFor(t, f)
	equal(t, "no name", IsInvalidInput(c.APITokenRevoke(t.Context())), true)
	equal(t, "bad name", IsInvalidInput(c.APITokenRevoke(t.Context(), "a", "b c")), true)
	equal(t, "requests", len(f.requests()), 0)
}
