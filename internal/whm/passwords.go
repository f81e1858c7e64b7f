// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/url"
	"slices"
)

// ErrPasswordTooWeak is wrapped by the errors of functions that set a password,
// when the server rates it below the minimum for its application.
var ErrPasswordTooWeak = errors.New("the server finds the password too weak")

// maxStrength is the best rating of a password.
const maxStrength = 100

// Passwd sets the password of a cPanel account or of another user of WHM and
// returns the names of the services that took it. The password of the database
// user that is called like the account changes only if changeDatabasePassword
// says so; WHM itself would change it unless told otherwise. It needs the
// privilege passwd. Root's sessions in WHM end with root's password, on servers
// from 118 on. After an error with MayHaveApplied either password may be in
// force; setting the new one again is safe.
func (c *Client) Passwd(ctx context.Context, user string, password Secret, changeDatabasePassword bool) ([]string, error) {
	const function = "passwd"
	switch {
	case user == "" || !sendableUser(user):
		return nil, invalid(function, "the user name is empty or contains a space, a colon or a control character", nil)
	case password.IsZero():
		return nil, invalid(function, "the password is empty", nil)
	}
	r, err := c.invoke(ctx, call{
		function: function, secrets: []Secret{password}, changes: true,
		params: url.Values{"user": {user}, "password": {password.Reveal()}, "db_pass_update": {flag(changeDatabasePassword)}},
	})
	if err != nil {
		return nil, accountError(err)
	}
	var data struct {
		App lines `json:"app"`
	}
	// The password is set, so a list that cannot be read is not worth an error.
	_ = json.Unmarshal(r.envelope.data, &data)
	return r.cleaned(data.App), nil
}

// flag writes a boolean as WHM wants it; it refuses the words.
func flag(on bool) string {
	if on {
		return "1"
	}
	return "0"
}

// setPassword calls a function that sets the password of one of the account's
// users. Every parameter must have a value, password among them.
func (c *Client) setPassword(ctx context.Context, account string, u uapiCall, password Secret) (*reply, error) {
	u.secrets, u.changes = []Secret{password}, true
	for _, name := range slices.Sorted(maps.Keys(u.params)) {
		if u.params.Get(name) == "" {
			return nil, invalid(u.name(), "the parameter "+name+" is empty", nil)
		}
	}
	return c.asAccount(ctx, account, u)
}

// PasswordStrength returns the server's rating of a password, from 0 to 100. The
// password is sent.
func (c *Client) PasswordStrength(ctx context.Context, password Secret) (int, error) {
	const function = "get_password_strength"
	if password.IsZero() {
		return 0, invalid(function, "the password is empty", nil)
	}
	r, err := c.invoke(ctx, call{
		function: function, params: url.Values{"password": {password.Reveal()}}, secrets: []Secret{password},
	})
	return strength(r, err)
}

// RequiredPasswordStrength returns how strong a password for an application of
// an account must be, from 0 to 100. Applications are mysql, postgres, pop, ftp,
// webdisk and others; which ones differs between versions.
func (c *Client) RequiredPasswordStrength(ctx context.Context, account, application string) (int, error) {
	return strength(c.asAccount(ctx, account, uapiCall{
		module: "PasswdStrength", function: "get_required_strength", params: url.Values{"app": {application}},
	}))
}

func strength(r *reply, err error) (int, error) {
	if err != nil {
		return 0, err
	}
	var data struct {
		Strength *integer `json:"strength"`
	}
	if err := r.decode(&data); err != nil {
		return 0, err
	}
	if data.Strength == nil || *data.Strength < 0 || *data.Strength > maxStrength {
		return 0, r.malformed("the answer has no strength from 0 to 100")
	}
	return int(*data.Strength), nil
}

// MinimumPasswordStrengths returns how strong passwords must be, from 0 to 100,
// by application: default, passwd, mysql, postgres and others, which differ
// between versions.
func (c *Client) MinimumPasswordStrengths(ctx context.Context) (map[string]int, error) {
	r, err := c.invoke(ctx, call{function: "getminimumpasswordstrengths"})
	if err != nil {
		return nil, err
	}
	return minimumStrengths(r)
}

// minimumStrengths reads the members that are strengths, and needs one.
func minimumStrengths(r *reply) (map[string]int, error) {
	var data map[string]json.RawMessage
	if err := r.decode(&data); err != nil {
		return nil, err
	}
	least := make(map[string]int, len(data))
	for application, raw := range data {
		var n integer
		if !absent(raw) && json.Unmarshal(raw, &n) == nil && n >= 0 && n <= maxStrength {
			least[application] = int(n)
		}
	}
	if len(least) == 0 {
		return nil, r.malformed("the answer has no strengths")
	}
	return least, nil
}
