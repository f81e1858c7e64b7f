// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// Condition types. Ready, Reconciling and Stalled mean what kstatus says, so that kubectl wait, Flux and Argo CD need
// no code of their own. Reconciling and Stalled are present only while they are true.
const (
	// ReadyCondition is true while the object does what its spec asks: a server answers to its credential, or a Secret
	// holds a credential that was proven to work.
	ReadyCondition = "Ready"

	// ReconcilingCondition is true while the operator works towards the spec or tries again by itself.
	ReconcilingCondition = "Reconciling"

	// StalledCondition is true while nothing will happen until a person changes the spec, a Secret or the server.
	StalledCondition = "Stalled"

	// SuspendedCondition is true while spec.suspend holds rotations back.
	SuspendedCondition = "Suspended"

	// DeprecatedCondition is true while upstream has a better kind of credential than the one asked for.
	DeprecatedCondition = "Deprecated"

	// RestartedCondition tells whether the workloads in spec.restart run with the published credential.
	RestartedCondition = "Restarted"

	// UnprovenCondition is true while the published credential could not be tried from here, and was published because
	// the server says that it is right.
	UnprovenCondition = "Unproven"

	// AddressBoundCondition is true on a session that works from some addresses only, as long as the server checks the
	// addresses of cookies, which it does by default.
	AddressBoundCondition = "AddressBound"

	// OrphansFoundCondition is true on a server object while the server has tokens of this cluster that no object knows.
	OrphansFoundCondition = "OrphansFound"

	// LeftoversFoundCondition is true on a server object while the server has credentials of deleted objects that could
	// not be revoked yet.
	LeftoversFoundCondition = "LeftoversFound"
)

// Reasons of success and of progress.
const (
	// AvailableReason: the server answered to the credential.
	AvailableReason = "Available"
	// PublishedReason: the Secret holds the newest credential, which was proven to work.
	PublishedReason = "Published"
	// ProgressingReason: the operator works on it; nothing went wrong.
	ProgressingReason = "Progressing"
	// SuspendedReason: spec.suspend is true.
	SuspendedReason = "Suspended"
	// WaitingForServerReason: the WHMServer is not ready; see its conditions.
	WaitingForServerReason = "WaitingForServer"
	// WaitingForWindowReason: a rotation is due and waits for the next of spec.rotation.windows.
	WaitingForWindowReason = "WaitingForWindow"
	// RolloutInProgressReason: workloads in spec.restart are still rolling out.
	RolloutInProgressReason = "RolloutInProgress"
	// RolloutCompleteReason: all workloads in spec.restart run with the published credential.
	RolloutCompleteReason = "RolloutComplete"
	// RolloutFailedReason: a workload in spec.restart cannot be restarted; the message says which and why.
	RolloutFailedReason = "RolloutFailed"
	// OverlapReason: a rotation is due, but as many credentials as there may be still overlap.
	OverlapReason = "WaitingForOverlap"
	// AddressNotAllowedReason: the token is limited to addresses that the operator's is not among.
	AddressNotAllowedReason = "AddressNotAllowed"
	// UnknownTokensReason: the server has tokens that carry this cluster's id and that no object knows.
	UnknownTokensReason = "UnknownTokens"
	// RevocationPendingReason: credentials of deleted objects are revoked when the server lets the operator.
	RevocationPendingReason = "RevocationPending"
	// InUseReason: the object is being deleted and kept while other objects need it.
	InUseReason = "InUse"
	// WaitingForLoginTokenReason: a person has to log in at status.loginURL and bring a login token.
	WaitingForLoginTokenReason = "WaitingForLoginToken"
	// CookieAddressCheckReason: the session was opened for or by one address, and the server lets no other in with it.
	CookieAddressCheckReason = "CookieAddressCheck"
	// WithdrawnReason: the session has ended and was taken out of the Secret; the next request gets another one.
	WithdrawnReason = "Withdrawn"
	// WaitingForRequestReason: nothing was asked for yet.
	WaitingForRequestReason = "WaitingForRequest"
	// APITokensAvailableReason: the server offers API tokens, which replace access hashes.
	APITokensAvailableReason = "APITokensAvailable"
)

