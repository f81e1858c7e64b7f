// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// Annotations that people set.
const (
	// RotateAnnotation asks for a rotation outside the schedule. Any value that was not handled before starts exactly
	// one; status.lastHandledRotate tells which one was handled last.
	RotateAnnotation = "whm-credentials.dev/rotate"

	// AdoptAnnotation on an existing Secret is its owner's consent to secret.adoption IfAnnotated. Its value is the
	// kind and name of the one object that may take the Secret over, for example "AccessHashRotation/root-hash".
	AdoptAnnotation = "whm-credentials.dev/adopt"
)

// Labels and annotations that the operator writes.
const (
	// ManagedByLabel marks every Secret that the operator writes. Its caches select on it, so that their size does not
	// depend on other people's Secrets.
	ManagedByLabel = "whm-credentials.dev/managed"

	// ManagedByValue is the value of ManagedByLabel.
	ManagedByValue = "true"

	// JournalLabel marks a journal; its value is the lower-case kind of the object that owns it.
	JournalLabel = "whm-credentials.dev/journal"

	// JournalSecretType is the type of journal Secrets.
	JournalSecretType = "whm-credentials.dev/journal"

	// OwnerAnnotation on a published Secret names the object that writes it, as "Kind/name".
	OwnerAnnotation = "whm-credentials.dev/owner"

	// OwnerNamespaceAnnotation on a published Secret is the namespace that it was published in, which tells a copy in another
	// namespace from the original.
	OwnerNamespaceAnnotation = "whm-credentials.dev/owner-namespace"

	// OwnerUIDAnnotation on a published Secret is the UID of the object that writes it, so that an object that was
	// deleted and made again under the same name is not mistaken for its predecessor.
	OwnerUIDAnnotation = "whm-credentials.dev/owner-uid"

	// AdoptedAnnotation on a published Secret says that the Secret existed before, so it is never deleted.
	AdoptedAnnotation = "whm-credentials.dev/adopted"

	// RevisionAnnotation on a published Secret is the revision of the credential in it.
	RevisionAnnotation = "whm-credentials.dev/revision"

	// FingerprintAnnotation on a published Secret is the fingerprint of the credential in it.
	FingerprintAnnotation = "whm-credentials.dev/fingerprint"

	// CredentialIDAnnotation on a published Secret is the name under which upstream knows the credential in it.
	CredentialIDAnnotation = "whm-credentials.dev/credential-id"

	// PublishedAtAnnotation on a published Secret is when the revision in it was published first (RFC 3339). The overlap
	// with the previous one counts from it.
	PublishedAtAnnotation = "whm-credentials.dev/published-at"

	// IssuedAtAnnotation on a published Secret is when the credential in it was issued (RFC 3339).
	IssuedAtAnnotation = "whm-credentials.dev/issued-at"

	// InputsAnnotation on a published Secret is a digest of everything but the credential that went into it.
	InputsAnnotation = "whm-credentials.dev/inputs"

	// RestartAnnotationPrefix and the name of a Secret make the annotation in the pod template of restarted workloads;
	// its value is the fingerprint of the credential in that Secret.
	RestartAnnotationPrefix = "fingerprint.whm-credentials.dev/"

	// InUseSecretsAnnotation on a server object lists the Secrets, as namespace/name, that the operator gave a finalizer for
	// it. It is written before the first and after the last of them has one, so that none is forgotten when spec.auth changes
	// while the operator is down. Whoever takes the finalizer off a server object by hand has to look at those Secrets too.
	InUseSecretsAnnotation = "whm-credentials.dev/in-use-secrets"

	// RetainedTokensAnnotation on a server object lists the tokens that deleted objects were told to leave there, so that
	// they do not count as orphaned. The objects are gone, and the Secrets that were kept are nobody's any more.
	RetainedTokensAnnotation = "whm-credentials.dev/retained-tokens"

	// ManagedFieldsAnnotation on a published Secret lists the keys, labels and annotations that the operator wrote, so
	// that what is taken out of the template is taken out of the Secret and what others added stays.
	ManagedFieldsAnnotation = "whm-credentials.dev/managed-fields"
)

// CredentialFinalizer keeps a credential object until what it made has been cleaned up as its deletionPolicy says.
const CredentialFinalizer = "whm-credentials.dev/credential"

// InUseFinalizer keeps a server object while credential objects refer to it, and the Secrets that it logs in with: without
// them nothing could be revoked any more.
const InUseFinalizer = "whm-credentials.dev/in-use"
