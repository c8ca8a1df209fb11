// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package netsim

import (
	"time"

	"github.com/rtmcc/rtmcc/bwe"
)

// stillest is how long a picture may stand for frames that were dropped or lost
// before it counts as a freeze.
const stillest = 200 * time.Millisecond

// span is a time from one instant up to another.
type span struct{ from, to bwe.Time }

func (s span) length() time.Duration { return s.to.Sub(s.from) }

// shown is a frame that the player showed.
type shown struct {
	// at is when, and media when the source took it.
	at, media bwe.Time
}

// playback is what a player made of a flow.
type playback struct {
	// begin and end are the time of watching: startup, played and the stalls sum up to it.
	begin, end bwe.Time
	startup    time.Duration
	played     time.Duration
	stalls     []span
	freezes    []span

	shown []shown
	// skipped, dropped and lost are frames that were never to be seen; late came after
	// their time, and are among the shown; unplayed had their time still ahead, or did not
	// come before the end.
	skipped, dropped, lost, late, unplayed int

	// ready is when the player had every frame and all before it, or knew their fate.
	ready  []bwe.Time
	frames []frame
}

// watch plays the frames of a flow from begin to end.
func watch(cfg *Player, frames []frame, begin, end bwe.Time) playback {
	p := playback{begin: begin, end: end, frames: decodable(frames), ready: make([]bwe.Time, len(frames))}
	latest := begin
	for i := range p.frames {
		latest = max(latest, p.frames[i].settled)
		p.ready[i] = latest
	}
	p.count()
	next := p.following(-1)
	at := bwe.Never
	if next < len(p.frames) {
		at = p.stored(next, cfg.Buffer.Std())
	}
	p.startup = min(at, end).Sub(begin)
	if at >= end {
		p.unplayed += p.playable(next)

		return p
	}
	p.show(cfg, next, at)

	return p
}

// decodable returns the frames with those counted as lost whose references are
// missing: every frame needs the one that was encoded before it, but for key frames.
func decodable(frames []frame) []frame {
	out := append([]frame(nil), frames...)
	whole := false
	for i := range out {
		whole = out[i].decode(whole)
	}

	return out
}

// decode counts a frame that arrived as lost where the one that it needs is missing, and
// tells whether the next one has what it needs.
func (f *frame) decode(whole bool) bool {
	switch {
	case f.fate == frameDropped || f.fate == frameLost:
		return false
	case f.fate != frameArrived:
		return whole
	case f.key || whole:
		return true
	default:
		f.fate = frameLost

		return false
	}
}

func (p *playback) count() {
	for i := range p.frames {
		switch p.frames[i].fate {
		case frameSkipped:
			p.skipped++
		case frameDropped:
			p.dropped++
		case frameLost:
			p.lost++
		}
	}
}

// following returns the next frame after i that can be shown, now or later.
func (p *playback) following(i int) int {
	for i++; i < len(p.frames); i++ {
		if f := p.frames[i].fate; f == frameArrived || f == framePending {
			break
		}
	}

	return i
}

// playable counts the frames from i on that can be shown.
func (p *playback) playable(i int) int {
	n := 0
	for ; i < len(p.frames); i = p.following(i) {
		n++
	}

	return n
}

// stored returns when media of the given length from frame i on is there. Where the
// source paused, what was before has to do.
func (p *playback) stored(i int, length time.Duration) bwe.Time {
	k := i
	for k+1 < len(p.frames) && p.frames[k].at.Sub(p.frames[i].at) < length && p.frames[k+1].at.Sub(p.frames[k].at) <= length {
		k++
	}

	return p.ready[k]
}

// show plays from frame i, which is shown at the given time, to the end.
func (p *playback) show(cfg *Player, i int, at bwe.Time) {
	stalled := time.Duration(0)
	there := i
	for at < p.end {
		p.shown = append(p.shown, shown{at: at, media: p.frames[i].at})
		next := p.following(i)
		if next == len(p.frames) {
			last := next - 1
			p.freezeUntil(i, next, at, at.Add(p.frames[last].at.Sub(p.frames[i].at)))

			break
		}
		due := p.due(cfg, i, next, &there, at)
		p.freezeUntil(i, next, at, due)
		i, at = next, due
		if p.ready[i] > due && due < p.end {
			at = max(due, p.stored(i, cfg.Resume.Std()))
			p.stall(i, due, min(at, p.end))
			stalled += min(at, p.end).Sub(due)
		}
		if at >= p.end {
			p.unplayed += p.playable(i)
		}
	}
	p.played = p.end.Sub(p.begin) - p.startup - stalled
}

