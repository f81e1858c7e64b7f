// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

// Names in the sample of a store login.
const (
	store            = "store"             // StoreLogin
	storeSecret      = "store-tokens"      // what it publishes
	storeInputSecret = "store-login-token" // what a person puts the login token into
	storeInputKey    = "loginToken"
	exchange         = "validate_login_token"
)

// logInToStore exchanges two login tokens: one whose answer is lost, and one more.
func (s *story) logInToStore(ctx context.Context) error {
	obj, err := s.awaitInvitation(ctx, v1alpha1.ReconcilingCondition, v1alpha1.WaitingForLoginTokenReason)
	if err != nil {
		return err
	}
	s.saw("StoreLogin %s shows a person where to log in: %s", store, obj.Status.LoginURL)
	mark, err := s.web1.mark(ctx)
	if err != nil {
		return err
	}
	if err := s.web1.breakNext(ctx, simulator.Fault{Kind: simulator.FaultReset, Function: exchange, After: true}); err != nil {
		return err
	}
	if err := s.bringLoginToken(ctx, obj.Status.LoginURL); err != nil {
		return err
	}
	s.did("logged in there and put the login token into the Secret %s; the answer to its exchange gets lost", storeInputSecret)
	if obj, err = s.awaitInvitation(ctx, v1alpha1.StalledCondition, v1alpha1.LoginTokenConsumedReason); err != nil {
		return err
	}
	s.saw("Stalled: %s", message(obj.Status.Conditions, v1alpha1.StalledCondition))
	if err := s.web1.mend(ctx); err != nil {
		return err
	}
	if err := s.bringLoginToken(ctx, obj.Status.LoginURL); err != nil {
		return err
	}
	s.did("logged in once more")
	if err := s.awaitRevision(ctx, obj, store, 1); err != nil {
		return err
	}
	return s.expectExchanges(ctx, mark, 2)
}

// awaitInvitation waits until the object says what a person has to do, and where.
func (s *story) awaitInvitation(ctx context.Context, kind, reason string) (*v1alpha1.StoreLogin, error) {
	obj := &v1alpha1.StoreLogin{}
	return obj, s.eventually(ctx, func(ctx context.Context) error {
		if err := s.cluster.Admin.Get(ctx, key(store), obj); err != nil {
			return err
		}
		for _, c := range obj.Status.Conditions {
			if c.Type == kind && c.Reason == reason && obj.Status.LoginURL != "" {
				return nil
			}
		}
		return fmt.Errorf("StoreLogin %s should be %s: %s", store, reason, ready(obj.Status.Conditions))
	})
}

// bringLoginToken opens the URL as a browser does, and puts the login token that it leads back with into the Secret.
func (s *story) bringLoginToken(ctx context.Context, loginURL string) error {
	token, err := loginTokenFrom(ctx, loginURL)
	if err != nil {
		return err
	}
	s.remember(token)
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: storeInputSecret}}
	secret.StringData = map[string]string{storeInputKey: token}
	if _, err := s.secret(ctx, storeInputSecret); err == nil {
		return s.cluster.Admin.Update(ctx, secret)
	}
	return s.cluster.Admin.Create(ctx, secret)
}

func loginTokenFrom(ctx context.Context, loginURL string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, loginURL, nil)
	if err != nil {
		return "", err
	}
	// The shop that the browser is sent back to does not exist.
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		return "", fmt.Errorf("log in to the store: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	back, err := url.Parse(response.Header.Get("Location"))
	if err != nil || back.Query().Get("code") == "" {
		return "", errors.Join(fmt.Errorf("the store answered %s without a login token", response.Status), err)
	}
	return back.Query().Get("code"), nil
}

// expectExchanges checks that each login token was sent once, and that the Secret holds what the last one was exchanged for.
func (s *story) expectExchanges(ctx context.Context, mark, want int) error {
	calls, err := s.web1.callsSince(ctx, mark)
	if err != nil {
		return err
	}
	if n := applied(calls, exchange); n != want {
		return fmt.Errorf("web1 made %d exchanges for %d login tokens", n, want)
	}
	secret, err := s.secret(ctx, storeSecret)
	if err != nil {
		return err
	}
	access, refresh := string(secret.Data["accessToken"]), string(secret.Data["refreshToken"])
	s.remember(access, refresh)
	s.saw("Secret %s holds the access token %s and the refresh token %s", storeSecret, fingerprint(access), fingerprint(refresh))
	s.saw("web1 was asked for an exchange %d times for %d login tokens", want, want)
	return nil
}

// storeTokens are the fingerprints of what the store gave last.
func (s *story) storeTokens(ctx context.Context) ([]string, error) {
	secret, err := s.secret(ctx, storeSecret)
	if err != nil {
		return nil, err
	}
	return []string{fingerprint(string(secret.Data["accessToken"])), fingerprint(string(secret.Data["refreshToken"]))}, nil
}

// ofStore tells whether a credential is one that only the store ends.
func ofStore(kind simulator.Kind) bool {
	return kind == simulator.KindStoreAccess || kind == simulator.KindStoreRefresh
}
