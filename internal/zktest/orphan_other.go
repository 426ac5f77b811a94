//go:build unix && !linux

package zktest

import "syscall"

// diesWithTest can only be asked for on Linux.
func diesWithTest() *syscall.SysProcAttr { return nil }
