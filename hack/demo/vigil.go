// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// vigil uses what a Secret holds again and again, as the programs do that read it.
type vigil struct {
	cancel context.CancelFunc
	done   chan struct{}
	// tried and err may be read when done is closed.
	tried int
	err   error
}

// watchOver begins a vigil over a key of a Secret. The one that asks for it ends it.
func (s *story) watchOver(ctx context.Context, at *server, secret, key string) *vigil {
	ctx, cancel := context.WithCancel(ctx)
	v := &vigil{cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(v.done)
		for v.err == nil && ctx.Err() == nil {
			v.err = v.try(ctx, s, at, secret, key)
			select {
			case <-ctx.Done():
			case <-time.After(glance):
			}
		}
	}()
	return v
}

// try reads the Secret and logs in with what it holds. It does not count when the vigil ends meanwhile.
func (v *vigil) try(ctx context.Context, s *story, at *server, name, field string) error {
	obj := &corev1.Secret{}
	err := s.cluster.Admin.Get(ctx, key(name), obj)
	var got reply
	if err == nil {
		got, err = at.logIn(ctx, string(obj.Data[field]))
	}
	switch {
	case ctx.Err() != nil:
		return nil //nolint:nilerr // the end of the vigil is no failure of the credential
	case err != nil:
		return err
	case !got.accepted:
		return fmt.Errorf("%s answers %s to what stands under %s in Secret %s", at.name, got.status, field, name)
	}
	v.tried++
	return nil
}

// end returns how often the credential was used, or how it failed.
func (v *vigil) end() (int, error) {
	v.cancel()
	<-v.done
	if v.err == nil && v.tried == 0 {
		return 0, errors.New("nobody used the credential")
	}
	return v.tried, v.err
}
