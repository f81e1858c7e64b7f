// SPDX-License-Identifier: Apache-2.0

package rotation

import (
	"slices"
	"time"
)

// Phase is how far a revision has come. What is published is not recorded: the published Secret itself says it, and one
// write less is one point less to crash at.
type Phase string

const (
	// Intended: the revision may or may not exist upstream.
	Intended Phase = "Intended"
	// Issued: upstream issued it and its value stands in the journal.
	Issued Phase = "Issued"
)

// Trigger says why a revision was begun.
type Trigger string

const (
	// TriggerInitial begins the first revision.
	TriggerInitial Trigger = "Initial"
	// TriggerSchedule begins a revision because the schedule says so.
	TriggerSchedule Trigger = "Schedule"
	// TriggerRequest begins a revision because somebody asked for it by annotation.
	TriggerRequest Trigger = "Request"
	// TriggerExpiry begins a revision because the published credential is about to stop working by itself.
	TriggerExpiry Trigger = "Expiry"
	// TriggerSpec begins a revision because the spec asks for another credential than the published one and upstream cannot
	// change that.
	TriggerSpec Trigger = "Spec"
	// TriggerDrift begins a revision because the published credential is gone upstream.
	TriggerDrift Trigger = "Drift"
	// TriggerInput begins a revision because there is an input that was not used yet.
	TriggerInput Trigger = "Input"
	// TriggerFallBack makes the previous credential the newest revision, because the newest one turned out not to work.
	TriggerFallBack Trigger = "FallBack"
)

// Journal is everything durable about a credential object: one entry for each revision that is not gone.
type Journal struct {
	// Entries in order of revision.
	Entries []Entry `json:"entries,omitempty"`

	// Strays are credentials that bear the object's names upstream and belong to no entry, as after a restore of the
	// cluster from a backup. Somebody may use them, so they overlap like any other before they are retired.
	Strays []Stray `json:"strays,omitempty"`

	// Used are the fingerprints of inputs that one-shot credentials were given for, beside those of the entries: none of them
	// is ever used again, whatever came of it.
	Used []string `json:"used,omitempty"`

	// HandledRequest is the last rotate annotation that began a revision.
	HandledRequest string `json:"handledRequest,omitempty"`

	// Recoveries counts how often the fate of a lost answer had to be found out, or a refused issue was repeated.
	Recoveries int64 `json:"recoveries,omitempty"`
}

// Entry is one revision.
type Entry struct {
	// Revision counts from 1 and only rises.
	Revision int64 `json:"revision"`

	// Attempt counts the issues of this revision from 1.
	Attempt int `json:"attempt"`

	// ChosenFor is the first attempt that sets the value which the operator chose; zero if that is the first of the revision.
	ChosenFor int `json:"chosenFor,omitempty"`

	// Phase is how far it has come.
	Phase Phase `json:"phase"`

	// Trigger says why it was begun.
	Trigger Trigger `json:"trigger,omitempty"`

	// ID under which upstream knows the credential.
	ID string `json:"id,omitempty"`

	// Baseline is the fingerprint of what upstream held before a replacing credential was issued; empty if nothing. What
	// upstream holds later differs from it exactly if the issue was applied. For a credential that is given once for an
	// input, it is the fingerprint of the input.
	Baseline string `json:"baseline,omitempty"`

	// Fingerprint of the value, once issued.
	Fingerprint string `json:"fingerprint,omitempty"`

	// IntendedAt is when the last attempt was written down.
	IntendedAt time.Time `json:"intendedAt,omitzero"`

	// IssuedAt is when the value was received or recovered.
	IssuedAt time.Time `json:"issuedAt,omitzero"`

	// ExpiresAt is when it stops working by itself; zero if it does not.
	ExpiresAt time.Time `json:"expiresAt,omitzero"`

	// Account is whose credential it is upstream, if that is not for ever the same.
	Account string `json:"account,omitempty"`

	// Spec is a digest of what the credential is apart from its value, such as its privileges, as it was asked for.
	Spec string `json:"spec,omitempty"`

	// ReplacedAt is when the next revision was published; zero if that is not known yet. It is known to the published
	// Secret first, and kept here once that holds another revision still.
	ReplacedAt time.Time `json:"replacedAt,omitzero"`

	// NotBefore is until when no successor is begun on schedule; zero if that is for the schedule alone to say.
	NotBefore time.Time `json:"notBefore,omitzero"`

	// Rejected is true if it was published and turned out not to work.
	Rejected bool `json:"rejected,omitempty"`

	// Refusals counts how often the server did not let it in since it was last known to work, and RefusedAt is when it last
	// did not: each may be a failed login that the server counts.
	Refusals  int       `json:"refusals,omitempty"`
	RefusedAt time.Time `json:"refusedAt,omitzero"`

	// Withdrawn is true once it has ended and was taken out of the Secret.
	Withdrawn bool `json:"withdrawn,omitempty"`

	// Lifeline is the second way in that is kept open while the operator's own credential is replaced.
	Lifeline *Lifeline `json:"lifeline,omitempty"`

	// Value is kept apart from the rest when the journal is encoded. Nil until issued, unless the operator chose it, and nil
	// again once withdrawn.
	Value Value `json:"-"`
}

// LifelineKind is the sort of credential that serves as lifeline.
type LifelineKind string

const (
	// LifelineToken is an API token; servers have them from 64 on.
	LifelineToken LifelineKind = "Token"
	// LifelineSession is a session of the same user.
	LifelineSession LifelineKind = "Session"
)

