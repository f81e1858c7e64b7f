// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"math/big"
	"net/netip"
	"time"
)

// Kind says what a credential is.
type Kind string

// Kinds of credentials in the ledger. KindToken is a WHM token and
// KindAccountToken one of a cPanel account; both look the same.
const (
	KindHash         Kind = "hash"
	KindToken        Kind = "token"
	KindAccountToken Kind = "accountToken"
	KindPassword     Kind = "password"
	KindSession      Kind = "session"
)

// Kinds of passwords of an account's further users. Each is presented under a
// login of its own: a mail address, a name with the domain or, of databases, a
// name with the account's prefix.
const (
	KindMailbox    Kind = "mailbox"
	KindFTP        Kind = "ftp"
	KindWebDisk    Kind = "webdisk"
	KindMySQL      Kind = "mysql"
	KindPostgreSQL Kind = "postgresql"
)

// Kinds of store credentials. KindStoreLogin is what a person brings back from
// the store's site; it is exchanged for one of each of the others.
const (
	KindStoreLogin   Kind = "storeLogin"
	KindStoreAccess  Kind = "storeAccess"
	KindStoreRefresh Kind = "storeRefresh"
)

// KindTOTP is the secret behind the codes of a second factor.
const KindTOTP Kind = "totp"

// KindTempUser is a database user that lives as long as a session. Its value is
// its name: nobody is told the password.
const KindTempUser Kind = "tempUser"

// origin says who changed a credential: a call, or the inventory (call 0).
type origin struct {
	call       int
	credential string
	how        string
}

var byInventory = origin{how: "inventory"}

// credential is one secret with its whole history. Records are never removed,
// because the ledger reports them.
type credential struct {
	kind       Kind
	user, name string
	// within is the session that the credential dies with; nil: none.
	within *credential
	// account owns the user; empty where the user is the account itself, or one
	// of WHM.
	account     string
	value       string
	fingerprint string

	acls      aclSet // nil: whatever the user holds
	networks  []netip.Prefix
	features  []string  // of account tokens; empty: all
	readOnly  bool      // of account tokens
	createdAt time.Time // what lists show; differs from issuedAt for loaded tokens

	issuedAt, usableFrom time.Time
	issuedBy             origin
	expiresAt            time.Time
	revokedAt, diesAt    time.Time
	revokedBy            origin
	lastUsedAt           time.Time
}

// current reports whether the server still stores the credential.
func (c *credential) current() bool { return c.revokedAt.IsZero() }

// revoke takes it out of the store; it may work until grace is over.
func (c *credential) revoke(by origin, now time.Time, grace time.Duration) {
	c.revokedAt = now
	c.diesAt = now.Add(grace)
	c.revokedBy = by
}

// accepted reports whether it authenticates at that time, expiry apart: a
// replaced hash or a revoked token may outlive its removal for a while.
func (c *credential) accepted(now time.Time) bool {
	if c.within != nil && (!c.within.accepted(now) || c.within.expired(now)) {
		return false
	}
	return !now.Before(c.usableFrom) && (c.current() || now.Before(c.diesAt))
}

func (c *credential) expired(now time.Time) bool {
	return !c.expiresAt.IsZero() && !now.Before(c.expiresAt)
}

// Fingerprint identifies a secret in the ledger without showing it: "sha256:"
// and the first 16 hexadecimal digits of its SHA-256.
func Fingerprint(value string) string {
	sum := sha256.Sum256([]byte(value))
	return "sha256:" + hex.EncodeToString(sum[:])[:16]
}

const (
	alphaNumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	upperNumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	lowerNumeric = "abcdefghijklmnopqrstuvwxyz0123456789"
	digits       = "0123456789"
)

func randomFrom(alphabet string, length int) string {
	text := make([]byte, length)
	size := big.NewInt(int64(len(alphabet)))
	for i := range text {
		n, err := rand.Int(rand.Reader, size)
		if err != nil {
			panic("simulator: no randomness: " + err.Error())
		}
		text[i] = alphabet[n.Int64()]
	}
	return string(text)
}

// newAccessHash has the form of the documented example: 928 lower-case
// hexadecimal digits.
func newAccessHash() string { return randomHex(464) }

// newTokenValue has the form of the documented examples: 32 upper-case letters
// and digits.
func newTokenValue() string { return randomFrom(upperNumeric, 32) }

func randomHex(bytes int) string {
	raw := make([]byte, bytes)
	rand.Read(raw) // never fails: the runtime stops the program instead
	return hex.EncodeToString(raw)
}
