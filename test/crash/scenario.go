// SPDX-License-Identifier: Apache-2.0

package crash

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"time"

	"github.com/whm-credentials/operator/internal/whm/simulator"
)

// Way is how that begins which is looked at.
type Way string

// The ways. All but the first begin with a credential that was issued undisturbed.
const (
	// Created: the object is made, and the first credential issued.
	Created Way = ""
	// Requested: a rotation is asked for by annotation.
	Requested Way = "requested"
	// Changed: the spec asks for something else.
	Changed Way = "changed"
	// Deleted: the object is deleted, and what it issued revoked.
	Deleted Way = "deleted"
)

// Scenario is one way to come to a rotation.
type Scenario struct {
	Name string
	// Kind of credential.
	Kind *Kind
	// Version of WHM.
	Version string
	// By is how it begins.
	By Way
	// Of is whose credential it is. Empty: root.
	Of string
	// LoginAs is whom the operator logs in as. Empty: root.
	LoginAs string
	// Self rotates what the operator itself logs in with.
	Self bool
	// OnRequest is an object that does nothing unless it is asked to.
	OnRequest bool
	// Workload has a Deployment that is restarted.
	Workload bool
	// Overlap of credentials that exist side by side.
	Overlap time.Duration
	// Expires is how long a token lives; zero for ever.
	Expires time.Duration
	// AllPrivileges asks for a token without limits.
	AllPrivileges bool
	// NoHash starts with a user who never had a hash.
	NoHash bool
	// SwitchedOff is a server that does not accept access hashes.
	SwitchedOff bool
	// Unverified says how the server behaves where nobody knows.
	Unverified simulator.Unverified
}

// Users and accounts of the simulated server.
const (
	rootUser     = "root"
	ResellerUser = "reseller"
	AccountUser  = "shop"
	// bootstrapToken is the one that a person made for the operator.
	bootstrapToken = "bootstrap"
)

const (
	newest  = "11.136.0.4"
	old     = "11.54.0.36"
	noUAPI  = "11.82.0.5" // accounts have tokens, and uapi_cpanel does not exist yet
	noProof = "11.82.0.5" // WHM cannot tell what a token is
	life    = 4 * time.Hour
	overlap = 3 * time.Second
)

// The scenarios of the crash matrix: one of each shape that a rotation of an access hash can have.
var (
	ForeignFirst  = Scenario{Name: "foreign first issue", Kind: AccessHash, Version: newest}
	ForeignForced = Scenario{Name: "foreign forced rotation", Kind: AccessHash, Version: old, By: Requested, Workload: true}
	SelfToken     = Scenario{Name: "self-rotation with token", Kind: AccessHash, Version: newest, Self: true}
	SelfSession   = Scenario{Name: "self-rotation with session", Kind: AccessHash, Version: old, Self: true}
)

// The same for tokens: of the operator's user, of another WHM user, of a cPanel account, and the operator's own.
var (
	TokenFirst  = Scenario{Name: "first token", Kind: WHMToken, Version: newest, Expires: life}
	TokenForced = Scenario{
		Name: "token", Kind: WHMToken, Version: newest, By: Requested, Workload: true, Overlap: overlap, Expires: life,
	}
	TokenOld     = Scenario{Name: "token on old server", Kind: WHMToken, Version: noProof, By: Requested, Workload: true}
	TokenChanged = Scenario{Name: "changed token", Kind: WHMToken, Version: newest, By: Changed, Expires: life}
	TokenDeleted = Scenario{Name: "deleted token", Kind: WHMToken, Version: newest, By: Deleted}

	TokenContested = Scenario{Name: "token of two leaders", Kind: WHMToken, Version: newest, By: Requested}

	ResellerForced = Scenario{
		Name: "reseller's token", Kind: WHMToken, Version: newest, By: Requested, Of: ResellerUser, Expires: life,
	}
	ResellerDeleted = Scenario{
		Name: "reseller's deleted token", Kind: WHMToken, Version: newest, By: Deleted, Of: ResellerUser,
	}

	AccountForced = Scenario{
		Name: "account's token", Kind: AccountToken, Version: newest, By: Requested, Of: AccountUser, Overlap: overlap,
		Expires: life,
	}
	AccountOld = Scenario{
		Name: "account's token on old server", Kind: AccountToken, Version: noUAPI, By: Requested, Of: AccountUser,
	}
	AccountChanged = Scenario{
		Name: "account's changed token", Kind: AccountToken, Version: newest, By: Changed, Of: AccountUser, Expires: life,
	}
	AccountDeleted = Scenario{
		Name: "account's deleted token", Kind: AccountToken, Version: newest, By: Deleted, Of: AccountUser,
	}

	TokenSelf        = Scenario{Name: "own token", Kind: WHMToken, Version: newest, By: Requested, Self: true, Expires: life}
	TokenSelfFirst   = Scenario{Name: "first own token", Kind: WHMToken, Version: newest, Self: true, AllPrivileges: true}
	TokenSelfDeleted = Scenario{Name: "deleted own token", Kind: WHMToken, Version: newest, By: Deleted, Self: true}
)