// Lifeline is a short-lived second credential of the operator. It is written down before it is opened, with the name it
// will have upstream, so that a lifeline whose answer was lost can be found and closed.
type Lifeline struct {
	// Kind of credential.
	Kind LifelineKind `json:"kind"`

	// User is whose it is; empty if it is not known.
	User string `json:"user,omitempty"`

	// ID is the token's name; empty for a session, which dies by itself.
	ID string `json:"id,omitempty"`

	// Attempt counts from 1 and is part of the ID.
	Attempt int `json:"attempt"`

	// Open is true once its value stands in the journal.
	Open bool `json:"open,omitempty"`

	// OpenedAt is when it was opened. A server may take a while to accept it, so a rejection soon afterwards does not
	// mean that it is dead.
	OpenedAt time.Time `json:"openedAt,omitzero"`

	// ExpiresAt is when it stops working by itself; zero if it does not.
	ExpiresAt time.Time `json:"expiresAt,omitzero"`

	// Value is kept apart from the rest when the journal is encoded. Nil until open.
	Value Value `json:"-"`
}

// MayHaveToken tells whether a token may have been created for the lifeline, by this attempt or an earlier one.
func (l *Lifeline) MayHaveToken() bool {
	return l != nil && (l.Kind == LifelineToken || l.Attempt > 1)
}

// Newest returns the entry with the highest revision, or nil.
func (j *Journal) Newest() *Entry {
	if len(j.Entries) == 0 {
		return nil
	}
	return &j.Entries[len(j.Entries)-1]
}

// Current returns the newest entry that has a value, or nil: what the Secret holds until the next one is published.
func (j *Journal) Current() *Entry {
	for i := range slices.Backward(j.Entries) {
		if j.Entries[i].Phase == Issued {
			return &j.Entries[i]
		}
	}
	return nil
}

// Clone returns a deep copy.
func (j *Journal) Clone() *Journal {
	c := *j
	c.Entries, c.Strays, c.Used = slices.Clone(j.Entries), slices.Clone(j.Strays), slices.Clone(j.Used)
	for i := range c.Entries {
		c.Entries[i].Value = j.Entries[i].Value.Clone()
		if l := j.Entries[i].Lifeline; l != nil {
			copied := *l
			copied.Value = l.Value.Clone()
			c.Entries[i].Lifeline = &copied
		}
	}
	return &c
}

// Plan is what a revision is going to be.
type Plan struct {
	// ID under which upstream will know the credential.
	ID string
	// Baseline is the fingerprint of what upstream holds before a replacing credential is issued.
	Baseline string
	// Account is whose credential it is upstream, if that is not for ever the same.
	Account string
	// Spec is a digest of what the credential is apart from its value.
	Spec string
	// ExpiresAt is when it is going to stop working by itself; zero if it does not.
	ExpiresAt time.Time
	// Value is what the operator chose; nil if upstream chooses.
	Value Value
}

// Intend appends the revision that step begins. Unless credentials overlap, there is no use for revisions that were never
// published, so at most the one that is published is kept beside it.
func (j *Journal) Intend(class Class, step Step, plan Plan, now time.Time) *Entry {
	j.rememberInputs(class)
	if current := j.Current(); !class.Overlaps() && current == nil {
		j.Entries = nil
	} else if !class.Overlaps() {
		j.Entries = []Entry{*current}
	}
	j.Entries = append(j.Entries, Entry{
		Revision: step.Revision, Attempt: 1, Phase: Intended, Trigger: step.Trigger,
		ID: plan.ID, Account: plan.Account, Baseline: plan.Baseline, Spec: plan.Spec, ExpiresAt: plan.ExpiresAt, IntendedAt: now,
		Value: plan.Value.Clone(),
	})
	if step.Request != "" {
		j.HandledRequest = step.Request
	}
	return j.Newest()
}

// Retry writes down that the newest revision is issued once more, because what was found out says that it was not.
func (j *Journal) Retry(plan Plan, now time.Time) {
	e := j.Newest()
	e.Attempt++
	if plan.Value != nil && !plan.Value.Equal(e.Value) {
		e.ChosenFor = e.Attempt
	}
	e.ID, e.Baseline, e.Spec, e.ExpiresAt = plan.ID, plan.Baseline, plan.Spec, plan.ExpiresAt
	e.Value = plan.Value.Clone()
	e.IntendedAt = now
	j.Recoveries++
}

// Stage records the value of the newest revision. Unless credentials overlap, it drops the older ones: a replaced
// credential is dead upstream, so its value is of no use to anybody but a thief.
func (j *Journal) Stage(class Class, issued Credential, now time.Time, recovered bool) {
	e := j.Newest()
	e.Phase = Issued
	e.Value = issued.Value.Clone()
	e.Fingerprint = issued.Fingerprint
	e.ExpiresAt = issued.ExpiresAt
	e.IssuedAt = now
	j.rememberInputs(class)
	if !class.Overlaps() {
		j.Entries = j.Entries[len(j.Entries)-1:]
	}
	if recovered {
		j.Recoveries++
	}
}

// Withdraw forgets the value of the newest revision that has one, which has ended.
func (j *Journal) Withdraw() {
	e := j.Current()
	e.Withdrawn, e.Value, e.Fingerprint = true, nil, ""
}

// Validate tells whether the journal is one that this package could have written.
func (j *Journal) Validate() error {
	for i := 1; i < len(j.Entries); i++ {
		if j.Entries[i].Revision <= j.Entries[i-1].Revision {
			return errDisorder
		}
	}
	for i := range j.Entries {
		if err := j.Entries[i].validate(); err != nil {
			return err
		}
	}
	return nil
}

// Credential is what upstream issued.
type Credential struct {
	// Value is its secret parts.
	Value Value
	// Fingerprint of the value.
	Fingerprint string
	// ExpiresAt is when it stops working by itself; zero if it does not.
	ExpiresAt time.Time
}
