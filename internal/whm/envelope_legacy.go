// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"cmp"
	"encoding/json"
	"strings"
)

// uapiBody holds the members by which UAPI reports its outcome.
type uapiBody struct {
	Status   json.RawMessage `json:"status"`
	Errors   lines           `json:"errors"`
	Warnings lines           `json:"warnings"`
}

func (b uapiBody) uapi(data json.RawMessage) (envelope, error) {
	env := envelope{form: formUAPI, data: data, warnings: b.Warnings, reason: strings.Join(b.Errors, " ")}
	var err error
	env.result, env.ok, err = outcomeOf(b.Status)
	return env, err
}

// decodeResult reads a top-level result: an object for UAPI as the command line
// and the proxy function print it, a list of status and statusmsg from WHM
// functions that were called without a version.
func decodeResult(raw json.RawMessage) (envelope, error) {
	var wrapped struct {
		uapiBody
		Data json.RawMessage `json:"data"`
	}
	if json.Unmarshal(raw, &wrapped) == nil {
		return wrapped.uapi(wrapped.Data)
	}
	var list []struct {
		Status  json.RawMessage `json:"status"`
		Message json.RawMessage `json:"statusmsg"`
	}
	if json.Unmarshal(raw, &list) != nil || len(list) == 0 {
		return envelope{}, errNoMetadata
	}
	env := envelope{form: formBare, reason: text(list[0].Message)}
	var err error
	env.result, env.ok, err = outcomeOf(list[0].Status)
	return env, err
}

// decodeOld reads cpanelresult. An error member, an event or a data member that
// says 0 is a failure, also when the others say 1.
func decodeOld(raw json.RawMessage) (envelope, error) {
	var old struct {
		Error json.RawMessage `json:"error"`
		Data  json.RawMessage `json:"data"`
		Event struct {
			Result json.RawMessage `json:"result"`
			Reason json.RawMessage `json:"reason"`
		} `json:"event"`
	}
	if json.Unmarshal(raw, &old) != nil {
		return envelope{}, errNoMetadata
	}
	env := envelope{form: formOld, ok: true, result: "1", data: old.Data, reason: text(old.Error)}
	said := !absent(old.Data)
	for _, v := range append(statements(old.Data), statement{old.Event.Result, old.Event.Reason}) {
		if absent(v.Result) {
			continue
		}
		said = true
		if _, ok, err := outcomeOf(v.Result); err != nil || !ok {
			env.ok, env.reason = false, cmp.Or(env.reason, text(v.Reason))
		}
	}
	if !absent(old.Error) {
		env.ok = false
	}
	if env.ok && !said {
		return env, errNoResult
	}
	if !env.ok {
		env.result = "0"
	}
	return env, nil
}

// statement is a result with its reason, as old answers repeat them in data.
type statement struct {
	Result json.RawMessage `json:"result"`
	Reason json.RawMessage `json:"reason"`
}

// statements returns what data, an object or a list of objects, says about the
// outcome.
func statements(data json.RawMessage) []statement {
	var many []statement
	if json.Unmarshal(data, &many) == nil {
		return many
	}
	var one statement
	if json.Unmarshal(data, &one) == nil {
		return []statement{one}
	}
	return nil
}
