// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/whm-credentials/operator/internal/whm/simulator"
)

// reply is what a server answers to a login, as far as the demo looks at it.
type reply struct {
	// status is that of HTTP, with its text.
	status string
	// accepted tells whether the server let the login in and did what it was asked.
	accepted bool
	// privileges are those that the server told, in order.
	privileges []string
}

// logIn asks for the login's own privileges, as any WHM client does, over TLS. A token and an access hash log in alike.
func (s *server) logIn(ctx context.Context, secret string) (reply, error) {
	return s.logInWHM(ctx, s.endpoint, "WHM root:"+secret)
}

// logInWHM does the same with a header as it stands in a published Secret.
func (s *server) logInWHM(ctx context.Context, endpoint, authorization string) (reply, error) {
	return s.ask(ctx, endpoint+"/json-api/myprivs", authorization, url.Values{"api.version": {"1"}})
}

// logInCPanel asks cPanel for the tokens of the account, with such a header.
func (s *server) logInCPanel(ctx context.Context, endpoint, authorization string) (reply, error) {
	return s.ask(ctx, endpoint+"/execute/Tokens/list", authorization, nil)
}

func (s *server) ask(ctx context.Context, address, authorization string, form url.Values) (reply, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return reply{}, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Authorization", authorization)
	client, err := s.client()
	if err != nil {
		return reply{}, err
	}
	defer client.CloseIdleConnections()
	response, err := client.Do(request)
	if err != nil {
		return reply{}, fmt.Errorf("log in to %s: %w", s.name, err)
	}
	defer func() { _ = response.Body.Close() }()
	var answer struct {
		Status   int `json:"status"`
		Metadata struct {
			Result int `json:"result"`
		} `json:"metadata"`
		Data json.RawMessage `json:"data"`
	}
	// A refusal has another form, which leaves the results at zero.
	_ = json.NewDecoder(response.Body).Decode(&answer)
	ok := response.StatusCode == http.StatusOK && (answer.Metadata.Result == 1 || answer.Status == 1)
	return reply{status: response.Status, accepted: ok, privileges: granted(answer.Data)}, nil
}

// granted reads the answer of myprivs, which says 1 of what is granted.
func granted(data json.RawMessage) []string {
	var found struct {
		Privileges []map[string]any `json:"privileges"`
	}
	if json.Unmarshal(data, &found) != nil || len(found.Privileges) != 1 {
		return nil
	}
	all := found.Privileges[0]
	maps.DeleteFunc(all, func(_ string, value any) bool { return value != float64(1) && value != "1" })
	return slices.Sorted(maps.Keys(all))
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

// expectAccepted logs in with a credential that must work.
func (s *story) expectAccepted(ctx context.Context, at *server, what, secret string) error {
	got, err := at.logIn(ctx, secret)
	if err != nil {
		return err
	}
	if !got.accepted {
		return fmt.Errorf("%s answers %s to %s, which should work", at.name, got.status, what)
	}
	s.saw("%s lets in %s: %s (%s)", at.name, what, got.status, fingerprint(secret))
	return nil
}

// expectRefused logs in with a credential that must not work.
func (s *story) expectRefused(ctx context.Context, at *server, what, secret string) error {
	got, err := at.logIn(ctx, secret)
	if err != nil {
		return err
	}
	at.tries++
	if got.accepted {
		return fmt.Errorf("%s still lets %s in", at.name, what)
	}
	s.saw("%s refuses %s: %s (%s)", at.name, what, got.status, fingerprint(secret))
	return nil
}

// fingerprint is how people compare secrets without showing them.
func fingerprint(secret string) string { return simulator.Fingerprint(secret) }