// Reasons of failures that the operator retries by itself.
const (
	// UnavailableReason: the server could not be reached or gave no usable answer.
	UnavailableReason = "Unavailable"
	// VerificationFailedReason: upstream issued a credential that does not work (yet); it is not published.
	VerificationFailedReason = "VerificationFailed"
	// InternalErrorReason: the operator could not do its own work, for example write to the API server.
	InternalErrorReason = "InternalError"
)

// Reasons to stall: a person has to act.
const (
	// InvalidSpecReason: a field is wrong in a way the API server could not tell; the message says which.
	InvalidSpecReason = "InvalidSpec"
	// AuthenticationFailedReason: the server rejected the operator's credential. The operator stops logging in until the
	// auth Secret changes, because repeated failures lock hosts out (cPHulk); a credential costs three failed logins a day at most.
	AuthenticationFailedReason = "AuthenticationFailed"
	// TwoFactorRequiredReason: the server asks for a one-time code that the operator does not have.
	TwoFactorRequiredReason = "TwoFactorRequired"
	// SecretNotFoundReason: a Secret that the spec refers to does not exist.
	SecretNotFoundReason = "SecretNotFound"
	// SecretInvalidReason: a Secret that the spec refers to lacks a key or holds a value that cannot be used.
	SecretInvalidReason = "SecretInvalid"
	// ServerNotFoundReason: spec.serverRef names an object that does not exist.
	ServerNotFoundReason = "ServerNotFound"
	// PasswordTooWeakReason: passwords by spec.policy are weaker than the server demands.
	PasswordTooWeakReason = "PasswordTooWeak"
	// ClockSkewReason: the server did not accept a one-time code, and its clock differs from the operator's.
	ClockSkewReason = "ClockSkew"
	// LoginTokenConsumedReason: the login token was used, and what came of it was lost or refused. It is never used again.
	LoginTokenConsumedReason = "LoginTokenConsumed"
	// NotPermittedReason: the policy of the ClusterWHMServer does not allow what the object asks for; the message says
	// what. What is published stays as it is.
	NotPermittedReason = "NotPermitted"
	// AccountChangedReason: the credential belongs to another user than the one that the server object logs in as now.
	AccountChangedReason = "AccountChanged"
	// QuotaExceededReason: the namespace has as many tokens as the policy of the ClusterWHMServer allows.
	QuotaExceededReason = "QuotaExceeded"
	// ForbiddenReason: the operator's credential lacks a privilege; the message names the function.
	ForbiddenReason = "Forbidden"
	// UnsupportedReason: the server's version does not have the function.
	UnsupportedReason = "Unsupported"
	// RefusedReason: the server ran the function and refused; the message carries WHM's reason.
	RefusedReason = "Refused"
	// SecretConflictReason: the Secret in spec.secret.name belongs to somebody else, or cannot be written as asked.
	SecretConflictReason = "SecretConflict"
	// UserConflictReason: another object already rotates this user's access hash, of which WHM keeps only one.
	UserConflictReason = "UserConflict"
	// TemplateFailedReason: spec.secret.template does not render.
	TemplateFailedReason = "TemplateFailed"
	// AccessHashLoginDisabledReason: the server does not accept access hashes, so the hash is left alone.
	AccessHashLoginDisabledReason = "AccessHashLoginDisabled"
	// WouldLockOutReason: the rotation would replace the credential that the operator logs in with, somewhere else than
	// in the Secret it logs in from.
	WouldLockOutReason = "WouldLockOut"
	// LifelineUnavailableReason: the operator's own access hash cannot be rotated safely, because neither a token nor a
	// session can be opened that would survive a lost answer.
	LifelineUnavailableReason = "LifelineUnavailable"
	// JournalInvalidReason: the journal was edited or damaged and does not say enough to go on safely.
	JournalInvalidReason = "JournalInvalid"
)
