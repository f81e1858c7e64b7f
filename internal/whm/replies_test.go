// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"net/http"
	"testing"
)

// oddReply is an answer that a real server, or a documented one, gives. Its name
// starts with the section of the notes on the WHM API that describes it.
type oddReply struct {
	name   string
	status int
	body   string
	// class is "" for a success.
	class  Class
	reason string
	// applied is MayHaveApplied of a change that gets this answer.
	applied bool
}

const rejected403 = `{"cpanelresult":{"apiversion":"2","error":"Access denied","data":{"reason":"Access denied","result":"0"},"type":"text"}}`

var oddSuccesses = []oddReply{
	{name: "1.3 success", status: 200, body: `{"metadata":{"command":"f","reason":"OK","result":1,"version":1},"data":{"x":1}}`},
	{name: "1.3 reason is a success text", status: 200, body: `{"metadata":{"reason":"Created session","result":1},"data":{"x":1}}`},
	{name: "1.3 result is a string", status: 200, body: `{"metadata":{"result":"1"},"data":{"x":1}}`},
	{name: "1.3 empty reason", status: 200, body: `{"metadata":{"reason":"","result":1},"data":{"x":1}}`},
	{name: "1.3 null reason", status: 200, body: `{"metadata":{"reason":null,"result":1},"data":{"x":1}}`},
	{name: "1.3 warnings as array", status: 200, body: `{"metadata":{"result":1,"output":{"warnings":["a","b"],"messages":["m"]}},"data":{"x":1}}`},
	{name: "1.3 warnings as one string", status: 200, body: `{"metadata":{"result":1,"output":{"warnings":"a\nb\n","messages":"m\n"}},"data":{"x":1}}`},
	{name: "1.3 raw output", status: 200, body: `{"metadata":{"result":1,"output":{"raw":"line\nline"}},"data":{"x":1}}`},
	{name: "1.3 output of an unknown form", status: 200, body: `{"metadata":{"result":1,"output":"text"},"data":{"x":1}}`},
	{name: "1.3 data absent", status: 200, body: `{"metadata":{"result":1,"reason":"OK"}}`},
	{name: "1.3 data null", status: 200, body: `{"metadata":{"result":1,"reason":"OK"},"data":null}`},
	{name: "2.3 metadata inside data", status: 200, body: `{"data":{"metadata":{"reason":"OK","result":1},"payload":[]}}`},
	{name: "1.3 array in a one-key object", status: 200, body: `{"metadata":{"result":1},"data":{"acct":[{"user":"u"}]}}`},
}

