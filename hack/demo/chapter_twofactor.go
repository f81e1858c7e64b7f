// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/png"
	"net/http"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/whm/simulator"
)

// Names in config/samples.
const (
	secondFactor     = "legacy2"      // TwoFactorRotation of root on the server of that name
	secondFactorRoot = "legacy2-root" // Secret with root's password
	secondFactorAuth = "legacy2-2fa"  // Secret with what codes are made from, which is published there too
)

// setTFA is the call that puts a second factor in force.
const setTFA = "twofactorauth_set_tfa_config"

// secondFactors replaces the second factor that the operator itself logs in with, while the answer is lost.
func (s *story) secondFactors(ctx context.Context) error {
	if err := s.bringLogin(ctx); err != nil {
		return err
	}
	obj := &v1alpha1.TwoFactorRotation{}
	if err := s.awaitRevision(ctx, obj, secondFactor, 1); err != nil {
		return err
	}
	s.saw("the operator took the Secret %s over, and replaced what a person had put there", secondFactorAuth)
	mark, err := s.legacy2.mark(ctx)
	if err != nil {
		return err
	}
	if err := s.legacy2.breakNext(ctx, simulator.Fault{Kind: simulator.FaultReset, Function: setTFA, After: true}); err != nil {
		return err
	}
	s.did("arranged that legacy2 puts the next second factor in force and cuts the connection before it answers")
	revision, err := s.ask(ctx, obj, secondFactor)
	if err != nil {
		return err
	}
	if err := s.awaitRevision(ctx, obj, secondFactor, revision); err != nil {
		return err
	}
	return s.expectSwitchedOver(ctx, mark)
}

// bringLogin does what a person does once: the password, and the second factor of a phone.
func (s *story) bringLogin(ctx context.Context) error {
	root := s.legacy2.inventory.Users["root"]
	s.remember(root.TOTPSecret)
	for name, data := range map[string]map[string]string{
		secondFactorRoot: {"password": root.Password}, secondFactorAuth: {"secret": root.TOTPSecret},
	} {
		secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}, StringData: data}
		if err := s.cluster.Admin.Create(ctx, secret); err != nil {
			return err
		}
	}
	s.did("created the Secrets %s and %s with root's password and the secret of its authenticator app", secondFactorRoot, secondFactorAuth)
	return nil
}

// expectSwitchedOver checks that the published second factor is the one in force, and that the operator is let in with it.
func (s *story) expectSwitchedOver(ctx context.Context, mark int) error {
	calls, err := s.legacy2.callsSince(ctx, mark)
	if err != nil {
		return err
	}
	if n := applied(calls, setTFA); n != 2 {
		return fmt.Errorf("legacy2 put a second factor in force %d times instead of twice", n)
	}
	s.saw("the operator went on through a lifeline token, and set the same secret again")
	secret, err := s.secret(ctx, secondFactorAuth)
	if err != nil {
		return err
	}
	value := string(secret.Data["secret"])
	s.remember(value)
	if in, err := s.inForce(ctx, value); err != nil || !in {
		return errors.Join(err, errors.New("the published second factor is not the one in force"))
	}
	if _, err := png.Decode(bytes.NewReader(secret.Data["qr.png"])); err != nil {
		return fmt.Errorf("the published QR code is no picture: %w", err)
	}
	if _, err := s.awaitServer(ctx, s.legacy2.name); err != nil {
		return err
	}
	s.saw("WHMServer legacy2 logs in with codes from the new secret, which phones read from the QR code in the Secret (%s)", fingerprint(value))
	return nil
}

func (s *story) inForce(ctx context.Context, value string) (bool, error) {
	var answer struct {
		Authenticates bool `json:"authenticates"`
	}
	question := map[string]string{"user": "root", "kind": string(simulator.KindTOTP), "value": value}
	err := s.legacy2.control(ctx, http.MethodPost, "/authenticates", question, &answer)
	return answer.Authenticates, err
}
