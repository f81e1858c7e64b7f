// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/api/v1alpha1"
)

func (s *story) reject(ctx context.Context) error {
	twice := newRotation("twice", billingSecret)
	twice.Spec.Rotation = &v1alpha1.RotationSchedule{Every: &metav1.Duration{Duration: 24 * time.Hour}, Cron: "@daily"}
	s.did("applied an AccessHashRotation with both every and cron")
	if err := s.expectRejected(ctx, twice, "set either every or cron, not both"); err != nil {
		return err
	}
	plainText := &v1alpha1.WHMServer{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "plain"}}
	plainText.Spec.Endpoint = "http://web1.example.com:2086"
	plainText.Spec.Auth.Password = &v1alpha1.PasswordAuth{SecretRef: v1alpha1.SecretKeyReference{Name: "web1-root"}}
	s.did("applied a WHMServer with the endpoint %s", plainText.Spec.Endpoint)
	if err := s.expectRejected(ctx, plainText, "must begin with https://"); err != nil {
		return err
	}
	return s.stall(ctx)
}

// expectRejected creates what the API server must refuse, and shows its message.
func (s *story) expectRejected(ctx context.Context, obj client.Object, part string) error {
	err := s.cluster.Admin.Create(ctx, obj)
	status, refused := errors.AsType[*apierrors.StatusError](err)
	if !refused || !strings.Contains(err.Error(), part) {
		return errors.Join(fmt.Errorf("the API server should have refused %s with %q", obj.GetName(), part), err)
	}
	for _, cause := range status.Status().Details.Causes {
		if strings.Contains(cause.Message, part) {
			s.saw("rejected: %s: %s", cause.Field, cause.Message)
			return nil
		}
	}
	return fmt.Errorf("the refusal names no field: %w", err)
}

// stall creates what only the operator can find out: a second rotation of the same hash.
func (s *story) stall(ctx context.Context) error {
	second := newRotation("second", "second-whm")
	if err := s.cluster.Admin.Create(ctx, second); err != nil {
		return err
	}
	s.did("applied a second AccessHashRotation for root on web1")
	err := s.eventually(ctx, func(ctx context.Context) error {
		if err := s.cluster.Admin.Get(ctx, key(second.Name), second); err != nil {
			return err
		}
		return expectTrue(second.Status.Conditions, v1alpha1.StalledCondition, "AccessHashRotation "+second.Name)
	})
	if err != nil {
		return err
	}
	s.saw("Stalled: %s", message(second.Status.Conditions, v1alpha1.StalledCondition))
	return s.cluster.Admin.Delete(ctx, second)
}

func newRotation(name, secret string) *v1alpha1.AccessHashRotation {
	obj := &v1alpha1.AccessHashRotation{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
	obj.Spec.User = "root"
	obj.Spec.ServerRef.Name = "web1"
	obj.Spec.Secret.Name = secret
	return obj
}
