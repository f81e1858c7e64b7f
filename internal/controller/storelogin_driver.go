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

// storeLoginDriver is to be written.
type storeLoginDriver struct {
	neighbours neighbours
}

var _ exchanger = (*storeLoginDriver)(nil)

// Class is OneShot.
func (d *storeLoginDriver) Class() rotation.Class { return rotation.OneShot }

func (d *storeLoginDriver) ID(obj Credential, revision int64, attempt int) string { return "" }

func (d *storeLoginDriver) Ask(obj Credential, server v1alpha1.Server) reference.Ask {
	return reference.Ask{}
}

func (d *storeLoginDriver) Admit(ctx context.Context, obj Credential, server v1alpha1.Server) error {
	return nil
}

func (d *storeLoginDriver) Fits(ctx context.Context, obj Credential, server v1alpha1.Server) error {
	return nil
}

func (d *storeLoginDriver) Own(obj Credential, server v1alpha1.Server) bool { return false }

func (d *storeLoginDriver) Issue(ctx context.Context, c call, e *rotation.Entry) (rotation.Credential, error) {
	return rotation.Credential{}, nil
}

func (d *storeLoginDriver) Verify(ctx context.Context, c call, e *rotation.Entry) (verified, error) {
	return verified{}, nil
}

func (d *storeLoginDriver) Sample(obj Credential) *rotation.Entry { return &rotation.Entry{} }

func (d *storeLoginDriver) Keys(obj Credential, server v1alpha1.Server, e *rotation.Entry) map[string]string {
	return nil
}

func (d *storeLoginDriver) Secret(value rotation.Value) whm.Secret { return whm.Secret{} }

func (d *storeLoginDriver) Value(secret whm.Secret) rotation.Value { return nil }

// Successor is empty: there is nothing better.
func (d *storeLoginDriver) Successor(v1alpha1.Server) string { return "" }

func (d *storeLoginDriver) InputSecret(obj Credential) string { return "" }

func (d *storeLoginDriver) Input(ctx context.Context, obj Credential) (whm.Secret, error) {
	return whm.Secret{}, nil
}

func (d *storeLoginDriver) InputChanged(obj Credential, secret *metav1.PartialObjectMetadata) bool {
	return false
}

func (d *storeLoginDriver) Invite(ctx context.Context, c call) (string, error) { return "", nil }

func (d *storeLoginDriver) Dismiss(obj Credential) {}
