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
