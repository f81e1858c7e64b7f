// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"

	"github.com/whm-credentials/operator/api/v1alpha1"
)

func (s *story) heal(ctx context.Context) error {
	old, err := s.secret(ctx, billingSecret)
	if err != nil {
		return err
	}
	mark, err := s.web1.mark(ctx)
	if err != nil {
		return err
	}
	begun := time.Now()
	if err := s.cluster.Admin.Delete(ctx, old); err != nil {
		return err
	}
	s.did("deleted Secret %s", billingSecret)
	healed := old.DeepCopy()
	err = s.eventually(ctx, func(ctx context.Context) (err error) {
		healed, err = s.secret(ctx, billingSecret)
		if err == nil && healed.UID == old.UID {
			err = fmt.Errorf("the deleted Secret %s still stands", billingSecret)
		}
		return err
	})
	if err != nil {
		return err
	}
	took := s.measure("a deleted Secret restored", begun)
	if !equality.Semantic.DeepEqual(healed.Data, old.Data) {
		return fmt.Errorf("the Secret %s is back with other data", billingSecret)
	}
	s.saw("it is back with the same data after %s, from the operator's journal", took)
	if err := s.awaitNoticed(ctx, string(healed.UID)); err != nil {
		return err
	}
	calls, err := s.web1.callsSince(ctx, mark)
	if err != nil {
		return err
	}
	if len(calls) > 0 {
		return fmt.Errorf("healing cost %d calls of web1, the first was %s", len(calls), calls[0].Function)
	}
	s.saw("web1 noticed nothing: %d calls before, %d after", mark, mark+len(calls))
	return nil
}

// awaitNoticed waits until the operator is done with the restored Secret, so that no call of its can still follow.
func (s *story) awaitNoticed(ctx context.Context, uid string) error {
	obj := &v1alpha1.AccessHashRotation{}
	return s.eventually(ctx, func(ctx context.Context) error {
		if err := s.cluster.Admin.Get(ctx, key(billing), obj); err != nil {
			return err
		}
		if obj.Status.Secret == nil || obj.Status.Secret.UID != uid {
			return fmt.Errorf("status of %s does not know the restored Secret", billing)
		}
		return nil
	})
}
