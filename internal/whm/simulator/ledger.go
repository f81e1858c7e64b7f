// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"strings"
	"time"
)

// Ledger is what the server knows about every credential and call since it
// started. It holds no secret byte.
type Ledger struct {
	// Credentials are in the order they were issued.
	Credentials []Credential `json:"credentials"`
	// Calls are in the order they took effect, which differs from that of
	// their IDs when one was delayed.
	Calls []Call `json:"calls"`
	// FailedLogins are in the order they were rejected.
	FailedLogins []FailedLogin `json:"failedLogins"`
	// SessionLog is the log of sessions as WHM writes it, with the digits of the
	// fingerprint in place of a session's name.
	SessionLog []string `json:"sessionLog"`
}

// Credential is the history of one secret.
type Credential struct {
	Kind Kind   `json:"kind"`
	User string `json:"user"`
	// Account owns a mailbox or another user of a service. Empty: the
	// credential is of an account itself or of a WHM user.
	Account string `json:"account,omitempty"`
	// Name is a token's name or a session's service.
	Name        string `json:"name,omitempty"`
	Fingerprint string `json:"fingerprint"`

	IssuedAt time.Time `json:"issuedAt"`
	// IssuedHow is the function that made it, or "inventory".
	IssuedHow string `json:"issuedHow"`
	// IssuedByCall is the ID of the call, 0 for the inventory.
	IssuedByCall int `json:"issuedByCall,omitempty"`
	// IssuedByCredential is the fingerprint of what authenticated that call.
	IssuedByCredential string `json:"issuedByCredential,omitempty"`

	RevokedAt           time.Time `json:"revokedAt,omitzero"`
	RevokedHow          string    `json:"revokedHow,omitempty"`
	RevokedByCall       int       `json:"revokedByCall,omitempty"`
	RevokedByCredential string    `json:"revokedByCredential,omitempty"`

	ExpiresAt  time.Time `json:"expiresAt,omitzero"`
	LastUsedAt time.Time `json:"lastUsedAt,omitzero"`
	// Live reports whether it would authenticate at the time of the snapshot,
	// address limits, lock-outs and policies apart.
	Live bool `json:"live"`
}

// Call is one request.
type Call struct {
	// ID counts from 1 in the order of arrival.
	ID      int       `json:"id"`
	Time    time.Time `json:"time"`
	Remote  string    `json:"remote"`
	Service string    `json:"service"`
	Method  string    `json:"method"`
	Path    string    `json:"path"`
	// Function is the API function, Module::function for one of cPanel, or
	// empty.
	Function string `json:"function,omitempty"`
	// CarriedBy is the function that carried this one: uapi_cpanel or cpanel,
	// which named Account, or batch.
	CarriedBy string `json:"carriedBy,omitempty"`
	Account   string `json:"account,omitempty"`
	// User is the authenticated user, empty when the login failed.
	User string `json:"user,omitempty"`
	// CredentialKind and Credential, a fingerprint, say what authenticated.
	CredentialKind Kind   `json:"credentialKind,omitempty"`
	Credential     string `json:"credential,omitempty"`
	// Params are the arguments; values of secret ones are "***".
	Params map[string]string `json:"params,omitempty"`
	// Mutating calls ask for a change; Applied ones made it.
	Mutating bool `json:"mutating"`
	Applied  bool `json:"applied"`
	// Status is the HTTP status, 0 when no answer was sent.
	Status int `json:"status"`
	// Result is metadata.result, or status of a cPanel function that was
	// carried, absent when the function did not answer.
	Result *int   `json:"result,omitempty"`
	Reason string `json:"reason,omitempty"`
	// Fault names the kind of the fault rule that was at work.
	Fault FaultKind `json:"fault,omitempty"`
}

// FailedLogin is one rejected attempt to authenticate.
type FailedLogin struct {
	Time   time.Time `json:"time"`
	Remote string    `json:"remote"`
	User   string    `json:"user"`
	// Kind is what was presented. A key that is nobody's counts as a hash when
	// it looks like one, else as a token. Empty: nothing was presented.
	Kind Kind `json:"kind,omitempty"`
	// Cause tells what the answer hides: unknown, wrongSecret, switchedOff,
	// expired, address, suspended, locked, blocked, noSession, otp.
	Cause string `json:"cause"`
	// Counted reports whether cPHulk counted it.
	Counted bool `json:"counted"`
}

type ledger struct {
	calls        []Call
	failedLogins []FailedLogin
	sessions     []string
}

// snapshot copies the ledger.
func (st *state) snapshot(now time.Time) Ledger {
	st.purgeExpired(now)
	out := Ledger{
		Credentials:  make([]Credential, 0, len(st.credentials)),
		Calls:        append([]Call{}, st.ledger.calls...),
		FailedLogins: append([]FailedLogin{}, st.ledger.failedLogins...),
		SessionLog:   append([]string{}, st.ledger.sessions...),
	}
	for _, c := range st.credentials {
		out.Credentials = append(out.Credentials, c.entry(now))
	}
	return out
}

// entry is what the ledger shows of a credential.
func (c *credential) entry(now time.Time) Credential {
	entry := Credential{
		Kind: c.kind, User: c.user, Account: c.account, Name: c.name, Fingerprint: c.fingerprint,
		IssuedAt: c.issuedAt, IssuedHow: c.issuedBy.how,
		IssuedByCall: c.issuedBy.call, IssuedByCredential: c.issuedBy.credential,
		RevokedAt: c.revokedAt, RevokedHow: c.revokedBy.how,
		RevokedByCall: c.revokedBy.call, RevokedByCredential: c.revokedBy.credential,
		ExpiresAt: c.expiresAt, LastUsedAt: c.lastUsedAt,
	}
	entry.Live = c.accepted(now) && !c.expired(now)
	return entry
}

// isSecret reports whether a text contains a secret of the server, past or
// present. Short passwords are left to the argument names: they would match
// ordinary words.
func (st *state) isSecret(text string) bool {
	const shortest = 8
	for _, c := range st.credentials {
		if len(c.value) >= shortest && strings.Contains(text, c.value) {
			return true
		}
	}
	return false
}
