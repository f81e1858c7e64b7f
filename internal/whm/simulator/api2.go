// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"fmt"
	"strings"
)

// api2 are the few functions of cPanel API 2 that clients are known for, with
// the functions of UAPI that took over. Their arguments are called the same.
var api2 = map[string]string{
	"Email::listpops": "Email::list_pops", "Email::passwdpop": "Email::passwd_pop",
	"Ftp::listftp": "Ftp::list_ftp", "Ftp::passwd": "Ftp::passwd",
}

// callOlder answers calls of cPanel API 1 and 2. There is no function of the
// first.
func (st *state) callOlder(x *exchange, account string, deny *Fault) outcome {
	asked := x.uapi
	successor, known := api2[asked.fullName()]
	if asked.version != version2 || !known {
		text := fmt.Sprintf("Could not find function '%s' in module '%s'", asked.name, asked.module)
		return outcome{reason: text, whole: asked.api2Answer(object{"error": text})}
	}
	request := *asked
	request.module, request.name, _ = strings.Cut(successor, "::")
	x.uapi = &request
	inner := st.callUAPI(x, account, deny)
	x.uapi = asked
	return outcome{ok: inner.ok, reason: inner.reason, inner: &inner, whole: asked.api2Answer(object{
		"data": inner.api2Data(), "event": object{"result": 1},
	})}
}

func (u *uapiRequest) api2Answer(result object) object {
	result["apiversion"], result["func"], result["module"] = 2, u.name, u.module
	return object{"cpanelresult": result}
}

// api2Data is always a list. A refusal is told there, while the event that
// called the function succeeded.
func (o uapiOutcome) api2Data() []object {
	if list, ok := o.data.([]object); ok {
		return list
	}
	if o.ok {
		return []object{{"result": 1, "reason": "OK"}}
	}
	return []object{{"result": 0, "reason": o.reason}}
}
