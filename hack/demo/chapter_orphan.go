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

// orphan kills the operator when the server has made a token whose value nobody knows.
func (s *story) orphan(ctx context.Context) error {
	vigil := s.watchOver(ctx, s.web3, ownToken, "token")
	err := s.loseToken(ctx)
	tried, failed := vigil.end()
	if err = errors.Join(err, failed); err != nil {
		return err
	}
	s.saw("all the while the token in the Secret let in whoever used it: %d logins, none refused", tried)
	return s.expectNeverLockedOut(ctx)
}

func (s *story) loseToken(ctx context.Context) error {
	revision, lost, err := s.killBeforeAnswer(ctx)
	if err != nil {
		return err
	}
	s.saw("web3 has a token more, %s (%s), and its value went with the answer", lost.Name, lost.Fingerprint)
	begun := time.Now()
	if err := s.startManager(ctx); err != nil {
		return err
	}
	s.did("started the operator again")
	obj, err := s.awaitToken(ctx, ownToken, revision)
	if err != nil {
		return err
	}
	took := s.measure("recovery of a lost token, start of the operator included", begun)
	if obj.Status.Recoveries != 1 {
		return fmt.Errorf("status counts %d recoveries instead of one", obj.Status.Recoveries)
	}
	s.saw("revision %d is published as %s, %s later, with 1 recovery counted", revision, obj.Status.Current.ID, took)
	if obj, err = s.awaitRetired(ctx, ownToken); err != nil {
		return err
	}
	return s.expectNothingOrphaned(ctx, obj, lost)
}

// killBeforeAnswer returns the revision that is under way and the token that nobody knows.
func (s *story) killBeforeAnswer(ctx context.Context) (int64, simulator.Credential, error) {
	var lost simulator.Credential
	before, err := s.web3.tokens(ctx)
	if err != nil {
		return 0, lost, err
	}
	fault := simulator.Fault{Kind: simulator.FaultHang, Function: "api_token_create", After: true}
	if err := s.web3.breakNext(ctx, fault); err != nil {
		return 0, lost, err
	}
	s.did("told web3 to make the next token that it is asked for, and never to answer")
	revision, err := s.ask(ctx, &v1alpha1.APITokenRotation{}, ownToken)
	if err != nil {
		return 0, lost, err
	}
	err = s.eventually(ctx, func(ctx context.Context) error {
		all, err := s.web3.tokens(ctx)
		for mark, c := range all {
			if _, known := before[mark]; !known {
				lost = c
				return nil
			}
		}
		return errors.Join(errors.New("web3 has made no token"), err)
	})
	if err != nil {
		return 0, lost, err
	}
	s.manager.Kill()
	s.did("waited until web3 had made it, and killed the operator (SIGKILL)")
	return revision, lost, s.web3.mend(ctx)
}

// expectNothingOrphaned checks in the server's books what became of the token that nobody knows.
func (s *story) expectNothingOrphaned(ctx context.Context, obj *v1alpha1.APITokenRotation, lost simulator.Credential) error {
	all, err := s.web3.tokens(ctx)
	if err != nil {
		return err
	}
	if found := all[lost.Fingerprint]; found.RevokedAt.IsZero() {
		return fmt.Errorf("%s was not revoked", lost.Name)
	}
	if err := s.expectTokens(ctx, s.web3, obj.Status.Current.Fingerprint); err != nil {
		return err
	}
	s.saw("%s is revoked, and by the books of web3 the published token is the only one that lives", lost.Name)
	return nil
}

// expectNeverLockedOut checks that web3 has never rejected anybody.
func (s *story) expectNeverLockedOut(ctx context.Context) error {
	l, err := s.web3.ledger(ctx)
	if err != nil {
		return err
	}
	if n := len(l.FailedLogins); n > 0 {
		return fmt.Errorf("web3 has rejected %d logins", n)
	}
	if _, err := s.awaitServer(ctx, s.web3.name); err != nil {
		return err
	}
	s.saw("WHMServer web3 is Ready, and web3 has never rejected a login")
	return nil
}
