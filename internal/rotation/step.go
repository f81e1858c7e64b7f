// SPDX-License-Identifier: Apache-2.0

package rotation

import "time"

// StepKind names one step of the protocol.
type StepKind string

// The steps. Each of them can be repeated after a crash.
const (
	// StepRest: nothing to do until Step.Until, or until something changes if that is zero.
	StepRest StepKind = "Rest"
	// StepIntend writes the next revision into the journal.
	StepIntend StepKind = "Intend"
	// StepOpenLifeline opens the second way in and writes it into the journal.
	StepOpenLifeline StepKind = "OpenLifeline"
	// StepProveLifeline uses it once.
	StepProveLifeline StepKind = "ProveLifeline"
	// StepIssue makes the one mutating call.
	StepIssue StepKind = "Issue"
	// StepRecover finds out whether an issue whose answer was lost was applied.
	StepRecover StepKind = "Recover"
	// StepRetry writes into the journal that the revision is issued once more.
	StepRetry StepKind = "Retry"
	// StepRestore writes the Secret with the revision before the one that is under way.
	StepRestore StepKind = "Restore"
	// StepStage writes the value into the journal.
	StepStage StepKind = "Stage"
	// StepVerify uses the new credential once.
	StepVerify StepKind = "Verify"
	// StepPublish writes the Secret.
	StepPublish StepKind = "Publish"
	// StepCloseLifeline closes the second way in and writes that into the journal.
	StepCloseLifeline StepKind = "CloseLifeline"
	// StepRestart restarts the workloads.
	StepRestart StepKind = "Restart"
	// StepFallBack writes into the journal that the previous credential is the newest revision.
	StepFallBack StepKind = "FallBack"
	// StepAdopt writes credentials that no entry knows into the journal.
	StepAdopt StepKind = "Adopt"
	// StepWithdraw takes a credential that has ended out of the journal, so that it is taken out of the Secret.
	StepWithdraw StepKind = "Withdraw"
	// StepUpdate makes the published credential upstream what the spec asks for.
	StepUpdate StepKind = "Update"
	// StepRetire revokes what State.DueToRetire says, proves that they are gone and drops them from the journal.
	StepRetire StepKind = "Retire"
)

// Step is what to do next.
type Step struct {
	Kind StepKind

	// Revision, Trigger and Request belong to StepIntend.
	Revision int64
	Trigger  Trigger
	Request  string

	// Until and Why belong to StepRest.
	Until time.Time
	Why   RestReason
}

// RestReason says what a rest is for.
type RestReason string

// Reasons to rest.
const (
	// RestIdle: nothing is due.
	RestIdle RestReason = "Idle"
	// RestSuspended: the object is suspended.
	RestSuspended RestReason = "Suspended"
	// RestWindow: a rotation was asked for, by a request or by the spec, and waits for a window. One that is due by schedule
	// rests idle until then.
	RestWindow RestReason = "Window"
	// RestSettle: a lost answer may still be applied; the old credential works meanwhile.
	RestSettle RestReason = "Settle"
	// RestOverlap: a revision is due, but as many credentials as there may be still overlap.
	RestOverlap RestReason = "Overlap"
	// RestInput: there is no input to begin with.
	RestInput RestReason = "Input"
	// RestConsumed: the input was used, and it is not known what came of it.
	RestConsumed RestReason = "Consumed"
)

// Drift says how the published credential upstream differs from what the journal says.
type Drift string

// What can have become of the published credential.
const (
	// DriftNone: it is there, or nobody has looked.
	DriftNone Drift = ""
	// DriftMissing: upstream has none of its ID.
	DriftMissing Drift = "Missing"
	// DriftChanged: it is there, and not what it should be.
	DriftChanged Drift = "Changed"
)

// Schedule tells when a rotation is due and when it is permitted. A nil Schedule means on demand only, at any time.
type Schedule interface {
	// At returns when to rotate after last, as seen at now: now itself if a rotation is due and permitted, zero if never.
	At(last, now time.Time, seed string) time.Time
	// NextPermitted returns the first instant from t on that lies in a window.
	NextPermitted(t time.Time) time.Time
}

