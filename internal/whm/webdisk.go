// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"context"
	"net/url"
)

// WebDiskSetPassword sets the password of a Web Disk user of an account; login is
// the user's name with the domain. With digest, the password also works for
// digest authentication; cPanel's default is that it does not, whatever was set
// before. Servers without the role Web Disk do not know the function. After an
// error with MayHaveApplied either password may be in force; setting the new one
// again is safe.
func (c *Client) WebDiskSetPassword(ctx context.Context, account, login string, password Secret, digest bool) error {
	_, err := c.setPassword(ctx, account, uapiCall{module: "WebDisk", function: "set_password", params: url.Values{
		"user": {login}, "password": {password.Reveal()}, "enabledigest": {flag(digest)},
	}}, password)
	return err
}
