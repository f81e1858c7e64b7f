// SPDX-License-Identifier: Apache-2.0

package whm

import (
	"errors"
	"sync"
)

// ErrCodeUsed is wrapped by the error of a call that could not sign in because the
// one-time code of now has been sent already. The next code comes within 30 seconds.
var ErrCodeUsed = errors.New("the present one-time code has been used already; the next login waits for another one")

// UsedCodes remembers the code that was sent to a login form last. A server may
// refuse to take one twice (RFC 6238 asks for that; whether WHM does is not
// verified), and the refusal would count as a failed login. The zero value is ready
// for use, and it is safe for concurrent use.
type UsedCodes struct {
	mu   sync.Mutex
	last Secret
}

// take reports whether the code is another one than the last, and remembers it.
func (u *UsedCodes) take(code Secret) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.last.Equal(code) {
		return false
	}
	u.last = code
	return true
}

// putBack forgets a code that never left.
func (u *UsedCodes) putBack(code Secret) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.last.Equal(code) {
		u.last = Secret{}
	}
}
