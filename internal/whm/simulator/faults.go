// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"errors"
	"fmt"
	"net/http"
)

// FaultKind says how a call goes wrong.
type FaultKind string

// The kinds. Each may be preceded by a delay.
const (
	// FaultDelay only delays.
	FaultDelay FaultKind = "delay"
	// FaultHang keeps the client waiting until it leaves, the rule is removed
	// or the server closes. No answer follows.
	FaultHang FaultKind = "hang"
	// FaultStatus answers with Status and Body (default 500, plain text).
	FaultStatus FaultKind = "status"
	// FaultHTML answers with a page and Status (default 200, a login page).
	FaultHTML FaultKind = "html"
	// FaultTruncate promises the whole answer and sends half of it.
	FaultTruncate FaultKind = "truncate"
	// FaultReset cuts the connection.
	FaultReset FaultKind = "reset"
	// FaultDeny runs all checks and then answers result 0 with Reason.
	FaultDeny FaultKind = "deny"
)

// Fault is a rule that breaks matching calls. Empty criteria match everything.
type Fault struct {
	Kind FaultKind `json:"kind"`
	// Function is a function name, "login" for the login form and session
	// URLs, "logout", or Module::function. A cPanel function that is carried
	// matches under its own name and under that of its carrier.
	Function string `json:"function,omitempty"`
	// User is the name the request presents.
	User string `json:"user,omitempty"`
	// Path is a path without the session prefix, such as /json-api/version.
	Path string `json:"path,omitempty"`
	// Mutating limits the rule to calls that ask for a change, such as
	// accesshash with generate=1.
	Mutating bool `json:"mutating,omitempty"`
	// Skip lets that many matching calls pass first.
	Skip int `json:"skip,omitempty"`
	// Max ends the rule after so many hits. Omitted: no end.
	Max int `json:"max,omitempty"`
	// After runs the call before it goes wrong: the change is made and only
	// the answer is lost. It has a meaning for hang, status, html and reset;
	// truncate always runs the call, and deny never does.
	After bool `json:"after,omitempty"`
	// Delay is waited before anything else, in real time.
	Delay Duration `json:"delay,omitempty"`
	// Status is the HTTP status of status and html.
	Status int `json:"status,omitempty"`
	// Body is the body of status and html.
	Body string `json:"body,omitempty"`
	// Reason is what deny says. Omitted: a short sentence.
	Reason string `json:"reason,omitempty"`
}

// FaultID identifies a rule until it is removed.
type FaultID int

// FaultState is a rule and what became of it.
type FaultState struct {
	ID FaultID `json:"id"`
	Fault
	// Seen counts matching calls, Hits those that the rule broke.
	Seen int `json:"seen"`
	Hits int `json:"hits"`
}

// checked fills in defaults, or says what is wrong with a rule.
func checked(f Fault) (Fault, error) {
	switch f.Kind {
	case FaultDelay:
		if f.Delay == 0 {
			return f, fmt.Errorf("fault %q needs a delay", f.Kind)
		}
	case FaultStatus:
		f.Status = orDefault(f.Status, http.StatusInternalServerError)
		f.Body = orDefault(f.Body, http.StatusText(f.Status))
	case FaultHTML:
		f.Status = orDefault(f.Status, http.StatusOK)
		f.Body = orDefault(f.Body, pageLogin)
	case FaultDeny:
		f.Reason = orDefault(f.Reason, "The request was denied by a fault rule.")
	case FaultHang, FaultReset, FaultTruncate:
	default:
		return f, fmt.Errorf("fault kind %q is none of delay, hang, status, html, truncate, reset, deny", f.Kind)
	}
	if f.Skip < 0 || f.Max < 0 {
		return f, errors.New("fault: skip and max cannot be negative")
	}
	return f, nil
}

func orDefault[T comparable](value, fallback T) T {
	var zero T
	if value == zero {
		return fallback
	}
	return value
}

func (f *Fault) matches(x *exchange) bool {
	return (f.Function == "" || f.Function == x.function() || f.Function == x.call.Function) &&
		(f.User == "" || f.User == x.claimed) &&
		(f.Path == "" || f.Path == x.path) &&
		(!f.Mutating || x.call.Mutating)
}
