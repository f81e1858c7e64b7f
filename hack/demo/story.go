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
	inventory       = "inventory"      // APITokenRotation, and the Deployment that it restarts
	inventorySecret = "inventory-whm"  // what it publishes
	reseller        = "shop-admin"     // APITokenRotation of a reseller
	resellerSecret  = "shop-admin-whm" // what it publishes
	shop            = "shop-eu"        // APITokenRotation of a cPanel account
	shopSecret      = "shop-eu-cpanel" // what it publishes
	billing         = "billing"        // AccessHashRotation, and the Deployment that it restarts
	billingSecret   = "billing-whm"    // what it publishes
	legacyRoot      = "legacy1-root"   // AccessHashRotation of the operator's own hash, and its Secret
)

// Names in stage/bootstrap.yaml.
const (
	ownToken  = "web3-operator"  // APITokenRotation of the operator's own token, and its Secret
	bootstrap = "web3-bootstrap" // Secret with the password that it begins with
)

// story is the state of the demo. What was not reached yet is nil.
type story struct {
	*narrator
	folder  string
	cluster *testbed.Cluster
	manager *testbed.Manager
	log     *logFile
	// web1, legacy1 and legacy2 are a team's own, web2 is shared by teams, and web3 is new.
	web1, web2, web3, legacy1, legacy2 *server
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
	s.line("%s", s.paint(bold, "The credentials of WHM servers, kept in Kubernetes Secrets and replaced by an operator"))
	for _, c := range []chapter{
		{"The stage: a cluster, five WHM servers, the operator", s.setUp},
		{"From manifests to Secrets", s.publish},
		{"An API token is replaced, and nobody has to hurry", s.overlap},
		{"The token gets another privilege", s.widen},
		{"The operator's own token, from a password on", s.ownTokens},
		{"The operator is killed while its own token is made", s.orphan},
		{"An access hash, which has no overlap", s.rotate},
		{"The operator's own access hash", s.rotateOwn},
		{"Somebody deletes the Secret", s.heal},
		{"The operator is killed while its own hash is replaced", s.crash},
		{"A manifest with a mistake", s.reject},
		{"A token takes the place of the access hash", s.migrate},
		{"Passwords of a mailbox and of a database user", s.passwords},
		{"Sessions for those who ask", s.lend},
		{"A login to the store, exchanged once", s.logInToStore},
		{"The second factor of the operator's own login", s.secondFactors},
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