var oddFailures = []oddReply{
	{"1.3 result 0 with HTTP 200", 200, `{"metadata":{"reason":"No.","result":0}}`, ClassRefused, "No.", false},
	{"1.3 result 0 as a string", 200, `{"metadata":{"reason":"No.","result":"0"}}`, ClassRefused, "No.", false},
	{"1.3 result empty", 200, `{"metadata":{"reason":"No.","result":""}}`, ClassRefused, "No.", false},
	{"1.3 failure without reason", 200, `{"metadata":{"reason":"","result":0}}`, ClassRefused, "", false},
	{"1.3 result missing", 200, `{"metadata":{"reason":"OK"}}`, ClassMalformed, errNoResult.Error(), true},
	{"1.3 result of an unknown value", 200, `{"metadata":{"reason":"OK","result":2}}`, ClassMalformed, errNoResult.Error(), true},
	{"1.3 metadata missing", 200, `{"data":{"hostname":"h"}}`, ClassMalformed, errNoMetadata.Error(), true},
	{"1.3 metadata null", 200, `{"metadata":null,"data":{"hostname":"h"}}`, ClassMalformed, errNoMetadata.Error(), true},
	{"1.3 metadata not an object", 200, `{"metadata":[],"data":{}}`, ClassMalformed, errNoMetadata.Error(), true},
	{"1.3 loadavg at top level", 200, `{"one":"0.10","five":"0.20","fifteen":"0.30"}`, ClassMalformed, errNoMetadata.Error(), true},
	{"1.3 old form where it is not expected", 200, `{"cpanelresult":{"apiversion":"2","data":{"version":"11.134.0.44"},"type":"text"}}`, ClassMalformed, errNoMetadata.Error(), true},
	{"1.3 UAPI bare success", 200, `{"status":1,"data":{},"errors":null,"messages":null,"warnings":null,"metadata":{}}`, ClassMalformed, errNoMetadata.Error(), true},
	{"1.3 UAPI bare failure", 200, `{"status":0,"data":null,"errors":["The account “a@b.c” already exists!"],"messages":null,"warnings":null,"metadata":{}}`, ClassRefused, `The account "a@b.c" already exists!`, false},
	{"1.3 UAPI wrapped failure", 200, `{"apiversion":3,"module":"Email","func":"add_pop","result":{"status":0,"data":null,"errors":["No."]}}`, ClassRefused, "No.", false},
	{"1.3 UAPI wrapped success", 200, `{"apiversion":3,"module":"Email","func":"add_pop","result":{"status":1,"data":{}}}`, ClassMalformed, errNoMetadata.Error(), true},
	{"1.3 API 2 event 1, data result 0", 200, `{"cpanelresult":{"apiversion":2,"func":"f","module":"M","data":[{"result":0,"reason":"Sub no."}],"event":{"result":1}}}`, ClassRefused, "Sub no.", false},
	{"1.3 API 2 event 0", 200, `{"cpanelresult":{"apiversion":2,"data":[],"event":{"result":0,"reason":"Event no."}}}`, ClassRefused, "Event no.", false},

	{"2.3 metadata inside data", 200, `{"data":{"metadata":{"reason":"No.","result":"0"}}}`, ClassRefused, "No.", false},
	{"2.3 metadata inside data, no result", 200, `{"data":{"metadata":{"reason":"OK"}}}`, ClassMalformed, errNoResult.Error(), true},

	{"1.4 bad credential", 403, rejected403, ClassUnauthenticated, "Access denied", false},
	{"1.4 bad credential, 401", 401, rejected403, ClassUnauthenticated, "Access denied", false},
	{"1.4 bad credential, HTML", 403, `<html><body>Forbidden</body></html>`, ClassUnauthenticated, "", false},
	{"1.4 bad credential, empty", 403, ``, ClassUnauthenticated, "", false},
	{"1.4 unknown function", 200, `{"metadata":{"reason":"Unknown app (“nope”) requested for this version (1) of the API.","result":0}}`, ClassUnsupported, `Unknown app ("nope") requested for this version (1) of the API.`, false},
	{"1.4 unknown function, unnamed", 200, `{"metadata":{"reason":"Unknown app requested","result":"0"}}`, ClassUnsupported, "Unknown app requested", false},
	{"1.4 unknown function, 404", 404, `{"metadata":{"reason":"Unknown app (nope) requested","result":0}}`, ClassUnsupported, "Unknown app (nope) requested", false},
	{"1.4 unknown function, no version", 200, `{"error":"Unknown App Requested: nope"}`, ClassUnsupported, "Unknown App Requested: nope", false},
	{"1.1 wrong port family", 200, `{"error":"Function not found"}`, ClassUnsupported, "Function not found", false},
	{"1.4 function refused with XID", 200, `{"metadata":{"reason":"API failure: (XID abc123) The name “x” is taken.","result":0}}`, ClassRefused, `The name "x" is taken.`, false},
	{"1.4 account not owned", 200, `{"metadata":{"reason":"API failure: (XID 9z9z9z) You do not have a user named “bob”.","result":0}}`, ClassInvalidInput, `You do not have a user named "bob".`, false},
	{"1.4 ACL: access denied", 200, `{"metadata":{"reason":"Access denied","result":0}}`, ClassForbidden, "Access denied", false},
	{"1.4 ACL: permission denied", 200, `{"metadata":{"reason":"Permission denied","result":0}}`, ClassForbidden, "Permission denied", false},
	{"1.4 ACL: no permission", 200, `{"metadata":{"reason":"You do not have permission to do that.","result":0}}`, ClassForbidden, "You do not have permission to do that.", false},
	{"1.4 ACL: no access", 200, `{"metadata":{"reason":"You do not have access to f.","result":0}}`, ClassForbidden, "You do not have access to f.", false},
	{"1.4 ACL: not have the privilege", 200, `{"metadata":{"reason":"User does not have the privilege.","result":0}}`, ClassForbidden, "User does not have the privilege.", false},
	{"1.4 ACL: requires the privilege", 200, `{"metadata":{"reason":"This requires the privilege “all”.","result":0}}`, ClassForbidden, `This requires the privilege "all".`, false},
	{"1.4 ACL with HTTP 403", 403, `{"metadata":{"reason":"Permission denied","result":0}}`, ClassForbidden, "Permission denied", false},
	{"1.4 weak password", 200, `{"metadata":{"reason":"Sorry, the password may not be used because it is too weak and would be too easy to guess. Please select a password with strength rating of 65 or higher.","result":0}}`, ClassInvalidInput, "Sorry, the password may not be used because it is too weak and would be too easy to guess. Please select a password with strength rating of 65 or higher.", false},
	{"1.4 weak password, older", 200, `{"metadata":{"reason":"it is too weak and would be too easy to crack","result":0}}`, ClassInvalidInput, "it is too weak and would be too easy to crack", false},
	{"1.4 bad cpanel_jsonapi_user", 200, `{"data":{"reason":"User parameter is invalid or was not supplied","result":"0"},"type":"text","error":"User parameter is invalid or was not supplied"}`, ClassInvalidInput, "User parameter is invalid or was not supplied", false},
	{"1.4 API 2 function missing", 200, `{"cpanelresult":{"apiversion":2,"error":"Could not find function 'f' in module 'M'","func":"f","module":"M"}}`, ClassUnsupported, "Could not find function 'f' in module 'M'", false},
	{"1.4 two-factor page", 200, `<!DOCTYPE html><html><form id="tfa_login_form" action="/login"></form></html>`, ClassTwoFactorRequired, "the server shows its form for the code", false},
	{"1.4 two-factor page, 401", 401, `<html><form id="tfa_login_form"></form></html>`, ClassTwoFactorRequired, "the server shows its form for the code", false},
	{"1.4 no version, refused", 200, `{"result":[{"status":0,"statusmsg":"Sorry, no."}]}`, ClassRefused, "Sorry, no.", false},
	{"1.4 no version, accepted", 200, `{"result":[{"status":1,"statusmsg":"OK"}]}`, ClassMalformed, errNoMetadata.Error(), true},
	{"1.4 disk full with XID", 200, `{"metadata":{"reason":"API failure: (XID q1w2e3) Failed to write: No space left on device","result":0}}`, ClassUnavailable, "Failed to write: No space left on device", true},
	{"1.4 disk full, 500", 500, `{"metadata":{"reason":"(XID q1w2e3) No space left on device","result":0}}`, ClassUnavailable, "No space left on device", true},
	{"1.4 server error, HTML", 500, `<html>Internal Server Error</html>`, ClassUnavailable, "", true},
	{"2.9 lock-out", 401, `{"metadata":{"reason":"The login is invalid.","result":0}}`, ClassUnauthenticated, "The login is invalid.", false},
	{"2.9 lock-out, 200", 200, `{"metadata":{"reason":"The login is invalid.","result":0}}`, ClassUnauthenticated, "The login is invalid.", false},
	{"5 licence, JSON", 200, `{"metadata":{"reason":"License File Expired","result":0}}`, ClassUnavailable, "License File Expired", false},
	{"5 licence, HTML", 200, `<html>Cannot Read License File</html>`, ClassUnavailable, "the server has a problem with its cPanel licence", true},
	{"5 licence, 403", 403, `Cannot Read License File`, ClassUnavailable, "the server has a problem with its cPanel licence", true},

	{"not WHM: HTML", 200, `<html>welcome</html>`, ClassMalformed, "HTML instead of JSON; check the endpoint's port (WHM: 2087, cPanel: 2083)", true},
	{"not WHM: 404 page", 404, `<html>not found</html>`, ClassMalformed, errNotJSON.Error(), true},
	{"not WHM: text", 200, `hello`, ClassMalformed, errNotJSON.Error(), true},
	{"not WHM: empty", 200, ``, ClassMalformed, errNotJSON.Error(), true},
	{"not WHM: JSON null", 200, `null`, ClassMalformed, errNotJSON.Error(), true},
	{"not WHM: JSON array", 200, `[]`, ClassMalformed, errNotJSON.Error(), true},
	{"truncated JSON", 200, `{"metadata":{"result":1,"reason":"OK"},"data":{"accessh`, ClassMalformed, errNotJSON.Error(), true},
	{"two documents", 200, `{"metadata":{"result":1}}{"metadata":{"result":0}}`, ClassMalformed, errNotJSON.Error(), true},
	{"success with 404", 404, `{"metadata":{"result":1}}`, ClassMalformed, "success with an HTTP error status", true},
	{"too many requests", 429, ``, ClassUnavailable, "", true},
	{"bad gateway", 502, ``, ClassUnavailable, "", true},
}

