// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"bytes"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// tfaMarker names the form of the page that asks for a one-time code, and
// loginMarker the one of the sign-in page. The page for the code has both.
const (
	tfaMarker   = "tfa_login_form"
	loginMarker = "login_form"
)

// ErrSecondFactorNotSetUp is wrapped by errors of [ClassTwoFactorRequired] when the
// server wants the user to set up a second factor, so that no code would help.
var ErrSecondFactorNotSetUp = errors.New("the user has to set up two-factor authentication first")

// How the pages of security policies are worded is not verified, nor how a login in
// JSON asks for a code.
var (
	codeWords         = regexp.MustCompile(`(?i)two[- ]?factor|\b2fa\b|\btfa|one[- ]time code|security code`)
	secondFactorWords = regexp.MustCompile(`(?i)two[- ]?factor`)
	passwordAgeWords  = regexp.MustCompile(`(?i)password (has |is )?(expired|too old)|(change|reset|update) your password|password age`)
)

// judgePage handles what is not the answer of a function: redirects, HTML, and
// licence trouble, whose status and form are not documented.
func judgePage(a answer) (finding, bool) {
	html := bytes.HasPrefix(bytes.TrimSpace(a.body), []byte("<"))
	switch {
	case html && bytes.Contains(a.body, []byte(tfaMarker)):
		return finding{class: ClassTwoFactorRequired, note: "the server shows its form for the code"}, true
	case a.status >= http.StatusMultipleChoices && a.status < http.StatusBadRequest:
		return finding{
			class: ClassUnavailable, effect: true, signIn: true, atLogin: leadsToLogin(a),
			note: "the server redirects, which is not followed; check scheme, host and port of the endpoint",
		}, true
	case (html || a.status != http.StatusOK) && containsAny(string(a.body), licencePhrases):
		return finding{class: ClassUnavailable, effect: true, note: "the server has a problem with its cPanel licence"}, true
	case html && a.status < http.StatusInternalServerError:
		return judgeHTML(a)
	}
	return finding{}, false
}

// leadsToLogin reports whether a redirect is the one to the sign-in page.
func leadsToLogin(a answer) bool {
	at, err := url.Parse(a.head.Get("Location"))
	return err == nil && strings.TrimSuffix(at.Path, "/") == "/login"
}

// judgeHTML tells the pages apart that a server shows in place of an answer. What a
// page says is never quoted.
func judgeHTML(a answer) (finding, bool) {
	login := bytes.Contains(a.body, []byte(loginMarker))
	switch {
	case !login && secondFactorWords.Match(a.body):
		return finding{
			class: ClassTwoFactorRequired, cause: ErrSecondFactorNotSetUp,
			note: "the server shows a page about two-factor authentication",
		}, true
	case a.status >= http.StatusBadRequest:
		return finding{}, false
	}
	f := finding{class: ClassMalformed, effect: true, signIn: true, atLogin: login}
	switch {
	case login:
		f.note = "the server shows its login page instead of an answer"
	case passwordAgeWords.Match(a.body):
		f.signIn = false // the login that led here was good
		f.note = "the server shows a page about the password, which may be too old for its security policies; log in to WHM and look"
	default:
		f.note = "HTML instead of JSON; check the endpoint's port (WHM: 2087, cPanel: 2083)"
	}
	return f, true
}
