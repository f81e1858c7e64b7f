// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/api/v1alpha1"
)

// hashKey is where the consumers of the access hash read it.
const hashKey = "WHM_ACCESS_HASH"

// migrate goes the way of docs/migrating-from-access-hashes.md.
func (s *story) migrate(ctx context.Context) error {
	s.note("Deployment %s reads the key %s of Secret %s, whatever logs in with it.", billing, hashKey, billingSecret)
	before, err := s.secret(ctx, billingSecret)
	if err != nil {
		return err
	}
	vigil := s.watchOver(ctx, s.web1, billingSecret, hashKey)
	err = s.handOver(ctx, slices.Sorted(maps.Keys(before.Data)))
	tried, failed := vigil.end()
	if err = errors.Join(err, failed); err != nil {
		return err
	}
	s.saw("all the while somebody used what stood under that key: %d logins, none refused", tried)
	return s.switchOff(ctx, string(before.Data[hashKey]))
}

// handOver lets a token take over the Secret of the access hash.
func (s *story) handOver(ctx context.Context, keys []string) error {
	if err := s.letGo(ctx); err != nil {
		return err
	}
	pods, err := s.pods(ctx, billing)
	if err != nil {
		return err
	}
	begun := time.Now()
	if err := s.cluster.Admin.Create(ctx, tokenInPlaceOfHash()); err != nil {
		return err
	}
	s.did("applied an APITokenRotation %s, which may take the Secret over and puts its token under that key", billing)
	obj, err := s.awaitToken(ctx, billing, 1)
	if err != nil {
		return err
	}
	secret, err := s.secret(ctx, billingSecret)
	if err != nil {
		return err
	}
	if found := slices.Sorted(maps.Keys(secret.Data)); !slices.Equal(found, keys) {
		return fmt.Errorf("the Secret %s has the keys %v instead of %v", secret.Name, found, keys)
	}
	if fingerprint(string(secret.Data[hashKey])) != obj.Status.Current.Fingerprint {
		return fmt.Errorf("the Secret %s does not hold the token", secret.Name)
	}
	s.saw("the same keys hold a token, %s after that", s.measure("a token in place of an access hash", begun))
	return s.showRollout(ctx, obj, billing, pods)
}

// letGo deletes the rotation of the access hash and has its Secret kept.
func (s *story) letGo(ctx context.Context) error {
	obj := &v1alpha1.AccessHashRotation{}
	if err := s.cluster.Admin.Get(ctx, key(billing), obj); err != nil {
		return err
	}
	before := obj.DeepCopy()
	obj.Spec.DeletionPolicy = &v1alpha1.DeletionPolicy{Secret: v1alpha1.RetainSecret}
	if err := s.cluster.Admin.Patch(ctx, obj, client.MergeFrom(before)); err != nil {
		return err
	}
	if err := s.cluster.Admin.Delete(ctx, obj); err != nil {
		return err
	}
	s.did("deleted AccessHashRotation %s with deletionPolicy.secret: Retain", billing)
	return s.eventually(ctx, func(ctx context.Context) error {
		err := s.cluster.Admin.Get(ctx, key(billing), obj)
		if apierrors.IsNotFound(err) {
			return nil
		}
		return errors.Join(fmt.Errorf("%s still stands", called(obj)), err)
	})
}

func tokenInPlaceOfHash() *v1alpha1.APITokenRotation {
	obj := &v1alpha1.APITokenRotation{}
	obj.Namespace, obj.Name = namespace, billing
	obj.Spec.ACLs = []v1alpha1.ACLName{"create-acct", "list-accts"}
	obj.Spec.ServerRef.Name = "web1"
	obj.Spec.Secret = v1alpha1.SecretTarget{
		Name: billingSecret, Adoption: v1alpha1.AdoptIfUnowned,
		Template: &v1alpha1.SecretTemplate{Data: map[string]v1alpha1.TemplateSource{
			"WHM_URL": "{{ .endpoint }}", "WHM_USER": "{{ .username }}", hashKey: "{{ .token }}",
		}},
	}
	obj.Spec.Restart = []v1alpha1.WorkloadReference{{Kind: v1alpha1.DeploymentKind, Name: billing}}
	return obj
}

// switchOff ends the life of the hash, which cannot be revoked.
func (s *story) switchOff(ctx context.Context, hash string) error {
	policies := s.web1.inventory.Policies
	policies.AllowDeprecatedAccessHash = new(false)
	if err := s.web1.control(ctx, http.MethodPut, "/inventory/policies", policies, nil); err != nil {
		return err
	}
	s.web1.hashesOff = true
	s.did("switched off logins with access hashes on web1, as its Tweak Settings can")
	if err := s.expectRefused(ctx, s.web1, "the hash that nobody uses any more", hash); err != nil {
		return err
	}
	secret, err := s.secret(ctx, billingSecret)
	if err != nil {
		return err
	}
	return s.expectAccepted(ctx, s.web1, "what stands in the Secret", string(secret.Data[hashKey]))
}
