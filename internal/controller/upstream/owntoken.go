// SPDX-License-Identifier: Apache-2.0

package upstream

import "context"

// OwnToken returns the name of the token that the connection logs in with; empty if it logs in with something else. Servers
// from before 98 cannot tell.
func (c *Connection) OwnToken(ctx context.Context) (name string, err error) {
	if c.secrets.auth.APIToken == nil {
		return "", nil
	}
	// The server may ask for a privilege that the token lacks, which says nothing about the token itself.
	info, err := c.Operator.APITokenGetDetails(Afterwards(ctx), c.secrets.main)
	return info.Name, err
}
