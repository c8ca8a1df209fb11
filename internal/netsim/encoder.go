// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package netsim

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/rtmcc/rtmcc/bwe"
)

// encoder makes frames at the rate that it was told, in the way that its source
// describes.
type encoder struct {
	cfg Source
	rng *rand.Rand
	// wanted are the targets that the lag holds back.
	wanted ring[change]
	// asked is the latest target that it heard of, and rate the one it took, at tookAt.
	asked  bwe.Bitrate
	rate   bwe.Bitrate
	tookAt bwe.Time
	// before is what the rate was on the way from when it took the latest.
	before bwe.Bitrate
	// untilKey counts the frames before the next key frame.
	untilKey int
	// keyAsked makes the next frame a key frame.
	keyAsked bool
	// burst makes the next frame the first of a transient.
	burst bool
	// owed is what frames were above their share, in bytes, which the next owedFrames
	// frames make good.
	owed       float64
	owedFrames int
	// fps is the frame rate, and nextFPS the one from the next key frame on, zero for
	// no other.
	fps, nextFPS float64
}

const (
	// repayment is how long the encoder takes to make good a key frame that it was
	// asked for.
	repayment = time.Second
	// leastFrame is what repayment leaves of a frame.
	leastFrame = 0.1
	// noiseWidths is where Laplacian noise is cut off, in scales, and mostNoise the most
	// that it takes or adds.
	noiseWidths = 5
	mostNoise   = 0.9
)

// follow gives the encoder a new target for audio and video together.
func (e *encoder) follow(now bwe.Time, target bwe.Bitrate) {
	if e.cfg.Lag == 0 {
		e.asked = target
		e.react(now)

		return
	}
	if n := e.wanted.len(); n == 0 || e.wanted.at(n-1).rate != target {
		e.wanted.push(change{at: now.Add(e.cfg.Lag.Std()), rate: target})
	}
}

// react takes the target that was asked for once the one before has had its time.
func (e *encoder) react(now bwe.Time) {
	for e.wanted.len() > 0 && e.wanted.at(0).at <= now {
		e.asked = e.wanted.pop().rate
	}
	if e.asked == e.rate || e.rate > 0 && now < e.tookAt.Add(e.cfg.Reaction.Std()) {
		return
	}
	from := e.reached(now)
	if e.rate > 0 && e.cfg.BurstFrames > 0 && math.Abs(float64(e.asked-from)) > e.cfg.BurstAbove*float64(from) {
		e.burst = true
	}
	if e.rate == 0 {
		from = e.asked
	}
	e.before, e.rate, e.tookAt = from, e.asked, now
}

// reached is how far the rate has come from one target to the next.
func (e *encoder) reached(now bwe.Time) bwe.Bitrate {
	elapsed := now.Sub(e.tookAt)
	ramp := e.cfg.Ramp.Std()
	if elapsed >= ramp {
		return e.rate
	}

	return e.before + bwe.Bitrate(float64(e.rate-e.before)*elapsed.Seconds()/ramp.Seconds())
}

// video returns the bitrate that the next frames are made for.
func (e *encoder) video(now bwe.Time) bwe.Bitrate {
	e.react(now)

	return e.bounded(e.reached(now))
}

// bounded is what is left to video of a rate for audio and video, within the source's
// bounds.
func (e *encoder) bounded(rate bwe.Bitrate) bwe.Bitrate {
	rate = max(rate-e.cfg.Audio.Bitrate(), e.cfg.Min.Bitrate(), 0)
	if e.cfg.Max > 0 {
		rate = min(rate, e.cfg.Max.Bitrate())
	}

	return rate
}

// requestKey makes the next frame a key frame.
func (e *encoder) requestKey() { e.keyAsked = true }

// setFrameRate changes the frame rate with the next key frame, or at once; zero
// leaves it.
func (e *encoder) setFrameRate(fps float64, atOnce bool) {
	if atOnce {
		e.fps = fps
	} else {
		e.nextFPS = fps
	}
}

// group is the regular number of frames from key frame to key frame, less than two
// for none.
func (e *encoder) group() int { return int(e.cfg.KeyInterval.Std().Seconds() * e.rateOfFrames()) }

func (e *encoder) rateOfFrames() float64 {
	if e.fps > 0 {
		return e.fps
	}

	return e.cfg.FPS
}

// frame returns the size in bytes of the frame at now.
func (e *encoder) frame(now bwe.Time) (size int, key bool) {
	group := e.group()
	key = e.keyAsked || group > 1 && e.untilKey == 0
	if key && e.nextFPS > 0 {
		e.fps, e.nextFPS = e.nextFPS, 0
		group = e.group()
	}
	average := float64(e.video(now)) / e.rateOfFrames() / 8
	mean := average
	if group > 1 {
		// A key frame takes its excess from the others of its group.
		mean *= float64(group) / (float64(group) - 1 + e.cfg.KeySize)
	}
	switch {
	case key:
		if e.keyAsked && group > 1 {
			// The group before was cut short, and with it what its frames would have saved.
			e.owe(float64(e.untilKey)*(average-mean), int(repayment.Seconds()*e.rateOfFrames()))
		}
		mean *= e.cfg.KeySize
		if group <= 1 {
			e.owe(mean-average, int(repayment.Seconds()*e.rateOfFrames()))
		}
		e.untilKey, e.keyAsked, e.burst = group, false, false
	case e.burst:
		e.burst = false
		e.owe((e.cfg.BurstSize-1)*mean, e.cfg.BurstFrames-1)
		mean *= e.cfg.BurstSize
	default:
		mean -= e.repay(mean)
	}
	if group > 1 {
		e.untilKey--
	}

	return int(mean * (1 + e.noise())), key
}

// owe spreads an excess over the next frames.
func (e *encoder) owe(excess float64, frames int) {
	e.owed += excess
	e.owedFrames = max(e.owedFrames, frames, 1)
}

// repay is what a frame of the given size takes off what is owed.
func (e *encoder) repay(size float64) float64 {
	if e.owed <= 0 {
		return 0
	}
	paid := min(e.owed/float64(max(1, e.owedFrames)), (1-leastFrame)*size)
	e.owed -= paid
	e.owedFrames--

	return paid
}

// skipped takes back a frame that was not encoded after all.
func (e *encoder) skipped(key bool) {
	if key {
		e.requestKey()
	}
}

// noise is how far a frame's size is off its mean, as a fraction.
func (e *encoder) noise() float64 {
	if e.cfg.Model == SourceRFC8593 {
		return laplace(e.rng, e.cfg.Noise)
	}

	return e.cfg.Noise * (2*e.rng.Float64() - 1)
}

// laplace draws from a Laplacian distribution of mean zero that is cut off on both
// sides alike.
func laplace(rng *rand.Rand, scale float64) float64 {
	if scale == 0 {
		return 0
	}
	widest := min(noiseWidths*scale, mostNoise)
	// The inverse of the distribution function between zero and the cut.
	size := -scale * math.Log(1-rng.Float64()*(1-math.Exp(-widest/scale)))
	if rng.Uint64()&1 == 0 {
		return -size
	}

	return size
}

// interval is the time to the next frame.
func (e *encoder) interval() time.Duration {
	return time.Duration(float64(time.Second) / e.rateOfFrames() * (1 + laplace(e.rng, e.cfg.IntervalNoise)))
}

// audioInterval is the time between audio packets.
const audioInterval = 20 * time.Millisecond

// audio returns the size in bytes of an audio packet.
func (e *encoder) audio() int {
	return int(e.cfg.Audio.Bitrate().Bytes(audioInterval))
}