// State is everything that the decision depends on.
type State struct {
	// Journal as read live; never nil.
	Journal *Journal
	// Now is the time.
	Now time.Time
	// Suspended holds everything back.
	Suspended bool
	// Request is the rotate annotation; empty if there is none.
	Request string
	// Schedule is nil for on demand only.
	Schedule Schedule
	// Seed makes the jitter differ between objects.
	Seed string
	// FirstRevision is the number of the first revision of an empty journal: 1, or more if an earlier journal was lost.
	FirstRevision int64
	// NeedsLifeline is true if the credential is the one the operator logs in with and no lifeline was waived.
	NeedsLifeline bool
	// Settle is how long the issuing call is waited for. A server that did not answer in that time may still apply it
	// for as long again.
	Settle time.Duration
	// Published is the revision in the Secret; zero if there is no Secret.
	Published int64
	// Intact is true if the Secret is exactly what would be published now.
	Intact bool
	// Lost is true if a revision is under way and the Secret is not exactly what would be published of the one before, nor
	// what a person put there to let the operator in.
	// It must be put back without waiting for the server: it may be what the operator logs in with.
	Lost bool
	// Proven is the last revision that was found to work; it needs no verification before it is published again.
	Proven int64
	// RestartPending is true if a workload does not carry the published fingerprint yet.
	RestartPending bool
	// Run is what this run of the controller knows and a crash forgets.
	Run Run
	// Class says how the credential is replaced.
	Class Class
	// OnDemand is true if there is a revision only for a request, and it is withdrawn when it ends.
	OnDemand bool
	// Input is the fingerprint of what a one-shot credential is given for; empty if there is none.
	Input string
	// Overlapping is about credentials that exist side by side; its zero value is right for others.
	Overlapping
}

// Overlapping is the part of the state that concerns credentials which exist side by side.
type Overlapping struct {
	// Overlap is how long the previous credential keeps working after its successor was published.
	Overlap time.Duration
	// PublishedAt is when the revision in the Secret was published; zero if there is no Secret.
	PublishedAt time.Time
	// Rolled is true if every listed workload runs with the published credential.
	Rolled bool
	// SelfProven is true if the operator does not log in with this credential, or was let in with the published one.
	SelfProven bool
	// SelfRejected is true if the operator logs in with this credential and the published one was rejected.
	SelfRejected bool
	// Spec is a digest of what the spec asks for.
	Spec string
	// CanUpdate is true if upstream can make the published credential what the spec asks for.
	CanUpdate bool
	// Drift is what the last look upstream showed.
	Drift Drift
	// Unknown is true if the last look upstream showed credentials of the object that the journal does not know.
	Unknown bool
	// RenewBefore is how long before its expiry a credential is replaced at the latest.
	RenewBefore time.Duration
}

// Run is the part of the state that lives in memory only.
type Run struct {
	// Fresh is true if the newest attempt was written down in this run and not tried yet.
	Fresh bool
	// Held is true if this run holds a value that is not in the journal yet.
	Held bool
	// Absent is true if this run found out that the newest attempt was not applied.
	Absent bool
	// LifelineProven is true if this run has used the lifeline.
	LifelineProven bool
	// Dropped is true if this run found that the newest attempt was applied, and revoked what it had made: there is nothing
	// left to wait for.
	Dropped bool
}

// Next decides the next step.
func Next(s State) Step {
	e := s.Journal.Newest()
	switch {
	case s.Suspended:
		return Step{Kind: StepRest, Why: RestSuspended}
	case s.Unknown && !s.Run.Held:
		// Before anything is decided from how many there are.
		return Step{Kind: StepAdopt}
	case e == nil:
		return nextRevision(s, e)
	case s.fallsBack() && !s.Run.Held:
		// Before anything else: nobody lets the operator in meanwhile.
		return Step{Kind: StepFallBack}
	case s.ended(s.Journal.Current()) && !s.Run.Held:
		// It is of no use to anybody, also while another one is waited for.
		return Step{Kind: StepWithdraw}
	case e.Phase == Intended:
		return nextIntended(s, e)
	}
	return nextIssued(s, e)
}

// nextIssued continues a revision whose value is known, up to where the next one is due.
func nextIssued(s State, e *Entry) Step {
	switch {
	case s.gone(e) && !e.Withdrawn:
		// There is nothing to be proven or published any more.
		return nextRevision(s, e)
	case s.Proven != e.Revision:
		// Also if it is published: after the status was lost, Secret and journal may both come from an old backup. And also if
		// a later one is known to work: then the journal does.
		return Step{Kind: StepVerify}
	case s.Published != e.Revision || !s.Intact:
		return Step{Kind: StepPublish}
	case e.Lifeline != nil:
		return Step{Kind: StepCloseLifeline}
	case s.RestartPending:
		return Step{Kind: StepRestart}
	case s.Class.Overlaps():
		return nextOverlapping(s, e)
	}
	return nextRevision(s, e)
}

