// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestParametersTravelInTheBodyOnly(t *testing.T) {
	t.Parallel()
	f := serve(t, replyWith(200, `{"metadata":{"result":1},"data":{"name":"n"}}`))
	_, err := clientFor(t, f).APITokenGetDetails(t.Context(), NewSecret("SECRETVALUE"))
	noError(t, err)
	r := f.only(t)
	equal(t, "request", r.method+" "+r.target, "POST /json-api/api_token_get_details")
	equal(t, "content type", r.head.Get("Content-Type"), "application/x-www-form-urlencoded")
	equal(t, "user agent", r.head.Get("User-Agent"), defaultUserAgent)
	equal(t, "host", "https://"+r.host, f.URL)
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	target := serve(t, replyWith(200, versionReply))
	for _, status := range []int{301, 302, 303, 307, 308} {
		f := serve(t, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, target.URL+"/json-api/version", status)
		})
		opts := optionsFor(f)
		opts.TLS.CABundle = append(opts.TLS.CABundle, pemOf(target.Server)...)
		_, err := clientWith(t, opts, WithPassword("root", NewSecret("p"))).Version(t.Context())
		e := wantError(t, err)
		equal(t, "class", e.Class, ClassUnavailable)
		equal(t, "status", e.HTTPStatus, status)
		equal(t, "reason", strings.Contains(e.Reason, "redirects"), true)
		equal(t, "target named", strings.Contains(e.Error(), target.URL), false)
		f.only(t)
	}
	equal(t, "requests at the target", len(target.requests()), 0)
}

func TestBodyCap(t *testing.T) {
	t.Parallel()
	const head, tail = `{"metadata":{"result":1},"data":{"hostname":"`, `"}}`
	const limit = 4096
	body := func(size int) string {
		return head + strings.Repeat("h", size-len(head)-len(tail)) + tail
	}
	for size, tooLarge := range map[int]bool{limit: false, limit + 1: true, 10 * limit: true} {
		f := serve(t, replyWith(200, body(size)))
		opts := optionsFor(f)
		opts.MaxBodyBytes = limit
		_, err := clientWith(t, opts, WithAPIToken("root", NewSecret(testToken))).GetHostname(t.Context())
		equal(t, "too large", IsMalformed(err), tooLarge)
		equal(t, "failed", err != nil, tooLarge)
	}
}

func TestEndlessBodyIsCut(t *testing.T) {
	t.Parallel()
	f := serve(t, func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			if _, err := io.WriteString(w, strings.Repeat(" ", 1<<16)); err != nil {
				return
			}
		}
	})
	_, err := clientFor(t, f).GenerateAccessHash(t.Context(), "bob")
	e := wantError(t, err)
	equal(t, "class", e.Class, ClassMalformed)
	equal(t, "may have applied", e.MayHaveApplied, true)
	equal(t, "text", strings.Contains(e.Error(), errTooLarge.Error()), true)
}

func TestUserAgentAndDefaults(t *testing.T) {
	t.Parallel()
	f := serve(t, replyWith(200, versionReply))
	opts := optionsFor(f)
	opts.UserAgent = "tool/1"
	_, err := clientWith(t, opts, WithAPIToken("root", NewSecret(testToken))).Version(t.Context())
	noError(t, err)
	equal(t, "user agent", f.only(t).head.Get("User-Agent"), "tool/1")

	c := clientWith(t, Options{Endpoint: f.URL}, WithAPIToken("root", NewSecret(testToken)))
	equal(t, "timeout", c.sender.timeout, defaultTimeout)
	equal(t, "body limit", c.sender.maxBody, defaultMaxBody)
}

func TestEndpointValidation(t *testing.T) {
	t.Parallel()
	cred := WithAPIToken("root", NewSecret(testToken))
	for endpoint, want := range map[string]string{
		"":                         "write it as https://host:2087",
		"host:2087":                "write it as https://host:2087",
		"https://":                 "write it as https://host:2087",
		"https://:2087":            "write it as https://host:2087",
		"https://h:s3cr3t":         "write it as https://host:2087",
		"http://h:2086":            "use https",
		"ftp://h":                  "scheme must be https",
		"https://u:s3cr3t@h:2087":  "not into the URL",
		"https://h:2087/json-api":  "leave out path",
		"https://h:2087/?q=s3cr3t": "leave out path",
		"https://h:2087#s3cr3t":    "leave out path",
	} {
		_, err := New(Options{Endpoint: endpoint}, cred)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("%q: got %v, want %q", endpoint, err, want)
		}
	}
	for _, endpoint := range []string{"https://h", "https://h:2087/", "https://[::1]:2087"} {
		clientWith(t, Options{Endpoint: endpoint}, cred)
	}
	clientWith(t, Options{Endpoint: "http://h:2086", AllowPlaintext: true}, cred)
}