func TestOddReplies(t *testing.T) {
	t.Parallel()
	for _, tc := range oddFailures {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			f := serve(t, replyWith(tc.status, tc.body))
			c := clientFor(t, f)
			_, err := c.invoke(t.Context(), call{function: "f"})
			read := wantError(t, err)
			equal(t, "class", read.Class, tc.class)
			equal(t, "reason", read.Reason, tc.reason)
			equal(t, "status", read.HTTPStatus, tc.status)
			equal(t, "MayHaveApplied of a read", read.MayHaveApplied, false)

			_, err = c.invoke(t.Context(), call{function: "f", changes: true})
			equal(t, "MayHaveApplied of a change", wantError(t, err).MayHaveApplied, tc.applied)
			equal(t, "requests", len(f.requests()), 2)
		})
	}
}

func TestOddSuccesses(t *testing.T) {
	t.Parallel()
	for _, tc := range oddSuccesses {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c := answering(t, tc.status, tc.body)
			_, err := c.invoke(t.Context(), call{function: "f", changes: true})
			noError(t, err)
		})
	}
}

func TestRejectionCarriesStatusResultAndFunction(t *testing.T) {
	t.Parallel()
	_, err := answering(t, http.StatusForbidden, rejected403).GetHostname(t.Context())
	const want = "whm: gethostname: the server rejected the credential (HTTP 403, result 0): Access denied"
	if err == nil || err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
}

func TestWarningsAreCleanedAndBothFormsRead(t *testing.T) {
	t.Parallel()
	for _, warnings := range []string{`["API failure: (XID a1) one “x”","<b>two</b>"]`, `"one “x”\ntwo\n"`} {
		c := answering(t, 200, `{"metadata":{"result":1,"output":{"warnings":`+warnings+`}}}`)
		r, err := c.invoke(t.Context(), call{function: "f"})
		noError(t, err)
		got := r.warnings()
		if len(got) != 2 || got[0] != `one "x"` || got[1] != "two" {
			t.Errorf("warnings of %s: %q", warnings, got)
		}
	}
}