// nextIntended continues a revision of which it is not known whether it was issued.
func nextIntended(s State, e *Entry) Step {
	lifeline := e.Lifeline
	// What was found since it was written down may leave no room for it.
	fresh := s.Run.Fresh && (s.Class == OneShot || s.Now.Before(e.issueBefore(s.Settle))) && !s.full()
	switch {
	case s.Run.Held:
		return Step{Kind: StepStage}
	case s.Lost && s.restorable():
		return Step{Kind: StepRestore}
	case s.NeedsLifeline && (lifeline == nil || !lifeline.Open):
		return Step{Kind: StepOpenLifeline}
	case s.NeedsLifeline && (fresh || s.Class == Chosen) && !s.Run.LifelineProven:
		// What was chosen is set again without a look at what became of it, so there is no other proof before that.
		return Step{Kind: StepProveLifeline}
	case fresh:
		return Step{Kind: StepIssue}
	}
	return nextUnanswered(s, e)
}

// nextUnanswered finds out what became of an issue, and begins another attempt once it is certain that it was not applied.
// What the operator chose is set again, and what ends by itself is left to, so neither needs to be found out.
func nextUnanswered(s State, e *Entry) Step {
	switch {
	case s.Class == OneShot:
		return s.nextInput(e)
	case s.Class == Chosen, s.Class == Ephemeral:
		return Step{Kind: StepRetry}
	case !s.Run.Absent:
		return Step{Kind: StepRecover}
	case !s.Run.Dropped && s.Now.Before(e.settledAt(s.Settle)):
		return Step{Kind: StepRest, Why: RestSettle, Until: e.settledAt(s.Settle)}
	case s.full():
		return s.waitForRoom()
	}
	return Step{Kind: StepRetry}
}

// issueBefore returns until when the attempt may be issued. The journal knows only when it was written down, so a slow
// lifeline must not push the call to where it would count as settled while it is still under way.
func (e *Entry) issueBefore(settle time.Duration) time.Time { return e.IntendedAt.Add(settle) }

// settledAt returns from when on an attempt that was not applied will not be applied any more: it was begun within one
// settle time, waited for during a second, and the server is given a third.
func (e *Entry) settledAt(settle time.Duration) time.Time { return e.IntendedAt.Add(3 * settle) }

// nextRevision begins a revision if one is due, and tells until when to rest otherwise.
func nextRevision(s State, e *Entry) Step {
	switch {
	case s.Class == OneShot:
		return s.nextInput(e)
	case e == nil && s.OnDemand && !s.requested():
		return Step{Kind: StepRest, Why: RestIdle}
	case e == nil && s.full():
		return s.waitForRoom()
	case e == nil:
		return Step{Kind: StepIntend, Revision: s.following(e), Trigger: TriggerInitial, Request: s.Request}
	}
	due, trigger := s.due(e)
	if due.IsZero() {
		return Step{Kind: StepRest, Why: RestIdle, Until: s.endOf(e)}
	}
	if s.Now.Before(due) {
		why := RestIdle
		if trigger == TriggerRequest || trigger == TriggerSpec {
			why = RestWindow
		}
		return Step{Kind: StepRest, Why: why, Until: due}
	}
	if s.full() {
		return s.waitForRoom()
	}
	if s.mayUndo(e) {
		return Step{Kind: StepRest, Why: RestSettle, Until: e.settledAt(s.Settle)}
	}
	return Step{Kind: StepIntend, Revision: s.following(e), Trigger: trigger, Request: s.Request}
}

// due returns when the revision after e may begin and why; zero if never.
func (s State) due(e *Entry) (time.Time, Trigger) {
	if at, trigger := s.dueOutOfTurn(e); trigger != "" {
		return at, trigger
	}
	at, trigger := s.dueByPlan(e)
	if trigger == TriggerSchedule && at.Before(e.NotBefore) {
		at = e.NotBefore
	}
	if renewal := s.Renewal(e); !renewal.IsZero() && (at.IsZero() || renewal.Before(at)) {
		return renewal, TriggerExpiry
	}
	return at, trigger
}

// requested tells whether somebody asked for a revision that has not begun.
func (s State) requested() bool { return s.Request != "" && s.Request != s.Journal.HandledRequest }

// dueByPlan returns when the schedule or a request begins the revision after e.
func (s State) dueByPlan(e *Entry) (time.Time, Trigger) {
	requested := s.requested()
	switch {
	case s.Schedule == nil && requested:
		return s.Now, TriggerRequest
	case s.Schedule == nil:
		return time.Time{}, ""
	}
	scheduled := s.Schedule.At(e.IssuedAt, s.Now, s.Seed)
	if requested && (scheduled.IsZero() || s.Now.Before(scheduled)) {
		return s.Schedule.NextPermitted(s.Now), TriggerRequest
	}
	return scheduled, TriggerSchedule
}
