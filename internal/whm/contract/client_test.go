// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"context"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/whm-credentials/operator/internal/whm"
)

// call makes the call of a case and returns its error.
func (c clientCase) call(t *testing.T, client *whm.Client, args []any) error {
	t.Helper()
	method := reflect.ValueOf(client).MethodByName(c.method)
	if !method.IsValid() {
		t.Fatalf("the client has no method %s", c.method)
	}
	in := []reflect.Value{reflect.ValueOf(t.Context())}
	for _, arg := range args {
		in = append(in, reflect.ValueOf(arg))
	}
	out := method.Call(in)
	err, _ := reflect.TypeAssert[error](out[len(out)-1])
	return err
}

// run makes the call on a release and returns what it sent and its error.
func (c clientCase) run(t *testing.T, release string) ([]request, error) {
	t.Helper()
	b := newStage(t, release)
	args, client := c.args(b), b.root
	if c.from != nil {
		client = c.from(b)
	}
	prepared, preparedCPanel := len(b.whm.requests()), len(b.cpanel.requests())
	err := c.call(t, client, args)
	return append(b.whm.requests()[prepared:], b.cpanel.requests()[preparedCPanel:]...), err
}

// since is the first release that has all that the case asks for.
func (c clientCase) since(all table) string {
	since := ""
	for _, name := range c.sends {
		since = later(since, all.functions[name].Since)
	}
	return since
}

func later(a, b string) string {
	if olderThan(orElse(a, "0"), orElse(b, "0")) {
		return b
	}
	return a
}

func TestEveryMethodIsCalled(t *testing.T) {
	t.Parallel()
	filled := map[string]map[string]bool{}
	for _, c := range clientCases {
		filled[c.method] = map[string]bool{}
	}
	client := reflect.TypeFor[*whm.Client]()
	for method := range client.Methods() {
		_, called := filled[method.Name]
		upstream := method.Type.NumIn() > 1 && method.Type.In(1) == reflect.TypeFor[context.Context]()
		switch {
		case upstream && !called:
			t.Errorf("%s is in no case", method.Name)
		case !upstream && !slices.Contains(notUpstream, method.Name):
			t.Errorf("%s takes no context: does it call the server?", method.Name)
		}
	}
	b := newStage(t, newest)
	for _, c := range clientCases {
		for _, arg := range c.args(b) {
			maps.Copy(filled[c.method], fields(arg))
		}
	}
	for method, seen := range filled {
		for field, nonZero := range seen {
			if !nonZero && !seen[field+" filled"] {
				t.Errorf("%s: no case fills %s, so nobody knows what it sends", method, field)
			}
		}
	}
}

// fields are the exported fields of an argument, and once more those that are
// not zero.
func fields(arg any) map[string]bool {
	found := map[string]bool{}
	value := reflect.ValueOf(arg)
	if value.Kind() != reflect.Struct {
		return found
	}
	for field, v := range value.Fields() {
		if field.IsExported() {
			found[field.Name] = false
			if !v.IsZero() {
				found[field.Name+" filled"] = true
			}
		}
	}
	return found
}

func TestClientSendsWhatIsDescribed(t *testing.T) {
	t.Parallel()
	all := load(t)
	for _, c := range clientCases {
		since := c.since(all)
		for _, release := range []string{firstOf(since), newest} {
			t.Run(c.method+"/"+release, func(t *testing.T) {
				t.Parallel()
				sent, err := c.run(t, release)
				if err != nil {
					t.Errorf("the call failed: %v", err)
				}
				if asked := checkSent(t, all, sent); !slices.Equal(asked, c.sends) {
					t.Errorf("it asked for %q, want %q", asked, c.sends)
				}
			})
		}
		if before := lastBefore(since); before != "" {
			t.Run(c.method+"/"+before, func(t *testing.T) {
				t.Parallel()
				sent, err := c.run(t, before)
				if !whm.IsUnsupported(err) || whm.MayHaveApplied(err) {
					t.Errorf("on a server that has no such function: %v", err)
				}
				if asked := checkSent(t, all, sent); len(asked) != 1 || !slices.Contains(c.sends, asked[0]) {
					t.Errorf("it asked for %q, want one of %q", asked, c.sends)
				}
			})
		}
	}
}

// checkSent compares requests with the table, and returns what they ask for.
func checkSent(t *testing.T, all table, sent []request) []string {
	t.Helper()
	var asked []string
	for _, r := range sent {
		names := all.asked(r)
		asked = append(asked, names[0])
		for _, wrong := range all.wrongWith(r) {
			t.Errorf("%s: %s", strings.Join(names, " in "), wrong)
		}
	}
	return slices.Compact(slices.Sorted(slices.Values(asked)))
}

func TestCredentialsTravelAsDescribed(t *testing.T) {
	t.Parallel()
	all := load(t)
	code := func() (string, error) { return "123456", nil }
	ways := map[string]whm.Credential{
		"API token":         whm.WithAPIToken("root", secret(rootToken)),
		"access hash":       whm.WithAccessHash("root", secret(rootHash[:464]+"\n"+rootHash[464:])),
		"password":          whm.WithPassword("root", secret(rootPassword)),
		"password and code": whm.WithPasswordAndOTP("root", secret(rootPassword), code),
		"login":             whm.WithLogin("root", secret(rootPassword), code),
	}
	for _, way := range all.Authorization {
		b := newStage(t, newest)
		at, call := b.whm, func(c *whm.Client) error { _, err := c.MyPrivs(t.Context()); return err }
		cred := ways[way.Credential]
		if way.Credential == "account token" {
			cred, at = whm.WithAccountToken("bob", secret(accountToken)), b.cpanel
			call = func(c *whm.Client) error { _, err := c.OwnAccountTokens(t.Context()); return err }
		}
		if err := call(at.client(cred)); err != nil {
			t.Errorf("%s: %v", way.Credential, err)
		}
		sent := at.requests()
		checkSent(t, all, sent)
		if last := sent[len(sent)-1].head.Get(way.Header); !regexp.MustCompile(way.Form).MatchString(last) {
			t.Errorf("%s: the header %s has another form than described", way.Credential, way.Header)
		}
	}
}
