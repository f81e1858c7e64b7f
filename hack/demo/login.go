// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/whm-credentials/operator/internal/whm/simulator"
)

// logIn asks for the server's version with an access hash, as any WHM client does, over TLS. It returns whether the
// server let it in, and the HTTP status.
func (s *server) logIn(ctx context.Context, hash string) (accepted bool, status string, err error) {
	form := strings.NewReader(url.Values{"api.version": {"1"}}.Encode())
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.endpoint+"/json-api/version", form)
	if err != nil {
		return false, "", err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Authorization", "WHM root:"+hash)
	client, err := s.client()
	if err != nil {
		return false, "", err
	}
	defer client.CloseIdleConnections()
	response, err := client.Do(request)
	if err != nil {
		return false, "", fmt.Errorf("log in to %s: %w", s.name, err)
	}
	defer func() { _ = response.Body.Close() }()
	var answer struct {
		Metadata struct {
			Result int `json:"result"`
		} `json:"metadata"`
	}
	// A refusal has another form, which leaves the result at zero.
	_ = json.NewDecoder(response.Body).Decode(&answer)
	return response.StatusCode == http.StatusOK && answer.Metadata.Result == 1, response.Status, nil
}

func (s *server) client() (*http.Client, error) {
	trusted := x509.NewCertPool()
	if !trusted.AppendCertsFromPEM([]byte(s.ca)) {
		return nil, fmt.Errorf("simulator %s wrote no CA certificate", s.name)
	}
	return &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: trusted, MinVersion: tls.VersionTLS12},
	}}, nil
}

// expectAccepted logs in with a hash that must work.
func (s *story) expectAccepted(ctx context.Context, at *server, what, hash string) error {
	accepted, status, err := at.logIn(ctx, hash)
	if err != nil {
		return err
	}
	if !accepted {
		return fmt.Errorf("%s answers %s to %s, which should work", at.name, status, what)
	}
	s.saw("%s lets %s in: %s (%s)", at.name, what, status, fingerprint(hash))
	return nil
}

// expectRefused logs in with a hash that must not work.
func (s *story) expectRefused(ctx context.Context, at *server, what, hash string) error {
	accepted, status, err := at.logIn(ctx, hash)
	if err != nil {
		return err
	}
	at.tries++
	if accepted {
		return fmt.Errorf("%s still lets %s in", at.name, what)
	}
	s.saw("%s refuses %s: %s (%s)", at.name, what, status, fingerprint(hash))
	return nil
}

// fingerprint is how people compare secrets without showing them.
func fingerprint(secret string) string { return simulator.Fingerprint(secret) }
