// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// finding is what an answer means for the call, before it becomes an [*Error].
type finding struct {
	class  Class
	result string
	reason string // remote text, cleaned later
	note   string // our text, where there is no remote one
	// effect says that the function may have run to some effect.
	effect bool
	// signIn says that the server may want a new session.
	signIn bool
	// atLogin says that the server leads to its login instead of answering, which to
	// a session means that it ended before the function ran.
	atLogin bool
	// nested says that the answer is that of a function called by another one.
	nested bool
	// cause is what a refusal says more exactly; nil mostly.
	cause error
}

// WHM has no error codes, and its texts vary with version and language of the
// server; so reasons are searched for phrases, never compared.
var (
	unknownFunction = regexp.MustCompile(`(?i)unknown app\s+(\(.*?\)\s*)?requested|function not found|could not find (the )?function|failed to load module`)

	forbiddenPhrases = []string{
		"access denied", "permission denied", "you do not have permission", "you do not have access",
		"not have the privilege", "requires the privilege", "do not have the feature",
	}
	inputPhrases = []string{
		"invalid or was not supplied", "too weak and would be too easy to", "do not have a user named",
		"is not a valid", "is not valid", "is invalid", "parameter is required", "missing parameter",
		"missing required parameter", "you must specify", "you must provide", "you must supply",
	}
	// privilegePhrases are those among them that only WHM has a reason to say of a
	// function that asks another server.
	privilegePhrases = []string{
		"you do not have permission", "you do not have access", "not have the privilege", "requires the privilege",
		"do not have the feature",
	}
	licencePhrases = []string{"license file expired", "cannot read license file"}
	// Errors of the system below WHM can interrupt a function halfway.
	systemPhrases = []string{
		"no space left on device", "disk quota exceeded", "read-only file system",
		"input/output error", "cannot allocate memory",
	}
	rejectedLogin = []string{"login is invalid"}

	weakPhrases      = []string{"too weak and would be too easy to"}
	wrongCodePhrases = []string{"security code is invalid"}
)

func containsAny(text string, phrases []string) bool {
	text = strings.ToLower(text)
	return slices.ContainsFunc(phrases, func(p string) bool { return strings.Contains(text, p) })
}

// judge decides what an answer means. ok is true when the call succeeded. Only
// the forms that the function is known to use count as success.
func judge(a answer, forms form) (env envelope, f finding, ok bool) {
	if f, done := judgePage(a); done {
		return env, f, false
	}
	decode := decodeEnvelope
	if forms == formUAPI {
		decode = decodeUAPI
	}
	env, err := decode(a.body)
	if err == nil {
		f = finding{result: env.result, reason: env.reason, nested: env.nested}
	}
	switch {
	case a.status == http.StatusUnauthorized || a.status == http.StatusForbidden:
		f.class, f.signIn = rejection(a.status, env, err)
	case a.status >= http.StatusInternalServerError || a.status == http.StatusTooManyRequests:
		f.class, f.effect = ClassUnavailable, true
	case err != nil:
		return env, finding{class: ClassMalformed, note: err.Error(), effect: true}, false
	case !env.ok:
		f.class, f.effect = env.refusal()
		f.cause = refusalCause(env.reason)
	case a.status >= http.StatusMultipleChoices:
		return env, finding{class: ClassMalformed, note: "success with an HTTP error status", effect: true}, false
	case env.form&forms != 0:
		return env, f, true
	default:
		return env, finding{class: ClassMalformed, note: errNoMetadata.Error(), effect: true}, false
	}
	return env, f, false
}

// rejection tells a rejected login from a missing privilege. Rejections come
// with status 403 in the old form; an answer with metadata comes from behind
// the login.
func rejection(status int, env envelope, err error) (Class, bool) {
	behindLogin := env.form == formWHM1 || env.nested
	if err == nil && status == http.StatusForbidden && behindLogin && !env.ok {
		if class, _ := env.refusal(); class != ClassRefused {
			return class, false
		}
	}
	return ClassUnauthenticated, true
}

// refusal classifies a failure. What a function says that was called by another
// one, is about one account: it must not pass for a rejected login, nor for
// trouble of the whole server.
func (e envelope) refusal() (class Class, effect bool) {
	class, effect = refusal(e.reason)
	if e.nested && (class == ClassUnauthenticated || class == ClassUnavailable) {
		class = ClassRefused
	}
	return class, effect
}

// relayed is what a failure means of a function that passes on what another server
// says. Its words must not pass for WHM's about the caller or itself. A page, an
// error of the whole server and a rejected login in the old form are WHM's own.
func (f finding) relayed(status int, env envelope) finding {
	troubled := status >= http.StatusInternalServerError || status == http.StatusTooManyRequests
	rejected := f.signIn && env.form != formWHM1
	if env.result != "0" || troubled || rejected {
		return f
	}
	f.nested, f.signIn = true, false
	switch class, _ := refusal(env.reason); {
	case class == ClassUnsupported || class == ClassInvalidInput:
		f.class = class
	case containsAny(oneLine(env.reason), privilegePhrases):
		f.class = ClassForbidden
	default:
		f.class = ClassRefused
	}
	return f
}

// refusal classifies the reason of a function that answered with result 0.
func refusal(reason string) (class Class, effect bool) {
	reason = oneLine(xidPattern.ReplaceAllString(reason, ""))
	switch {
	case unknownFunction.MatchString(reason):
		return ClassUnsupported, false
	case containsAny(reason, forbiddenPhrases):
		return ClassForbidden, false
	case containsAny(reason, rejectedLogin):
		return ClassUnauthenticated, false
	case containsAny(reason, licencePhrases):
		return ClassUnavailable, false
	case containsAny(reason, systemPhrases):
		return ClassUnavailable, true
	case containsAny(reason, inputPhrases):
		return ClassInvalidInput, false
	}
	return ClassRefused, false
}

// refusalCause recognises refusals that callers have to tell from others. It looks
// at the text as sent, because a secret that is cut out of it can be a part of
// the words.
func refusalCause(reason string) error {
	reason = oneLine(reason)
	switch {
	case containsAny(reason, weakPhrases):
		return ErrPasswordTooWeak
	case containsAny(reason, wrongCodePhrases):
		return ErrWrongCode
	}
	return nil
}
