// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/outcome"
	"github.com/whm-credentials/operator/internal/controller/upstream"
	"github.com/whm-credentials/operator/internal/whm"
)

// Features that a server can offer.
const (
	// FeatureAccessHash: access hashes can be read and regenerated.
	FeatureAccessHash = "AccessHash"
	// FeatureAPITokens: API tokens can be created, listed and revoked (64).
	FeatureAPITokens = "APITokens"
	// FeatureAPITokenExpiry: API tokens can expire (82).
	FeatureAPITokenExpiry = "APITokenExpiry"
	// FeatureAPITokenDetails: a token can be looked up by its secret (98).
	FeatureAPITokenDetails = "APITokenDetails"
	// FeatureUserSessions: sessions can be opened for other users (11.40).
	FeatureUserSessions = "UserSessions"
)

// probe asks whether the server accepts the credential, and now and then what it can do.
func (r *ServerReconciler) probe(ctx context.Context, s *serverScope) error {
	s.probed = true
	p := s.record
	if p.generation != s.obj.GetGeneration() || p.credential != s.conn.Credential {
		p.discovered = time.Time{}
	}
	p.generation, p.credential, p.probed, p.failed = s.obj.GetGeneration(), s.conn.Credential, r.Clock.Now(), true
	defer func() { r.remember(s.obj, p) }()

	if err := r.ask(ctx, s, &p); err != nil {
		if whm.IsUnauthenticated(err) {
			// If not the credential but a right that it had is gone, only the cautious way finds out.
			p.listed, p.discovered = false, time.Time{}
		}
		return r.probeFailed(s, err)
	}
	s.obj.ServerStatus().User = s.conn.User
	p.failed = false
	s.after = probeInterval(s.obj)
	return nil
}

// ask makes the calls of a probe: one, unless it is time to discover what the server can do.
func (r *ServerReconciler) ask(ctx context.Context, s *serverScope, p *probeRecord) error {
	discover := p.probed.Sub(p.discovered) >= discoverAfter
	if !discover && p.listed {
		done, err := r.probeByList(ctx, s, p)
		if done || err != nil {
			return err
		}
	}
	privileges, err := s.conn.Operator.MyPrivs(ctx)
	if err = tolerate(err); err != nil {
		return err
	}
	s.obj.ServerStatus().Privileges = privilegeNames(privileges)
	if !discover {
		return nil
	}
	// The credential has just been accepted, so a rejection from here on is about the function.
	ctx = upstream.Afterwards(ctx)
	if err := r.discover(ctx, s); err != nil {
		return err
	}
	if p.listed, err = r.discoverTokens(ctx, s); err != nil {
		return err
	}
	p.discovered = p.probed
	return nil
}

// probeFailed tells what a failed probe means for the server object itself.
func (r *ServerReconciler) probeFailed(s *serverScope, err error) error {
	_, closed := errors.AsType[*upstream.GateClosedError](err)
	switch {
	case whm.IsTwoFactorRequired(err):
		return twoFactorRequired(s.obj, err, r.Clock.Now())
	case whm.IsUnauthenticated(err):
		return authenticationFailed(s.obj)
	case closed:
		s.probed = false
		return lastFinding(s.obj)
	}
	return upstream.Outcome(err)
}

func authenticationFailed(server v1alpha1.Server) error {
	return outcome.Stall(v1alpha1.AuthenticationFailedReason, "the server rejected the credential of %s; put a valid one into "+
		"the Secret %s. Until then it is tried at most three times a day, because failed logins lock hosts out (cPHulk)",
		upstream.User(server), upstream.AuthSecrets(server)[0])
}

// discover asks what the server is and can do. What the credential may not ask stays unknown. After a rejection nothing
// more is asked, in case the server counts it as a failed login.
func (r *ServerReconciler) discover(ctx context.Context, s *serverScope) error {
	var (
		version   whm.Version
		functions []string
		hostname  string
	)
	for _, ask := range []func() (err error){
		func() (err error) { version, err = s.conn.Operator.Version(ctx); return err },
		func() (err error) { functions, err = s.conn.Operator.AppList(ctx); return err },
		func() (err error) { hostname, err = s.conn.Operator.GetHostname(ctx); return err },
	} {
		err := ask()
		if whm.IsUnauthenticated(err) {
			break
		}
		if err = tolerate(err); err != nil {
			return err
		}
	}
	s.obj.ServerStatus().Version = fit(version.String(), 64)
	s.obj.ServerStatus().Hostname = fit(hostname, 253)
	s.obj.ServerStatus().Features = features(version, functions)
	return nil
}

// tolerate forgives answers that prove that the server let the credential in, although it may not call the function: a
// token limited to some privileges was seen to be refused version.
func tolerate(err error) error {
	if whm.IsForbidden(err) || whm.IsRefused(err) || whm.IsUnsupported(err) {
		return nil
	}
	return err
}

// privilegeNames returns what the status shows; root has everything and is not listed one by one.
func privilegeNames(p whm.Privileges) []string {
	if p.All() {
		return []string{"all"}
	}
	// A plug-in's privilege may have any name, and what the API type does not take would make every write fail.
	names := slices.DeleteFunc(p.Names(), func(name string) bool { return len(name) > 64 })
	return names[:min(len(names), 256)]
}

// fit cuts what a server says to what the status takes.
func fit(text string, most int) string {
	return strings.ToValidUTF8(text[:min(len(text), most)], "")
}

// features derives what the server offers to this credential. Either of version and functions can be unknown.
func features(version whm.Version, functions []string) []string {
	offers := func(function string, since int) bool {
		listed := slices.Contains(functions, function)
		if len(functions) == 0 {
			return version.AtLeast(since)
		}
		return listed && (version.IsZero() || version.AtLeast(since))
	}
	var f []string
	add := func(on bool, name string) {
		if on {
			f = append(f, name)
		}
	}
	tokens := offers("api_token_create", 64)
	add(offers("accesshash", 11), FeatureAccessHash)
	add(tokens, FeatureAPITokens)
	add(offers("api_token_get_details", 98), FeatureAPITokenDetails)
	add(tokens && (version.AtLeast(82) || offers("api_token_get_details", 98)), FeatureAPITokenExpiry)
	add(offers("create_user_session", 40), FeatureUserSessions)
	slices.Sort(f)
	return f
}
