// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"slices"
	"testing"
)

func TestVersionAcceptsBothForms(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"envelope": `{"metadata":{"command":"version","reason":"OK","result":1,"version":1},"data":{"version":"11.136.0.4"}}`,
		"old form": `{"cpanelresult":{"apiversion":"2","data":{"version":"11.136.0.4"},"type":"text"}}`,
	} {
		v, err := answering(t, 200, body).Version(t.Context())
		noError(t, err)
		equal(t, name, v.String(), "11.136.0.4")
		equal(t, name, v.Major(), 136)
	}
}

func TestVersionRefuses(t *testing.T) {
	t.Parallel()
	for body, class := range map[string]Class{
		`{"metadata":{"result":1},"data":{"version":"new"}}`:                                              ClassMalformed,
		`{"metadata":{"result":1},"data":{}}`:                                                             ClassMalformed,
		`{"metadata":{"result":1},"data":{"version":{}}}`:                                                 ClassMalformed,
		`{"metadata":{"result":0,"reason":"Permission denied"}}`:                                          ClassForbidden,
		`{"cpanelresult":{"apiversion":"2","error":"Access denied","data":{"result":"0"},"type":"text"}}`: ClassForbidden,
		`{"cpanelresult":{}}`: ClassMalformed,
	} {
		_, err := answering(t, 200, body).Version(t.Context())
		equal(t, body, ClassOf(err), class)
	}
}

func TestMyPrivs(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		body    string
		granted []string
		all     bool
	}{
		"root":           {`[{"all":1,"passwd":1}]`, []string{"all", "passwd"}, true},
		"reseller":       {`[{"all":0,"passwd":"1","kill-acct":"","list-accts":"0","odd":null}]`, []string{"passwd"}, false},
		"no privilege":   {`[{}]`, nil, false},
		"unknown values": {`[{"a":true,"b":[1],"c":2,"d":"1"}]`, []string{"d"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := answering(t, 200, `{"metadata":{"result":1},"data":{"privileges":`+tc.body+`}}`).MyPrivs(t.Context())
			noError(t, err)
			if !slices.Equal(p.Names(), tc.granted) {
				t.Errorf("names: got %v, want %v", p.Names(), tc.granted)
			}
			equal(t, "All", p.All(), tc.all)
			equal(t, "has another", p.Has("create-user-session"), tc.all)
			for _, acl := range tc.granted {
				equal(t, acl, p.Has(acl), true)
			}
		})
	}
}

func TestAppListAndHostname(t *testing.T) {
	t.Parallel()
	apps, err := answering(t, 200, `{"metadata":{"result":1},"data":{"app":["version","accesshash"]}}`).AppList(t.Context())
	noError(t, err)
	if !slices.Equal(apps, []string{"accesshash", "version"}) {
		t.Errorf("apps: %v", apps)
	}
	host, err := answering(t, 200, `{"metadata":{"result":1},"data":{"hostname":"h.example.com"}}`).GetHostname(t.Context())
	noError(t, err)
	equal(t, "hostname", host, "h.example.com")
}

func TestServerFunctionsNeedTheirData(t *testing.T) {
	t.Parallel()
	for _, data := range []string{`{}`, `null`, `[]`, `"text"`, `{"app":{},"privileges":{},"hostname":[],"version":null}`} {
		c := answering(t, 200, `{"metadata":{"result":1},"data":`+data+`}`)
		_, privs := c.MyPrivs(t.Context())
		_, apps := c.AppList(t.Context())
		_, host := c.GetHostname(t.Context())
		_, version := c.Version(t.Context())
		for _, err := range []error{privs, apps, host, version} {
			equal(t, data, IsMalformed(err), true)
		}
	}
}
