// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"errors"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/reference"
	"github.com/whm-credentials/operator/internal/controller/tokens"
	"github.com/whm-credentials/operator/internal/controller/upstream"
	"github.com/whm-credentials/operator/internal/rotation"
	"github.com/whm-credentials/operator/internal/whm"
)

// call is what a driver gets to work with.
type call struct {
	obj Credential
	// input is what a one-shot credential is given for; zero if there is none.
	input whm.Secret
	// client calls with the operator's credential, or with the lifeline while that one is being replaced. Nil in calls that
	// are made with the new credential.
	client *whm.Client
	// operator returns a client with the operator's credential, if the server lets it in.
	operator func() (*whm.Client, error)
	// login returns a client for another credential on the same server, loginCPanel one for the server's cPanel.
	login, loginCPanel func(whm.Credential) (*whm.Client, error)
	// rehearse returns a client that logs in as the operator will once a part of its login has another value.
	rehearse func(upstream.Part, whm.Secret) (*whm.Client, error)
	// spend remembers a one-time code of the operator's user, which may be good for nothing else any more.
	spend func(code whm.Secret)
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

// verified is what the use of a new credential showed.
type verified struct {
	// ExpiresAt is when it stops working by itself, as the server has it.
	ExpiresAt time.Time
	// Mismatch says what it is other than was asked for; empty if nothing.
	Mismatch string
	// Unproven says why it could not be used from here although it is right; empty if it was used.
	Unproven string
	// Assumed is true if upstream has no way to try it: that it works is known from the answer to its issue alone.
	Assumed bool
}

// errNotAccepted is wrapped by what Verify returns if upstream has said, other than by a failed login, that the credential
// does not work.
var errNotAccepted = errors.New("the server says so")

// driver is everything that a kind has to say about its credential. Errors are those of package whm, which the engine
// classifies, or outcomes. A driver is a replacer, an overlapper, a chooser, a lender or an exchanger too, as its class says.
type driver interface {
	// Class says how the credential is replaced.
	Class() rotation.Class

	// ID returns the name under which upstream knows an attempt at a revision.
	ID(obj Credential, revision int64, attempt int) string

	// Ask returns what a ClusterWHMServer has to permit.
	Ask(obj Credential, server v1alpha1.Server) reference.Ask

	// Admit looks at other objects of the cluster and at what is known of the server, not at upstream, and stalls if the
	// rotation must not be.
	Admit(ctx context.Context, obj Credential, server v1alpha1.Server) error

	// Fits stalls if a server object logs in with the published Secret and would find something else in it than it reads
	// there. It looks at objects of the cluster only.
	Fits(ctx context.Context, obj Credential, server v1alpha1.Server) error

	// Own tells whether the credential is the one that the operator logs in to the server with.
	Own(obj Credential, server v1alpha1.Server) bool

	// Issue makes the one mutating call, for the newest entry of the journal.
	Issue(ctx context.Context, c call, e *rotation.Entry) (rotation.Credential, error)

	// Verify logs in with the value of an entry for a harmless call.
	Verify(ctx context.Context, c call, e *rotation.Entry) (verified, error)

	// Sample returns a made-up entry, to try the template with before anything is issued.
	Sample(obj Credential) *rotation.Entry

	// Keys returns the default keys of the published Secret, in addition to or in place of those that all kinds share.
	Keys(obj Credential, server v1alpha1.Server, e *rotation.Entry) map[string]string

	// Secret returns the part of a value that the credential is, to find it in a published Secret.
	Secret(value rotation.Value) whm.Secret

	// Value is the inverse of Secret.
	Value(secret whm.Secret) rotation.Value

	// Successor tells whether the server offers something better than this kind of credential, and what; empty if not.
	Successor(server v1alpha1.Server) string
}

// replacer is a driver of a credential that exists once and can be read again.
type replacer interface {
	driver

	// Prepare is called before a revision is intended. It reads, changes nothing upstream, and stalls if the revision
	// would be of no use. It returns the fingerprint of what upstream holds now; empty if nothing. first is true if no
	// revision was published yet.
	Prepare(ctx context.Context, c call, first bool) (baseline string, err error)

	// Recover reads what upstream holds and tells whether it differs from the baseline. It changes nothing.
	Recover(ctx context.Context, c call, baseline string) (issued rotation.Credential, differs bool, err error)
}

// overlapper is a driver of credentials that exist side by side under names.
type overlapper interface {
	driver

	accounted

	// Wanted returns what a credential shall be that is issued at a time, and a digest of that for any time.
	Wanted(obj Credential, name string, issuedAt time.Time) (spec tokens.Spec, digest string)

	// CanUpdate tells whether upstream can make a credential what the spec asks for, and keep its value, without a risk to
	// the operator's own login.
	CanUpdate(obj Credential, server v1alpha1.Server) bool

	// PreviousKeys returns the keys under which the previous credential is published beside the newest; nil for none.
	PreviousKeys(obj Credential, previous *rotation.Entry) map[string]string

	// Look asks what has become of a published credential that the server's own list of tokens does not show.
	Look(ctx context.Context, c call, e *rotation.Entry) (map[string]tokens.Info, error)

	// Present returns the name under which upstream knows the value of an entry now; empty if it does not know it, or
	// cannot tell.
	Present(ctx context.Context, c call, e *rotation.Entry) (name string, err error)
}

// chooser is a driver of a credential that exists once and whose value is known before it is set.
type chooser interface {
	driver

	// Choose is called before a value is written down. It returns the value that is going to be set; it sets nothing
	// upstream, and stalls if the revision would be of no use.
	Choose(ctx context.Context, c call) (rotation.Value, error)

	// Policy returns a digest of what the value is chosen by. When nothing can come of the last attempt any more, another
	// policy leads to another value.
	Policy(obj Credential) string
}

// loan says how a credential is given that ends by itself.
type loan struct {
	// Refresh is when it is replaced, counted from its issue; zero if it is given on demand only, and withdrawn when it ends.
	Refresh time.Duration
	// Margin is how long before its end it has been replaced, where the end comes before Refresh.
	Margin time.Duration
	// KeepAlive is how often it is used so that it does not end; zero for never.
	KeepAlive time.Duration
	// Spec is a digest of what is asked for.
	Spec string
	// Bound says why it works from some addresses only; empty if it does not.
	Bound string
}

// lender is a driver of a credential that ends by itself soon.
type lender interface {
	driver

	// Lend says how the credential is given.
	Lend(obj Credential) loan

	// Alive uses a credential that ends when it is not used, and tells whether it still works.
	Alive(ctx context.Context, c call, e *rotation.Entry) (bool, error)

	// End ends a credential before its time, if that is possible. It is repeated by nobody: what is left ends by itself.
	End(ctx context.Context, c call, e *rotation.Entry) error
}

// watcher is a driver of a credential that is given for what somebody else keeps in a Secret. Its changes wake the object.
type watcher interface {
	driver

	// InputSecret returns the name of that Secret; empty if there is none.
	InputSecret(obj Credential) string
}

// exchanger is a driver of a credential that is given once for an input that a person obtained.
type exchanger interface {
	watcher

	// Input reads it, and takes down in the status which version it read; zero if there is nothing yet.
	Input(ctx context.Context, obj Credential) (whm.Secret, error)

	// InputChanged tells whether the Secret is another one than the status has taken down; nil if there is none.
	InputChanged(obj Credential, secret *metav1.PartialObjectMetadata) bool

	// Invite shows in the status where the input is obtained. It returns what to tell people, if that is news.
	Invite(ctx context.Context, c call) (news string, err error)

	// Used returns the fingerprint of the input that the status says was used last; empty if none.
	Used(obj Credential) string

	// ReportUsed takes that down in the status.
	ReportUsed(obj Credential, fingerprint string)

	// Dismiss takes that out of the status.
	Dismiss(obj Credential)
}

// accounted is a driver whose credentials belong to an account upstream that can be another one one day.
type accounted interface {
	// Account returns whose credentials they are.
	Account(obj Credential, server v1alpha1.Server) tokens.Account
}

// insider is a driver of a credential that the operator may log in with, and that its successor replaces at once.
type insider interface {
	driver

	// Part tells which part of the operator's login it is.
	Part() upstream.Part

	// LogsIn tells whether a server object logs in with it, wherever it has it from.
	LogsIn(obj Credential, server v1alpha1.Server) bool
}

// keeper is a driver of a credential without which nobody could log in any more.
type keeper interface {
	// Irreplaceable tells whether the published Secret outlives the object unless the spec says otherwise.
	Irreplaceable() bool
}

// reporter is a driver that has more to say of what is published than that it was proven to work.
type reporter interface {
	// Published describes it.
	Published(obj Credential) string
}
