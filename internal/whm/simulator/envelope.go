// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
)

// bodyAccessDenied is the rejection of a login on WHM, recorded from real
// servers: the older shape, with strings for numbers, whatever version of the
// API was asked for.
const bodyAccessDenied = `{"cpanelresult":{"apiversion":"2","error":"Access denied","data":{"reason":"Access denied","result":"0"},"type":"text"}}`

// object is a JSON object of our own wire format.
type object map[string]any

// encode writes JSON as servers do, without escaping <, > and &.
func encode(value any) []byte {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic("simulator: an answer does not encode: " + err.Error())
	}
	return bytes.TrimSuffix(text.Bytes(), []byte("\n"))
}

// accessDenied rejects a login.
func accessDenied(status Choice) reply {
	code := status.number()
	r := newReply(code, contentPlain, []byte(bodyAccessDenied))
	if code == http.StatusForbidden {
		r.phrase = "Forbidden Access denied"
	}
	r.reason = "Access denied"
	return r
}

// outcome is what a function says, before it is put into an envelope.
type outcome struct {
	ok     bool
	reason string
	data   object // nil: the member is left out
	// whole replaces the envelope, for functions that answer in another shape.
	whole any
	// output is the long text of functions that run programs.
	output string
	// inner is what a carried cPanel function said, which the ledger shows.
	inner *uapiOutcome
}

func done(data object) outcome { return outcome{ok: true, reason: "OK", data: data} }

// refused is a function that ran and said no. Servers put a changing
// transaction id in front of the reason.
func refused(format string, args ...any) outcome {
	reason := fmt.Sprintf("API failure: (XID %s) ", randomFrom(lowerNumeric, 6)) + fmt.Sprintf(format, args...)
	return outcome{reason: reason}
}

// denied is a refusal by the dispatcher, without a transaction id.
func denied(format string, args ...any) outcome {
	return outcome{reason: fmt.Sprintf(format, args...)}
}

func (o outcome) number() int {
	if o.ok {
		return 1
	}
	return 0
}

// envelope writes the answer of a WHM API 1 call.
func (o outcome) envelope(command string, resultAsString bool) reply {
	var result any = o.number()
	if resultAsString {
		result = strconv.Itoa(o.number())
	}
	body := struct {
		Metadata object `json:"metadata"`
		Data     object `json:"data,omitempty"`
	}{object{"command": command, "reason": o.reason, "result": result, "version": 1}, o.data}
	if o.output != "" {
		body.Metadata["output"] = object{"raw": o.output}
	}
	if o.whole != nil {
		return o.withBody(o.whole)
	}
	return o.withBody(body)
}

// legacy writes the answer of a call without api.version: data at top level,
// refusals in a list of one status.
func (o outcome) legacy() reply {
	switch {
	case o.whole != nil:
		return o.withBody(o.whole)
	case o.ok:
		return o.withBody(o.data)
	default:
		return o.withBody(object{"result": []object{{"status": 0, "statusmsg": o.reason}}})
	}
}

func (o outcome) withBody(body any) reply {
	r := newReply(http.StatusOK, contentJSON, encode(body))
	r.result = new(o.number())
	r.reason = o.reason
	if o.inner != nil {
		r.result, r.reason = new(o.inner.number()), o.inner.reason
	}
	return r
}
