// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Mailbox is an address with a password.
type Mailbox struct {
	// Password opens the mailbox and Webmail. Omitted: none works.
	Password string `json:"password,omitempty"`
	// SuspendedLogin mailboxes cannot be opened; SuspendedIncoming ones get no
	// mail.
	SuspendedLogin    bool `json:"suspendedLogin,omitempty"`
	SuspendedIncoming bool `json:"suspendedIncoming,omitempty"`
}

// FTPUser is a further FTP login of an account.
type FTPUser struct {
	// Password is for FTP. Omitted: none works.
	Password string `json:"password,omitempty"`
	// HomeDir is where the login starts. Omitted: the account's public_html.
	HomeDir string `json:"homeDir,omitempty"`
}

// WebDiskUser is a Web Disk login of an account.
type WebDiskUser struct {
	// Password is for Web Disk. Omitted: none works.
	Password string `json:"password,omitempty"`
}

// DatabaseUser is a user of the server's MySQL or PostgreSQL.
type DatabaseUser struct {
	// Password is for the database. Omitted: none works.
	Password string `json:"password,omitempty"`
	// Databases are the ones the user may use, which the server lists.
	Databases []string `json:"databases,omitempty"`
}

func (m Mailbox) password() string      { return m.Password }
func (f FTPUser) password() string      { return f.Password }
func (w WebDiskUser) password() string  { return w.Password }
func (d DatabaseUser) password() string { return d.Password }

func (m Mailbox) with(password string) Mailbox           { m.Password = password; return m }
func (f FTPUser) with(password string) FTPUser           { f.Password = password; return f }
func (w WebDiskUser) with(password string) WebDiskUser   { w.Password = password; return w }
func (d DatabaseUser) with(password string) DatabaseUser { d.Password = password; return d }

// serviceUser is one of the four types above.
type serviceUser[T any] interface {
	password() string
	with(password string) T
}

func passwordsOf[T serviceUser[T]](users map[string]T) map[string]string {
	passwords := map[string]string{}
	for name, user := range users {
		passwords[name] = user.password()
	}
	return passwords
}

// withPasswords returns the users with passwords from elsewhere.
func withPasswords[T serviceUser[T]](users map[string]T, of func(user string) string) map[string]T {
	users = maps.Clone(users)
	for name, user := range users {
		users[name] = user.with(of(name))
	}
	return users
}

// servicePasswords are the passwords of an account's further users.
func (a Account) servicePasswords() map[Kind]map[string]string {
	return map[Kind]map[string]string{
		KindMailbox: passwordsOf(a.Mailboxes), KindFTP: passwordsOf(a.FTPUsers), KindWebDisk: passwordsOf(a.WebDiskUsers),
		KindMySQL: passwordsOf(a.MySQLUsers), KindPostgreSQL: passwordsOf(a.PostgreSQLUsers),
	}
}

func (a Account) withServicePasswords(of func(kind Kind, user string) string) Account {
	from := func(kind Kind) func(string) string { return func(user string) string { return of(kind, user) } }
	a.Mailboxes = withPasswords(a.Mailboxes, from(KindMailbox))
	a.FTPUsers = withPasswords(a.FTPUsers, from(KindFTP))
	a.WebDiskUsers = withPasswords(a.WebDiskUsers, from(KindWebDisk))
	a.MySQLUsers = withPasswords(a.MySQLUsers, from(KindMySQL))
	a.PostgreSQLUsers = withPasswords(a.PostgreSQLUsers, from(KindPostgreSQL))
	return a
}

func (a Account) cloneServiceUsers() Account {
	a.Mailboxes, a.FTPUsers, a.WebDiskUsers = maps.Clone(a.Mailboxes), maps.Clone(a.FTPUsers), maps.Clone(a.WebDiskUsers)
	a.MySQLUsers, a.PostgreSQLUsers = maps.Clone(a.MySQLUsers), maps.Clone(a.PostgreSQLUsers)
	for _, users := range []map[string]DatabaseUser{a.MySQLUsers, a.PostgreSQLUsers} {
		for name, user := range users {
			user.Databases = slices.Clone(user.Databases)
			users[name] = user
		}
	}
	return a
}

// checkServiceUsers refuses names that the account could not have.
func (a Account) checkServiceUsers(account string, noPrefix bool) error {
	for kind, users := range a.servicePasswords() {
		isDatabase := kind == KindMySQL || kind == KindPostgreSQL
		for name := range users {
			switch {
			case isDatabase && !noPrefix && name != account && !strings.HasPrefix(name, databasePrefix(account)):
				return fmt.Errorf("%s users: %q does not begin with %q", kind, name, databasePrefix(account))
			case !isDatabase && (a.Domain == "" || !strings.HasSuffix(name, "@"+a.Domain)):
				return fmt.Errorf("%s users: %q is not in the domain %q", kind, name, a.Domain)
			}
		}
	}
	return nil
}

// databasePrefix is what the names of databases and their users begin with: up
// to 16 characters of the account and an underscore.
func databasePrefix(account string) string {
	const longest = 16
	return account[:min(len(account), longest)] + "_"
}
