// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/whm-credentials/operator/api/v1alpha1"
	"github.com/whm-credentials/operator/internal/controller/journal"
	"github.com/whm-credentials/operator/internal/controller/publish"
	"github.com/whm-credentials/operator/internal/controller/tokens"
	"github.com/whm-credentials/operator/internal/controller/upstream"
	"github.com/whm-credentials/operator/internal/rotation"
	"github.com/whm-credentials/operator/internal/schedule"
	"github.com/whm-credentials/operator/internal/template"
	"github.com/whm-credentials/operator/internal/whm"
)

// Credential is an object of a kind that keeps a credential in a Secret.
type Credential interface {
	client.Object
	CredentialSpec() *v1alpha1.CredentialSpec
	CredentialStatus() *v1alpha1.CredentialStatus
}

// scope is what one reconciliation knows. The phases fill it in the order of the fields.
type scope struct {
	// obj is the object; before is as it was read, to find out what changed.
	obj, before Credential
	owner       publish.Owner

	// server is nil if it does not exist.
	server v1alpha1.Server
	// schedule is nil for rotation on demand at any time.
	schedule *schedule.Schedule
	// template is nil if the Secret gets the default keys.
	template *template.Set
	// inputs is the digest of everything but the credential that goes into the Secret.
	inputs string

	// release gives the server's slot back; nil while none is taken.
	release func()
	// record is the journal, read live.
	record *journal.Record
	// input is what a one-shot credential is given for; zero if there is none.
	input whm.Secret
	// badInput says what is wrong with that; nil if nothing.
	badInput error
	// secret is the published Secret, read live; nil if there is none.
	secret *corev1.Secret
	// byHand is true if the server accepts what somebody put into the Secret in place of what was published.
	byHand bool
	// conn is nil until something has to be asked of the server.
	conn *upstream.Connection

	// run is what this run knows about the newest revision and a crash forgets.
	run rotation.Run
	// held is a value that was issued and is not in the journal yet; recovered tells how it was obtained.
	held      rotation.Credential
	recovered bool
	// guessed is true if held was found by a login with it, and letIn if this run has logged in with the newest value that is
	// issued.
	guessed, letIn bool
	// answered is true if this run has the answer to the issue of the newest revision.
	answered bool
	// attempted is the attemptKey of what this run asked the server for.
	attempted string
	// refusal is why the server refused to issue, until it is known that this is not for an earlier attempt.
	refusal error
	// drift is how the published credential upstream differs, and difference says so in words; unknown is what else there
	// is of this object.
	drift      rotation.Drift
	difference string
	unknown    map[string]tokens.Info
	// unproven says why the published credential could not be used from here; empty if it was.
	unproven string
	// lifelineWaived is true if none could be opened and the spec accepts that risk.
	lifelineWaived bool
	// proven is the highest revision that is known to work.
	proven int64
	// restartPending is true if a workload does not carry the published fingerprint.
	restartPending bool
	// rollouts is what the listed workloads are doing, for the condition; nil if they were not looked at.
	rollouts *rollouts

	// rest is the last step: what the object is waiting for.
	rest rotation.Step
	// settled is true if this run found that all is as it should be.
	settled bool
	// notices are things to tell people once the status is written.
	notices []notice
}

// notice is an event that is sent when the status has been written, so that a failed write does not repeat it.
type notice struct {
	kind, reason, action, message string
}

func (s *scope) spec() *v1alpha1.CredentialSpec     { return s.obj.CredentialSpec() }
func (s *scope) status() *v1alpha1.CredentialStatus { return s.obj.CredentialStatus() }

func (s *scope) note(reason, action, message string) {
	s.notices = append(s.notices, notice{corev1.EventTypeNormal, reason, action, message})
}

func (s *scope) warn(reason, action, message string) {
	s.notices = append(s.notices, notice{corev1.EventTypeWarning, reason, action, message})
}

func (s *scope) timeout() time.Duration { return upstream.Timeout(s.server) }
