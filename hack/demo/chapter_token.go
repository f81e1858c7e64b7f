// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/whm-credentials/operator/api/v1alpha1"
)

// overlap replaces a token whose consumers take their time.
func (s *story) overlap(ctx context.Context) error {
	if err := s.startConsumers(ctx); err != nil {
		return err
	}
	old, err := s.secret(ctx, inventorySecret)
	if err != nil {
		return err
	}
	vigil := s.watchOver(ctx, s.web1, inventorySecret, "token")
	err = s.replaceToken(ctx, string(old.Data["token"]))
	tried, failed := vigil.end()
	if err = errors.Join(err, failed); err != nil {
		return err
	}
	s.saw("all the while somebody used the token that stood in the Secret: %d logins, none refused", tried)
	return nil
}

// startConsumers lets the first pods of the Deployment get ready.
func (s *story) startConsumers(ctx context.Context) error {
	obj := &v1alpha1.APITokenRotation{}
	err := s.eventually(ctx, func(ctx context.Context) error {
		if err := s.letPodsStart(ctx, inventory); err != nil {
			return err
		}
		if err := s.cluster.Admin.Get(ctx, key(inventory), obj); err != nil {
			return err
		}
		return expectTrue(obj.Status.Conditions, v1alpha1.RestartedCondition, called(obj))
	})
	if err != nil {
		return err
	}
	pods, err := s.pods(ctx, inventory)
	s.saw("Deployment %s runs with the token: pods %s", inventory, strings.Join(pods, " "))
	return err
}

func (s *story) replaceToken(ctx context.Context, old string) error {
	mark, err := s.web1.mark(ctx)
	if err != nil {
		return err
	}
	begun := time.Now()
	revision, err := s.ask(ctx, &v1alpha1.APITokenRotation{}, inventory)
	if err != nil {
		return err
	}
	obj, err := s.awaitToken(ctx, inventory, revision)
	if err != nil {
		return err
	}
	s.saw("revision %d is published, %s after that", revision, s.measure("a rotation of a token, up to the Secret", begun))
	fresh, err := s.secret(ctx, inventorySecret)
	if err != nil {
		return err
	}
	if err := s.expectAccepted(ctx, s.web1, "the new token", string(fresh.Data["token"])); err != nil {
		return err
	}
	if err := s.expectAccepted(ctx, s.web1, "the old token too", old); err != nil {
		return err
	}
	if err := s.expectWaits(ctx, obj, old); err != nil {
		return err
	}
	return s.expectRevoked(ctx, mark, old)
}

// expectWaits checks that the old token outlives its overlap while pods still use it.
func (s *story) expectWaits(ctx context.Context, obj *v1alpha1.APITokenRotation, old string) error {
	if len(obj.Status.Retiring) != 1 || obj.Status.Retiring[0].RetiresAt == nil {
		return fmt.Errorf("status.retiring is %v instead of the old token", obj.Status.Retiring)
	}
	// The operator has had time to look at the roll-out by then.
	late := obj.Status.Retiring[0].RetiresAt.Add(2 * time.Second)
	err := s.eventually(ctx, func(context.Context) error {
		if time.Now().Before(late) {
			return errors.New("the overlap is not over")
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := s.expectRestarted(ctx, obj); err == nil {
		return fmt.Errorf("the Deployment %s was to take longer", inventory)
	}
	s.note("Its overlap is over by now, but the new pods are slow: old ones still run, and use the old token.")
	return s.expectAccepted(ctx, s.web1, "the old token still", old)
}

// expectRevoked lets the pods get ready and checks that the old token goes after that.
func (s *story) expectRevoked(ctx context.Context, mark int, old string) error {
	s.did("let the new pods get ready")
	err := s.eventually(ctx, func(ctx context.Context) error {
		if err := s.letPodsStart(ctx, inventory); err != nil {
			return err
		}
		return s.revokedAfterRollout(ctx, old)
	})
	if err != nil {
		return err
	}
	obj, err := s.awaitRetired(ctx, inventory)
	if err != nil {
		return err
	}
	if err := s.expectTokens(ctx, s.web1, obj.Status.Current.Fingerprint); err != nil {
		return err
	}
	s.saw("when Deployment %s had rolled out, the old token was revoked", inventory)
	if err := s.expectRefused(ctx, s.web1, "it", old); err != nil {
		return err
	}
	return s.showCost(ctx, mark, obj)
}

// revokedAfterRollout is content when the Deployment has rolled out and the token is gone, in this order.
func (s *story) revokedAfterRollout(ctx context.Context, old string) error {
	all, err := s.web1.tokens(ctx)
	if err != nil {
		return err
	}
	obj := &v1alpha1.APITokenRotation{}
	if err := s.cluster.Admin.Get(ctx, key(inventory), obj); err != nil {
		return err
	}
	// The books were read first: a token that they have as revoked was revoked before the Deployment is looked at.
	running := s.expectRestarted(ctx, obj)
	switch live := all[fingerprint(old)].Live; {
	case !live && running != nil:
		return fmt.Errorf("the old token was revoked too early: %w", running)
	case live:
		return errors.New("the old token is not revoked")
	}
	return nil
}

// showCost shows what the operator asked of the server for a rotation, by its own login and with the new token.
func (s *story) showCost(ctx context.Context, mark int, obj *v1alpha1.APITokenRotation) error {
	calls, err := s.web1.callsSince(ctx, mark)
	if err != nil {
		return err
	}
	var made []string
	for _, c := range calls {
		if strings.HasPrefix(c.Function, "api_token_") {
			made = append(made, c.Function)
		}
	}
	const wanted = "api_token_create api_token_get_details api_token_revoke api_token_list"
	if got := strings.Join(made, " "); got != wanted {
		return fmt.Errorf("the rotation to %s cost the calls %s instead of %s", obj.Status.Current.ID, got, wanted)
	}
	s.saw("all of it took %d calls of web1: %s", len(made), strings.Join(made, ", "))
	return nil
}
