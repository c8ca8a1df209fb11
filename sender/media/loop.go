// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package media

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"
)

// Loop plays a source over and over with timestamps that go on: the next round
// begins where the longest track of the last one ended. Each round moves all
// tracks by the same amount, so that audio and video never drift apart. An [Adaptive]
// source stays so, and each round begins with the latest demand. It is not safe for
// concurrent use, Adapt aside.
type Loop struct {
	ctx    context.Context //nolint:containedctx // it bounds the sources, which are opened round by round
	open   func(context.Context) (Source, error)
	src    Source
	tracks []Track
	start  time.Duration // of this round
	ends   []trackEnd
	rounds int

	// mu guards what Adapt shares with Next.
	mu       sync.Mutex
	adaptive Adaptive
	demand   Demand
	demanded bool
}

// trackEnd is where a track of the current round would go on.
type trackEnd struct {
	first, last   time.Duration // DTS
	lead, latest  time.Duration // PTS: the first, the greatest
	count         int
	audioDuration time.Duration
}

// NewLoop opens the source once, to know its tracks, and again for every further
// round; ctx is what open gets. Every round must have the same tracks.
func NewLoop(ctx context.Context, open func(context.Context) (Source, error)) (*Loop, error) {
	src, err := open(ctx)
	if err != nil {
		return nil, err
	}
	l := &Loop{ctx: ctx, open: open, tracks: src.Tracks()}
	l.ends = make([]trackEnd, len(l.tracks))
	l.use(src)

	return l, nil
}

// use makes src the one that is played.
func (l *Loop) use(src Source) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.src = src
	l.adaptive, _ = src.(Adaptive)
	if l.adaptive != nil && l.demanded {
		l.adaptive.Adapt(l.demand)
	}
}

// Adapt implements [Adaptive]. It does nothing where the source is not.
func (l *Loop) Adapt(d Demand) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.adaptive != nil {
		l.adaptive.Adapt(d)
	}
	// What was asked of one round is not asked of the next.
	d.KeyFrame = false
	l.demand, l.demanded = d, true
}

// Tracks implements [Source].
func (l *Loop) Tracks() []Track { return l.tracks }

// Rounds returns how many rounds have ended.
func (l *Loop) Rounds() int { return l.rounds }

// Close implements [Source].
func (l *Loop) Close() error {
	if l.src == nil {
		return nil
	}
	l.mu.Lock()
	l.adaptive = nil
	l.mu.Unlock()
	err := l.src.Close()
	l.src = nil

	return err
}

// Next implements [Source]. It never returns [io.EOF]; a source without access
// units, or one that changes its tracks, is an error.
func (l *Loop) Next() (AccessUnit, error) {
	if l.src == nil {
		return AccessUnit{}, errLoopClosed
	}
	au, err := l.src.Next()
	if errors.Is(err, io.EOF) {
		if err := l.again(); err != nil {
			return AccessUnit{}, err
		}
		if au, err = l.src.Next(); errors.Is(err, io.EOF) {
			return AccessUnit{}, errLoopEmpty
		}
	}
	if err != nil {
		return AccessUnit{}, err
	}
	if au.Track < 0 || au.Track >= len(l.ends) {
		return AccessUnit{}, fmt.Errorf("%w: access unit of track %d", errMalformed, au.Track)
	}
	l.ends[au.Track].note(&au)
	au.DTS += l.start
	au.PTS += l.start

	return au, nil
}

var (
	errLoopClosed = errors.New("the loop is closed")
	errLoopEmpty  = fmt.Errorf("%w: there is nothing to repeat in it", errMalformed)
)

// again opens the next round.
func (l *Loop) again() error {
	var length time.Duration
	for i := range l.ends {
		length = max(length, l.ends[i].length())
		l.ends[i] = trackEnd{}
	}
	if length <= 0 {
		return errLoopEmpty
	}
	if err := l.Close(); err != nil {
		return fmt.Errorf("close: %w", err)
	}
	src, err := l.open(l.ctx)
	if err != nil {
		return fmt.Errorf("open round %d: %w", l.rounds+2, err)
	}
	same := func(a, b Track) bool {
		return a.Codec == b.Codec && a.ClockRate == b.ClockRate && a.Channels == b.Channels
	}
	if !slices.EqualFunc(src.Tracks(), l.tracks, same) {
		_ = src.Close()

		return fmt.Errorf("%w: the source has other tracks than before", errMalformed)
	}
	l.use(src)
	l.start += length
	l.rounds++

	return nil
}

func (e *trackEnd) note(au *AccessUnit) {
	if e.count == 0 {
		e.first, e.lead, e.latest = au.DTS, au.PTS, au.PTS
	}
	e.count++
	e.last = au.DTS
	e.lead = min(e.lead, au.PTS)
	e.latest = max(e.latest, au.PTS)
	e.audioDuration = au.Duration
}

// length is the shortest time after which the track can start again: its first
// access unit must come a frame after the last, in both orders.
func (e *trackEnd) length() time.Duration {
	if e.count == 0 {
		return 0
	}
	step := e.audioDuration
	if step <= 0 {
		step = defaultStep
		if e.count > 1 && e.last > e.first {
			step = (e.last - e.first) / time.Duration(e.count-1)
		}
	}

	return max(e.last-e.first, e.latest-e.lead) + step
}
