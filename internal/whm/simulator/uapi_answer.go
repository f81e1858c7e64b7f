// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"fmt"
	"net/http"
)

// uapiOutcome is what a cPanel function says, before it is put into one of the
// four shapes.
type uapiOutcome struct {
	ok   bool
	data any
	// reason is the one entry of errors.
	reason string
}

func uapiDone(data any) uapiOutcome { return uapiOutcome{ok: true, data: data} }

func uapiFailed(format string, args ...any) uapiOutcome {
	return uapiOutcome{reason: fmt.Sprintf(format, args...)}
}

func (o uapiOutcome) number() int {
	if o.ok {
		return 1
	}
	return 0
}

// bare is the shape of /execute, and what the other shapes hold.
func (o uapiOutcome) bare() object {
	body := object{
		"status": o.number(), "data": o.data, "errors": nil, "messages": nil, "warnings": nil, "metadata": object{},
	}
	if !o.ok {
		body["errors"] = []string{o.reason}
	}
	return body
}

// wrapped names the function beside the result.
func (o uapiOutcome) wrapped(u *uapiRequest) object {
	return object{"apiversion": 3, "module": u.module, "func": u.name, "result": o.bare()}
}

func (o uapiOutcome) reply(body object) reply {
	r := newReply(http.StatusOK, contentJSON, encode(body))
	r.result, r.reason = new(o.number()), o.reason
	return r
}
