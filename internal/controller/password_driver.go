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

// passwordDriver is to be written.
type passwordDriver struct {
	neighbours neighbours
}

var _ chooser = (*passwordDriver)(nil)

// Class is Chosen.
func (d *passwordDriver) Class() rotation.Class { return rotation.Chosen }

func (d *passwordDriver) ID(obj Credential, revision int64, attempt int) string { return "" }

func (d *passwordDriver) Ask(obj Credential, server v1alpha1.Server) reference.Ask {
	return reference.Ask{}
}

func (d *passwordDriver) Admit(ctx context.Context, obj Credential, server v1alpha1.Server) error {
	return nil
}

func (d *passwordDriver) Fits(ctx context.Context, obj Credential, server v1alpha1.Server) error {
	return nil
}

func (d *passwordDriver) Own(obj Credential, server v1alpha1.Server) bool { return false }

func (d *passwordDriver) Issue(ctx context.Context, c call, e *rotation.Entry) (rotation.Credential, error) {
	return rotation.Credential{}, nil
}

func (d *passwordDriver) Verify(ctx context.Context, c call, e *rotation.Entry) (verified, error) {
	return verified{}, nil
}

func (d *passwordDriver) Sample(obj Credential) *rotation.Entry { return &rotation.Entry{} }

func (d *passwordDriver) Keys(obj Credential, server v1alpha1.Server, e *rotation.Entry) map[string]string {
	return nil
}

func (d *passwordDriver) Secret(value rotation.Value) whm.Secret { return whm.Secret{} }

func (d *passwordDriver) Value(secret whm.Secret) rotation.Value { return nil }

// Successor is empty: there is nothing better.
func (d *passwordDriver) Successor(v1alpha1.Server) string { return "" }

func (d *passwordDriver) Choose(ctx context.Context, c call) (rotation.Value, error) { return nil, nil }

func (d *passwordDriver) Policy(obj Credential) string { return "" }