// due returns when the frame after frame i, which is shown since at, has its time: sooner
// where more is in store than is wanted. there, the last frame that was ready, is moved on.
func (p *playback) due(cfg *Player, i, next int, there *int, at bwe.Time) bwe.Time {
	length := p.frames[next].at.Sub(p.frames[i].at)
	for *there+1 < len(p.frames) && p.ready[*there+1] <= at {
		*there++
	}
	excess := max(0, p.frames[*there].at.Sub(p.frames[i].at)-cfg.Buffer.Std())
	faster := time.Duration(float64(length) * cfg.CatchUp / (1 + cfg.CatchUp))

	return at.Add(length - min(excess, faster))
}

// stall notes a wait for frame i.
func (p *playback) stall(i int, due, until bwe.Time) {
	p.stalls = append(p.stalls, span{from: due, to: until})
	for k := i; k < len(p.frames) && p.frames[k].at.Sub(p.frames[i].at) <= until.Sub(due); k++ {
		if f := &p.frames[k]; f.fate == frameArrived && p.ready[k] > due.Add(f.at.Sub(p.frames[i].at)) && p.ready[k] <= until {
			p.late++
		}
	}
}

// freezeUntil notes that the picture of frame i stood for too long because frames up
// to the next one are missing.
func (p *playback) freezeUntil(i, next int, at, due bwe.Time) {
	if next == i+1 {
		return
	}
	from := at.Add(p.frames[i+1].at.Sub(p.frames[i].at))
	if due = min(due, p.end); due.Sub(from) >= stillest {
		p.freezes = append(p.freezes, span{from: from, to: due})
	}
}

func total(spans []span) (sum, longest time.Duration) {
	for _, s := range spans {
		sum += s.length()
		longest = max(longest, s.length())
	}

	return sum, longest
}

// latency returns the mean and the longest time from the source to the screen.
func (p *playback) latency() (mean, longest time.Duration) {
	if len(p.shown) == 0 {
		return 0, 0
	}
	sum := 0.0
	for _, s := range p.shown {
		sum += s.at.Sub(s.media).Seconds()
		longest = max(longest, s.at.Sub(s.media))
	}

	return time.Duration(sum / float64(len(p.shown)) * float64(time.Second)), longest
}

func (p *playback) result() PlayerResult {
	r := PlayerResult{
		Startup: p.startup.Seconds(), Played: p.played.Seconds(), Stalls: len(p.stalls), Freezes: len(p.freezes),
		Shown: len(p.shown), Late: p.late, Skipped: p.skipped, Dropped: p.dropped, Lost: p.lost, Unplayed: p.unplayed,
	}
	stalled, longestStall := total(p.stalls)
	frozen, longestFreeze := total(p.freezes)
	r.StallTime, r.LongestStall = stalled.Seconds(), longestStall.Seconds()
	r.FreezeTime, r.LongestFreeze = frozen.Seconds(), longestFreeze.Seconds()
	r.Still = ratio((stalled + frozen).Seconds(), (stalled + p.played).Seconds())
	mean, longest := p.latency()
	r.Latency, r.LatencyMax = mean.Seconds(), longest.Seconds()

	return r
}

// series samples the media in store at the end of each bin, and the share of the bin
// in which the picture stood.
func (p *playback) series(bins int) (buffer []time.Duration, still []float64) {
	buffer, still = make([]time.Duration, bins), make([]float64, bins)
	ready, on := 0, 0
	for bin := range bins {
		now := bwe.Time(bin+1) * bwe.Time(Bin)
		for ready < len(p.ready) && p.ready[ready] <= now {
			ready++
		}
		for on < len(p.shown) && p.shown[on].at <= now {
			on++
		}
		if ready == 0 || now > p.end {
			continue
		}
		position := p.frames[0].at
		if on > 0 {
			position = p.shown[on-1].media
		}
		if on > 0 && on < len(p.shown) {
			// It plays on over what was dropped or lost.
			position = min(position.Add(now.Sub(p.shown[on-1].at)), p.shown[on].media)
		}
		buffer[bin] = max(0, p.frames[ready-1].at.Sub(position))
	}
	for _, spans := range [][]span{p.stalls, p.freezes} {
		for _, s := range spans {
			for bin := binOf(s.from); bin < bins && bwe.Time(bin)*bwe.Time(Bin) < s.to; bin++ {
				part := span{from: max(s.from, bwe.Time(bin)*bwe.Time(Bin)), to: min(s.to, bwe.Time(bin+1)*bwe.Time(Bin))}
				still[bin] += part.length().Seconds() / Bin.Seconds()
			}
		}
	}

	return buffer, still
}