// The same for passwords: of an account and its users, and the operator's own.
var (
	MailboxFirst   = Scenario{Name: "first password of a mailbox", Kind: MailboxPassword, Version: newest, Of: AccountUser}
	MailboxForced  = Scenario{Name: "mailbox", Kind: MailboxPassword, Version: newest, By: Requested, Of: AccountUser, Workload: true}
	DatabaseForced = Scenario{Name: "database user", Kind: DatabasePassword, Version: old, By: Requested, Of: AccountUser}
	MailboxDeleted = Scenario{Name: "deleted mailbox", Kind: MailboxPassword, Version: newest, By: Deleted, Of: AccountUser}
	AccountPass    = Scenario{Name: "password of a reseller", Kind: Password, Version: newest, By: Requested, Of: ResellerUser}

	PasswordSelf        = Scenario{Name: "own password", Kind: Password, Version: newest, By: Requested, Self: true}
	PasswordSelfOld     = Scenario{Name: "own password on old server", Kind: Password, Version: old, Self: true}
	PasswordSelfSession = Scenario{Name: "own password in a session", Kind: SessionPassword, Version: newest, By: Requested, Self: true}
)

// The same for two-factor secrets: sent with every call, with a session, and of a user who logs in without.
var (
	TwoFactorSelf    = Scenario{Name: "own second factor", Kind: TwoFactor, Version: newest, By: Requested, Self: true}
	TwoFactorSession = Scenario{Name: "second factor of a session", Kind: SessionTwoFactor, Version: newest, By: Requested, Self: true}
	TwoFactorFirst   = Scenario{Name: "second factor", Kind: TwoFactor, Version: newest}
)

// The same for what is lent, and for what is given once.
var (
	SessionFirst   = Scenario{Name: "first session", Kind: Session, Version: newest, Of: AccountUser, OnRequest: true}
	SessionForced  = Scenario{Name: "session", Kind: Session, Version: old, By: Requested, Of: AccountUser}
	WebmailForced  = Scenario{Name: "session of a mailbox", Kind: WebmailSession, Version: newest, By: Requested, Of: AccountUser}
	DatabaseLent   = Scenario{Name: "temporary database user", Kind: DatabaseSession, Version: newest, By: Requested, Of: AccountUser}
	SessionDeleted = Scenario{
		Name: "deleted temporary database user", Kind: DatabaseSession, Version: newest, By: Deleted, Of: AccountUser,
	}

	StoreFirst       = Scenario{Name: "first login to a store", Kind: Store, Version: newest}
	StoreForced      = Scenario{Name: "login to a store", Kind: Store, Version: newest, By: Requested, Workload: true}
	StoreContested   = Scenario{Name: "login to a store of two leaders", Kind: Store, Version: newest, By: Requested}
	MailboxContested = Scenario{
		Name: "mailbox of two leaders", Kind: MailboxPassword, Version: newest, By: Requested, Of: AccountUser,
	}

	StoreDeleted = Scenario{Name: "deleted login to a store", Kind: Store, Version: newest, By: Deleted}
)

// With returns the scenario on a server that behaves otherwise.
func (s Scenario) With(setting simulator.Setting) Scenario {
	s.Name += ", " + setting.Name
	s.Unverified = setting.Unverified
	return s
}

// User is whose credential is rotated.
func (s Scenario) User() string { return cmp.Or(s.Of, rootUser) }

// holder is the name that the server knows the credential by.
func (s Scenario) holder() string {
	if s.Kind.holder != nil {
		return s.Kind.holder(s)
	}
	return s.User()
}

// Operator is whom the operator logs in as.
func (s Scenario) Operator() string { return cmp.Or(s.LoginAs, rootUser) }

// Inventory is the server at the beginning. It locks out who fails to log in too often.
func (s Scenario) Inventory() simulator.Inventory {
	inventory := simulator.Inventory{
		Version:  s.Version,
		Users:    map[string]simulator.User{rootUser: {}},
		Accounts: map[string]simulator.Account{AccountUser: {Domain: "shop.example.com"}},
		Policies: simulator.Policies{
			AllowDeprecatedAccessHash: new(!s.SwitchedOff),
			CPHulk:                    simulator.CPHulk{Enabled: true},
		},
		Unverified: s.Unverified,
	}
	if s.User() == ResellerUser {
		inventory.Users[ResellerUser] = simulator.User{ACLs: []string{"list-accts", "create-acct", "manage-api-tokens"}}
	}
	inventory.Users[s.Operator()] = s.operator()
	if s.Kind == AccessHash && s.Operator() != rootUser {
		inventory.Unverified.AccesshashForResellers = "true"
	}
	if stock := s.Kind.stock; stock != nil {
		stock(&inventory, s)
	}
	return inventory
}

// operator is the user that the operator logs in as, with a credential of each sort.
func (s Scenario) operator() simulator.User {
	user := simulator.User{Password: random(16), AccessHash: random(464)}
	if s.NoHash {
		user.AccessHash = ""
	}
	if s.Self && s.Kind == WHMToken {
		user.Tokens = map[string]simulator.Token{bootstrapToken: {Value: random(16)}}
	}
	return user
}

func random(bytes int) string {
	raw := make([]byte, bytes)
	_, _ = rand.Read(raw) // never fails
	return hex.EncodeToString(raw)
}
