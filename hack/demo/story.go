// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/whm-credentials/operator/test/testbed"
)

// namespace is where the samples go: the one that kubectl uses by itself.
const namespace = "default"

// Names in config/samples.
const (
	billing       = "billing"      // AccessHashRotation, and the Deployment that it restarts
	billingSecret = "billing-whm"  // what it publishes
	legacyRoot    = "legacy1-root" // AccessHashRotation of the operator's own hash, and its Secret
)

// story is the state of the demo. What was not reached yet is nil.
type story struct {
	*narrator
	folder  string
	cluster *testbed.Cluster
	manager *testbed.Manager
	log     *logFile
	web1    *server
	legacy1 *server
	// secrets are the credentials that were seen, to look for them where they must not be.
	secrets []string
	// told is true once the story was told to the end.
	told bool
}

// chapter is one part of the story. Its error says which check does not hold.
type chapter struct {
	title string
	tell  func(context.Context) error
}

func (s *story) tellAll(ctx context.Context) error {
	s.line("%s", s.paint(bold, "The access hash of a WHM server, kept in a Kubernetes Secret and replaced by an operator"))
	for _, c := range []chapter{
		{"The stage: a cluster, two WHM servers, the operator", s.setUp},
		{"From a manifest to a Secret", s.publish},
		{"A rotation on demand", s.rotate},
		{"The operator's own credential", s.rotateOwn},
		{"Somebody deletes the Secret", s.heal},
		{"The operator is killed at the worst moment", s.crash},
		{"A manifest with a mistake", s.reject},
		{"The books of the servers", s.audit},
	} {
		s.chapter(c.title)
		if err := c.tell(ctx); err != nil {
			return fmt.Errorf("chapter %d: %w", s.chapters, err)
		}
	}
	s.told = true
	s.summary()
	return nil
}

// remember keeps credentials to look for.
func (s *story) remember(secrets ...string) {
	for _, secret := range secrets {
		if secret != "" && !slices.Contains(s.secrets, secret) {
			s.secrets = append(s.secrets, secret)
		}
	}
}
