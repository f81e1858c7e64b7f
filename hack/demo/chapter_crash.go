// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

func (s *story) crash(ctx context.Context) error {
	old, mark, err := s.ownHash(ctx)
	if err != nil {
		return err
	}
	revision, err := s.killMidway(ctx, old)
	if err != nil {
		return err
	}
	if err := s.expectRefused(ctx, s.legacy1, "the hash in the Secret, the only one that anybody knows", old); err != nil {
		return err
	}
	begun := time.Now()
	if err := s.startManager(ctx); err != nil {
		return err
	}
	s.did("started the operator again")
	obj, err := s.awaitHash(ctx, legacyRoot, revision)
	if err != nil {
		return err
	}
	took := s.measure("recovery of a lost hash, start of the operator included", begun)
	return s.expectRecovered(ctx, obj, mark, took)
}

// killMidway kills the manager after the server replaced the operator's own hash and before anybody got to know the new
// one. It returns the revision that is under way.
func (s *story) killMidway(ctx context.Context, old string) (int64, error) {
	lost := simulator.Fault{Kind: simulator.FaultHang, Function: "accesshash", Mutating: true, After: true}
	if err := s.legacy1.breakNext(ctx, lost); err != nil {
		return 0, err
	}
	s.did("told legacy1 to replace the hash the next time it is asked to, and never to answer")
	revision, err := s.ask(ctx, &v1alpha1.AccessHashRotation{}, legacyRoot)
	if err != nil {
		return 0, err
	}
	err = s.eventually(ctx, func(ctx context.Context) error {
		live, err := s.legacy1.liveHash(ctx)
		if err == nil && live == fingerprint(old) {
			err = errors.New("legacy1 has not replaced its hash")
		}
		return err
	})
	if err != nil {
		return 0, err
	}
	s.manager.Kill()
	s.did("waited until legacy1 had replaced it, and killed the operator (SIGKILL)")
	return revision, s.legacy1.mend(ctx)
}

// expectRecovered checks that the lost hash was found instead of made anew.
func (s *story) expectRecovered(ctx context.Context, obj *v1alpha1.AccessHashRotation, mark int, took string) error {
	seen := fmt.Sprintf("revision %d is published, %s later, with %d recovery counted", obj.Status.Revision, took, obj.Status.Recoveries)
	if err := s.expectOneRegeneration(ctx, s.legacy1, mark, seen); err != nil {
		return err
	}
	if obj.Status.Recoveries != 1 {
		return fmt.Errorf("status counts %d recoveries instead of one", obj.Status.Recoveries)
	}
	calls, err := s.legacy1.callsSince(ctx, mark)
	if err != nil {
		return err
	}
	var through simulator.Kind
	for _, c := range calls {
		if c.Function == "accesshash" && c.Params["generate"] == "0" && c.Status != 0 {
			through = c.CredentialKind
		}
	}
	if through != simulator.KindSession {
		return fmt.Errorf("the new hash was read with a %q, not through the lifeline", through)
	}
	s.saw("it read the new hash through the lifeline, a session that its journal had kept")
	fresh, _, err := s.ownHash(ctx)
	if err != nil {
		return err
	}
	if err := s.expectAccepted(ctx, s.legacy1, "the hash in the Secret", fresh); err != nil {
		return err
	}
	if _, err := s.awaitServer(ctx, s.legacy1.name); err != nil {
		return err
	}
	s.saw("WHMServer legacy1 is Ready again")
	return nil
}
