// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"encoding/json"
	"net/http"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/whm-credentials/operator/internal/whm"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

func TestSimulatorFailsAsDescribed(t *testing.T) {
	t.Parallel()
	all := load(t)
	for _, f := range all.Errors {
		provoke := provocations[f.Case]
		if provoke == nil {
			t.Errorf("nobody provokes %q", f.Case)
			continue
		}
		t.Run(f.Case, func(t *testing.T) {
			t.Parallel()
			f.check(t, provoke(t, newStage(t, newest)))
		})
	}
	for name := range provocations {
		all.failure(t, name)
	}
}

func (f failure) check(t *testing.T, got answer) {
	t.Helper()
	if got.status != f.Status || (f.Phrase != "" && got.phrase != f.Phrase) {
		t.Errorf("the status is %d %s, want %d %s", got.status, got.phrase, f.Status, f.Phrase)
	}
	if f.ContentType != "" && got.contentType != f.ContentType {
		t.Errorf("the content type is %s, want %s", got.contentType, f.ContentType)
	}
	if f.Contains != "" {
		if !strings.Contains(string(got.body), f.Contains) {
			t.Errorf("the page lacks %s", f.Contains)
		}
		return
	}
	body := parsed(t, got.body)
	if f.Body != nil && !reflect.DeepEqual(body, parsed(t, f.Body)) {
		t.Errorf("the body is %s, want %s", got.body, f.Body)
	}
	reason, _ := at(body, "metadata", "reason").(string)
	if f.Reason != "" && (!regexp.MustCompile(f.Reason).MatchString(reason) || at(body, "metadata", "result") != json.Number("0")) {
		t.Errorf("the body is %s, want a reason like %s", got.body, f.Reason)
	}
	if f.Shape != nil {
		for _, wrong := range differences(f.Shape, body, newest, "body") {
			t.Error(wrong)
		}
	}
}

// TestClientUnderstandsFailures serves the described answers themselves, so that
// the simulator's words decide nothing.
func TestClientUnderstandsFailures(t *testing.T) {
	t.Parallel()
	for _, f := range load(t).Errors {
		body := f.Text
		for _, example := range []json.RawMessage{f.Body, f.Example} {
			body += string(example)
		}
		server := newRecorder(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(f.Status)
			_, _ = w.Write([]byte(body))
		}))
		client := server.client(whm.WithAPIToken("root", secret(rootToken)))
		var err error
		switch {
		case body == "":
			t.Errorf("%s: there is no example", f.Case)
		case f.Carried:
			_, err = client.RequiredPasswordStrength(t.Context(), "bob", "mysql")
		default:
			_, err = client.Passwd(t.Context(), "bob", secret(newPassword), false)
		}
		if got := string(whm.ClassOf(err)); got != f.Class {
			t.Errorf("%s: the client takes it for %s, want %s: %v", f.Case, got, f.Class, err)
		}
	}
}

// TestAPI2HasItsEnvelope looks at the form only: the functions of that family
// are not described.
func TestAPI2HasItsEnvelope(t *testing.T) {
	t.Parallel()
	all := load(t)
	for _, fn := range simulator.Functions() {
		module, name, _ := strings.Cut(fn.Name, "::")
		if fn.API != simulator.API2 {
			continue
		}
		got := newStage(t, newest).raw("cpanel", "api.version=1&cpanel_jsonapi_user=bob&cpanel_jsonapi_module="+module+
			"&cpanel_jsonapi_func="+name+"&cpanel_jsonapi_apiversion=2&email=info&domain=bob.example&user=deploy", "")
		body := parsed(t, got.body)
		for _, wrong := range differences(all.Envelopes["api2"], body, newest, "body") {
			t.Errorf("%s: %s", fn.Name, wrong)
		}
		if at(body, "cpanelresult", "event", "result") != json.Number("1") {
			t.Errorf("%s: the event did not succeed: %.300s", fn.Name, got.body)
		}
	}
}
