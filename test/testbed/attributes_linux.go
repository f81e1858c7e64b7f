// SPDX-License-Identifier: Apache-2.0

package testbed

import "syscall"

// ChildAttributes keep an interrupt typed at the terminal from a child, because its parent ends it in order, and let it
// die with its parent even if that is killed.
func ChildAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
