// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package netsim

import (
	"time"

	"github.com/rtmcc/rtmcc/bwe"
)

// viewer follows a flow's player while the run goes on, where [watch] looks back at all of
// it. It takes a step once everything that the step depends on is known, so that both
// come to the same stalls and freezes.
type viewer struct {
	cfg   *Player
	begin bwe.Time
	// playback holds the frames up to the first whose fate is unknown, and what was made
	// of them.
	playback playback
	whole    bool

	// shown is the frame on the screen since at, negative before the first. there is the
	// last frame that was ready then.
	shown, there int
	at           bwe.Time
}

func newViewer(cfg *Player, begin bwe.Time) viewer {
	return viewer{cfg: cfg, begin: begin, playback: playback{end: bwe.Never}, shown: -1}
}

// watch plays what can be played up to now of the frames that were offered so far.
func (v *viewer) watch(now bwe.Time, offered []frame) {
	v.take(now, offered)
	for v.step(now, offered) {
	}
}

// take takes in the frames whose fate is known.
func (v *viewer) take(now bwe.Time, offered []frame) {
	p := &v.playback
	for n := len(p.frames); n < len(offered) && offered[n].settled <= now; n++ {
		f := offered[n]
		v.whole = f.decode(v.whole)
		latest := max(v.begin, f.settled)
		if n > 0 {
			latest = max(latest, p.ready[n-1])
		}
		p.frames, p.ready = append(p.frames, f), append(p.ready, latest)
	}
}

// step shows the next frame, and tells whether it could.
func (v *viewer) step(now bwe.Time, offered []frame) bool {
	p := &v.playback
	next := p.following(v.shown)
	if next >= len(p.frames) {
		return false
	}
	if v.shown < 0 {
		at, ok := v.stored(now, next, v.cfg.Buffer.Std(), offered)
		v.at, v.there = at, next
		if ok {
			v.shown = next
		}

		return ok
	}
	due := p.due(v.cfg, v.shown, next, &v.there, v.at)
	if due > now {
		return false
	}
	until, ok := due, true
	if p.ready[next] > due {
		until, ok = v.stored(now, next, v.cfg.Resume.Std(), offered)
		until = max(until, due)
	}
	if !ok {
		return false
	}
	p.freezeUntil(v.shown, next, v.at, due)
	if until > due {
		p.stalls = append(p.stalls, span{from: due, to: until})
	}
	v.shown, v.at = next, until

	return true
}

// stored returns when media of the given length from frame i on is there, as
// [playback.stored] does, where that is known.
func (v *viewer) stored(now bwe.Time, i int, length time.Duration, offered []frame) (bwe.Time, bool) {
	k := i
	for k+1 < len(offered) && offered[k].at.Sub(offered[i].at) < length && offered[k+1].at.Sub(offered[k].at) <= length {
		k++
	}
	more := k+1 == len(offered) && offered[k].at.Sub(offered[i].at) < length && now.Sub(offered[k].at) <= length
	if more || k >= len(v.playback.ready) {
		return 0, false
	}

	return v.playback.ready[k], true
}

// ended returns the stalls and freezes that came to their end since it was last called.
func (v *viewer) ended() []span {
	p := &v.playback
	spans := append(p.freezes, p.stalls...)
	p.freezes, p.stalls = p.freezes[:0], p.stalls[:0]

	return spans
}
