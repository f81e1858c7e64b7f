// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// maxForm bounds a request body; the longest real one is a few kilobytes.
const maxForm = 1 << 20

// params are the arguments of a call. Body and query count alike, because real
// servers take GET and POST for every function.
type params url.Values

func (x *exchange) readParams() error {
	x.form = params{}
	if x.r.Body != nil {
		body, err := io.ReadAll(io.LimitReader(x.r.Body, maxForm))
		if err != nil {
			return fmt.Errorf("read body: %w", err)
		}
		if err := x.readBody(body); err != nil {
			return err
		}
	}
	return x.form.add(x.r.URL.RawQuery)
}

// readBody takes a form of either encoding, or a JSON object, whose plain
// members count as arguments.
func (x *exchange) readBody(body []byte) error {
	kind, options, _ := mime.ParseMediaType(x.r.Header.Get("Content-Type")) // a form in case of doubt
	switch kind {
	case "application/json":
		return x.readJSON(body)
	case "multipart/form-data":
		form, err := multipart.NewReader(bytes.NewReader(body), options["boundary"]).ReadForm(maxForm)
		if err != nil {
			return fmt.Errorf("parse multipart form: %w", err)
		}
		x.form.merge(form.Value)
		return nil
	default:
		return x.form.add(string(body))
	}
}

func (x *exchange) readJSON(body []byte) error {
	if err := json.Unmarshal(body, &x.json); err != nil {
		return fmt.Errorf("parse JSON: %w", err)
	}
	for name, value := range x.json {
		switch value.(type) {
		case string, float64, bool:
			x.form[name] = append(x.form[name], fmt.Sprint(value))
		}
	}
	return nil
}

func (p params) add(encoded string) error {
	values, err := url.ParseQuery(encoded)
	if err != nil {
		return fmt.Errorf("parse form: %w", err)
	}
	p.merge(values)
	return nil
}

func (p params) merge(values map[string][]string) {
	for name, list := range values {
		p[name] = append(p[name], list...)
	}
}

func (p params) has(name string) bool { return len(p[name]) > 0 }

func (p params) get(name string) string {
	if !p.has(name) {
		return ""
	}
	return p[name][0]
}

func (p params) names() []string { return slices.Collect(maps.Keys(p)) }

// list collects a repeated argument in its three spellings: acl, acl repeated,
// and numbered acl-0, acl-1 in the order of the numbers.
func (p params) list(name string) []string {
	type numbered struct {
		n      int
		values []string
	}
	found := []numbered{{-1, p[name]}}
	for key, values := range p {
		suffix, ok := strings.CutPrefix(key, name+"-")
		if n, err := strconv.Atoi(suffix); ok && err == nil && n >= 0 {
			found = append(found, numbered{n, values})
		}
	}
	slices.SortFunc(found, func(a, b numbered) int { return cmp.Compare(a.n, b.n) })
	var all []string
	for _, entry := range found {
		all = append(all, entry.values...)
	}
	return slices.DeleteFunc(all, func(value string) bool { return value == "" })
}

// flag reads a boolean: 1 and 0 only, as the vendor says.
func (p params) flag(name string) (value, ok bool) {
	text := p.get(name)
	return text == "1", text == "1" || text == "0"
}

// masked is the list for the ledger: no value of a secret argument, and none
// in which a known secret occurs.
func (p params) masked(secret []string, isSecret func(string) bool) map[string]string {
	shown := map[string]string{}
	for name, values := range p {
		value := strings.Join(values, ",")
		base, _, _ := strings.Cut(name, "-")
		if slices.Contains(secret, name) || slices.Contains(secret, base) || slices.Contains(alwaysSecret, base) || isSecret(value) {
			value = mask
		}
		if !shownName.MatchString(name) || isSecret(name) {
			name = mask
		}
		shown[name] = value
	}
	return shown
}

// shownName are the names that the ledger shows. A body that is no form makes
// one long name with all that is in it.
var shownName = regexp.MustCompile(`^[A-Za-z0-9_.:-]{1,64}$`)

// mask stands for a secret value in the ledger.
const mask = "***"

// alwaysSecret are argument names that hold secrets wherever they occur.
var alwaysSecret = []string{"pass", "password", "token", "tfa_token", "session", "secret", "login_token", "cp_security_token", "oldpass", "newpass"}
