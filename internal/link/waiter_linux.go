// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package link

import (
	"encoding/binary"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// pollWaiter is a waiter of the kernel's high-resolution timers, through ppoll(2),
// late by some ten microseconds.
type pollWaiter struct {
	event int
	poll  [1]unix.PollFd
	one   [8]byte
	count [8]byte
}

func newWaiter() (waiter, error) {
	event, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return nil, fmt.Errorf("eventfd: %w", err)
	}
	w := &pollWaiter{event: event}
	w.poll[0] = unix.PollFd{Fd: int32(event), Events: unix.POLLIN} //nolint:gosec // a file descriptor fits
	binary.NativeEndian.PutUint64(w.one[:], 1)

	return w, nil
}

// timerSlack is how much later than asked for the kernel may wake the thread, in
// nanoseconds; it would take 50 µs.
const timerSlack = 1000

func (*pollWaiter) prepare() { _ = unix.Prctl(unix.PR_SET_TIMERSLACK, timerSlack, 0, 0, 0) }

func (w *pollWaiter) wait(d time.Duration) {
	ts := unix.NsecToTimespec(int64(max(0, d)))
	// An interrupted wait is one that ended early, which a caller must expect anyway.
	if n, err := unix.Ppoll(w.poll[:], &ts, nil); err == nil && n > 0 {
		_, _ = unix.Read(w.event, w.count[:])
	}
}

func (w *pollWaiter) wake() { _, _ = unix.Write(w.event, w.one[:]) }

func (w *pollWaiter) close() error { return unix.Close(w.event) }
