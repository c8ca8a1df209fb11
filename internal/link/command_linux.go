// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package link

import (
	"os/exec"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// patience is how long a command that was asked to end may take.
const patience = 5 * time.Second

// Execute runs a command in the namespace of one end, 0 or 1, and returns its error.
// It gets a process group of its own. Where the command's context is cancelled the
// group gets an interrupt, as by hand, and five seconds to end. What is left of the
// group when the command has ended is killed.
func (t *Tunnel) Execute(command *exec.Cmd, at int) error {
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.WaitDelay = patience
	command.Cancel = func() error { return unix.Kill(-command.Process.Pid, unix.SIGINT) }
	err := inThread(func() error {
		if err := t.ends[at].enter(); err != nil {
			return err
		}
		if t.emulator.cfg.Realtime {
			if err := usualPriority(); err != nil {
				return err
			}
		}

		return command.Start()
	})
	if err != nil {
		return err
	}
	err = command.Wait()
	_ = unix.Kill(-command.Process.Pid, unix.SIGKILL)

	return err
}
