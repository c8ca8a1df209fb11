// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ratecontrol

import (
	"time"

	"github.com/rtmcc/rtmcc/bwe"
)

// dropper decides which frames are worth sending, by how long what was admitted
// has waited in the pacer, and by what the source made beyond what it was asked for.
type dropper struct {
	cfg     *Config
	backlog backlog
	waiting waiting

	// untilKey: a frame that the following ones need was dropped.
	untilKey bool
	// early: the key frame that ends the gap may come although the backlog is over the
	// limit. The last one that did came at earlyAt.
	early   bool
	earlyAt bwe.Time
	// keySize is the size of the latest key frame.
	keySize int64
}

// earlyEvery is the least time between two key frames that end a gap early: they add
// to the backlog.
const earlyEvery = 2 * time.Second

func (d *dropper) onPacer(p PacerState) {
	d.backlog.advance(p.At)
	d.waiting.tell(p)
}

// queued returns what waits to be sent, in bytes: what the pacer says, else what is
// reckoned.
func (d *dropper) queued() int64 {
	if d.waiting.known {
		return d.waiting.told
	}

	return d.backlog.bytes
}

// wait returns the backlog as time.
func (d *dropper) wait(now bwe.Time) time.Duration {
	return d.waiting.age(now, d.backlog.rate, d.backlog.bytes)
}

// setRate tells what the path carries from now on.
func (d *dropper) setRate(now bwe.Time, rate bwe.Bitrate) {
	d.backlog.advance(now)
	d.backlog.setRate(rate, d.cfg.MaxBacklog)
}

// keyWanted tells that a key frame would let frames be sent again.
func (d *dropper) keyWanted(now bwe.Time) bool {
	return d.untilKey && (d.early || d.wait(now) <= d.cfg.DropUntilKeyAfter)
}

func (d *dropper) onFrame(f Frame) Verdict {
	d.backlog.advance(f.At)
	v := Verdict{At: f.At, Kind: f.Kind, Backlog: d.wait(f.At)}
	if f.Kind != Audio {
		v.Drop = d.judge(f, v.Backlog)
	}
	if v.Drop == KeepFrame {
		d.backlog.add(int64(f.Size))
		d.waiting.add(f.At, int64(f.Size))
	}

	return v
}

func (d *dropper) judge(f Frame, wait time.Duration) DropReason {
	if f.Key {
		d.keySize = int64(f.Size)
		// A key frame ends the gap, unless not even the whole last group made room.
		early := d.untilKey && d.early
		d.untilKey = wait > d.cfg.DropUntilKeyAfter && !early
		d.early = false
	} else if !f.Disposable && !d.untilKey && wait > d.cfg.DropUntilKeyAfter+d.keyAllowance() {
		d.untilKey = true
		// What follows cannot be decoded, and no room that is made helps the viewer before
		// a key frame comes.
		if since := f.At.Sub(d.earlyAt); d.earlyAt == 0 || since >= earlyEvery || since < 0 {
			d.early, d.earlyAt = true, f.At
		}
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
