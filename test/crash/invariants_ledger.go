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
	"slices"
	"time"

	"github.com/whm-credentials/operator/internal/whm/simulator"
)

const (
	// mostLive is how many credentials of one object may work at a time.
	mostLive = 3
	// mostFailedLogins is what one rotation may cost, whatever happens to it; cPHulk blocks an address at five.
	mostFailedLogins = 3
)

// Issues counts those of the kind that were issued.
func (k *Kind) Issues(ledger simulator.Ledger) (n int64) {
	for _, c := range ledger.Calls {
		if c.Function == k.Issue && c.Mutating && c.Applied {
			n++
		}
	}
	return n
}

// newest is the fingerprint of what the server holds for a user who can have one credential of the kind, or made last;
// empty if it is gone.
func (r *Rig) newest(ledger simulator.Ledger) string {
	for _, c := range slices.Backward(ledger.Credentials) {
		if c.Kind == r.Scenario.Kind.ledger && c.User == r.Scenario.holder() {
			if !c.RevokedAt.IsZero() {
				return ""
			}
			return c.Fingerprint
		}
	}
	return ""
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

// noTokenLeft checks I2: of all tokens that were made only the published one is left, if it is a token. A lifeline does
// not outlive its rotation. A session needs no closing.
func (r *Rig) noTokenLeft(ledger simulator.Ledger) error {
	var left []error
	published := r.Consumer.Held()
	for _, c := range ledger.Credentials {
		token := c.Kind == simulator.KindToken || c.Kind == simulator.KindAccountToken
		if ours(c) && token && c.RevokedAt.IsZero() && c.Fingerprint != published {
			left = append(left, fmt.Errorf("I2: the token %s was left on the server", c.Name))
		}
	}
	return errors.Join(left...)
}

// fewAtOnce checks I3: it counts what was live whenever something was issued. A session that reaches the tokens of another
// user, or that the operator logs in with, is not the object's credential; one that is a lifeline is.
func (r *Rig) fewAtOnce(ledger simulator.Ledger) error {
	class := r.Scenario.Kind.class
	if !class.few {
		return nil
	}
	counts := func(c simulator.Credential) bool {
		lifeline := c.Kind == simulator.KindSession && c.IssuedHow == "create_user_session" && !class.overlaps
		return ours(c) && (c.Kind != simulator.KindSession || lifeline)
	}
	for _, at := range ledger.Credentials {
		live := 0
		for _, c := range ledger.Credentials {
			stillThere := end(c).IsZero() || end(c).After(at.IssuedAt)
			if counts(c) && !c.IssuedAt.After(at.IssuedAt) && stillThere {
				live++
			}
		}
		if counts(at) && live > mostLive {
			return fmt.Errorf("I3: %d credentials were live when %s %s was issued", live, at.Kind, at.Name)
		}
	}
	return nil
}

// overlapKept checks I4: nothing was revoked that was published, and nothing that had been before its overlap was over.
func (r *Rig) overlapKept(ledger simulator.Ledger) error {
	const rounding = time.Second // of when it was published
	issued := map[string]time.Time{}
	for _, c := range ledger.Credentials {
		issued[c.Fingerprint] = c.IssuedAt
	}
	var early []error
	for _, c := range ledger.Credentials {
		if c.Kind != r.Scenario.Kind.ledger || r.Scenario.Kind.Revoke == "" || c.RevokedAt.IsZero() {
			continue
		}
		of, was := r.Consumer.replacedBy(c.Fingerprint)
		if was && of.at.Before(issued[of.by].Add(-rounding)) {
			early = append(early, fmt.Errorf("I4: %s was replaced at %s by what was issued at %s", c.Name, of.at, issued[of.by]))
		}
		if after := c.RevokedAt.Sub(of.at); was && after < r.Scenario.Overlap-rounding {
			early = append(early, fmt.Errorf("I4: %s was revoked %s after it had been replaced", c.Name, after))
		}
		if c.Fingerprint == r.Consumer.Held() {
			early = append(early, fmt.Errorf("I4: %s is published and was revoked", c.Name))
		}
	}
	return errors.Join(early...)
}

// notLockedOut checks I7 for one rotation.
func notLockedOut(ledger simulator.Ledger, before int) error {
	if n := len(ledger.FailedLogins) - before; n > mostFailedLogins {
		return fmt.Errorf("I7: %d failed logins: %+v", n, ledger.FailedLogins[before:])
	}
	return nil
}

// tryHeader makes a harmless call with nothing but the header, as a consumer would.
func tryHeader(ctx context.Context, at string, ca []byte, header string) error {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, at, http.NoBody)
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
		Status json.Number `json:"status"` // of UAPI
	}
	if err := json.NewDecoder(response.Body).Decode(&reply); err != nil {
		return fmt.Errorf("HTTP %d: %w", response.StatusCode, err)
	}
	if reply.Metadata.Result.String() != "1" && reply.Status.String() != "1" {
		return fmt.Errorf("HTTP %d, result %s%s", response.StatusCode, reply.Metadata.Result, reply.Status)
	}
	return nil
}
