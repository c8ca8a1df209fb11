// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ratecontrol

import (
	"time"

	"github.com/rtmcc/rtmcc/bwe"
)

const (
	// learnSpan is the least span of the means of what was asked and what was made: a few
	// groups of pictures.
	learnSpan = 4 * time.Second
	// longestGroup is where a group of pictures without an end is taken as a whole.
	longestGroup = 10 * time.Second
	// deafAfter is how long a source is listened to before it is held not to follow.
	deafAfter = time.Second
	// leastMade is what encoders make, in bits a second, however little they are asked for.
	leastMade = 300_000.0
	// largeChange is the relative change from which the encoder's delay can be read.
	largeChange = 0.2
	// quickSpan is the span of the mean that shows when the encoder has followed.
	quickSpan = 150 * time.Millisecond
	// mostDelay bounds the delay that is looked for.
	mostDelay = 2 * time.Second
	// delayWeight is the weight of one reading of the delay.
	delayWeight = 0.25
)

// encoderFeedback learns from frames what the encoder makes of what it is asked for,
// and asks so that it makes what is meant: not for changes that are not worth it, and
// not more often than it can follow (RFC 8593 describes encoders by the same terms).
type encoderFeedback struct {
	cfg *EncoderConfig
	// asked is what the encoder was last asked for, since changedAt.
	asked     bwe.Bitrate
	changedAt bwe.Time
	// free: the next change is made whatever it is worth.
	free bool

	// meant and made are means of what was meant and what was made, in bits a second,
	// over seen. They take whole groups of pictures, each with its own key frame, as
	// the size of that one frame says nothing of the encoder.
	meant, made float64
	seen        time.Duration
	group       pictureGroup
	// quick is the mean of the last frames but key frames.
	quick float64
	// spare: the encoder was seen to make far less than it was asked for.
	spare   bool
	frameAt bwe.Time
	framed  bool

	// While following a large change: what to cross, which way, since when.
	crossing  float64
	falling   bool
	following bool
	delay     time.Duration
}

// pictureGroup sums what was meant and made, in bits, since the last key frame. It is
// blurred where the encoder was following a change meanwhile.
type pictureGroup struct {
	meant, made float64
	took        time.Duration
	blurred     bool
}

// release lets the next change be made whatever it is worth.
func (e *encoderFeedback) release() { e.free = true }

// interval is the least time between two changes.
func (e *encoderFeedback) interval() time.Duration { return max(e.cfg.MinInterval, e.delay) }

// ask returns the video bitrate to ask for so that the encoder makes want, at most
// most.
func (e *encoderFeedback) ask(now bwe.Time, want, most bwe.Bitrate, urgent bool) bwe.Bitrate {
	most = max(most, 0)
	want = min(max(bwe.Bitrate(float64(want)*e.correction()), 0), most)
	if e.free {
		e.free = false
		e.change(now, want)

		return e.asked
	}
	if e.asked > most {
		// Beyond a hard limit there is nothing to weigh.
		e.change(now, most)
	}
	worth := max(e.cfg.MinChangeBitrate, bwe.Bitrate(e.cfg.MinChange*float64(e.asked)))
	off := want - e.asked
	if off < 0 {
		off = -off
	}
	wait := e.interval()
	if urgent {
		wait = e.cfg.MinInterval
	}
	if off > 0 && off >= worth && (now.Sub(e.changedAt) >= wait || now < e.changedAt) {
		e.change(now, want)
	}

	return e.asked
}

func (e *encoderFeedback) change(now bwe.Time, to bwe.Bitrate) {
	from := e.asked
	e.asked, e.changedAt = to, now
	if from <= 0 || !e.framed {
		return
	}
	if change := float64(to)/float64(from) - 1; change > largeChange || change < -largeChange {
		// Half of the way from what is made now.
		e.crossing = e.quick * (1 + float64(change/2))
		e.falling, e.following = change < 0, true
	}
}

// onFrame takes in what the encoder made.
func (e *encoderFeedback) onFrame(f *Frame) {
	if !e.framed || f.At < e.frameAt || f.At.Sub(e.frameAt) > mostDelay {
		e.framed, e.frameAt, e.seen, e.following = true, f.At, 0, false
		e.group = pictureGroup{made: float64(max(f.Size, 0)) * 8}
		e.quick = 0

		return
	}
	elapsed := f.At.Sub(e.frameAt)
	if elapsed == 0 {
		return
	}
	e.frameAt = f.At
	rate := float64(max(f.Size, 0)) * 8 / elapsed.Seconds()
	if !f.Key {
		if e.quick == 0 {
			e.quick = rate
		}
		e.quick = approach(e.quick, rate, elapsed, quickSpan)
	}
	e.watch(f.At)
	e.learn(f, elapsed)
}

// learn takes the time up to a frame into the group before it, a group that has ended
// into the means, and the frame into its group. What is made while the encoder follows a
// change says nothing of how well it hits.
func (e *encoderFeedback) learn(f *Frame, elapsed time.Duration) {
	g := &e.group
	g.took += elapsed
	g.meant += float64(float64(e.asked) * elapsed.Seconds())
	g.blurred = g.blurred || e.following
	if f.Key || g.took >= longestGroup {
		if !g.blurred {
			e.seen = min(e.seen+g.took, max(learnSpan, 2*g.took))
			e.meant = approach(e.meant, g.meant/g.took.Seconds(), g.took, e.seen)
			e.made = approach(e.made, g.made/g.took.Seconds(), g.took, e.seen)
		}
		*g = pictureGroup{}
	}
	g.made += float64(max(f.Size, 0)) * 8
}

// watch looks whether the encoder has followed.
func (e *encoderFeedback) watch(now bwe.Time) {
	if !e.following {
		return
	}
	took := now.Sub(e.changedAt)
	if e.falling == (e.quick < e.crossing) {
		e.delay += time.Duration(delayWeight * float64(max(took-quickSpan/2, 0)-e.delay))
		e.following = false
	} else if took > mostDelay {
		e.following = false
	}
}

// deaf tells that far more is made than was asked for, and more than the least that
// encoders can make.
func (e *encoderFeedback) deaf() bool {
	return e.seen >= deafAfter && e.meant > 0 && e.made > leastMade && e.made > float64((1+float64(2*e.cfg.MaxCorrection))*e.meant)
}

// idle tells that far less is made than is asked for, once the encoder had time to follow.
func (e *encoderFeedback) idle(now bwe.Time) bool {
	const enter, leave = 0.7, 0.9
	if !e.framed || e.quick <= 0 {
		e.spare = false
	} else if now.Sub(e.changedAt) > e.interval()+2*quickSpan {
		e.spare = e.quick < float64(enter*float64(e.asked)) || e.spare && e.quick < float64(leave*float64(e.asked))
	}

	return e.spare
}

// correction is what a bitrate is to be multiplied by for the encoder to make it. An
// encoder that is far off does not follow at all, and correcting it is no use: its
// source is a file, or the picture stands still.
func (e *encoderFeedback) correction() float64 {
	if !e.cfg.Learn || e.seen < learnSpan || e.meant <= 0 || e.made <= 0 {
		return 1
	}
	most := e.cfg.MaxCorrection
	hit := e.made / e.meant
	if hit > 1+float64(2*most) || hit < 1-float64(2*most) {
		return 1
	}

	return min(max(1/hit, 1-most), 1+most)
}
