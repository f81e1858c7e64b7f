// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
)

// Pages as a server may show them; how real ones are worded is not verified.
const (
	pageSetUp = `<!DOCTYPE html><html><title>Two-Factor Authentication</title><body>Set it up: SECRETONPAGE</body></html>`
	pageAge   = `<!DOCTYPE html><html><body>Your password has expired. SECRETONPAGE</body></html>`
	pageSign  = `<!DOCTYPE html><html><form id="login_form" action="/login"></form>Two-factor codes come next. SECRETONPAGE</html>`
)

func TestPagesOfSecurityPolicies(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		status  int
		body    string
		class   Class
		words   string
		applied bool
	}{
		"set-up":                 {200, pageSetUp, ClassTwoFactorRequired, "a page about two-factor authentication", false},
		"set-up, 401":            {401, pageSetUp, ClassTwoFactorRequired, "a page about two-factor authentication", false},
		"set-up, 403":            {403, pageSetUp, ClassTwoFactorRequired, "a page about two-factor authentication", false},
		"server error":           {500, pageSetUp, ClassUnavailable, "", true},
		"age of the password":    {200, pageAge, ClassMalformed, "may be too old for its security policies", true},
		"sign-in":                {200, pageSign, ClassMalformed, "its login page instead of an answer", true},
		"sign-in, 401":           {401, pageSign, ClassUnauthenticated, "", false},
		"a page of another kind": {200, "<html>Welcome</html>", ClassMalformed, "check the endpoint's port", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := answering(t, tc.status, tc.body).invoke(t.Context(), call{function: "f", changes: true})
			e := wantError(t, err)
			equal(t, "class", e.Class, tc.class)
			equal(t, "words", strings.Contains(e.Reason, tc.words), true)
			equal(t, "may have applied", e.MayHaveApplied, tc.applied)
			equal(t, "not set up", errors.Is(err, ErrSecondFactorNotSetUp), tc.class == ClassTwoFactorRequired)
			equal(t, "page quoted", strings.Contains(e.Error(), "SECRETONPAGE"), false)
		})
	}
}

func TestHomePageThatSpeaksOfSecondFactorsIsAGoodLogin(t *testing.T) {
	t.Parallel()
	for status, opens := range map[int]bool{200: true, 301: true, 403: false} {
		f := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/login" {
				_, _ = io.WriteString(w, versionReply)
				return
			}
			w.Header().Set("Set-Cookie", "cpsession=c")
			w.Header().Set("Location", "/cpsess1/")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, pageSetUp)
		})
		_, err := clientWith(t, optionsFor(f), WithLogin("root", NewSecret("pass"), nil)).Version(t.Context())
		equal(t, "signed in", err == nil, opens)
		equal(t, "class", IsTwoFactorRequired(err), !opens)
	}
}
