// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"cmp"
	"slices"
)

// The families of functions.
const (
	APIWHM  = "WHM API 1"
	APIUAPI = "UAPI"
	API2    = "API 2"
)

// FunctionInfo is one function that the simulator answers.
type FunctionInfo struct {
	// API is the family that the function belongs to.
	API string
	// Name is Module::function in the families of cPanel.
	Name string
	// Since is the first release that has it. Empty: each has.
	Since string
	// ACL is the privilege that it needs, in some cases by a switch.
	ACL string
	// Role is the server role without which it does not exist.
	Role string
}

// Functions lists what the simulator answers, by family and name.
func Functions() []FunctionInfo {
	var all []FunctionInfo
	for _, fn := range functionTable() {
		all = append(all, FunctionInfo{API: APIWHM, Name: fn.name, Since: fn.since, ACL: fn.acl})
	}
	for _, fn := range uapiTable() {
		all = append(all, FunctionInfo{API: APIUAPI, Name: fn.name, Since: fn.since, Role: fn.role})
	}
	for name := range api2 {
		all = append(all, FunctionInfo{API: API2, Name: name})
	}
	slices.SortFunc(all, func(a, b FunctionInfo) int {
		return cmp.Or(cmp.Compare(a.API, b.API), cmp.Compare(a.Name, b.Name))
	})
	return all
}
