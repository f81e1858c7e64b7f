// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

// The four shapes in which UAPI's answer arrives, and the variants of the last
// one that only the vendor's pages show.
var uapiShapes = map[string]func(bare string) string{
	"bare":    func(bare string) string { return bare },
	"wrapped": func(bare string) string { return `{"apiversion":3,"func":"f","module":"M","result":` + bare + `}` },
	"uapi_cpanel": func(bare string) string {
		return `{"metadata":{"command":"uapi_cpanel","reason":"OK","result":1,"version":1},"data":{"uapi":` + bare + `}}`
	},
	"cpanel, metadata beside": func(bare string) string {
		return `{"metadata":{"result":"1"},"apiversion":3,"func":"f","module":"M","result":` + bare + `}`
	},
	"cpanel, metadata without a result": func(bare string) string {
		return `{"metadata":{},"apiversion":3,"result":` + bare + `}`
	},
	"cpanel, metadata and data": func(bare string) string {
		return `{"metadata":{"result":1},"data":{"apiversion":3,"func":"f","module":"M","result":` + bare + `}}`
	},
	"cpanel, data is the answer": func(bare string) string { return `{"metadata":{"result":1},"data":` + bare + `}` },
	"both wrappings":             func(bare string) string { return `{"metadata":{"result":1},"data":{"uapi":{"result":` + bare + `}}}` },
}

// uapiAnswers are bare answers.
var uapiAnswers = []oddReply{
	{name: "success", body: `{"status":1,"data":{"x":1},"errors":null,"messages":null,"warnings":null,"metadata":{}}`},
	{name: "status is a string", body: `{"status":"1","data":{"x":1},"errors":[]}`},
	{name: "warnings", body: `{"status":1,"data":{"x":1},"errors":null,"warnings":["w"]}`},
	{name: "data holds a result of its own", body: `{"status":1,"data":{"status":0,"result":0,"errors":["x"]}}`},
	{"1.3 failure", 0, `{"status":0,"data":null,"errors":["The account “a@b.c” already exists!"],"messages":null,"warnings":null,"metadata":{}}`, ClassRefused, `The account "a@b.c" already exists!`, false},
	{"failure as a string, errors too", 0, `{"status":"0","data":null,"errors":"No.\n"}`, ClassRefused, "No.", false},
	{"failure without errors", 0, `{"status":0,"data":null,"errors":null}`, ClassRefused, "", false},
	{"several errors", 0, `{"status":0,"errors":["Failed.","Permission denied"]}`, ClassForbidden, "Failed. Permission denied", false},
	{"errors of an unknown form", 0, `{"status":0,"errors":{"a":1}}`, ClassRefused, "", false},
	{"XID", 0, `{"status":0,"errors":["(XID abc123) “name” is not a valid “x”."]}`, ClassInvalidInput, `"name" is not a valid "x".`, false},
	{"unknown function", 0, `{"status":0,"errors":["The system could not find the function “f” in the module “M”."]}`, ClassUnsupported, `The system could not find the function "f" in the module "M".`, false},
	{"unknown module", 0, `{"status":0,"errors":["Failed to load module “M”: Can't locate it"]}`, ClassUnsupported, `Failed to load module "M": Can't locate it`, false},
	{"feature off", 0, `{"status":0,"errors":["You do not have the feature “apitokens”."]}`, ClassForbidden, `You do not have the feature "apitokens".`, false},
	{"status missing", 0, `{"data":{"x":1},"errors":null}`, ClassMalformed, errNoResult.Error(), true},
	{"status null", 0, `{"status":null,"data":{"x":1}}`, ClassMalformed, errNoResult.Error(), true},
	{"status of an unknown value", 0, `{"status":2,"data":{"x":1}}`, ClassMalformed, errNoResult.Error(), true},
	{"status not a scalar", 0, `{"status":{},"data":{"x":1}}`, ClassMalformed, errNoResult.Error(), true},
}

func TestUAPIAnswersInEveryShape(t *testing.T) {
	t.Parallel()
	for shape, wrap := range uapiShapes {
		for _, tc := range uapiAnswers {
			t.Run(shape+"/"+tc.name, func(t *testing.T) {
				t.Parallel()
				c := answering(t, 200, wrap(tc.body))
				r, err := c.execute(t.Context(), uapiCall{module: "M", function: "f", changes: true})
				if tc.class == "" {
					noError(t, err)
					equal(t, "data", len(r.envelope.data) > 0, true)
					return
				}
				e := wantError(t, err)
				equal(t, "function", e.Function, "M::f")
				equal(t, "class", e.Class, tc.class)
				equal(t, "reason", e.Reason, tc.reason)
				equal(t, "may have applied", e.MayHaveApplied, tc.applied)
			})
		}
	}
}

