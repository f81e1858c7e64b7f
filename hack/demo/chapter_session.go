// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

// Names of the sessions and of the Secrets that they are published in.
const (
	deskSession     = "desk"
	databaseSession = "desk-database"
)

// lend hands out sessions of the account on the shared server.
func (s *story) lend(ctx context.Context) error {
	desk := newSession(deskSession)
	if err := s.cluster.Admin.Create(ctx, desk); err != nil {
		return err
	}
	s.did("applied a LoginSession of cPanel for %s: nothing is issued before somebody asks", shop)
	if err := s.awaitReason(ctx, desk, v1alpha1.WaitingForRequestReason); err != nil {
		return err
	}
	if err := s.requestSession(ctx, desk); err != nil {
		return err
	}
	if err := s.lendDatabase(ctx); err != nil {
		return err
	}
	return s.cluster.Admin.Delete(ctx, desk)
}

func newSession(name string) *v1alpha1.LoginSession {
	obj := &v1alpha1.LoginSession{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
	obj.Spec.ServerRef = v1alpha1.ServerReference{Kind: v1alpha1.ClusterWHMServerKind, Name: "web2"}
	obj.Spec.Service, obj.Spec.User = v1alpha1.CPanelService, shop
	obj.Spec.Secret.Name = name
	return obj
}

func (s *story) awaitReason(ctx context.Context, obj *v1alpha1.LoginSession, reason string) error {
	return s.eventually(ctx, func(ctx context.Context) error {
		if err := s.cluster.Admin.Get(ctx, client.ObjectKeyFromObject(obj), obj); err != nil {
			return err
		}
		if got := ready(obj.Status.Conditions); !strings.HasPrefix(got, reason+":") {
			return fmt.Errorf("LoginSession %s should wait for a request: %s", obj.Name, got)
		}
		return nil
	})
}

// requestSession asks for a session and checks that web2 made one, and one only.
func (s *story) requestSession(ctx context.Context, obj *v1alpha1.LoginSession) error {
	mark, err := s.web2.mark(ctx)
	if err != nil {
		return err
	}
	begun := time.Now()
	revision, err := s.ask(ctx, obj, obj.Name)
	if err != nil {
		return err
	}
	if err := s.awaitRevision(ctx, obj, obj.Name, revision); err != nil {
		return err
	}
	took := s.measure("a session on request", begun)
	secret, err := s.secret(ctx, obj.Spec.Secret.Name)
	if err != nil {
		return err
	}
	link, err := url.Parse(string(secret.Data["url"]))
	if err != nil || !strings.HasPrefix(link.Path, string(secret.Data["securityToken"])) {
		return errors.Join(fmt.Errorf("the Secret %s holds no URL of a session", secret.Name), err)
	}
	s.remember(string(secret.Data["session"]), link.Query().Get("session"))
	calls, err := s.web2.callsSince(ctx, mark)
	if err != nil {
		return err
	}
	if n := applied(calls, "create_user_session"); n != 1 {
		return fmt.Errorf("web2 made %d sessions for one request", n)
	}
	s.saw("a URL of %s is in the Secret after %s, and is taken out of it at %s", link.Host, took,
		obj.Status.Current.ExpiresAt.UTC().Format("15:04:05 UTC"))
	return nil
}

// lendDatabase has a database user made in a session that is kept alive, and ended with its object.
func (s *story) lendDatabase(ctx context.Context) error {
	obj := newSession(databaseSession)
	obj.Spec.TemporaryDatabaseUser, obj.Spec.Mode = true, v1alpha1.SessionKeepFresh
	if err := s.cluster.Admin.Create(ctx, obj); err != nil {
		return err
	}
	s.did("applied another one with temporaryDatabaseUser, which the operator opens itself and keeps alive")
	if err := s.awaitRevision(ctx, obj, obj.Name, 1); err != nil {
		return err
	}
	secret, err := s.secret(ctx, obj.Spec.Secret.Name)
	if err != nil {
		return err
	}
	s.remember(string(secret.Data["session"]), string(secret.Data["cookie"]))
	s.saw("the database user %s lives inside it", secret.Data["databaseUser"])
	if err := s.expectTempUsers(ctx, 1); err != nil {
		return err
	}
	if err := s.cluster.Admin.Delete(ctx, obj); err != nil {
		return err
	}
	s.did("deleted it")
	if err := s.expectTempUsers(ctx, 0); err != nil {
		return err
	}
	s.saw("the operator has signed out, and the database user is gone with the session")
	return nil
}

// expectTempUsers waits until web2 has so many temporary database users.
func (s *story) expectTempUsers(ctx context.Context, want int) error {
	return s.eventually(ctx, func(ctx context.Context) error {
		l, err := s.web2.ledger(ctx)
		if err != nil {
			return err
		}
		live := 0
		for _, c := range l.Credentials {
			if c.Kind == simulator.KindTempUser && c.Live {
				live++
			}
		}
		if live != want {
			return fmt.Errorf("web2 has %d temporary database users instead of %d", live, want)
		}
		return nil
	})
}
