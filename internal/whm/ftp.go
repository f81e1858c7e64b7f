// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"context"
	"net/url"
)

// moduleFTP is the UAPI module of FTP users. Servers without the role FTP do not
// have it.
const moduleFTP = "Ftp"

// The types of FTP users.
const (
	// FTPSub is a further user, whose password [Client.FTPPasswd] sets.
	FTPSub = "sub"
	// FTPMain is the account itself; its password is the account's.
	FTPMain = "main"
)

// FTPUser is an FTP user of an account.
type FTPUser struct {
	// User is the name to log in with.
	User string
	// Type is FTPSub, FTPMain, or one that has no password of its own.
	Type string
	// HomeDir is where the user starts.
	HomeDir string
}

// FTPPasswd sets the password of an FTP user of an account. The user is the part
// of the login before the @; the domain may be empty for the account's main one.
// After an error with MayHaveApplied either password may be in force; setting
// the new one again is safe.
func (c *Client) FTPPasswd(ctx context.Context, account, user, domain string, password Secret) error {
	// The parameter is pass here, and password everywhere else.
	params := url.Values{"user": {user}, "pass": {password.Reveal()}}
	if domain != "" {
		params.Set("domain", domain)
	}
	_, err := c.setPassword(ctx, account, uapiCall{module: moduleFTP, function: "passwd", params: params}, password)
	return err
}

// ListFTP returns the FTP users of an account, those of every type.
func (c *Client) ListFTP(ctx context.Context, account string) ([]FTPUser, error) {
	return ftpUsers(c.asAccount(ctx, account, uapiCall{module: moduleFTP, function: "list_ftp"}))
}

func ftpUsers(r *reply, err error) ([]FTPUser, error) {
	type entry struct {
		User    string `json:"user"`
		Type    scalar `json:"type"`
		HomeDir scalar `json:"homedir"`
	}
	return listOf(r, err, func(e entry) (FTPUser, bool) {
		return FTPUser{User: e.User, Type: string(e.Type), HomeDir: string(e.HomeDir)}, e.User != ""
	})
}
