// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"reflect"
	"testing"
)

// lists are the functions that list something of bob, with an answer that holds
// every variant of an entry and what becomes of it.
var lists = map[string]struct {
	data string
	want any
	call func(t *testing.T, c *Client) (any, error)
}{
	"mailboxes": {
		`[{"email":"a@b.c","login":"a@b.c","suspended_login":0,"suspended_incoming":"0"},
		  {"email":"d@b.c","suspended_login":"1","suspended_incoming":1},{"email":"e@b.c"}]`,
		[]Mailbox{{Address: "a@b.c"}, {Address: "d@b.c", LoginSuspended: true, IncomingSuspended: true}, {Address: "e@b.c"}},
		func(t *testing.T, c *Client) (any, error) { return c.ListPops(t.Context(), "bob") },
	},
	"FTP users": {
		`[{"user":"bob","type":"main","homedir":"/home/bob"},{"user":"a@b.c","type":"sub","homedir":null},{"user":"x"}]`,
		[]FTPUser{{User: "bob", Type: FTPMain, HomeDir: "/home/bob"}, {User: "a@b.c", Type: FTPSub}, {User: "x"}},
		func(t *testing.T, c *Client) (any, error) { return c.ListFTP(t.Context(), "bob") },
	},
	"MySQL users": {
		`[{"user":"bob_a","shortuser":"a","databases":["bob_x","bob_y"]},{"user":"bob_1","shortuser":1,"databases":[]}]`,
		[]MySQLUser{{Name: "bob_a", ShortName: "a", Databases: []string{"bob_x", "bob_y"}}, {Name: "bob_1", ShortName: "1"}},
		func(t *testing.T, c *Client) (any, error) { return c.MySQLUsers(t.Context(), "bob") },
	},
	"PostgreSQL users": {
		`["bob_a","bob_b"]`,
		[]string{"bob_a", "bob_b"},
		func(t *testing.T, c *Client) (any, error) { return c.PostgreSQLUsers(t.Context(), "bob") },
	},
}

func TestLists(t *testing.T) {
	t.Parallel()
	for name, tc := range lists {
		eachShape(t, `{"status":1,"errors":null,"data":`+tc.data+`}`, func(t *testing.T, c *Client) {
			t.Helper()
			got, err := tc.call(t, c)
			noError(t, err)
			if !reflect.DeepEqual(got, tc.want) {
				t.Errorf("%s: got %+v, want %+v", name, got, tc.want)
			}
		})
		for _, empty := range []string{`[]`, `null`} {
			got, err := tc.call(t, answering(t, 200, uapiShapes["wrapped"](`{"status":1,"data":`+empty+`}`)))
			noError(t, err)
			equal(t, name+" "+empty, reflect.ValueOf(got).Len(), 0)
		}
		for _, odd := range []string{``, `,"data":{}`, `,"data":{"a":1}`, `,"data":"x"`, `,"data":1`, `,"data":[{}]`, `,"data":[""]`, `,"data":[1]`, `,"data":[[]]`} {
			_, err := tc.call(t, answering(t, 200, `{"status":1`+odd+`}`))
			equal(t, name+" "+odd, IsMalformed(err) && !MayHaveApplied(err), true)
		}
	}
}

func TestVerifyMailPassword(t *testing.T) {
	t.Parallel()
	for data, want := range map[string]bool{`1`: true, `"1"`: true, `0`: false, `"0"`: false, `""`: false} {
		eachShape(t, `{"status":1,"data":`+data+`}`, func(t *testing.T, c *Client) {
			t.Helper()
			got, err := c.VerifyMailPassword(t.Context(), "bob", "info@bob.example", newPassword)
			noError(t, err)
			equal(t, data, got, want)
		})
	}
	for _, odd := range []string{``, `,"data":null`, `,"data":2`, `,"data":{}`, `,"data":[1]`} {
		_, err := answering(t, 200, `{"status":1`+odd+`}`).VerifyMailPassword(t.Context(), "bob", "info@bob.example", newPassword)
		equal(t, odd, IsMalformed(err), true)
	}
}

func TestMySQLSetPasswordOnSomeHosts(t *testing.T) {
	t.Parallel()
	for _, data := range []string{``, `,"data":null`, `,"data":{}`, `,"data":{"failures":[]}`, `,"data":{"failures":null}`} {
		failures, err := answering(t, 200, uapiShapes["wrapped"](`{"status":1`+data+`}`)).
			MySQLSetPassword(t.Context(), "bob", "bob_app", newPassword)
		noError(t, err)
		equal(t, data, len(failures), 0)
	}
	bare := `{"status":1,"data":{"failures":[{"host":"db<b>1</b>","error":"Access denied for “x”"},{"host":"%","error":null}]}}`
	eachShape(t, bare, func(t *testing.T, c *Client) {
		t.Helper()
		failures, err := c.MySQLSetPassword(t.Context(), "bob", "bob_app", newPassword)
		want := []HostFailure{{Host: "db 1", Reason: `Access denied for "x"`}, {Host: "%"}}
		equal(t, "failures", reflect.DeepEqual(failures, want), true)
		e := wantError(t, err)
		equal(t, "class", e.Class == ClassRefused && e.MayHaveApplied, true)
		equal(t, "reason", e.Reason, `the password was not set for all hosts: db 1: Access denied for "x"; %:`)
	})
	for _, data := range []string{`[]`, `"x"`, `{"failures":{}}`, `{"failures":["x"]}`, `{"failures":1}`} {
		_, err := answering(t, 200, uapiShapes["wrapped"](`{"status":1,"data":`+data+`}`)).
			MySQLSetPassword(t.Context(), "bob", "bob_app", newPassword)
		equal(t, data, IsMalformed(err) && MayHaveApplied(err), true)
	}
}

func TestMySQLRestrictions(t *testing.T) {
	t.Parallel()
	for data, want := range map[string]MySQLRestrictions{
		`{"prefix":"bob_","max_username_length":32,"max_database_name_length":64}`: {Prefix: "bob_", MaxUsernameLength: 32},
		`{"prefix":null,"max_username_length":"47"}`:                               {MaxUsernameLength: 47},
		`{"prefix":"bob_"}`: {Prefix: "bob_"},
	} {
		eachShape(t, `{"status":1,"data":`+data+`}`, func(t *testing.T, c *Client) {
			t.Helper()
			got, err := c.MySQLRestrictions(t.Context(), "bob")
			noError(t, err)
			equal(t, data, got, want)
		})
	}
	for _, data := range []string{`null`, `[]`, `{"max_username_length":"long"}`, `{"prefix":{}}`} {
		_, err := answering(t, 200, `{"status":1,"data":`+data+`}`).MySQLRestrictions(t.Context(), "bob")
		equal(t, data, IsMalformed(err), true)
	}
}
