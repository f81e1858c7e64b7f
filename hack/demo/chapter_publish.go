// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/whm-credentials/operator/api/v1alpha1"
)

func (s *story) publish(ctx context.Context) error {
	before, err := s.pods(ctx, billing)
	if err != nil {
		return err
	}
	begun := time.Now()
	if err := s.applySamples(ctx); err != nil {
		return err
	}
	s.did("applied config/samples, with the simulators' addresses, certificates and credentials filled in")
	s.note("with overlaps of %s, and without windows, or rotations on demand would wait for the night", shortOverlap)
	if err := s.expectServers(ctx); err != nil {
		return err
	}
	if err := s.expectTokenPublished(ctx); err != nil {
		return err
	}
	if err := s.expectTenants(ctx); err != nil {
		return err
	}
	obj, err := s.awaitHash(ctx, billing, 1)
	if err != nil {
		return err
	}
	took := s.measure("from the manifests to four published Secrets", begun)
	if err := s.expectPublished(ctx, obj); err != nil {
		return err
	}
	s.note("%s after the manifests were applied; by its schedule the hash is replaced at %s", took,
		obj.Status.NextRotationTime.UTC().Format(time.RFC3339))
	return s.showRollout(ctx, obj, billing, before)
}

func (s *story) expectServers(ctx context.Context) error {
	for _, name := range []string{s.web1.name, s.legacy1.name} {
		obj, err := s.awaitServer(ctx, name)
		if err != nil {
			return err
		}
		s.saw("WHMServer %s is Ready: %s, user %s, offers %s", name, obj.Status.Version, obj.Status.User, strings.Join(obj.Status.Features, " "))
	}
	return nil
}

// expectTokenPublished checks that the Secret holds a token that may do what was asked for and no more.
func (s *story) expectTokenPublished(ctx context.Context) error {
	obj, err := s.awaitToken(ctx, inventory, 1)
	if err != nil {
		return err
	}
	secret, err := s.secret(ctx, inventorySecret)
	if err != nil {
		return err
	}
	token := string(secret.Data["token"])
	s.saw("Secret %s holds a new API token %s in the keys %s", secret.Name, fingerprint(token), strings.Join(slices.Sorted(maps.Keys(secret.Data)), " "))
	s.note("web1 knows it as %s; it dies at %s if nobody replaces it", obj.Status.Current.ID, obj.Status.Current.ExpiresAt.UTC().Format(time.RFC3339))
	return s.expectPrivileges(ctx, obj, token)
}

// expectPrivileges asks the server what a token may do.
func (s *story) expectPrivileges(ctx context.Context, obj *v1alpha1.APITokenRotation, token string) error {
	got, err := s.web1.logIn(ctx, token)
	if err != nil {
		return err
	}
	var wanted []string
	for _, acl := range obj.Spec.ACLs {
		wanted = append(wanted, string(acl))
	}
	slices.Sort(wanted)
	if !got.accepted || !slices.Equal(got.privileges, wanted) {
		return fmt.Errorf("web1 answers %s to the token, with the privileges %v instead of %v", got.status, got.privileges, wanted)
	}
	s.saw("with it, web1 grants %s and nothing else of what root may do", strings.Join(got.privileges, ", "))
	return nil
}

// expectTenants uses the tokens of a reseller and of a cPanel account on the shared server, as a program would that reads
// header and address from the Secret.
func (s *story) expectTenants(ctx context.Context) error {
	for _, tenant := range []struct {
		name, secret, where string
		logIn               func(ctx context.Context, endpoint, authorization string) (reply, error)
	}{
		{reseller, resellerSecret, "WHM", s.web2.logInWHM},
		{shop, shopSecret, "cPanel", s.web2.logInCPanel},
	} {
		if _, err := s.awaitToken(ctx, tenant.name, 1); err != nil {
			return err
		}
		secret, err := s.secret(ctx, tenant.secret)
		if err != nil {
			return err
		}
		got, err := tenant.logIn(ctx, string(secret.Data["endpoint"]), string(secret.Data["authorization"]))
		if err != nil {
			return err
		}
		if !got.accepted {
			return fmt.Errorf("%s of web2 answers %s to the token of %s", tenant.where, got.status, tenant.name)
		}
		s.saw("Secret %s holds a token of %s on the shared ClusterWHMServer web2, and %s takes it: %s", secret.Name, tenant.name, tenant.where, got.status)
	}
	return nil
}

// expectPublished checks that the Secret holds the hash that the server has.
func (s *story) expectPublished(ctx context.Context, obj *v1alpha1.AccessHashRotation) error {
	secret, err := s.secret(ctx, obj.Spec.Secret.Name)
	if err != nil {
		return err
	}
	hash := string(secret.Data["WHM_ACCESS_HASH"])
	live, err := s.web1.liveHash(ctx)
	if err != nil {
		return err
	}
	if fingerprint(hash) != live || live != obj.Status.Current.Fingerprint {
		return fmt.Errorf("the Secret holds %s, the status says %s and the server has %s", fingerprint(hash), obj.Status.Current.Fingerprint, live)
	}
	if hash == s.web1.inventory.Users["root"].AccessHash {
		return errors.New("the access hash was not regenerated")
	}
	s.saw("Secret %s holds a new access hash %s in the keys %s", secret.Name, live, strings.Join(slices.Sorted(maps.Keys(secret.Data)), " "))
	return nil
}

// showRollout waits until the Deployment was restarted and checks that no pod is left from before.
func (s *story) showRollout(ctx context.Context, obj credential, name string, before []string) error {
	after, err := s.awaitRollout(ctx, obj, name)
	if err != nil {
		return err
	}
	for _, pod := range after {
		if slices.Contains(before, pod) {
			return fmt.Errorf("pod %s was not restarted with the new credential", pod)
		}
	}
	s.saw("Deployment %s was restarted and rolled out: pods %s are now %s", name, strings.Join(before, " "), strings.Join(after, " "))
	return nil
}
