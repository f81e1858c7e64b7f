// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Class says what a caller can do about a failure.
type Class string

// The classes of [Error].
const (
	// ClassUnauthenticated: user, secret or address was rejected, or hash logins
	// are off; WHM does not tell which. Repeating it can lock the caller out.
	ClassUnauthenticated Class = "Unauthenticated"
	// ClassForbidden: the credential is good and lacks a privilege (ACL).
	ClassForbidden Class = "Forbidden"
	// ClassUnsupported: the server does not know the function; it is too old, or
	// the function was removed.
	ClassUnsupported Class = "Unsupported"
	// ClassInvalidInput: a parameter, option or credential form is wrong; found
	// here before sending, or by the server.
	ClassInvalidInput Class = "InvalidInput"
	// ClassRefused: the function ran and said no, for a reason that fits no other
	// class.
	ClassRefused Class = "Refused"
	// ClassUnavailable: no usable server: connection, TLS, timeout, 5xx, licence,
	// redirect, or a call stopped by the guard.
	ClassUnavailable Class = "Unavailable"
	// ClassMalformed: an answer arrived that is not one of WHM's forms: HTML, not
	// JSON, truncated, too large, without metadata or without the expected data.
	ClassMalformed Class = "Malformed"
	// ClassTwoFactorRequired: a one-time code is missing or wrong. WHM answers
	// with an HTML form instead of JSON.
	ClassTwoFactorRequired Class = "TwoFactorRequired"
)

// ErrNoAccessHash is wrapped by the error of [Client.AccessHash] when the user
// has no hash.
var ErrNoAccessHash = errors.New("the user has no access hash")

// ErrTokenUnknown is wrapped by the error of [Client.APITokenGetDetails] when
// the server does not recognise the token.
var ErrTokenUnknown = errors.New("the server does not know the token")

// Error is the failure of one call. It holds neither URL nor body, and no
// secret that was sent; its text is the same for the same failure, so it can be
// written to a status without causing further writes.
type Error struct {
	// Function is the WHM function, module and function as in "Tokens::list" for
	// one of UAPI, or "login" and "session_url" for the two steps that open a
	// session.
	Function string
	// HTTPStatus is 0 when no answer arrived.
	HTTPStatus int
	// Result is metadata.result, or status of UAPI, as sent; "" when there was
	// none.
	Result string
	// Reason is the server's reason or our description, cleaned and at most 200
	// runes long; it can be empty.
	Reason string
	// Class is never empty.
	Class Class
	// MayHaveApplied is false only when the call certainly changed nothing: it is
	// a read, it was never sent, or the server refused it. It is true for a change
	// whose answer was lost, cut off or not understood.
	MayHaveApplied bool
	// ServerTime is the server's clock when it answered, in whole seconds; zero
	// when it did not say. Codes fail when it is far from ours. It is not a part of
	// the text.
	ServerTime time.Time

	err      error
	resend   bool // sending the same request once more is safe and may help
	signedIn bool // the answer can mean that the session ended
	atLogin  bool // the server led to its login instead of answering
	fresh    bool // the credential of the request was obtained for it
	nested   bool // said by a function that another one called
}

var classText = map[Class]string{
	ClassUnauthenticated:   "the server rejected the credential",
	ClassForbidden:         "the credential lacks a privilege",
	ClassUnsupported:       "the server does not know this function",
	ClassInvalidInput:      "invalid input",
	ClassRefused:           "the server refused",
	ClassUnavailable:       "the server is unavailable",
	ClassMalformed:         "the answer is not in a form that WHM uses",
	ClassTwoFactorRequired: "a valid one-time code is required",
}

// Error names function, class, HTTP status, result, reason and cause.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "whm: %s: %s", e.Function, classText[e.Class])
	switch {
	case e.HTTPStatus != 0 && e.Result != "":
		fmt.Fprintf(&b, " (HTTP %d, result %s)", e.HTTPStatus, e.Result)
	case e.HTTPStatus != 0:
		fmt.Fprintf(&b, " (HTTP %d)", e.HTTPStatus)
	}
	if e.Reason != "" {
		b.WriteString(": " + e.Reason)
	}
	if e.err != nil {
		return strings.TrimSuffix(b.String(), ".") + ": " + e.err.Error()
	}
	return b.String()
}

// Unwrap returns the cause: a context error, a system call or certificate
// error, an error of the guard, [ErrNoAccessHash], [ErrTokenUnknown],
// [ErrTokenListed], [ErrAccountUnknown], [ErrPasswordTooWeak], [ErrWrongCode],
// [ErrSecondFactorNotSetUp], [ErrCodeUsed], or nil.
func (e *Error) Unwrap() error { return e.err }

// ClassOf returns the class of err, "" when err is not an [*Error].
func ClassOf(err error) Class {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Class
	}
	return ""
}

// MayHaveApplied reports whether the call that failed with err may have had an
// effect. An error from elsewhere says nothing about that, so it counts as true;
// nil is false.
func MayHaveApplied(err error) bool {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.MayHaveApplied
	}
	return err != nil
}

// IsUnauthenticated reports whether err has [ClassUnauthenticated].
func IsUnauthenticated(err error) bool { return ClassOf(err) == ClassUnauthenticated }

// IsForbidden reports whether err has [ClassForbidden].
func IsForbidden(err error) bool { return ClassOf(err) == ClassForbidden }

// IsUnsupported reports whether err has [ClassUnsupported].
func IsUnsupported(err error) bool { return ClassOf(err) == ClassUnsupported }

// IsInvalidInput reports whether err has [ClassInvalidInput].
func IsInvalidInput(err error) bool { return ClassOf(err) == ClassInvalidInput }

// IsRefused reports whether err has [ClassRefused].
func IsRefused(err error) bool { return ClassOf(err) == ClassRefused }

// IsUnavailable reports whether err has [ClassUnavailable].
func IsUnavailable(err error) bool { return ClassOf(err) == ClassUnavailable }

// IsMalformed reports whether err has [ClassMalformed].
func IsMalformed(err error) bool { return ClassOf(err) == ClassMalformed }

// IsTwoFactorRequired reports whether err has [ClassTwoFactorRequired].
func IsTwoFactorRequired(err error) bool { return ClassOf(err) == ClassTwoFactorRequired }

// invalid is an error found before anything was sent.
func invalid(function, reason string, cause error) *Error {
	return &Error{Function: function, Class: ClassInvalidInput, Reason: reason, err: cause}
}

// functionSaidNo returns the error of a function that looked at its parameters
// and refused them.
func functionSaidNo(err error) (*Error, bool) {
	e, ok := errors.AsType[*Error](err)
	return e, ok && e.HTTPStatus != 0 && (e.Class == ClassRefused || e.Class == ClassInvalidInput)
}
