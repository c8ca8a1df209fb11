// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package link

import (
	"errors"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// fifoPriority is low among the real-time ones: above every usual process, below
// the kernel's own threads.
const fifoPriority = 10

// raisePriority puts every thread of the process under SCHED_FIFO (sched(7)); threads
// to come inherit it, and so would processes: see [usualPriority].
func raisePriority() error {
	seen := map[int]bool{}
	// Threads that are born meanwhile may stem from one that was not raised yet.
	for found := true; found; {
		tasks, err := os.ReadDir("/proc/self/task")
		if err != nil {
			return err
		}
		found = false
		for _, task := range tasks {
			tid, err := strconv.Atoi(task.Name())
			if err != nil || seen[tid] {
				continue
			}
			found, seen[tid] = true, true
			if err := schedule(tid, unix.SCHED_FIFO, fifoPriority); err != nil && !errors.Is(err, unix.ESRCH) {
				return err
			}
		}
	}

	return nil
}

// usualPriority takes the calling thread, which must be locked, and what it starts
// from there on, out of SCHED_FIFO.
func usualPriority() error { return schedule(0, unix.SCHED_NORMAL, 0) }

func schedule(tid int, policy, priority uint32) error {
	attr := unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: policy, Priority: priority}
	if err := unix.SchedSetAttr(tid, &attr, 0); err != nil {
		return fmt.Errorf("sched_setattr: %w", err)
	}

	return nil
}
