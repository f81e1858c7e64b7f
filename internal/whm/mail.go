// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"context"
	"encoding/json"
	"net/url"
)

// moduleEmail is the UAPI module of mailboxes. Servers without the role Receive
// Mail do not have it.
const moduleEmail = "Email"

// PasswdPop sets the password of a mailbox of an account. The mailbox is the part
// of its address before the @; the domain may be empty for the account's main
// one. After an error with MayHaveApplied either password may be in force;
// setting the new one again is safe.
func (c *Client) PasswdPop(ctx context.Context, account, mailbox, domain string, password Secret) error {
	params := url.Values{"email": {mailbox}, "password": {password.Reveal()}}
	if domain != "" {
		params.Set("domain", domain)
	}
	_, err := c.setPassword(ctx, account, uapiCall{module: moduleEmail, function: "passwd_pop", params: params}, password)
	return err
}

// VerifyMailPassword reports whether a password opens a mailbox, by its whole
// address. Whether a wrong one counts as a failed login, and what the server says
// of a mailbox that does not exist, is not verified.
func (c *Client) VerifyMailPassword(ctx context.Context, account, address string, password Secret) (bool, error) {
	u := uapiCall{
		module: moduleEmail, function: "verify_password", secrets: []Secret{password},
		params: url.Values{"email": {address}, "password": {password.Reveal()}},
	}
	if address == "" || password.IsZero() {
		return false, invalid(u.name(), "the address or the password is empty", nil)
	}
	r, err := c.asAccount(ctx, account, u)
	if err != nil {
		return false, err
	}
	return verdict(r, r.envelope.data)
}

// verdict reads a flag that must be there.
func verdict(r *reply, raw json.RawMessage) (bool, error) {
	_, yes, err := outcomeOf(raw)
	if err != nil {
		return false, r.malformed("the answer says neither 1 nor 0")
	}
	return yes, nil
}

// Mailbox is a mailbox of an account.
type Mailbox struct {
	// Address is the whole address.
	Address string
	// LoginSuspended says that nobody can open the mailbox.
	LoginSuspended bool
	// IncomingSuspended says that it receives nothing.
	IncomingSuspended bool
}

// ListPops returns the mailboxes of an account, without that of the account
// itself: its password is the account's.
func (c *Client) ListPops(ctx context.Context, account string) ([]Mailbox, error) {
	return mailboxes(c.asAccount(ctx, account, uapiCall{
		module: moduleEmail, function: "list_pops", params: url.Values{"skip_main": {"1"}},
	}))
}

func mailboxes(r *reply, err error) ([]Mailbox, error) {
	type entry struct {
		Email             string `json:"email"`
		SuspendedLogin    scalar `json:"suspended_login"`
		SuspendedIncoming scalar `json:"suspended_incoming"`
	}
	return listOf(r, err, func(e entry) (Mailbox, bool) {
		return Mailbox{
			Address: e.Email, LoginSuspended: e.SuspendedLogin.granted(), IncomingSuspended: e.SuspendedIncoming.granted(),
		}, e.Email != ""
	})
}

// listOf reads a list of entries, each of which named must accept. Nothing but a
// list, or null, passes for an empty one.
func listOf[E, T any](r *reply, err error, named func(E) (T, bool)) ([]T, error) {
	if err != nil {
		return nil, err
	}
	var entries []E
	if len(r.envelope.data) == 0 || json.Unmarshal(r.envelope.data, &entries) != nil {
		return nil, r.malformed("the answer has no list, or one of an unexpected form")
	}
	list := make([]T, 0, len(entries))
	for _, e := range entries {
		item, ok := named(e)
		if !ok {
			return nil, r.malformed("the list has an entry without a name")
		}
		list = append(list, item)
	}
	return list, nil
}
