// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestCertificates(t *testing.T) {
	t.Parallel()
	f := serve(t, replyWith(200, versionReply))
	own := pemOf(f.Server)
	// The test certificate is for 127.0.0.1 and example.com.
	for name, tc := range map[string]struct {
		opts TLSOptions
		want string
	}{
		"CA bundle":          {TLSOptions{CABundle: own}, ""},
		"CA bundle and name": {TLSOptions{CABundle: own, ServerName: "example.com"}, ""},
		"unknown authority":  {TLSOptions{}, "not trusted: x509: certificate signed by unknown authority"},
		"wrong name":         {TLSOptions{CABundle: own, ServerName: "whm.example.org"}, "not trusted: x509: certificate is valid for"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := clientWith(t, Options{Endpoint: f.URL, TLS: tc.opts}, WithAPIToken("root", NewSecret(testToken)))
			_, err := c.APITokenCreate(t.Context(), APITokenCreateInput{Name: "n", AllPrivileges: true})
			if tc.want == "" {
				equal(t, "the call arrived", IsMalformed(err), true)
				return
			}
			e := wantError(t, err)
			equal(t, "class", e.Class, ClassUnavailable)
			equal(t, "may have applied", e.MayHaveApplied, false)
			equal(t, "text: "+e.Error(), strings.Contains(e.Error(), tc.want), true)
		})
	}
}

func TestCertificateErrorsCanBeInspected(t *testing.T) {
	t.Parallel()
	f := serve(t, replyWith(200, versionReply))
	_, err := clientWith(t, Options{Endpoint: f.URL}, WithAPIToken("root", NewSecret(testToken))).Version(t.Context())
	_, ok := errors.AsType[x509.UnknownAuthorityError](err)
	equal(t, "UnknownAuthorityError", ok, true)
	equal(t, "requests", len(f.requests()), 0)
}

func TestBadCABundle(t *testing.T) {
	t.Parallel()
	_, err := New(Options{Endpoint: "https://h", TLS: TLSOptions{CABundle: []byte("no PEM")}}, WithAPIToken("root", NewSecret("T")))
	equal(t, "error", err != nil && strings.Contains(err.Error(), "CA bundle"), true)
}

func TestOldTLSIsRefused(t *testing.T) {
	t.Parallel()
	old := httptest.NewUnstartedServer(replyWith(200, versionReply))
	old.Config.ErrorLog = log.New(io.Discard, "", 0)
	old.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	old.StartTLS()
	t.Cleanup(old.Close)
	c := clientWith(t, Options{Endpoint: old.URL, TLS: TLSOptions{CABundle: pemOf(old)}}, WithAPIToken("root", NewSecret(testToken)))
	_, err := c.Version(t.Context())
	equal(t, "class", ClassOf(err), ClassUnavailable)
}

func TestPlainServerBehindTLSEndpoint(t *testing.T) {
	t.Parallel()
	plain := httptest.NewServer(replyWith(200, versionReply))
	t.Cleanup(plain.Close)
	endpoint := strings.Replace(plain.URL, "http://", "https://", 1)
	_, err := clientWith(t, Options{Endpoint: endpoint}, WithAPIToken("root", NewSecret(testToken))).Version(t.Context())
	equal(t, "class", ClassOf(err), ClassUnavailable)
	equal(t, "text: "+err.Error(), strings.Contains(err.Error(), "use its TLS port"), true)
}
