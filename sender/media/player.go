// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package media

import (
	"context"
	"fmt"
	"time"
)

// Limits of a [Player].
const (
	// DefaultMaxGap is the longest pause between two access units that is waited
	// for; a longer one can only come from a damaged file.
	DefaultMaxGap = 10 * time.Second
	// DefaultMaxLag is how far a player may be behind real time and still catch
	// up by releasing access units at once.
	DefaultMaxLag = 2 * time.Second
)

// Player releases a source's access units in real time: each at the start instant
// plus its DTS, so that no error adds up, however long it plays.
//
// Whoever was late to ask gets what is due at once, and nothing is lost; but a
// lag over the limit (a machine that slept, a caller that was held up) moves the
// start instant, as a burst of many seconds would only overrun the path. A pause
// in the source's timestamps over the limit is closed in the same way. It is not
// safe for concurrent use.
type Player struct {
	src    Source
	maxGap time.Duration
	maxLag time.Duration
	warn   func(error)

	start   time.Time
	begun   bool
	last    time.Duration // DTS of the last access unit, after shift
	shift   time.Duration // what is taken off the source's timestamps
	floor   []time.Duration
	waiting *AccessUnit
	timer   *time.Timer
}

// PlayerOption changes how a [Player] plays.
type PlayerOption func(*Player)

// WithMaxGap replaces [DefaultMaxGap]; values that are not above 0 are ignored.
func WithMaxGap(d time.Duration) PlayerOption {
	return func(p *Player) {
		if d > 0 {
			p.maxGap = d
		}
	}
}

// WithMaxLag replaces [DefaultMaxLag]; values that are not above 0 are ignored.
func WithMaxLag(d time.Duration) PlayerOption {
	return func(p *Player) {
		if d > 0 {
			p.maxLag = d
		}
	}
}

// WithPlayerWarnings calls f, from within Next, when a gap was closed or the
// start instant moved.
func WithPlayerWarnings(f func(error)) PlayerOption {
	return func(p *Player) {
		if f != nil {
			p.warn = f
		}
	}
}

// NewPlayer returns a player of src. The clock starts with the first call of
// Next. Closing src is left to the caller, after the last call of Next.
func NewPlayer(src Source, opts ...PlayerOption) *Player {
	p := &Player{
		src: src, maxGap: DefaultMaxGap, maxLag: DefaultMaxLag,
		warn: func(error) {}, floor: make([]time.Duration, len(src.Tracks())),
	}
	for _, o := range opts {
		o(p)
	}

	return p
}

// Tracks describes the streams.
func (p *Player) Tracks() []Track { return p.src.Tracks() }

// Next waits until the next access unit is due and returns it. It returns the
// source's error, io.EOF at the end, or ctx's error as soon as ctx is done; the
// access unit that was waited for is then returned by the next call.
func (p *Player) Next(ctx context.Context) (AccessUnit, error) {
	if err := ctx.Err(); err != nil {
		return AccessUnit{}, err
	}
	if p.waiting == nil {
		au, err := p.src.Next()
		if err != nil {
			return AccessUnit{}, err
		}
		p.schedule(&au)
		p.waiting = &au
	}
	if err := p.wait(ctx, p.waiting.DTS); err != nil {
		return AccessUnit{}, err
	}
	au := *p.waiting
	p.waiting = nil

	return au, nil
}

// Presentation is the instant at which an access unit that Next returned is to be
// presented: it was due before that by what its PTS is after its DTS.
func (p *Player) Presentation(au *AccessUnit) time.Time { return p.start.Add(au.PTS) }

// schedule closes gaps, so that au's DTS is its time from the start instant.
func (p *Player) schedule(au *AccessUnit) {
	if !p.begun {
		p.begun = true
		p.start = time.Now()
		p.last = 0
	}
	dts, delay := au.DTS-p.shift, max(au.PTS-au.DTS, 0)
	if gap := dts - p.last; gap > p.maxGap {
		p.shift += gap
		dts = p.last
		p.warn(fmt.Errorf("%w: a pause of %v in the timestamps is left out", errMalformed, gap))
	}
	// A shift must not send a track back.
	if au.Track >= 0 && au.Track < len(p.floor) {
		dts = max(dts, p.floor[au.Track])
		p.floor[au.Track] = dts
	}
	au.DTS, au.PTS = dts, dts+delay
	p.last = max(p.last, dts)
}

// wait returns when dts is due.
func (p *Player) wait(ctx context.Context, dts time.Duration) error {
	left := dts - time.Since(p.start)
	if left <= 0 {
		if left < -p.maxLag {
			p.start = p.start.Add(-left)
			p.warn(fmt.Errorf("the player is %v behind real time and goes on from here", -left))
		}

		return nil
	}
	if p.timer == nil {
		p.timer = time.NewTimer(left)
	} else {
		p.timer.Reset(left)
	}
	select {
	case <-p.timer.C:
		return nil
	case <-ctx.Done():
		p.timer.Stop()

		return ctx.Err()
	}
}
