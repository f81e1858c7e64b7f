// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"slices"
	"testing"
	"unicode/utf8"
)

func FuzzDecodeEnvelope(f *testing.F) {
	for _, r := range slices.Concat(oddSuccesses, oddFailures) {
		f.Add(r.status, []byte(r.body))
	}
	secret := NewSecret(testToken)
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		env, err := decodeEnvelope(body)
		if err == nil && env.form == 0 {
			t.Error("no form and no error")
		}
		if err == nil && env.ok != (env.result == "1") {
			t.Errorf("ok is %v with result %q", env.ok, env.result)
		}
		_, found, ok := judge(answer{status: status, body: body}, formWHM1)
		if ok && (err != nil || !env.ok || status >= 300) {
			t.Errorf("success for HTTP %d: %v, %+v", status, err, env)
		}
		if !ok && found.class == "" {
			t.Error("a failure without a class")
		}
		reason := newMask([]Secret{secret}).clean(found.reason)
		if !utf8.ValidString(reason) || utf8.RuneCountInString(reason) > maxReason {
			t.Errorf("bad reason %q", reason)
		}
		if markupPattern.MatchString(reason) || credentialPattern.MatchString(reason) {
			t.Errorf("the reason quotes markup or a credential: %q", reason)
		}
	})
}

func FuzzDecodeUAPI(f *testing.F) {
	for _, wrap := range uapiShapes {
		for _, r := range uapiAnswers {
			f.Add(200, []byte(wrap(r.body)))
		}
	}
	for _, r := range slices.Concat(outerReplies, oddSuccesses, oddFailures) {
		f.Add(r.status, []byte(r.body))
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		env, err := decodeUAPI(body)
		if err == nil && (env.form == 0 || env.ok != (env.result == "1")) {
			t.Errorf("ok is %v with result %q and form %d", env.ok, env.result, env.form)
		}
		_, found, ok := judge(answer{status: status, body: body}, formUAPI)
		if ok && (err != nil || !env.ok || env.form != formUAPI || status >= 300) {
			t.Errorf("success for HTTP %d: %v, %+v", status, err, env)
		}
		if !ok && found.class == "" {
			t.Error("a failure without a class")
		}
		if !ok && found.nested && (found.class == ClassUnauthenticated && status < 300 || found.class == ClassTwoFactorRequired) {
			t.Errorf("an inner answer passes for a rejected login: %+v", found)
		}
		// Whatever data is, it is read or refused.
		r := &reply{status: status, envelope: env}
		if tokens, err := accountTokens(r, nil); err == nil && tokens == nil {
			t.Error("neither a list nor an error")
		}
	})
}
