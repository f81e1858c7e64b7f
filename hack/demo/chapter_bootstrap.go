// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/whm/simulator"
	"github.com/whm-credentials/operator/test/controlplane"
)

// ownTokens goes from a password to a token that the operator makes, logs in with and rotates.
func (s *story) ownTokens(ctx context.Context) error {
	if err := s.beginWithPassword(ctx); err != nil {
		return err
	}
	if err := s.changeLogin(ctx); err != nil {
		return err
	}
	return s.rotateOwnToken(ctx)
}

func (s *story) beginWithPassword(ctx context.Context) error {
	text, err := stage.ReadFile("stage/bootstrap.yaml")
	if err != nil {
		return err
	}
	objects, err := controlplane.ParseManifests(text)
	if err != nil {
		return err
	}
	if err := s.applyFilledIn(ctx, objects); err != nil {
		return err
	}
	s.did("applied a WHMServer web3 that logs in with the password of root, and an APITokenRotation %s", ownToken)
	obj, err := s.awaitToken(ctx, ownToken, 1)
	if err != nil {
		return err
	}
	s.saw("Secret %s holds a token that may %s, and dies at %s", ownToken, aclText(obj), obj.Status.Current.ExpiresAt.UTC().Format(time.RFC3339))
	return nil
}

func aclText(obj *v1alpha1.APITokenRotation) string {
	var acls []string
	for _, acl := range obj.Spec.ACLs {
		acls = append(acls, string(acl))
	}
	return strings.Join(acls, " and ")
}

// changeLogin lets the server object log in with the token, and removes the password.
func (s *story) changeLogin(ctx context.Context) error {
	mark, err := s.web3.mark(ctx)
	if err != nil {
		return err
	}
	obj := &v1alpha1.WHMServer{}
	if err := s.cluster.Admin.Get(ctx, key(s.web3.name), obj); err != nil {
		return err
	}
	before := obj.DeepCopy()
	obj.Spec.Auth = v1alpha1.ServerAuth{APIToken: &v1alpha1.APITokenAuth{SecretRef: v1alpha1.SecretKeyReference{Name: ownToken}}}
	if err := s.cluster.Admin.Patch(ctx, obj, client.MergeFrom(before)); err != nil {
		return err
	}
	password := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: bootstrap}}
	if err := s.cluster.Admin.Delete(ctx, password); err != nil {
		return err
	}
	s.did("let web3 log in with that token, and deleted Secret %s with the password", bootstrap)
	if err := s.awaitLogin(ctx, mark, ownToken); err != nil {
		return err
	}
	return s.eventually(ctx, func(ctx context.Context) error {
		err := s.cluster.Admin.Get(ctx, client.ObjectKeyFromObject(password), password)
		if apierrors.IsNotFound(err) {
			return nil
		}
		return errors.Join(fmt.Errorf("the Secret %s still stands", bootstrap), err)
	})
}

// awaitLogin waits until the operator has used the published token, and checks that it uses nothing else from then on.
func (s *story) awaitLogin(ctx context.Context, mark int, secret string) error {
	obj, err := s.secret(ctx, secret)
	if err != nil {
		return err
	}
	token := string(obj.Data["token"])
	err = s.eventually(ctx, func(ctx context.Context) error {
		calls, err := s.web3.callsSince(ctx, mark)
		if err == nil && !probedWith(calls, fingerprint(token)) {
			err = errors.New("WHMServer web3 has not used its new token")
		}
		return err
	})
	if err != nil {
		return err
	}
	if _, err := s.awaitServer(ctx, s.web3.name); err != nil {
		return err
	}
	s.saw("WHMServer web3 is Ready and logs in with the token (%s)", fingerprint(token))
	return nil
}

// probedWith tells whether the server object has used a credential: nobody else asks for the server's name.
func probedWith(calls []simulator.Call, used string) bool {
	for _, c := range calls {
		if c.Function == "gethostname" && c.Credential == used {
			return true
		}
	}
	return false
}

// rotateOwnToken checks that the old token is revoked by the new one.
func (s *story) rotateOwnToken(ctx context.Context) error {
	old, err := s.secret(ctx, ownToken)
	if err != nil {
		return err
	}
	mark, err := s.web3.mark(ctx)
	if err != nil {
		return err
	}
	begun := time.Now()
	revision, err := s.ask(ctx, &v1alpha1.APITokenRotation{}, ownToken)
	if err != nil {
		return err
	}
	if _, err := s.awaitToken(ctx, ownToken, revision); err != nil {
		return err
	}
	s.saw("revision %d is published, %s after that", revision, s.measure("a rotation of the operator's own token, up to the Secret", begun))
	if err := s.awaitLogin(ctx, mark, ownToken); err != nil {
		return err
	}
	obj, err := s.awaitRetired(ctx, ownToken)
	if err != nil {
		return err
	}
	all, err := s.web3.tokens(ctx)
	if err != nil {
		return err
	}
	fresh := obj.Status.Current.Fingerprint
	if by := all[fingerprint(string(old.Data["token"]))].RevokedByCredential; by != fresh {
		return fmt.Errorf("the old token was revoked by %q instead of the new one, %s", by, fresh)
	}
	s.saw("only then was the old token revoked, by the operator with its new one")
	return s.expectTokens(ctx, s.web3, fresh)
}
