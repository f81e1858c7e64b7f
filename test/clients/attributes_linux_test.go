// SPDX-License-Identifier: Apache-2.0

package clients

import "syscall"

// childAttributes let a child die with its parent, even if that is killed. Those of the testbed would bring the whole
// operator along.
func childAttributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
