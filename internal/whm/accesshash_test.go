// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"errors"
	"net/url"
	"strings"
	"testing"
)

func TestAccessHash(t *testing.T) {
	t.Parallel()
	f := serve(t, replyWith(200, `{"metadata":{"result":"1"},"data":{"accesshash":"`+testHash[:24]+`\r\n`+testHash[24:]+`\n"}}`))
	c := clientFor(t, f)
	read, err := c.AccessHash(t.Context(), "bob")
	noError(t, err)
	equal(t, "hash", read.Reveal(), testHash)
	made, err := c.GenerateAccessHash(t.Context(), "bob")
	noError(t, err)
	equal(t, "new hash", made.Equal(read), true)
	for i, generate := range []string{"0", "1"} {
		r := f.requests()[i]
		equal(t, "request", r.method+" "+r.target, "POST /json-api/accesshash")
		equal(t, "body", r.body, url.Values{"api.version": {"1"}, "user": {"bob"}, "generate": {generate}}.Encode())
	}
}

func TestAccessHashMissing(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"empty":          `{"metadata":{"result":1},"data":{"accesshash":""}}`,
		"null":           `{"metadata":{"result":1},"data":{"accesshash":null}}`,
		"member absent":  `{"metadata":{"result":1},"data":{}}`,
		"data absent":    `{"metadata":{"result":1}}`,
		"data null":      `{"metadata":{"result":1},"data":null}`,
		"refused":        `{"metadata":{"result":0,"reason":"API failure: (XID a1b2c3) The user “bob” does not have an access hash."}}`,
		"refused, other": `{"metadata":{"result":0,"reason":"The accesshash file does not exist."}}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := answering(t, 200, body)
			hash, err := c.AccessHash(t.Context(), "bob")
			equal(t, "hash", hash.IsZero(), true)
			equal(t, "ErrNoAccessHash", errors.Is(err, ErrNoAccessHash), true)
			equal(t, "class", ClassOf(err), ClassRefused)

			_, err = c.GenerateAccessHash(t.Context(), "bob")
			equal(t, "generating: ErrNoAccessHash", errors.Is(err, ErrNoAccessHash), false)
			equal(t, "generating: may have applied", MayHaveApplied(err), !strings.HasPrefix(name, "refused"))
		})
	}
}

func TestAccessHashOtherFailuresAreNotMissing(t *testing.T) {
	t.Parallel()
	for _, reason := range []string{
		"You do not have a user named “bob”.", "Permission denied", "Access hash authentication is disabled on this server.", "",
	} {
		_, err := answering(t, 200, `{"metadata":{"result":0,"reason":"`+reason+`"}}`).AccessHash(t.Context(), "bob")
		equal(t, reason, err != nil && !errors.Is(err, ErrNoAccessHash), true)
	}
}

func TestAccessHashOfAnOddForm(t *testing.T) {
	t.Parallel()
	for _, data := range []string{`{"accesshash":{}}`, `[]`, `{"accesshash":"a\u0000b"}`} {
		c := answering(t, 200, `{"metadata":{"result":1},"data":`+data+`}`)
		_, err := c.GenerateAccessHash(t.Context(), "bob")
		equal(t, data, IsMalformed(err) && MayHaveApplied(err), true)
	}
	_, err := answering(t, 200, `{}`).GenerateAccessHash(t.Context(), "")
	equal(t, "empty user", IsInvalidInput(err) && !MayHaveApplied(err), true)
}
