// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/api/v1alpha1"
)

// widen gives the published token another privilege.
func (s *story) widen(ctx context.Context) error {
	before, err := s.secret(ctx, inventorySecret)
	if err != nil {
		return err
	}
	pods, err := s.pods(ctx, inventory)
	if err != nil {
		return err
	}
	mark, err := s.web1.mark(ctx)
	if err != nil {
		return err
	}
	begun := time.Now()
	obj, err := s.addPrivilege(ctx, "show-bandwidth")
	if err != nil {
		return err
	}
	err = s.eventually(ctx, func(ctx context.Context) error {
		calls, err := s.web1.callsSince(ctx, mark)
		if err == nil && applied(calls, "api_token_update") != 1 {
			err = errors.New("web1 was not told to change the token")
		}
		return err
	})
	if err != nil {
		return err
	}
	s.saw("web1 has changed the token, %s after that", s.measure("a change of privileges", begun))
	if err := s.expectPrivileges(ctx, obj, string(before.Data["token"])); err != nil {
		return err
	}
	after, err := s.secret(ctx, inventorySecret)
	if err != nil {
		return err
	}
	running, err := s.pods(ctx, inventory)
	if err != nil {
		return err
	}
	if !equality.Semantic.DeepEqual(before.Data, after.Data) || !slices.Equal(pods, running) {
		return fmt.Errorf("the Secret or the pods are others: %v instead of %v", running, pods)
	}
	s.saw("the Secret is the same and no pod was restarted: it is the same token")
	return nil
}

func (s *story) addPrivilege(ctx context.Context, acl v1alpha1.ACLName) (*v1alpha1.APITokenRotation, error) {
	obj := &v1alpha1.APITokenRotation{}
	if err := s.cluster.Admin.Get(ctx, key(inventory), obj); err != nil {
		return nil, err
	}
	before := obj.DeepCopy()
	obj.Spec.ACLs = append(obj.Spec.ACLs, acl)
	if err := s.cluster.Admin.Patch(ctx, obj, client.MergeFrom(before)); err != nil {
		return nil, err
	}
	s.did("added %s to spec.acls of %s", acl, called(obj))
	return obj, nil
}
