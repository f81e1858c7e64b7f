// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"html"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestCleanReason(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ in, want string }{
		"transaction id":             {"API failure: (XID abc123) No.", "No."},
		"transaction id within":      {"Failed: (XID abc123) No.", "Failed: No."},
		"prefix without id":          {"API failure: No.", "No."},
		"quotes":                     {"“a” and ‘b’", `"a" and 'b'`},
		"lines and control":          {" a\r\n\tb\x00c\u202ed ", "a b c d"},
		"invalid UTF-8":              {"a\xffb", "a?b"},
		"markup":                     {"<b>No</b>, <a href=x>see</a> 1 < 2", "No , see 1 < 2"},
		"unclosed markup":            {"No <script", "No"},
		"foreign token":              {"token ZYXWVUTSRQPONMLKJIHGFEDCBA543210 exists", "token [redacted] exists"},
		"session path":               {"see /cpsess1234567890/login", "see /[redacted]/login"},
		"a name is not a credential": {"whm-0123456789abcdef-0123456789abcdef-r1a1 exists", "whm-0123456789abcdef-0123456789abcdef-r1a1 exists"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			equal(t, "reason", newMask(nil).clean(tc.in), tc.want)
		})
	}
}

func TestCleanCapsLength(t *testing.T) {
	t.Parallel()
	got := newMask(nil).clean(strings.Repeat("ä ", 300))
	equal(t, "runes", utf8.RuneCountInString(got), maxReason)
	equal(t, "end", strings.HasSuffix(got, "…"), true)
	exact := strings.TrimSpace(strings.Repeat("ä ", maxReason/2)) + "ä"
	equal(t, "at the limit", newMask(nil).clean(exact), exact)
}

func TestCleanMasksWhatWasSent(t *testing.T) {
	t.Parallel()
	const secret = `a“b" <i>c&d e`
	m := newMask([]Secret{NewSecret("123456"), NewSecret(secret), NewSecret("ab"), {}})
	for name, echo := range map[string]string{
		"as sent": secret, "form": url.QueryEscape(secret), "path": url.PathEscape(secret),
		"HTML": html.EscapeString(secret), "quotes": plainQuotes.Replace(secret), "code": "123456",
	} {
		got := m.clean("value " + echo + " is wrong")
		equal(t, name, got, "value [redacted] is wrong")
	}
	equal(t, "short secret", m.clean("the word ab is short"), maskedValue)
	equal(t, "cut by the cap", strings.Contains(m.clean(strings.Repeat("x ", 98)+secret), "a"), false)
	equal(t, "put together by removed markup", strings.Contains(newMask([]Secret{NewSecret("left right")}).clean("left<br>right"), "left"), false)
}
