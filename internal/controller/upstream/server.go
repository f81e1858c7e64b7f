// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"cmp"
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/outcome"
	"github.com/whm-credentials/operator/internal/whm"
)

const (
	defaultTimeout = 60 * time.Second
	defaultPort    = "2087"
	cpanelPort     = "2083"

	// refusedRetry is when a refusal is looked at again that people can lift on the server, which no event tells.
	refusedRetry = 15 * time.Minute
)

// Timeout returns the timeout of one call to the server.
func Timeout(server v1alpha1.Server) time.Duration {
	if t := server.ServerSpec().Timeout; t != nil && t.Duration > 0 {
		return t.Duration
	}
	return defaultTimeout
}

// Endpoint returns the URL of WHM with its port and no slash at the end.
func Endpoint(server v1alpha1.Server) string { return httpsURL(HostPort(server)) }

// CPanelEndpoint returns the URL of cPanel with its port and no slash at the end.
func CPanelEndpoint(server v1alpha1.Server) string {
	if given := server.ServerSpec().CPanelEndpoint; given != "" {
		return httpsURL(hostPort(given, cpanelPort))
	}
	host, _ := HostPort(server)
	return httpsURL(host, cpanelPort)
}

func httpsURL(host, port string) string {
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return "https://" + host + ":" + port
}

// HostPort returns host and port of WHM.
func HostPort(server v1alpha1.Server) (host, port string) {
	return hostPort(server.ServerSpec().Endpoint, defaultPort)
}

func hostPort(endpoint, otherwise string) (host, port string) {
	u, err := url.Parse(endpoint)
	if err != nil {
		return endpoint, otherwise
	}
	return u.Hostname(), cmp.Or(u.Port(), otherwise)
}

// Outcome turns an error of a call with the operator's credential into what it means for the object that needed it.
func Outcome(err error) error {
	if outcome.AsStalled(err) != nil || outcome.AsWaiting(err) != nil || outcome.AsTransient(err) != nil {
		return err
	}
	switch whm.ClassOf(err) {
	case whm.ClassUnauthenticated:
		return outcome.Wait(0, v1alpha1.WaitingForServerReason, "the server rejected the operator's credential")
	case whm.ClassTwoFactorRequired:
		return outcome.Wait(0, v1alpha1.WaitingForServerReason, "the server asks the operator for a one-time code")
	case whm.ClassForbidden:
		return outcome.Stall(v1alpha1.ForbiddenReason, "%w; give the operator's user that privilege", err).RetryAfter(refusedRetry)
	case whm.ClassUnsupported:
		return outcome.Stall(v1alpha1.UnsupportedReason, "%w; it is too old for it", err).RetryAfter(refusedRetry)
	case whm.ClassInvalidInput:
		return outcome.Stall(v1alpha1.RefusedReason, "%w; correct the spec, or what it names on the server", err).RetryAfter(refusedRetry)
	case whm.ClassRefused:
		return outcome.Stall(v1alpha1.RefusedReason, "%w", err).RetryAfter(refusedRetry)
	case whm.ClassUnavailable, whm.ClassMalformed:
		return unavailable(err)
	}
	return err
}

// LoginOutcome is Outcome for calls with another credential than the operator's, about which the server object does not
// know: a rejection is tried again with back-off.
func LoginOutcome(err error) error {
	if whm.IsUnauthenticated(err) || whm.IsTwoFactorRequired(err) {
		return outcome.Retry(v1alpha1.VerificationFailedReason, "%w", err)
	}
	return Outcome(err)
}

func unavailable(err error) error {
	if closed, ok := errors.AsType[*GateClosedError](err); ok {
		return outcome.Wait(0, v1alpha1.WaitingForServerReason, "%v", closed)
	}
	if errors.Is(err, whm.ErrCodeUsed) {
		return outcome.Retry(v1alpha1.UnavailableReason, "%w", whm.ErrCodeUsed)
	}
	// What the breaker says would take turns with what made it open, and say less.
	if left, ok := errors.AsType[*BreakerOpenError](err); ok && left.cause != nil {
		err = left.cause
	}
	return outcome.Retry(v1alpha1.UnavailableReason, "%w", err)
}
