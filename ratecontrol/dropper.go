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
	early    bool
	earlyAt  bwe.Time
	hadEarly bool
	// deaf: the source makes much more than it is asked for, as a file does. Its backlog
	// does not end by itself.
	deaf bool
	// keySize is the size of the latest key frame.
	keySize int64
}

// deafLimit bounds the backlog of a source that does not follow the target.
const deafLimit = 1500 * time.Millisecond

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

// wait returns the backlog as time: for how long media has waited in the pacer. Where
// nothing is known of a pacer, or where the source does not follow the target, it is what
// the reckoning takes to drain.
func (d *dropper) wait(now bwe.Time) time.Duration {
	if !d.waiting.known {
		return d.backlog.wait()
	}
	age := d.waiting.age(now, d.backlog.rate, d.backlog.bytes)
	if d.deaf {
		return max(age, d.backlog.wait())
	}

	return age
}

// limit is the backlog above which everything up to the next key frame is dropped.
func (d *dropper) limit() time.Duration {
	if d.deaf {
		return min(d.cfg.DropUntilKeyAfter, deafLimit)
	}

	return d.cfg.DropUntilKeyAfter
}

// setRate tells what the path carries from now on.
func (d *dropper) setRate(now bwe.Time, rate bwe.Bitrate) {
	d.backlog.advance(now)
	d.waiting.follow(now)
	d.backlog.setRate(rate, d.cfg.MaxBacklog)
}

// keyWanted tells that a key frame would let frames be sent again.
func (d *dropper) keyWanted(now bwe.Time) bool {
	return d.untilKey && (d.early || d.wait(now) <= d.limit())
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
		d.untilKey = wait > d.limit() && !early
		d.early = false
	} else if !f.Disposable && !d.untilKey && wait > d.limit()+d.keyAllowance() {
		d.untilKey = true
		// What follows cannot be decoded, and no room that is made helps the viewer before
		// a key frame comes.
		if since := f.At.Sub(d.earlyAt); !d.hadEarly || since >= earlyEvery || since < 0 {
			d.early, d.earlyAt, d.hadEarly = true, f.At, true
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
	return min(max(d.cfg.DropDisposableAfter, d.cfg.Smoothing.buffer()), d.limit())
}

// keyAllowance is what the limits grow by, since a key frame is a burst for which
// its whole group pays.
func (d *dropper) keyAllowance() time.Duration {
	return timeFor(d.backlog.rate, d.keySize, d.cfg.KeyFrameAllowance)
}
