// SPDX-License-Identifier: Apache-2.0

package simulator

import "maps"

// Calls without api.version get older shapes, and each function had its own.

// statusList is the shape of functions that change something: a list of one
// status under a name, data beside the status.
func statusList(name string) func(outcome) object {
	return func(o outcome) object {
		return object{name: []object{withStatus(o)}}
	}
}

// statusBeside is the shape of functions that list something: the status at top
// level beside the data.
func statusBeside(o outcome) object { return withStatus(o) }

func withStatus(o outcome) object {
	entry := object{"status": o.number(), "statusmsg": o.reason}
	maps.Copy(entry, o.data)
	return entry
}
