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
	before, err := s.pods(ctx)
	if err != nil {
		return err
	}
	begun := time.Now()
	if err := s.applySamples(ctx); err != nil {
		return err
	}
	s.did("applied config/samples, with the simulators' addresses, certificates and credentials filled in")
	s.note("and without spec.rotation.windows, or rotations on demand would wait for the night")
	for _, at := range s.servers() {
		obj, err := s.awaitServer(ctx, at.name)
		if err != nil {
			return err
		}
		s.saw("WHMServer %s is Ready: %s, user %s, offers %s", at.name, obj.Status.Version, obj.Status.User, strings.Join(obj.Status.Features, " "))
	}
	obj, err := s.awaitRevision(ctx, billing, 1)
	if err != nil {
		return err
	}
	took := s.measure("from the manifests to the published Secret", begun)
	if err := s.expectPublished(ctx, obj); err != nil {
		return err
	}
	s.note("%s after the manifests were applied; by its schedule it is replaced at %s", took,
		obj.Status.NextRotationTime.UTC().Format(time.RFC3339))
	return s.showRollout(ctx, before)
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
func (s *story) showRollout(ctx context.Context, before []string) error {
	after, err := s.awaitRollout(ctx, billing)
	if err != nil {
		return err
	}
	for _, pod := range after {
		if slices.Contains(before, pod) {
			return fmt.Errorf("pod %s was not restarted with the new hash", pod)
		}
	}
	s.saw("Deployment %s was restarted and rolled out: pods %s are now %s", billing, strings.Join(before, " "), strings.Join(after, " "))
	return nil
}
