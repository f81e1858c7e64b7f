// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"encoding/json"
	"slices"
	"strings"
)

const functionBatch = "batch"

// batchFunctions run several calls in one request.
func batchFunctions() []function {
	return []function{{
		name: functionBatch, since: "11", only1: true, secret: []string{"command"}, handle: runBatch,
	}}
}

// runBatch runs the commands in order and returns their whole answers.
func runBatch(c *call) outcome {
	commands := c.form.list("command")
	if len(commands) == 0 {
		return refused("The parameter “command” is required.")
	}
	abort, _ := c.form.flag("abort_on_error")
	results, failed := []json.RawMessage{}, false
	for _, command := range commands {
		answer := c.runCommand(command)
		results = append(results, answer.body)
		if answer.result == nil || *answer.result != 1 {
			if failed = true; abort {
				break
			}
		}
	}
	o := done(object{"result": results})
	if failed && c.st.unverified().BatchWithFailure == "0" {
		o.ok, o.reason = false, "A command failed."
	}
	return o
}

// runCommand runs one command as if it had come alone, and enters it into the
// ledger under a number of its own.
func (c *call) runCommand(command string) reply {
	name, arguments, _ := strings.Cut(command, "?")
	x := *c.exchange
	x.path, x.form, x.json = "/json-api/"+name, params{"api.version": {"1"}}, nil
	if err := x.form.add(arguments); err != nil || name == functionBatch {
		return denied("The command “%s” cannot run in a batch.", name).envelope(name, false)
	}
	x.form["api.version"] = []string{"1"}
	x.uapi = requestedUAPI(&x)
	c.srv.lastCall++
	x.call = Call{
		ID: c.srv.lastCall, Time: c.now, Remote: c.call.Remote, Service: c.call.Service, Method: c.call.Method, Path: x.path,
		Function: name, CarriedBy: functionBatch, User: c.call.User, CredentialKind: c.call.CredentialKind, Credential: c.call.Credential,
	}
	if x.uapi != nil {
		x.call.Function, x.call.Account = x.uapi.fullName(), x.uapi.account
	}
	x.describe(c.st)
	answer := c.st.dispatch(&x, nil)
	x.call.Status, x.call.Result, x.call.Reason = answer.status, answer.result, answer.reason
	if c.st.isSecret(x.call.Reason) {
		x.call.Reason = mask
	}
	c.st.ledger.calls = append(c.st.ledger.calls, x.call)
	c.call.Applied = c.call.Applied || x.call.Applied
	return answer
}

// batchMutates reports whether a command of a batch asks for a change.
func (x *exchange) batchMutates() bool {
	return slices.ContainsFunc(x.form.list("command"), func(command string) bool {
		name, arguments, _ := strings.Cut(command, "?")
		inner := params{}
		fn := x.srv.functions[name]
		if err := inner.add(arguments); err != nil || fn == nil || fn.mutating == nil {
			return name == carrierUAPI || name == carrierCPanel
		}
		return fn.mutating(inner)
	})
}
