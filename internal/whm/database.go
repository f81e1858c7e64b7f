// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"
)

// The UAPI modules of databases. Servers without the roles MySQL and PostgreSQL
// do not have them.
const (
	moduleMySQL      = "Mysql"
	modulePostgreSQL = "Postgresql"
)

// HostFailure is a host on which a database user's password was not set.
type HostFailure struct {
	// Host is the host that the user connects from.
	Host string
	// Reason is what the server says about it.
	Reason string
}

// MySQLSetPassword sets the password of a MySQL user of an account; user is the
// whole name, with the account's prefix. MySQL has a user once for each host that
// it connects from: if some of them did not take the password, they are returned
// and the error has MayHaveApplied. After such an error either password may be
// in force; setting the new one again is safe.
func (c *Client) MySQLSetPassword(ctx context.Context, account, user string, password Secret) ([]HostFailure, error) {
	r, err := c.setDatabasePassword(ctx, account, moduleMySQL, user, password)
	if err != nil {
		return nil, err
	}
	return hostFailures(r)
}

// PostgreSQLSetPassword sets the password of a PostgreSQL user of an account,
// see [Client.MySQLSetPassword].
func (c *Client) PostgreSQLSetPassword(ctx context.Context, account, user string, password Secret) error {
	_, err := c.setDatabasePassword(ctx, account, modulePostgreSQL, user, password)
	return err
}

func (c *Client) setDatabasePassword(
	ctx context.Context, account, module, user string, password Secret,
) (*reply, error) {
	return c.setPassword(ctx, account, uapiCall{
		module: module, function: "set_password", params: url.Values{"user": {user}, "password": {password.Reveal()}},
	}, password)
}

// hostFailures reads what a success says of hosts. Whether data is null or an
// empty list when there are none is not verified.
func hostFailures(r *reply) ([]HostFailure, error) {
	if absent(r.envelope.data) {
		return nil, nil
	}
	var data struct {
		Failures json.RawMessage `json:"failures"`
	}
	var entries []struct {
		Host  scalar `json:"host"`
		Error scalar `json:"error"`
	}
	if json.Unmarshal(r.envelope.data, &data) != nil ||
		(!absent(data.Failures) && json.Unmarshal(data.Failures, &entries) != nil) {
		return nil, r.malformed("the answer does not say on which hosts the password was set")
	}
	if len(entries) == 0 {
		return nil, nil
	}
	var failures []HostFailure
	var texts []string
	for _, e := range entries {
		f := HostFailure{Host: r.mask.clean(string(e.Host)), Reason: r.mask.clean(string(e.Error))}
		failures = append(failures, f)
		texts = append(texts, f.Host+": "+f.Reason)
	}
	return failures, r.refused(r.status, finding{
		class: ClassRefused, result: r.envelope.result, effect: true, nested: r.envelope.nested,
		reason: "the password was not set for all hosts: " + strings.Join(texts, "; "),
	})
}

// MySQLUser is a MySQL user of an account.
type MySQLUser struct {
	// Name is the whole name, with the account's prefix.
	Name string
	// ShortName is the name without it.
	ShortName string
	// Databases are those that the user may use.
	Databases []string
}

// MySQLUsers returns the MySQL users of an account.
func (c *Client) MySQLUsers(ctx context.Context, account string) ([]MySQLUser, error) {
	return mySQLUsers(c.asAccount(ctx, account, uapiCall{module: moduleMySQL, function: "list_users"}))
}

func mySQLUsers(r *reply, err error) ([]MySQLUser, error) {
	type entry struct {
		User      string `json:"user"`
		ShortUser scalar `json:"shortuser"`
		Databases lines  `json:"databases"`
	}
	return listOf(r, err, func(e entry) (MySQLUser, bool) {
		return MySQLUser{Name: e.User, ShortName: string(e.ShortUser), Databases: e.Databases}, e.User != ""
	})
}

// PostgreSQLUsers returns the names of the PostgreSQL users of an account.
func (c *Client) PostgreSQLUsers(ctx context.Context, account string) ([]string, error) {
	return postgreSQLUsers(c.asAccount(ctx, account, uapiCall{module: modulePostgreSQL, function: "list_users"}))
}

func postgreSQLUsers(r *reply, err error) ([]string, error) {
	return listOf(r, err, func(name string) (string, bool) { return name, name != "" })
}

// MySQLRestrictions are the rules for names of an account's MySQL users.
type MySQLRestrictions struct {
	// Prefix is what the names begin with; "" where the server uses none.
	Prefix string
	// MaxUsernameLength limits the whole name; 0 when the server did not say.
	MaxUsernameLength int
}

// MySQLRestrictions returns the rules for names of an account's MySQL users.
func (c *Client) MySQLRestrictions(ctx context.Context, account string) (MySQLRestrictions, error) {
	r, err := c.asAccount(ctx, account, uapiCall{module: moduleMySQL, function: "get_restrictions"})
	if err != nil {
		return MySQLRestrictions{}, err
	}
	var data struct {
		Prefix            scalar  `json:"prefix"`
		MaxUsernameLength integer `json:"max_username_length"`
	}
	if err := r.decode(&data); err != nil {
		return MySQLRestrictions{}, err
	}
	return MySQLRestrictions{Prefix: string(data.Prefix), MaxUsernameLength: max(0, int(data.MaxUsernameLength))}, nil
}
