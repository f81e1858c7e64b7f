// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/rotation"
	"github.com/whm-credentials/operator/internal/whm"
)

// call is what a driver gets to work with.
type call struct {
	obj Credential
	// client calls with the operator's credential, or with the lifeline while that one is being replaced.
	client *whm.Client
	// login returns a client for another credential on the same server.
	login func(whm.Credential) (*whm.Client, error)
	// server is what is known of it.
	server v1alpha1.Server
	// hashLogin is what is known of logins with access hashes, and records what a login showed.
	hashLogin hashLogin
}

// hashLogin is what all objects of a server know together about logins with access hashes.
type hashLogin interface {
	Refused() bool
	Record(accepted bool)
}

// driver is everything that a kind has to say about its credential. Errors are those of package whm, which the engine
// classifies, or outcomes.
type driver interface {
	// ID returns the name under which upstream knows the credential.
	ID(obj Credential) string

	// Admit looks at other objects of the cluster, not at upstream, and stalls if the rotation must not be.
	Admit(ctx context.Context, obj Credential, server v1alpha1.Server) error

	// Own tells whether the credential is the one that the operator logs in to the server with.
	Own(obj Credential, server v1alpha1.Server) bool

	// Prepare is called before a revision is intended. It reads, changes nothing upstream, and stalls if the revision
	// would be of no use. It returns the fingerprint of what upstream holds now; empty if nothing. first is true if no
	// revision was published yet.
	Prepare(ctx context.Context, c call, first bool) (baseline string, err error)

	// Issue makes the one mutating call.
	Issue(ctx context.Context, c call) (rotation.Credential, error)

	// Recover reads what upstream holds and tells whether it differs from the baseline. It changes nothing.
	Recover(ctx context.Context, c call, baseline string) (issued rotation.Credential, differs bool, err error)

	// Login returns the value as a credential to log in with.
	Login(obj Credential, value rotation.Value) whm.Credential

	// Verify uses the client, which logs in with the new value, for a harmless call.
	Verify(ctx context.Context, c call, client *whm.Client) error

	// Sample returns a made-up value, to try the template with before anything is issued.
	Sample() rotation.Value

	// Keys returns the default keys of the published Secret but those that all kinds share.
	Keys(obj Credential, value rotation.Value) map[string]string

	// Successor tells whether the server offers something better than this kind of credential, and what; empty if not.
	Successor(server v1alpha1.Server) string
}