// outerReplies are answers that do not come from the UAPI function.
var outerReplies = []oddReply{
	{"2.7 proxy unknown", 200, `{"metadata":{"reason":"Unknown app (“cpanel”) requested for this version (1) of the API.","result":0}}`, ClassUnsupported, `Unknown app ("cpanel") requested for this version (1) of the API.`, false},
	{"1.4 privilege missing", 200, `{"metadata":{"reason":"Access denied","result":0}}`, ClassForbidden, "Access denied", false},
	{"1.4 account not owned", 200, `{"metadata":{"reason":"API failure: (XID 9z9z9z) You do not have a user named “bob”.","result":0}}`, ClassInvalidInput, `You do not have a user named "bob".`, false},
	{"1.4 bad cpanel_jsonapi_user", 200, `{"data":{"reason":"User parameter is invalid or was not supplied","result":"0"},"type":"text","error":"User parameter is invalid or was not supplied"}`, ClassInvalidInput, "User parameter is invalid or was not supplied", false},
	{"1.4 bad credential", 403, rejected403, ClassUnauthenticated, "Access denied", false},
	{"bad credential, 401, as UAPI", 401, `{"status":0,"errors":["Access denied"],"data":null}`, ClassUnauthenticated, "Access denied", false},
	{"bad credential, 403, as UAPI", 403, `{"status":0,"errors":["Access denied"],"data":null}`, ClassUnauthenticated, "Access denied", false},
	{"feature off, 403", 403, `{"metadata":{"result":1},"data":{"uapi":{"status":0,"errors":["Permission denied"]}}}`, ClassForbidden, "Permission denied", false},
	{"1.4 API 2 function missing", 200, `{"cpanelresult":{"apiversion":2,"error":"Could not find function 'f' in module 'M'","func":"f","module":"M"}}`, ClassUnsupported, "Could not find function 'f' in module 'M'", false},
	{"API 2 success", 200, `{"cpanelresult":{"apiversion":2,"data":[{"x":1}],"event":{"result":1}}}`, ClassMalformed, errNoMetadata.Error(), true},
	{"account over quota", 200, `{"metadata":{"result":1},"data":{"uapi":{"status":0,"errors":["Write failed: Disk quota exceeded"]}}}`, ClassRefused, "Write failed: Disk quota exceeded", true},
	{"inner words about a user", 200, `{"metadata":{"result":1},"data":{"uapi":{"status":0,"errors":["You do not have a user named “x”"]}}}`, ClassInvalidInput, `You do not have a user named "x"`, false},
	{"inner login", 200, `{"metadata":{"result":1},"data":{"uapi":{"status":0,"errors":["The login is invalid."]}}}`, ClassRefused, "The login is invalid.", false},
	{"no inner answer", 200, `{"metadata":{"result":1},"data":{"uapi":"x"}}`, ClassMalformed, errNoResult.Error(), true},
	{"inner answer null", 200, `{"metadata":{"result":1},"data":{"uapi":null}}`, ClassMalformed, errNoResult.Error(), true},
	{"inner answer a list", 200, `{"apiversion":3,"result":[{"status":1}]}`, ClassMalformed, errNoResult.Error(), true},
	{"WHM success without data", 200, `{"metadata":{"result":1}}`, ClassMalformed, errNoResult.Error(), true},
	{"WHM success about something else", 200, `{"metadata":{"result":1},"data":{"x":1}}`, ClassMalformed, errNoResult.Error(), true},
	{"metadata without a result", 200, `{"metadata":{},"data":{"uapi":{"status":1}}}`, ClassMalformed, errNoResult.Error(), true},
	{"too deep", 200, `{"result":{"result":{"result":{"result":{"status":1}}}}}`, ClassMalformed, errNoResult.Error(), true},
	{"truncated", 200, `{"apiversion":3,"result":{"status":1,`, ClassMalformed, errNotJSON.Error(), true},
	{"empty object", 200, `{}`, ClassMalformed, errNoResult.Error(), true},
	{"two-factor page", 200, `<html><form id="tfa_login_form"></form></html>`, ClassTwoFactorRequired, "the server shows its form for the code", false},
	{"server error", 500, `{"status":0,"errors":["x"]}`, ClassUnavailable, "x", true},
	{"success with 404", 404, `{"status":1,"data":{}}`, ClassMalformed, "success with an HTTP error status", true},
}

func TestAnswersFromOutsideTheUAPIFunction(t *testing.T) {
	t.Parallel()
	for _, tc := range outerReplies {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c := answering(t, tc.status, tc.body)
			_, err := c.asAccount(t.Context(), "bob", uapiCall{module: "M", function: "f", changes: true})
			e := wantError(t, err)
			equal(t, "class", e.Class, tc.class)
			equal(t, "reason", e.Reason, tc.reason)
			equal(t, "may have applied", e.MayHaveApplied, tc.applied)
			equal(t, "about the account", errors.Is(err, ErrAccountUnknown), strings.HasPrefix(tc.name, "1.4") && tc.class == ClassInvalidInput)

			_, err = c.asAccount(t.Context(), "bob", uapiCall{module: "M", function: "f"})
			equal(t, "may have applied of a read", wantError(t, err).MayHaveApplied, false)
		})
	}
}

func TestPlainFunctionsDoNotAnswerInUAPIsShapes(t *testing.T) {
	t.Parallel()
	for shape, wrap := range uapiShapes {
		_, err := answering(t, 200, wrap(`{"status":1,"data":{}}`)).invoke(t.Context(), call{function: "f", changes: true})
		plain := []string{"uapi_cpanel", "cpanel, metadata beside", "cpanel, metadata and data", "cpanel, data is the answer", "both wrappings"}
		// Metadata with a result is WHM's own success; what data holds is up to the function.
		equal(t, shape, err == nil, slices.Contains(plain, shape))
	}
}
