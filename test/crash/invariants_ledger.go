// SPDX-License-Identifier: Apache-2.0

package crash

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/whm-credentials/operator/internal/whm/simulator"
)

const (
	// mostLive is how many credentials of one object may work at a time.
	mostLive = 3
	// mostFailedLogins is what one rotation may cost, whatever happens to it; cPHulk blocks an address at five.
	mostFailedLogins = 3
)

// Regenerations counts the access hashes that were issued.
func Regenerations(ledger simulator.Ledger) (n int64) {
	for _, c := range ledger.Calls {
		if c.Function == "accesshash" && c.Mutating && c.Applied {
			n++
		}
	}
	return n
}

// ours tells whether a credential was made for the operator in the course of the run.
func ours(c simulator.Credential) bool { return c.IssuedHow != "inventory" }

// end is when a credential left the server's store; zero if it has not yet.
func end(c simulator.Credential) time.Time {
	if !c.RevokedAt.IsZero() {
		return c.RevokedAt
	}
	return c.ExpiresAt
}

// noTokenLeft checks I2: a lifeline token does not outlive its rotation. A session needs no closing.
func noTokenLeft(ledger simulator.Ledger) error {
	var left []error
	for _, c := range ledger.Credentials {
		if ours(c) && c.Kind == simulator.KindToken && c.RevokedAt.IsZero() {
			left = append(left, fmt.Errorf("I2: the token %s was left on the server", c.Name))
		}
	}
	return errors.Join(left...)
}

// fewAtOnce checks I3: it counts what was live whenever something was issued.
func fewAtOnce(ledger simulator.Ledger) error {
	for _, at := range ledger.Credentials {
		live := 0
		for _, c := range ledger.Credentials {
			stillThere := end(c).IsZero() || end(c).After(at.IssuedAt)
			if ours(c) && !c.IssuedAt.After(at.IssuedAt) && stillThere {
				live++
			}
		}
		if ours(at) && live > mostLive {
			return fmt.Errorf("I3: %d credentials were live when %s %s was issued", live, at.Kind, at.Name)
		}
	}
	return nil
}

// notLockedOut checks I7 for one rotation.
func notLockedOut(ledger simulator.Ledger, before int) error {
	if n := len(ledger.FailedLogins) - before; n > mostFailedLogins {
		return fmt.Errorf("I7: %d failed logins: %+v", n, ledger.FailedLogins[before:])
	}
	return nil
}

// tryHeader makes a harmless call with nothing but the header, as a consumer would.
func tryHeader(ctx context.Context, server *simulator.Server, header string) error {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(server.CA())
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
	defer transport.CloseIdleConnections()
	url := server.WHMURL() + "/json-api/myprivs?api.version=1"
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", header)
	response, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	var reply struct {
		Metadata struct {
			Result json.Number `json:"result"`
		} `json:"metadata"`
	}
	if err := json.NewDecoder(response.Body).Decode(&reply); err != nil {
		return fmt.Errorf("HTTP %d: %w", response.StatusCode, err)
	}
	if reply.Metadata.Result.String() != "1" {
		return fmt.Errorf("HTTP %d, result %s", response.StatusCode, reply.Metadata.Result)
	}
	return nil
}
