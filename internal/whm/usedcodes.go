// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"errors"
	"slices"
	"sync"
)

// ErrCodeUsed is wrapped by the error of a call that could not sign in because the
// one-time code of now has been sent already. The next code comes within 30 seconds.
var ErrCodeUsed = errors.New("the present one-time code has been used already; the next login waits for another one")

// UsedCodes remembers the codes that were sent to a login form last. A server may
// refuse to take one twice (RFC 6238 asks for that; whether WHM does is not
// verified), and the refusal would count as a failed login. The zero value is ready
// for use, and it is safe for concurrent use.
type UsedCodes struct {
	mu   sync.Mutex
	last []Secret
}

// mostUsedCodes is how many codes are remembered: while a second factor is replaced,
// those of the old and of the new secret take turns.
const mostUsedCodes = 4

// Spend remembers a code that was used for something else than a login, such as to
// set up the secret that it was made from.
func (u *UsedCodes) Spend(code Secret) { u.take(code) }

// take reports whether the code is none of the last ones, and remembers it.
func (u *UsedCodes) take(code Secret) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if slices.ContainsFunc(u.last, code.Equal) {
		return false
	}
	u.last = append(u.last, code)
	u.last = u.last[max(len(u.last)-mostUsedCodes, 0):]
	return true
}

// putBack forgets a code that never left.
func (u *UsedCodes) putBack(code Secret) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.last = slices.DeleteFunc(u.last, code.Equal)
}
