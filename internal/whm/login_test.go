// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestLoginFailures(t *testing.T) {
	t.Parallel()
	withCookie := func(status int, location, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			http.SetCookie(w, &http.Cookie{Name: "cpsession", Value: "pending"})
			w.Header().Set("Location", location)
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
	}
	for name, tc := range map[string]struct {
		login http.HandlerFunc
		class Class
	}{
		"401 with a message":     {replyWith(401, `{"status":0,"message":"invalid_login SECRETVALUE"}`), ClassUnauthenticated},
		"403":                    {replyWith(403, rejected403), ClassUnauthenticated},
		"401":                    {replyWith(401, "{}"), ClassUnauthenticated},
		"JSON status 0":          {replyWith(200, `{"status":0,"message":"invalid, `+"SECRETVALUE"+`"}`), ClassUnauthenticated},
		"login page again":       {withCookie(200, "", `<html><form id="login_form"></form></html>`), ClassUnauthenticated},
		"code is asked for":      {withCookie(200, "", `<html><form id="tfa_login_form"></form></html>`), ClassTwoFactorRequired},
		"code is asked for, 401": {replyWith(401, `<html><form id="tfa_login_form"></form></html>`), ClassTwoFactorRequired},
		"no cookie":              {replyWith(200, `{"status":1,"security_token":"/cpsess1"}`), ClassMalformed},
		"no security token":      {withCookie(200, "", `{"status":1}`), ClassMalformed},
		"odd security token":     {withCookie(302, "https://evil.example/x", ``), ClassUnavailable},
		"redirect to TLS": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://h:2087/login", http.StatusMovedPermanently)
		}, ClassUnavailable},
		"another page":             {replyWith(200, "<html>maintenance</html>"), ClassMalformed},
		"server error":             {replyWith(503, ""), ClassUnavailable},
		"licence":                  {replyWith(200, "<html>License File Expired</html>"), ClassUnavailable},
		"empty":                    {replyWith(200, ""), ClassMalformed},
		"connection is closed":     {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, ClassUnavailable},
		"cookie says it is closed": {func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Set-Cookie", "cpsession=closed") }, ClassMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := serve(t, tc.login)
			_, err := clientWith(t, optionsFor(f), WithLogin("root", NewSecret("SECRETVALUE"), nil)).GenerateAccessHash(t.Context(), "root")
			e := wantError(t, err)
			equal(t, "class", e.Class, tc.class)
			equal(t, "function", e.Function, functionLogin)
			equal(t, "may have applied", e.MayHaveApplied, false)
			equal(t, "message is quoted", strings.Contains(e.Error(), "invalid_login"), name == "401 with a message")
			equal(t, "password in the error", strings.Contains(e.Error(), "SECRETVALUE"), false)
			f.only(t)
		})
	}
}

func TestLoginAnswerInJSON(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"status":1,"security_token":"/cpsess42","redirect":"/cpsess42/"}`, `{"status":"1","redirect":"/cpsess42/scripts/command"}`,
	} {
		f := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/login" {
				w.Header().Set("Set-Cookie", "cpsession=root%3aABC%2cdef; HttpOnly; path=/; secure")
				_, _ = io.WriteString(w, body)
				return
			}
			_, _ = io.WriteString(w, versionReply)
		})
		_, err := clientWith(t, optionsFor(f), WithLogin("root", NewSecret("pass"), nil)).Version(t.Context())
		noError(t, err)
		equal(t, "target", f.requests()[1].target, "/cpsess42/json-api/version")
		equal(t, "cookie", f.requests()[1].head.Get("Cookie"), "cpsession=root%3aABC%2cdef")
	}
}
