// SPDX-License-Identifier: Apache-2.0

//go:build unix

package testbed

import "syscall"

// Pause stops the process where it is, as a machine that is too busy would.
func (m *Manager) Pause() error { return m.cmd.Process.Signal(syscall.SIGSTOP) }

// Resume lets a paused process go on.
func (m *Manager) Resume() error { return m.cmd.Process.Signal(syscall.SIGCONT) }
