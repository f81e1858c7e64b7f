// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/reference"
	"github.com/whm-credentials/operator/internal/controller/upstream"
	"github.com/whm-credentials/operator/internal/rotation"
	"github.com/whm-credentials/operator/internal/whm"
)

var (
	_ time.Duration
	_ metav1.Object
	_ = upstream.MainPart
)

// loginSessionDriver is to be written.
type loginSessionDriver struct {
	neighbours neighbours
}

var _ lender = (*loginSessionDriver)(nil)

// Class is Ephemeral.
func (d *loginSessionDriver) Class() rotation.Class { return rotation.Ephemeral }

func (d *loginSessionDriver) ID(obj Credential, revision int64, attempt int) string { return "" }

func (d *loginSessionDriver) Ask(obj Credential, server v1alpha1.Server) reference.Ask {
	return reference.Ask{}
}

func (d *loginSessionDriver) Admit(ctx context.Context, obj Credential, server v1alpha1.Server) error {
	return nil
}

func (d *loginSessionDriver) Fits(ctx context.Context, obj Credential, server v1alpha1.Server) error {
	return nil
}

func (d *loginSessionDriver) Own(obj Credential, server v1alpha1.Server) bool { return false }

func (d *loginSessionDriver) Issue(ctx context.Context, c call, e *rotation.Entry) (rotation.Credential, error) {
	return rotation.Credential{}, nil
}

func (d *loginSessionDriver) Verify(ctx context.Context, c call, e *rotation.Entry) (verified, error) {
	return verified{}, nil
}

func (d *loginSessionDriver) Sample(obj Credential) *rotation.Entry { return &rotation.Entry{} }

func (d *loginSessionDriver) Keys(obj Credential, server v1alpha1.Server, e *rotation.Entry) map[string]string {
	return nil
}

func (d *loginSessionDriver) Secret(value rotation.Value) whm.Secret { return whm.Secret{} }

func (d *loginSessionDriver) Value(secret whm.Secret) rotation.Value { return nil }

// Successor is empty: there is nothing better.
func (d *loginSessionDriver) Successor(v1alpha1.Server) string { return "" }

func (d *loginSessionDriver) Lend(obj Credential) loan { return loan{} }

func (d *loginSessionDriver) Alive(ctx context.Context, c call, e *rotation.Entry) (bool, error) {
	return false, nil
}

func (d *loginSessionDriver) End(ctx context.Context, c call, e *rotation.Entry) error { return nil }
