// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

// holder has secrets where methods are reachable and where they are not.
type holder struct {
	Public  Secret
	private Secret
	Pointer *Secret
	Nested  struct{ inner []Secret }
	Map     map[string]Secret
	Any     any
}

func newHolder() holder {
	s := NewSecret(testToken)
	h := holder{Public: s, private: s, Pointer: &s, Map: map[string]Secret{"k": s}, Any: s}
	h.Nested.inner = []Secret{s}
	return h
}

func TestSecretIsMaskedForEveryVerb(t *testing.T) {
	t.Parallel()
	s := NewSecret(testToken)
	for _, verb := range "vsqxXdtbcoOeEfFgGUpTw" {
		for _, flags := range []string{"", "+", "#", "-", " ", "0", "40", ".3"} {
			format := "%" + flags + string(verb)
			for _, v := range []any{s, &s, []Secret{s}, [1]Secret{s}, newHolder(), &holder{private: s}} {
				if out := fmt.Sprintf(format, v); leaks(out) {
					t.Errorf("%s of %T shows the value: %s", format, v, out)
				}
			}
		}
	}
	equal(t, "masked", fmt.Sprintf("%v %+v %#v %s %q %x", s, s, s, s, s, s), strings.TrimSpace(strings.Repeat("[redacted] ", 6)))
	equal(t, "zero", fmt.Sprintf("%v %#v", Secret{}, NewSecret("")), "[empty] [empty]")
}

// leaks reports whether text holds the value or its hex form.
func leaks(text string) bool {
	hex := fmt.Sprintf("%x", testToken)
	return strings.Contains(text, testToken) || strings.Contains(strings.ToLower(text), hex)
}

func TestSecretIsMaskedInLogsAndEncodings(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	for _, h := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		slog.New(h).Info("m", "secret", NewSecret(testToken), "holder", newHolder(), "pointer", &holder{Public: NewSecret(testToken)})
	}
	j, err := json.Marshal(newHolder())
	noError(t, err)
	x, err := xml.Marshal(NewSecret(testToken))
	noError(t, err)
	out.Write(j)
	out.Write(x)
	if leaks(out.String()) {
		t.Errorf("the value is shown: %s", out.String())
	}
	equal(t, "masks", strings.Count(string(j), maskedValue) >= 4, true)
}

func TestSecretValue(t *testing.T) {
	t.Parallel()
	s := NewSecret("value")
	equal(t, "value", s.Reveal(), "value")
	equal(t, "zero", Secret{}.Reveal(), "")
	equal(t, "IsZero", s.IsZero() || !NewSecret("").IsZero(), false)
	equal(t, "Equal", s.Equal(NewSecret("value")), true)
	equal(t, "Equal to another", s.Equal(NewSecret("valuE")) || s.Equal(Secret{}), false)
	equal(t, "zeros are equal", Secret{}.Equal(NewSecret("")), true)
	equal(t, "fingerprint", NewSecret("abc").Fingerprint(), "sha256:ba7816bf8f01cfea")
	equal(t, "fingerprint of nothing", Secret{}.Fingerprint(), "")
}

func TestSecretUnmarshal(t *testing.T) {
	t.Parallel()
	var v struct{ A, B Secret }
	noError(t, json.Unmarshal([]byte(`{"A":"x\u00e4","B":null}`), &v))
	equal(t, "A", v.A.Reveal(), "xä")
	equal(t, "B", v.B.IsZero(), true)
	if err := json.Unmarshal([]byte(`{"A":12345678}`), &v); err == nil || strings.Contains(err.Error(), "12345678") {
		t.Errorf("got %v, want an error without the input", err)
	}
}

func TestResultTypesAreMasked(t *testing.T) {
	t.Parallel()
	s := NewSecret(testToken)
	for _, v := range []any{
		UserSession{Session: s, URL: s, SecurityToken: s}, LiveSession{Cookie: s, SecurityToken: s}, APIToken{Token: s},
		WithAccessHash("root", s), WithAPIToken("root", s), WithPassword("root", s), WithLogin("root", s, nil),
		WithLiveSession(LiveSession{User: "u", Cookie: s, SecurityToken: s}), WithUserSession(UserSession{User: "u", URL: s}),
	} {
		j, err := json.Marshal(v)
		noError(t, err)
		if out := fmt.Sprintf("%v %+v %#v %s", v, v, v, v) + string(j); leaks(out) {
			t.Errorf("%T shows the value: %s", v, out)
		}
	}
}
