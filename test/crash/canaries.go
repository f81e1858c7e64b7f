// SPDX-License-Identifier: Apache-2.0

package crash

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/whm-credentials/operator/internal/whm/simulator"
)

// fragment is how much of a value gives it away. It is shorter than a line of any dump but the hexadecimal ones.
const fragment = 24

// Canaries are all secret values that existed during a run. None of them may be seen outside Secrets and request bodies.
type Canaries struct {
	mu     sync.Mutex
	values map[string]string
}

// Add remembers a value. Parts of values that are too short to be told from ordinary words are left out.
func (c *Canaries) Add(what, value string) {
	if len(value) < fragment/2 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.values == nil {
		c.values = map[string]string{}
	}
	c.values[value] = what
}

// AddInventory remembers what a server holds now.
func (c *Canaries) AddInventory(inventory simulator.Inventory) {
	for name, user := range inventory.Users {
		c.Add("password of "+name, user.Password)
		c.Add("access hash of "+name, user.AccessHash)
		c.Add("two-factor secret of "+name, user.TOTPSecret)
		for id, token := range user.Tokens {
			c.Add("token "+id, token.Value)
		}
	}
	for name, account := range inventory.Accounts {
		c.Add("password of the account "+name, account.Password)
		for user, box := range account.Mailboxes {
			c.Add("password of the mailbox "+user, box.Password)
		}
		for user, of := range account.MySQLUsers {
			c.Add("password of the database user "+user, of.Password)
		}
		for id, token := range account.Tokens {
			c.Add("token "+id+" of the account "+name, token.Value)
		}
	}
}

// FindIn returns an error for each value that the text gives away.
func (c *Canaries) FindIn(place, text string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var found []error
	for value, what := range c.values {
		for _, trace := range traces(value) {
			if at := strings.Index(text, trace); at >= 0 {
				found = append(found, fmt.Errorf("I6: %s shows the %s, after %q", place, what, text[max(0, at-80):at]))
				break
			}
		}
	}
	return errors.Join(found...)
}

// dumpRow is how many bytes a line of a hexadecimal dump shows as text, between bars.
const dumpRow = 16

// traces returns what a text that shows the value holds: its beginning or its end, as it is or in base64, whatever stands
// before it in what was encoded, or one line of a dump.
func traces(value string) []string {
	length := min(fragment, len(value))
	all := []string{value[:length], value[len(value)-length:]}
	for at := range min(dumpRow, max(0, len(value)-dumpRow)) {
		all = append(all, "|"+value[at:at+dumpRow]+"|")
	}
	for skip := range min(3, length-6) {
		whole := (length - skip) / 3 * 3
		all = append(all, base64.StdEncoding.EncodeToString([]byte(value[skip:skip+whole])))
	}
	return all
}
