// SPDX-License-Identifier: Apache-2.0

package simulator

import "net/http"

// wrongService answers a call that is not at home on the listener: the vendor
// names "Permission denied" and "Function not found" for a right call on the
// wrong port family.
func (x *exchange) wrongService() reply {
	if x.service == serviceWHM || x.entersUAPI() {
		return uapiFailure("Function not found")
	}
	r := newReply(http.StatusOK, contentJSON, encode(object{"cpanelresult": object{
		"apiversion": "2", "error": "Permission denied", "type": "text",
		"data": object{"reason": "Permission denied", "result": "0"},
	}}))
	r.reason = "Permission denied"
	return r
}

// uapiFailure is the bare form that /execute answers with.
func uapiFailure(text string) reply {
	r := newReply(http.StatusOK, contentJSON, encode(object{
		"status": 0, "data": nil, "errors": []string{text}, "messages": nil, "warnings": nil, "metadata": object{},
	}))
	r.reason = text
	r.result = new(0)
	return r
}
