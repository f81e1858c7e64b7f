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

// twoFactorDriver is to be written.
type twoFactorDriver struct {
	neighbours neighbours
}

var _ chooser = (*twoFactorDriver)(nil)

// Class is Chosen.
func (d *twoFactorDriver) Class() rotation.Class { return rotation.Chosen }

func (d *twoFactorDriver) ID(obj Credential, revision int64, attempt int) string { return "" }

func (d *twoFactorDriver) Ask(obj Credential, server v1alpha1.Server) reference.Ask {
	return reference.Ask{}
}

func (d *twoFactorDriver) Admit(ctx context.Context, obj Credential, server v1alpha1.Server) error {
	return nil
}

func (d *twoFactorDriver) Fits(ctx context.Context, obj Credential, server v1alpha1.Server) error {
	return nil
}

func (d *twoFactorDriver) Own(obj Credential, server v1alpha1.Server) bool { return false }

func (d *twoFactorDriver) Issue(ctx context.Context, c call, e *rotation.Entry) (rotation.Credential, error) {
	return rotation.Credential{}, nil
}

func (d *twoFactorDriver) Verify(ctx context.Context, c call, e *rotation.Entry) (verified, error) {
	return verified{}, nil
}

func (d *twoFactorDriver) Sample(obj Credential) *rotation.Entry { return &rotation.Entry{} }

func (d *twoFactorDriver) Keys(obj Credential, server v1alpha1.Server, e *rotation.Entry) map[string]string {
	return nil
}

func (d *twoFactorDriver) Secret(value rotation.Value) whm.Secret { return whm.Secret{} }

func (d *twoFactorDriver) Value(secret whm.Secret) rotation.Value { return nil }

// Successor is empty: there is nothing better.
func (d *twoFactorDriver) Successor(v1alpha1.Server) string { return "" }

func (d *twoFactorDriver) Choose(ctx context.Context, c call) (rotation.Value, error) {
	return nil, nil
}

func (d *twoFactorDriver) Policy(obj Credential) string { return "" }
