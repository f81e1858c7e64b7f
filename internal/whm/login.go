// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
)

// WithLogin signs in with POST /login and then uses the session's cookie and
// path prefix. It signs in with the first call, once for concurrent calls, and
// again when the session has ended; the call that found that out is sent again
// if it certainly had no effect. code may be nil for users without two-factor
// authentication.
func WithLogin(user string, password Secret, code OTPFunc) Credential {
	return WithLoginAfter(user, password, code, &UsedCodes{})
}

// WithLoginAfter is [WithLogin] with the memory of an earlier credential of the same
// user, so that the two do not send the same code.
func WithLoginAfter(user string, password Secret, code OTPFunc, used *UsedCodes) Credential {
	l := &login{user: user, password: password, code: code, used: used}
	return &sessionCredential{
		user: user, open: l.open, again: true,
		check: func() error { return checkCredential(user, password, "password", false) },
	}
}

type login struct {
	user     string
	password Secret
	code     OTPFunc
	used     *UsedCodes
}

func (l *login) open(ctx context.Context, s *sender) (LiveSession, error) {
	form := url.Values{"user": {l.user}, "pass": {l.password.Reveal()}, "login_only": {"1"}}
	code, err := l.takeCode()
	if err != nil {
		return LiveSession{}, err
	}
	if !code.IsZero() {
		form.Set("tfa_token", code.Reveal())
	}
	o := outcome{function: functionLogin, mask: newMask([]Secret{l.password, code})}
	a, t, err := s.send(ctx, message{path: "/login", form: form, once: true})
	if err != nil {
		if !t.connected.Load() {
			l.used.putBack(code)
		}
		return LiveSession{}, final(o.failure(ctx, t, a.status, err))
	}
	o.answered = a.date()
	live, f, ok := judgeLogin(a, l.user)
	if !ok {
		return LiveSession{}, final(o.refused(a.status, f))
	}
	return live, nil
}

// takeCode returns the code for this login; none if the user needs none.
func (l *login) takeCode() (Secret, error) {
	if l.code == nil {
		return Secret{}, nil
	}
	code, err := oneTimeCode(l.code)
	switch {
	case err != nil:
		return Secret{}, invalid(functionLogin, "", err)
	case !l.used.take(code):
		return Secret{}, &Error{Function: functionLogin, Class: ClassUnavailable, err: ErrCodeUsed}
	}
	return code, nil
}

// final marks the error of a sign-in step: only the call that needed the session
// may be repeated, and the step is then part of it.
func final(e *Error) *Error {
	e.resend, e.signedIn, e.atLogin = false, false, false
	return e
}

// loginAnswer is what /login says in JSON next to the headers.
type loginAnswer struct {
	Status        json.RawMessage `json:"status"`
	Message       json.RawMessage `json:"message"`
	Redirect      string          `json:"redirect"`
	SecurityToken string          `json:"security_token"`
}

func readLogin(a answer) loginAnswer {
	var said loginAnswer
	_ = json.Unmarshal(a.body, &said) // an HTML page or nothing at all is as good
	return said
}

func (l loginAnswer) message() string { return text(l.Message) }

// class is what a refusal means.
func (l loginAnswer) class() Class {
	if codeWords.MatchString(l.message()) {
		return ClassTwoFactorRequired
	}
	return ClassUnauthenticated
}

func judgeLogin(a answer, user string) (LiveSession, finding, bool) {
	if f, bad := signInTrouble(a); bad {
		return LiveSession{}, f, false
	}
	said := readLogin(a)
	if result, ok, err := outcomeOf(said.Status); err == nil && !ok {
		return LiveSession{}, finding{class: said.class(), result: result, reason: said.message()}, false
	}
	token := sessionPath.FindString(said.SecurityToken)
	if token == "" {
		token = sessionPath.FindString(said.Redirect)
	}
	live, ok := sessionFrom(a, user, token)
	return live, noSession(a), ok
}

// signInTrouble recognises answers that open no session: the code is asked for,
// the login is rejected or asked for again, the server is in trouble. A page that
// speaks of the second factor can also be the home page behind a good login.
func signInTrouble(a answer) (finding, bool) {
	page, known := judgePage(a)
	switch {
	case known && page.class == ClassTwoFactorRequired && (page.cause == nil || a.status >= http.StatusBadRequest):
		return page, true
	case a.status == http.StatusUnauthorized || a.status == http.StatusForbidden:
		f := finding{class: readLogin(a).class()}
		if env, err := decodeEnvelope(a.body); err == nil && !env.ok {
			f.result, f.reason = env.result, cmp.Or(env.reason, readLogin(a).message())
		}
		return f, true
	case a.status >= http.StatusInternalServerError || a.status == http.StatusTooManyRequests:
		return finding{class: ClassUnavailable, effect: true}, true
	case bytes.Contains(a.body, []byte(loginMarker)):
		return finding{class: ClassUnauthenticated, note: "the server shows its login page again"}, true
	case known && page.class == ClassUnavailable && cookieHeader(a.head) == "":
		return page, true
	}
	return finding{}, false
}

func noSession(a answer) finding {
	if f, known := judgePage(a); known {
		return f
	}
	return finding{class: ClassMalformed, effect: true, note: "the answer opens no session: cookie or security token is missing"}
}
