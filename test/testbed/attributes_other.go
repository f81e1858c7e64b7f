// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package testbed

import "syscall"

// ChildAttributes are none where a child cannot be made to die with its parent: then it has to see an interrupt typed at
// the terminal itself.
func ChildAttributes() *syscall.SysProcAttr { return nil }
