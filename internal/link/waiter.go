// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package link

import (
	"time"
)

// waiter lets one goroutine sleep until a time or until another one has news.
type waiter interface {
	// prepare is called once by the goroutine that will wait, locked to its thread.
	prepare()
	// wait sleeps for d or until wake; wake before wait counts.
	wait(d time.Duration)
	wake()
	close() error
}

// timerWaiter is a waiter of the runtime's timers, which are late by up to a
// millisecond on Linux: the network poller, which they wait in, counts in those.
type timerWaiter struct {
	timer *time.Timer
	news  chan struct{}
}

func newTimerWaiter() *timerWaiter {
	return &timerWaiter{timer: time.NewTimer(0), news: make(chan struct{}, 1)}
}

func (*timerWaiter) prepare() {}

func (w *timerWaiter) wait(d time.Duration) {
	w.timer.Reset(d)
	select {
	case <-w.timer.C:
	case <-w.news:
	}
}

func (w *timerWaiter) wake() {
	select {
	case w.news <- struct{}{}:
	default:
	}
}

func (w *timerWaiter) close() error {
	w.timer.Stop()

	return nil
}
