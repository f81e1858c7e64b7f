// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"encoding/json"
	"errors"
)

// form is the shape of an answer; several can be added up.
type form int

const (
	// formWHM1 has metadata and data; what WHM API 1 promises.
	formWHM1 form = 1 << iota
	// formOld has cpanelresult: API 2, and WHM itself when it rejects a login.
	formOld
	// formBare has the error, or a list of results, at top level: WHM when it
	// does not understand that version 1 was asked for.
	formBare
	// formUAPI has status and errors: bare, inside result or inside data.uapi.
	formUAPI
)

// envelope is an answer without its wrapping.
type envelope struct {
	form     form
	ok       bool
	result   string // as sent
	reason   string // remote text, to be cleaned before use
	data     json.RawMessage
	warnings []string // remote text, to be cleaned before use
	// nested says that the outcome is that of a function called by another one.
	nested bool
}

// Errors of decodeEnvelope. They do not quote the body.
var (
	errNotJSON    = errors.New("the answer is not a JSON object")
	errNoMetadata = errors.New("the answer has no metadata")
	errNoResult   = errors.New("the answer does not say whether the call succeeded")
)

// topLevel holds every member that tells the forms apart.
type topLevel struct {
	Metadata json.RawMessage `json:"metadata"`
	Data     json.RawMessage `json:"data"`
	Result   json.RawMessage `json:"result"`
	Old      json.RawMessage `json:"cpanelresult"`
	Error    json.RawMessage `json:"error"`
	uapiBody
}

// decodeEnvelope recognises the form of body and decides whether the call
// succeeded. An error means that body is none of the known forms, so nothing is
// known about the call.
func decodeEnvelope(body []byte) (envelope, error) {
	var top topLevel
	if json.Unmarshal(body, &top) != nil || body[0] == 'n' {
		return envelope{}, errNotJSON
	}
	switch {
	case !absent(top.Old):
		return decodeOld(top.Old)
	case !absent(top.Status):
		return top.uapi(top.Data)
	case !absent(top.Metadata):
		return decodeWHM1(top)
	case !absent(top.Result):
		return decodeResult(top.Result)
	case !absent(top.Error):
		return envelope{form: formBare, result: "0", reason: text(top.Error)}, nil
	}
	var inner topLevel
	if json.Unmarshal(top.Data, &inner) == nil && !absent(inner.Metadata) {
		// An old sample of validate_login_token prints metadata there. Nobody has seen
		// a server that does so, but that call cannot be made again.
		top.Metadata = inner.Metadata
		return decodeWHM1(top)
	}
	return envelope{}, errNoMetadata
}

// decodeWHM1 reads metadata. The empty reason and absent data are legal.
func decodeWHM1(top topLevel) (envelope, error) {
	var meta struct {
		Result json.RawMessage `json:"result"`
		Reason json.RawMessage `json:"reason"`
		Output json.RawMessage `json:"output"`
	}
	if json.Unmarshal(top.Metadata, &meta) != nil {
		return envelope{}, errNoMetadata
	}
	var output struct {
		Warnings lines `json:"warnings"`
	}
	// Output is a courtesy; an unknown form of it must not hide the result.
	_ = json.Unmarshal(meta.Output, &output)
	env := envelope{form: formWHM1, reason: text(meta.Reason), data: top.Data, warnings: output.Warnings}
	var err error
	env.result, env.ok, err = outcomeOf(meta.Result)
	return env, err
}

// outcomeOf reads a result flag: 1 is success, 0 and "" are failure, each as
// number or string. Anything else is no statement at all, and guessing would
// hide either a failure or an effect.
func outcomeOf(raw json.RawMessage) (string, bool, error) {
	var s scalar
	if absent(raw) || json.Unmarshal(raw, &s) != nil {
		return "", false, errNoResult
	}
	switch s {
	case "1":
		return "1", true, nil
	case "0", "", "false":
		return "0", false, nil
	}
	return "", false, errNoResult
}

// text reads a string; other values are not worth quoting.
func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}
