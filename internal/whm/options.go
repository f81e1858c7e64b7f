// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/url"
	"time"
)

const (
	defaultTimeout   = 60 * time.Second
	defaultMaxBody   = 4 << 20
	defaultUserAgent = "whm-credentials-operator"
)

// TLSOptions say which certificate a server may show.
type TLSOptions struct {
	// CABundle holds PEM certificates of the authorities to trust instead of the
	// system's. Empty means the system's.
	CABundle []byte
	// ServerName is the name that the certificate must be for. Empty means the
	// endpoint's host. Certificates are made for the server's hostname, so an
	// endpoint that is an IP address usually needs it.
	ServerName string
}

// Options describe how to reach one server.
type Options struct {
	// Endpoint is scheme, host and port: https://host:2087. Without a port it is
	// 443, where servers answer on their service subdomain.
	Endpoint string
	// TLS is used for https endpoints.
	TLS TLSOptions
	// AllowPlaintext permits http:// endpoints, which show every credential to the
	// network.
	AllowPlaintext bool
	// Timeout limits one call, signing in included. 0 means 60 seconds.
	Timeout time.Duration
	// UserAgent is sent with every request. Empty means the operator's name.
	UserAgent string
	// Guard surrounds every function call: it admits the call, by a rate
	// limit, a gate or a breaker, or refuses it with an error, which the call's error then wraps. The
	// function it returns is called once with the outcome, nil or an [*Error];
	// waiting in Guard does not count towards Timeout. Signing in happens inside.
	// [Client.OpenUserSession] is not guarded, because its outcome says nothing
	// about the client's credential. Nil admits everything.
	Guard func(ctx context.Context, function string) (done func(error), err error)
	// MaxBodyBytes limits what is read of one answer. 0 means 4 MiB.
	MaxBodyBytes int64
}

// endpoint checks and parses Endpoint. Its errors do not quote it, because a URL
// can hold a password.
func (o Options) endpoint() (*url.URL, error) {
	u, err := url.Parse(o.Endpoint)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "":
		return nil, errors.New("endpoint: write it as https://host:2087")
	case u.User != nil:
		return nil, errors.New("endpoint: put user and secret into the credential, not into the URL")
	case (u.Path != "" && u.Path != "/") || u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New("endpoint: leave out path, query and fragment, as in https://host:2087")
	case u.Scheme == "https", u.Scheme == "http" && o.AllowPlaintext:
		return &url.URL{Scheme: u.Scheme, Host: u.Host}, nil
	case u.Scheme == "http":
		return nil, errors.New("endpoint: use https; http would show the credential to the network")
	}
	return nil, errors.New("endpoint: the scheme must be https")
}

func (t TLSOptions) config() (*tls.Config, error) {
	cfg := &tls.Config{
		MinVersion: tls.VersionTLS12,
		ServerName: t.ServerName,
	}
	if len(t.CABundle) == 0 {
		return cfg, nil
	}
	cfg.RootCAs = x509.NewCertPool()
	if !cfg.RootCAs.AppendCertsFromPEM(t.CABundle) {
		return nil, errors.New("CA bundle: no PEM certificate found")
	}
	return cfg, nil
}
