// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// parameter is what the sources say of one.
type parameter struct {
	Type     string `json:"type"` // string, integer, or flag: 1 and 0
	Required bool   `json:"required"`
	// List says how several values are written: numbered from a first number,
	// or by repeating the name. One value can stand under the name alone.
	List      string   `json:"list"`
	Values    []string `json:"values"`
	MaxLength int      `json:"maxLength"`
	Pattern   string   `json:"pattern"`
	Since     string   `json:"since"`
}

// fact is one that is not verified, with one of: the switches of the simulator
// that decide it; answers that the client's method has to take all alike; why
// nothing depends on it.
type fact struct {
	Fact    string            `json:"fact"`
	Switch  []string          `json:"switch"`
	Method  string            `json:"method"`
	Answers []json.RawMessage `json:"answers"`
	Open    string            `json:"open"`
}

// function is a row of the tables of functions.
type function struct {
	Name  string `json:"name"`
	Since string `json:"since"`
	ACL   string `json:"acl"`
	Role  string `json:"role"`
	// Carries says that the parameters of another function stand beside its own.
	Carries bool `json:"carries"`
	// Body is json where the parameters are an object instead of a form.
	Body       string               `json:"body"`
	Parameters map[string]parameter `json:"parameters"`
	// Answer is the shape of data, or of the whole body if Root says so; null:
	// there is no data.
	Answer     any      `json:"answer"`
	Root       string   `json:"root"`
	Reason     string   `json:"reason"` // of a success
	Sources    []string `json:"sources"`
	Unverified []fact   `json:"unverified"`
}

// isUAPI tells the two families apart.
func (f function) isUAPI() bool { return strings.Contains(f.Name, "::") }

// wire is what is not about one function.
type wire struct {
	Sources       map[string]string `json:"sources"`
	Envelopes     map[string]any    `json:"envelopes"`
	Authorization []struct {
		Credential, Header, Form string
		Sources                  []string
	} `json:"authorization"`
	// Privileges are the names that tokens can be limited to.
	Privileges struct {
		Names, Sources []string
	} `json:"privileges"`
	// Changes are what a release brought besides functions and parameters.
	Changes []struct {
		Change, Since string
		Sources       []string
	} `json:"changes"`
	Pages []struct {
		Name, Method, Path string
		Parameters         map[string]parameter
		Sources            []string
	} `json:"pages"`
	Errors []failure `json:"errors"`
	// Undescribed and Absent give the reason for each name.
	Undescribed map[string]string `json:"undescribed"`
	Absent      map[string]string `json:"absent"`
	Unverified  []fact            `json:"unverified"`
}

// failure is one way in which servers say no.
type failure struct {
	Case        string          `json:"case"`
	Status      int             `json:"status"`
	Phrase      string          `json:"phrase"`
	ContentType string          `json:"contentType"`
	Body        json.RawMessage `json:"body"`     // the whole of it
	Reason      string          `json:"reason"`   // what metadata.reason matches
	Contains    string          `json:"contains"` // of a page
	Shape       any             `json:"shape"`
	Example     json.RawMessage `json:"example"` // where the sources have no whole answer
	Text        string          `json:"text"`    // an example that is no JSON
	Carried     bool            `json:"carried"` // of a function that runs as an account
	Class       string          `json:"class"`   // what the client makes of it
	Sources     []string        `json:"sources"`
}

// table is all of testdata.
type table struct {
	functions map[string]function
	wire
}

func load(t *testing.T) table {
	t.Helper()
	all := table{functions: map[string]function{}}
	read(t, "testdata/wire.json", &all.wire)
	for _, file := range []string{"testdata/whm.json", "testdata/uapi.json"} {
		var rows []function
		read(t, file, &rows)
		for _, row := range rows {
			if _, twice := all.functions[row.Name]; twice {
				t.Errorf("%s: %s stands there twice", file, row.Name)
			}
			all.functions[row.Name] = row
		}
	}
	return all
}

// read refuses unknown members, so that a misspelt one does not pass for none.
func read(t *testing.T, file string, into any) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

func (all table) names() []string { return slices.Sorted(maps.Keys(all.functions)) }

// facts are the unverified ones, by what they are about.
func (all table) facts() map[string][]fact {
	found := map[string][]fact{"everything": all.Unverified}
	for name, fn := range all.functions {
		found[name] = fn.Unverified
	}
	return found
}

func TestTableIsWellFormed(t *testing.T) {
	t.Parallel()
	all := load(t)
	for _, name := range all.names() {
		fn := all.functions[name]
		if len(fn.Sources) == 0 {
			t.Errorf("%s has no source", name)
		}
		all.checkSources(t, name, fn.Sources)
		checkParameters(t, name, fn.Parameters)
		for _, wrong := range unreadable(fn.Answer) {
			t.Errorf("%s: answer: %s", name, wrong)
		}
		for _, list := range []map[string]string{all.Undescribed, all.Absent} {
			if _, too := list[name]; too {
				t.Errorf("%s is described, and on a list of those that are not", name)
			}
		}
	}
	for _, page := range all.Pages {
		all.checkSources(t, page.Name, page.Sources)
		checkParameters(t, page.Name, page.Parameters)
	}
	for _, way := range all.Authorization {
		all.checkSources(t, way.Credential, way.Sources)
	}
	all.checkSources(t, "privileges", all.Privileges.Sources)
	for _, change := range all.Changes {
		all.checkSources(t, change.Change, change.Sources)
	}
	for _, failure := range all.Errors {
		all.checkSources(t, failure.Case, failure.Sources)
	}
}

func (all table) checkSources(t *testing.T, of string, tags []string) {
	t.Helper()
	for _, tag := range tags {
		key, _, _ := strings.Cut(tag, ":")
		if all.Sources[key] == "" {
			t.Errorf("%s: nobody knows the source %s", of, tag)
		}
	}
}

func checkParameters(t *testing.T, of string, parameters map[string]parameter) {
	t.Helper()
	for name, p := range parameters {
		if !slices.Contains([]string{"string", "integer", "flag"}, p.Type) {
			t.Errorf("%s: %s has the type %q", of, name, p.Type)
		}
		if !slices.Contains([]string{"", "from 0", "from 1", "repeated"}, p.List) {
			t.Errorf("%s: %s is a list %q", of, name, p.List)
		}
		if _, err := regexp.Compile(p.Pattern); err != nil {
			t.Errorf("%s: %s: %v", of, name, err)
		}
	}
}
