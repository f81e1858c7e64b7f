// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestAPITokenUpdateSendsTheWholeState(t *testing.T) {
	t.Parallel()
	acls := []string{"list-accts", "passwd"}
	for name, tc := range map[string]struct {
		in   APITokenUpdateInput
		want url.Values
	}{
		"everything": {
			APITokenUpdateInput{Name: "n", ACLs: acls, ExpiresAt: tokenTime, AllowedIPs: []string{"192.0.2.1", "2001:db8::/32"}},
			url.Values{
				"acl-0": {"list-accts"}, "acl-1": {"passwd"}, "expires_at": {"1790000000"},
				"whitelist_ip-0": {"192.0.2.1"}, "whitelist_ip-1": {"2001:db8::/32"},
			},
		},
		"no expiry, no addresses": {APITokenUpdateInput{Name: "n", ACLs: acls[:1]}, url.Values{"acl-0": {"list-accts"}}},
		"addresses cleared": {
			APITokenUpdateInput{Name: "n", ACLs: acls[:1], ClearAllowedIPs: true}, url.Values{"acl-0": {"list-accts"}, "whitelist_ip": {"any"}},
		},
		"all privileges": {APITokenUpdateInput{Name: "n", AllPrivileges: true}, url.Values{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := serve(t, replyWith(200, `{"metadata":{"result":1},"data":{"name":"n","acls":["passwd"],"create_time":"1790000000","expires_at":null,"whitelist_ips":["192.0.2.1"]}}`))
			got, err := clientFor(t, f).APITokenUpdate(t.Context(), tc.in)
			noError(t, err)
			if want := (APITokenInfo{Name: "n", ACLs: []string{"passwd"}, CreatedAt: tokenTime, AllowedIPs: []string{"192.0.2.1"}}); !reflect.DeepEqual(got, want) {
				t.Errorf("got %+v, want %+v", got, want)
			}
			tc.want.Set("api.version", "1")
			tc.want.Set("token_name", "n")
			r := f.only(t)
			equal(t, "request", r.method+" "+r.target, "POST /json-api/api_token_update")
			equal(t, "body", r.body, tc.want.Encode())
		})
	}
}

func TestAPITokenUpdateRenames(t *testing.T) {
	t.Parallel()
	f := serve(t, replyWith(200, `{"metadata":{"result":1},"data":{"name":"new","acls":["passwd"]}}`))
	got, err := clientFor(t, f).APITokenUpdate(t.Context(), APITokenUpdateInput{Name: "old", NewName: "new", ACLs: []string{"passwd"}})
	noError(t, err)
	equal(t, "name", got.Name, "new")
	equal(t, "body", f.only(t).body, "acl-0=passwd&api.version=1&new_name=new&token_name=old")
}

func TestAPITokenUpdateRefusesBeforeSending(t *testing.T) {
	t.Parallel()
	f := serve(t, replyWith(200, `{}`))
	c := clientFor(t, f)
	acls := []string{"passwd"}
	for want, in := range map[string]APITokenUpdateInput{
		"WHM would grant all":                 {Name: "n"},
		"or ask for all privileges, not both": {Name: "n", ACLs: acls, AllPrivileges: true},
		"clear them, not both":                {Name: "n", ACLs: acls, AllowedIPs: []string{"192.0.2.1"}, ClearAllowedIPs: true},
		"must be 1 to 50":                     {Name: "a b", ACLs: acls},
		"letters, digits":                     {Name: "n", NewName: "a b", ACLs: acls},
		"address is empty":                    {Name: "n", ACLs: acls, AllowedIPs: []string{""}},
		"100 addresses":                       {Name: "n", ACLs: acls, AllowedIPs: make101()},
		"WHM would take it":                   {Name: "n", ACLs: acls, ExpiresAt: time.Unix(-5, 0)},
	} {
		_, err := c.APITokenUpdate(t.Context(), in)
		e := wantError(t, err)
		equal(t, want, e.Class == ClassInvalidInput && !e.MayHaveApplied && strings.Contains(e.Error(), want), true)
	}
	equal(t, "requests", len(f.requests()), 0)
}

func TestAPITokenUpdateNeedsTheToken(t *testing.T) {
	t.Parallel()
	in := APITokenUpdateInput{Name: "n", NewName: "m", AllPrivileges: true}
	for _, body := range []string{`{"metadata":{"result":1}}`, `{"metadata":{"result":1},"data":{}}`, `{"metadata":{"result":1},"data":{"name":"n"}}`} {
		_, err := answering(t, 200, body).APITokenUpdate(t.Context(), in)
		equal(t, body, IsMalformed(err) && MayHaveApplied(err), true)
	}
	_, err := answering(t, 200, `{"metadata":{"result":0,"reason":"Unknown app (“api_token_update”) requested"}}`).APITokenUpdate(t.Context(), in)
	equal(t, "older than 68", IsUnsupported(err) && !MayHaveApplied(err), true)
}
