// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"cmp"
	"html"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxReason is the length limit of quoted remote text, in runes.
const maxReason = 200

// minMasked is the shortest value, in bytes, that is cut out of a text. Cutting
// out shorter ones would show them by their gaps, so such a text is dropped.
const minMasked = 4

var (
	// The transaction id changes per call; with it in the text, equal failures
	// would look different.
	xidPattern    = regexp.MustCompile(`(API failure:\s*)?\(XID [^)]*\)\s*|^API failure:\s*`)
	markupPattern = regexp.MustCompile(`<[A-Za-z/!?][^>]*>?`)
	// Generated credentials that we did not send: tokens and hashes are long runs
	// of letters and digits, session paths are recognised by name.
	credentialPattern = regexp.MustCompile(`[A-Za-z0-9]{32,}|cpsess[0-9]+|cpses_\w+`)

	plainQuotes = strings.NewReplacer("\u201c", `"`, "\u201d", `"`, "\u2018", "'", "\u2019", "'")
)

// mask knows the secrets that went out with a request, in every form in which a
// server may echo them.
type mask []string

func newMask(secrets []Secret) mask {
	var m mask
	for _, s := range secrets {
		if s.IsZero() {
			continue
		}
		v := s.Reveal()
		m = append(m, v, url.QueryEscape(v), url.PathEscape(v), html.EscapeString(v),
			plainQuotes.Replace(v), oneLine(v))
	}
	// Longest first: a secret may contain another one.
	slices.SortFunc(m, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b))
	})
	return slices.DeleteFunc(slices.Compact(m), func(s string) bool { return s == "" })
}

func (m mask) apply(text string) string {
	for _, s := range m {
		switch {
		case !strings.Contains(text, s):
		case len(s) < minMasked:
			return maskedValue
		default:
			text = strings.ReplaceAll(text, s, maskedValue)
		}
	}
	return text
}

// clean makes remote text fit for errors and status: no secret, no markup, no
// transaction id, plain quotes, one line, at most maxReason runes.
func (m mask) clean(text string) string {
	text = m.apply(strings.ToValidUTF8(text, "?"))
	text = markupPattern.ReplaceAllString(text, " ")
	text = xidPattern.ReplaceAllString(text, "")
	text = oneLine(text)
	// Again, because removing markup can put the halves of a secret together.
	text = credentialPattern.ReplaceAllString(m.apply(text), maskedValue)
	return shorten(text)
}

// oneLine normalises quotes and puts one space for whatever does not print.
func oneLine(text string) string {
	separates := func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }
	return strings.Join(strings.FieldsFunc(plainQuotes.Replace(text), separates), " ")
}

func shorten(text string) string {
	if utf8.RuneCountInString(text) <= maxReason {
		return text
	}
	return string([]rune(text)[:maxReason-1]) + "…"
}
