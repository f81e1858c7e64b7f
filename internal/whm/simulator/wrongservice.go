// SPDX-License-Identifier: Apache-2.0

package simulator

import "net/http"

// wrongService answers a call that is not at home on the listener: the vendor
// names "Permission denied" and "Function not found" for a right call on the
// wrong port family.
func (x *exchange) wrongService() reply {
	if x.service == serviceWHM || x.entersUAPI() {
		o := uapiFailed("Function not found")
		return o.reply(o.bare())
	}
	r := newReply(http.StatusOK, contentJSON, encode(object{"cpanelresult": object{
		"apiversion": "2", "error": "Permission denied", "type": "text",
		"data": object{"reason": "Permission denied", "result": "0"},
	}}))
	r.reason = "Permission denied"
	return r
}
