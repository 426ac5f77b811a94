package zktest

import "syscall"

// diesWithTest makes the server end with a test binary that is killed, which runs no cleanup.
func diesWithTest() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
