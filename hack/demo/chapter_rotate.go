// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"maps"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/api/v1alpha1"
)

func (s *story) rotate(ctx context.Context) error {
	old, err := s.secret(ctx, billingSecret)
	if err != nil {
		return err
	}
	pods, err := s.pods(ctx, billing)
	if err != nil {
		return err
	}
	mark, err := s.web1.mark(ctx)
	if err != nil {
		return err
	}
	if err := s.expectAccepted(ctx, s.web1, "the present hash", string(old.Data["WHM_ACCESS_HASH"])); err != nil {
		return err
	}
	begun := time.Now()
	revision, err := s.ask(ctx, &v1alpha1.AccessHashRotation{}, billing)
	if err != nil {
		return err
	}
	if _, err := s.awaitHash(ctx, billing, revision); err != nil {
		return err
	}
	took := s.measure("a rotation of an access hash", begun)
	if err := s.expectOneRegeneration(ctx, s.web1, mark, fmt.Sprintf("revision %d is published, %s after that", revision, took)); err != nil {
		return err
	}
	fresh, err := s.secret(ctx, billingSecret)
	if err != nil {
		return err
	}
	if err := s.expectRefused(ctx, s.web1, "the old hash", string(old.Data["WHM_ACCESS_HASH"])); err != nil {
		return err
	}
	if err := s.expectAccepted(ctx, s.web1, "the new hash", string(fresh.Data["WHM_ACCESS_HASH"])); err != nil {
		return err
	}
	return s.showRollout(ctx, &v1alpha1.AccessHashRotation{}, billing, pods)
}

// ask asks for a rotation by annotation and returns the revision that is to come.
func (s *story) ask(ctx context.Context, obj credential, name string) (int64, error) {
	if err := s.cluster.Admin.Get(ctx, key(name), obj); err != nil {
		return 0, err
	}
	before := client.MergeFrom(obj.DeepCopyObject().(client.Object)) //nolint:forcetypeassert // a copy has the type of its original
	value := fmt.Sprintf("demo-%d", s.chapters)
	annotations := maps.Clone(obj.GetAnnotations())
	if annotations == nil {
		annotations = map[string]string{}
	}
	annotations[v1alpha1.RotateAnnotation] = value
	obj.SetAnnotations(annotations)
	if err := s.cluster.Admin.Patch(ctx, obj, before); err != nil {
		return 0, fmt.Errorf("annotate %s: %w", name, err)
	}
	s.did("annotated %s with %s=%s", called(obj), v1alpha1.RotateAnnotation, value)
	return obj.CredentialStatus().Revision + 1, nil
}

// expectOneRegeneration checks what a rotation cost upstream.
func (s *story) expectOneRegeneration(ctx context.Context, at *server, mark int, seen string) error {
	calls, err := at.callsSince(ctx, mark)
	if err != nil {
		return err
	}
	if n := applied(calls, "accesshash"); n != 1 {
		return fmt.Errorf("%s replaced the access hash %d times instead of once", at.name, n)
	}
	s.saw("%s; %s replaced its hash exactly once", seen, at.name)
	return nil
}
