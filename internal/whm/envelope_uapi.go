// SPDX-License-Identifier: Apache-2.0

package whm

import "encoding/json"

// maxLayers is how deep UAPI's own answer lies at most: metadata and data, then
// uapi, then result, then the answer.
const maxLayers = 4

// uapiLayer is one layer of what may lie around UAPI's own answer.
type uapiLayer struct {
	topLevel
	UAPI json.RawMessage `json:"uapi"`
}

// decodeUAPI finds UAPI's own answer, which is bare, inside result, or inside
// data.uapi, with or without metadata around it. Only that answer counts as a
// success, because the outer result is 1 also when the inner call failed.
func decodeUAPI(body []byte) (envelope, error) { return peel(body, maxLayers) }

func peel(raw []byte, layers int) (envelope, error) {
	var l uapiLayer
	if json.Unmarshal(raw, &l) != nil || raw[0] == 'n' {
		return envelope{}, errNotJSON
	}
	switch {
	case !absent(l.Old):
		return decodeOld(l.Old)
	case !absent(l.Status):
		return l.uapi(l.Data)
	case !absent(l.Metadata):
		// UAPI has metadata of its own, without a result.
		if env, err := decodeWHM1(l.topLevel); (err == nil && !env.ok) || (err != nil && absent(l.Result)) {
			return env, err
		}
	case !absent(l.Error):
		return envelope{form: formBare, result: "0", reason: text(l.Error)}, nil
	}
	next := l.next()
	if absent(next) || layers <= 1 {
		return envelope{}, errNoResult
	}
	env, err := peel(next, layers-1)
	if err != nil {
		return envelope{}, errNoResult
	}
	env.nested = true
	return env, nil
}

// next is the layer below. A data member is one only below WHM's metadata:
// anywhere else it belongs to the function that was called.
func (l uapiLayer) next() json.RawMessage {
	switch {
	case !absent(l.UAPI):
		return l.UAPI
	case !absent(l.Result):
		return l.Result
	case !absent(l.Metadata):
		return l.Data
	}
	return nil
}
