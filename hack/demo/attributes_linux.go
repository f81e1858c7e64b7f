// SPDX-License-Identifier: Apache-2.0

package main

import "syscall"

// childAttributes puts a child into its own process group, because an interrupt typed at the terminal is for the demo,
// and lets it die with the demo even if that is killed.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
