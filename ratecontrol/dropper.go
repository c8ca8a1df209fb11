// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ratecontrol

import (
	"time"

	"github.com/rtmcc/rtmcc/bwe"
)

// dropper decides which frames are worth sending, by the backlog of what was
// admitted.
type dropper struct {
	cfg     *Config
	backlog backlog
	// waiting is what the pacer last said to hold, negative while it has said nothing.
	waiting int64
	told    bool

	// untilKey: a frame that the following ones need was dropped.
	untilKey bool
	// keySize is the size of the latest key frame.
	keySize int64
}

func (d *dropper) onPacer(p PacerState) {
	d.backlog.advance(p.At)
	d.backlog.raise(p.Bytes)
	d.waiting, d.told = max(p.Bytes, 0), true
}

// queued returns what waits to be sent, in bytes: what the pacer says, else what is
// reckoned.
func (d *dropper) queued() int64 {
	if d.told {
		return d.waiting
	}

	return d.backlog.bytes
}

// setRate tells what the path carries from now on.
func (d *dropper) setRate(now bwe.Time, rate bwe.Bitrate) {
	d.backlog.advance(now)
	d.backlog.setRate(rate, d.cfg.MaxBacklog)
}

// keyWanted tells that only a key frame is missing for frames to be sent again.
func (d *dropper) keyWanted() bool {
	return d.untilKey && d.backlog.wait() <= d.cfg.DropUntilKeyAfter
}

func (d *dropper) onFrame(f Frame) Verdict {
	d.backlog.advance(f.At)
	v := Verdict{At: f.At, Kind: f.Kind, Backlog: d.backlog.wait()}
	if f.Kind != Audio {
		v.Drop = d.judge(f, v.Backlog)
	}
	if v.Drop == KeepFrame {
		d.backlog.add(int64(f.Size))
	}

	return v
}

func (d *dropper) judge(f Frame, wait time.Duration) DropReason {
	if f.Key {
		d.keySize = int64(f.Size)
		// A key frame ends the gap, unless not even the whole last group made room.
		d.untilKey = wait > d.cfg.DropUntilKeyAfter
	} else if !f.Disposable && wait > d.cfg.DropUntilKeyAfter+d.keyAllowance() {
		d.untilKey = true
	}
	switch {
	case d.untilKey:
		return DropUntilKey
	case f.Disposable && !f.Key && wait > d.disposableAfter()+d.keyAllowance():
		return DropDisposable
	default:
		return KeepFrame
	}
}

// disposableAfter is the first limit: what the smoothing means to have wait is not
// dropped.
func (d *dropper) disposableAfter() time.Duration {
	return min(max(d.cfg.DropDisposableAfter, d.cfg.Smoothing.buffer()), d.cfg.DropUntilKeyAfter)
}

// keyAllowance is what the limits grow by, since a key frame is a burst for which
// its whole group pays.
func (d *dropper) keyAllowance() time.Duration {
	return timeFor(d.backlog.rate, d.keySize, d.cfg.KeyFrameAllowance)
}
