// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/api/v1alpha1"
)

const (
	// patience is how long anything may take before the demo calls it broken; a machine that is busy takes long.
	patience = time.Minute
	// glance is the time between two looks.
	glance = 25 * time.Millisecond
)

// eventually looks until the check is content. Its error is what the check was not content with.
func (s *story) eventually(ctx context.Context, check func(context.Context) error) error {
	var last error
	err := wait.PollUntilContextTimeout(ctx, glance, patience, true, func(ctx context.Context) (bool, error) {
		if err := s.managerGone(); err != nil {
			return false, err
		}
		err := check(ctx)
		if last == nil || ctx.Err() == nil {
			// Not that there was no time left to look.
			last = err
		}
		return err == nil, nil
	})
	if wait.Interrupted(err) && last != nil {
		return fmt.Errorf("not within %s: %w", patience, last)
	}
	return err
}

func key(name string) client.ObjectKey { return client.ObjectKey{Namespace: namespace, Name: name} }

// awaitServer waits until a server object is ready.
func (s *story) awaitServer(ctx context.Context, name string) (*v1alpha1.WHMServer, error) {
	obj := &v1alpha1.WHMServer{}
	return obj, s.eventually(ctx, func(ctx context.Context) error {
		if err := s.cluster.Admin.Get(ctx, key(name), obj); err != nil {
			return err
		}
		return expectTrue(obj.Status.Conditions, v1alpha1.ReadyCondition, "WHMServer "+name)
	})
}

// credential is a rotation of any kind.
type credential interface {
	client.Object
	CredentialSpec() *v1alpha1.CredentialSpec
	CredentialStatus() *v1alpha1.CredentialStatus
}

// called names a rotation with its kind.
func called(obj credential) string {
	return strings.TrimPrefix(fmt.Sprintf("%T", obj), "*v1alpha1.") + " " + obj.GetName()
}

// awaitHash waits until a rotation of an access hash has published at least that revision and is ready.
func (s *story) awaitHash(ctx context.Context, name string, revision int64) (*v1alpha1.AccessHashRotation, error) {
	obj := &v1alpha1.AccessHashRotation{}
	return obj, s.awaitRevision(ctx, obj, name, revision)
}

// awaitToken does the same for a token.
func (s *story) awaitToken(ctx context.Context, name string, revision int64) (*v1alpha1.APITokenRotation, error) {
	obj := &v1alpha1.APITokenRotation{}
	return obj, s.awaitRevision(ctx, obj, name, revision)
}

func (s *story) awaitRevision(ctx context.Context, obj credential, name string, revision int64) error {
	return s.eventually(ctx, func(ctx context.Context) error {
		if err := s.cluster.Admin.Get(ctx, key(name), obj); err != nil {
			return err
		}
		st := obj.CredentialStatus()
		if st.Revision < revision {
			return fmt.Errorf("%s is at revision %d instead of %d: %s", called(obj), st.Revision, revision, ready(st.Conditions))
		}
		return expectTrue(st.Conditions, v1alpha1.ReadyCondition, called(obj))
	})
}

// awaitRetired waits until nothing of a token's past is left to be revoked.
func (s *story) awaitRetired(ctx context.Context, name string) (*v1alpha1.APITokenRotation, error) {
	obj := &v1alpha1.APITokenRotation{}
	return obj, s.eventually(ctx, func(ctx context.Context) error {
		if err := s.cluster.Admin.Get(ctx, key(name), obj); err != nil {
			return err
		}
		if n := len(obj.Status.Retiring); n > 0 {
			return fmt.Errorf("%s has %d tokens that retire: %s", called(obj), n, ready(obj.Status.Conditions))
		}
		return expectTrue(obj.Status.Conditions, v1alpha1.ReadyCondition, called(obj))
	})
}

func expectTrue(conditions []metav1.Condition, kind, what string) error {
	if meta.IsStatusConditionTrue(conditions, kind) {
		return nil
	}
	return fmt.Errorf("%s is not %s: %s", what, kind, message(conditions, kind))
}

func ready(conditions []metav1.Condition) string { return message(conditions, v1alpha1.ReadyCondition) }

func message(conditions []metav1.Condition, kind string) string {
	c := meta.FindStatusCondition(conditions, kind)
	if c == nil {
		return "no condition yet"
	}
	return c.Reason + ": " + c.Message
}

// secret reads a Secret and remembers what is in it.
func (s *story) secret(ctx context.Context, name string) (*corev1.Secret, error) {
	obj := &corev1.Secret{}
	err := s.cluster.Admin.Get(ctx, key(name), obj)
	for _, key := range []string{"accesshash", "WHM_ACCESS_HASH", "token", "authorization"} {
		s.remember(string(obj.Data[key]))
	}
	return obj, err
}
