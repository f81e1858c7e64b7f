// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"maps"
	"slices"
	"strings"
)

const (
	pathXML    = "/xml-api/"
	contentXML = `text/xml; charset="utf-8"`
)

// xmlRemoved is the first release that does not write XML any more.
const xmlRemoved = "74"

// entersXML reports whether the caller wants XML.
func (x *exchange) entersXML() bool { return strings.HasPrefix(x.path, pathXML) }

// asXML writes an answer as XML: members are elements, lists are repeated
// elements. The root is result in version 1 of the API, and the function's name
// before. Pages stay pages.
func (r reply) asXML(x *exchange) reply {
	if r.contentType == contentHTML {
		return r
	}
	decoder := json.NewDecoder(bytes.NewReader(r.body))
	decoder.UseNumber()
	var body any
	if err := decoder.Decode(&body); err != nil {
		panic("simulator: an answer is not JSON: " + err.Error())
	}
	root := x.function()
	if x.form.get("api.version") == "1" {
		root = "result"
	}
	if members, ok := body.(map[string]any); ok && len(members) == 1 && members["cpanelresult"] != nil {
		root, body = "cpanelresult", members["cpanelresult"]
	}
	var text bytes.Buffer
	text.WriteString(`<?xml version="1.0" ?>` + "\n")
	writeElement(&text, root, body)
	r.contentType, r.body = contentXML, text.Bytes()
	return r
}

func writeElement(text *bytes.Buffer, name string, value any) {
	switch value := value.(type) {
	case []any:
		for _, entry := range value {
			writeElement(text, name, entry)
		}
	case map[string]any:
		fmt.Fprintf(text, "<%s>", name)
		for _, member := range slices.Sorted(maps.Keys(value)) {
			writeElement(text, member, value[member])
		}
		fmt.Fprintf(text, "</%s>", name)
	case nil:
		fmt.Fprintf(text, "<%s/>", name)
	default:
		fmt.Fprintf(text, "<%s>", name)
		_ = xml.EscapeText(text, []byte(fmt.Sprint(value))) // a bytes.Buffer takes everything
		fmt.Fprintf(text, "</%s>", name)
	}
}
