// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package netsim

import (
	"time"

	"github.com/rtmcc/rtmcc/ratecontrol"
)

// Source is a model of an encoder that follows the target.
type Source struct {
	// Model decides what the fields below are where they are left out. Default ideal.
	Model SourceModel `json:"model,omitzero"`
	// FPS is the frame rate. Default 30.
	FPS float64 `json:"fps,omitzero"`
	// Noise is how far the sizes of frames scatter around their mean, as a fraction:
	// the half width of a uniform distribution (ideal), or the scale of a Laplacian one
	// that is cut off at five times that (RFC 8593, section 5.3). Default 0.15; negative
	// for none.
	Noise float64 `json:"noise,omitzero"`
	// IntervalNoise is the same for the intervals between frames, always Laplacian.
	// Default none, 0.15 in RFC 8593's model; negative for none.
	IntervalNoise float64 `json:"interval_noise,omitzero"`
	// KeyInterval is the time between key frames; zero for no key frame but the
	// first, which is like any other, and those that are asked for.
	KeyInterval Duration `json:"key_interval,omitzero"`
	// KeySize is the size of a key frame as a multiple of the others'. Default 5.
	// The mean rate stays the target.
	KeySize float64 `json:"key_size,omitzero"`
	// Lag is how late the encoder hears of the target. Default at once.
	Lag Duration `json:"lag,omitzero"`
	// Reaction is how long the encoder takes no other target after it took one (RFC
	// 8593, section 5.1, tau_v). Default at once, 200 ms in RFC 8593's model; negative for
	// at once.
	Reaction Duration `json:"reaction,omitzero"`
	// Ramp is how long the rate takes from the old target to the new one, in a straight
	// line: after a fall the encoder overshoots for so long, after a rise it falls short.
	// Default at once.
	Ramp Duration `json:"ramp,omitzero"`
	// BurstFrames and BurstSize are the transient after an abrupt change of the target
	// (RFC 8593, section 5.2, K_d and K_B): the first of so many frames is so many times
	// the mean, and the others are smaller, so that all together keep the target. Default
	// none, 8 frames and 3.24 in RFC 8593's model; negative BurstFrames for none.
	BurstFrames int     `json:"burst_frames,omitzero"`
	BurstSize   float64 `json:"burst_size,omitzero"`
	// BurstAbove is the change that counts as abrupt, as a fraction of the rate before.
	// Default 0.25.
	BurstAbove float64 `json:"burst_above,omitzero"`
	// Min and Max bound the video bitrate (RFC 8593, section 5.4). Default no bounds.
	Min Rate `json:"min,omitzero"`
	Max Rate `json:"max,omitzero"`
	// Audio is a constant bitrate of small packets beside the video, part of the
	// target. Default none.
	Audio Rate `json:"audio,omitzero"`
	// Tiers is the ladder that the media is made by, as in the rate controller's
	// configuration. Without a rate controller the last one's maximum bounds the video;
	// with one it is the ladder, and the encoder takes a tier's frame rate from the next
	// key frame on. Default none.
	Tiers []ratecontrol.Tier `json:"tiers,omitempty"`
	// Pauses are times without any media.
	Pauses []Window `json:"pauses,omitempty"`
}

// SourceModel names a set of defaults for an encoder.
type SourceModel string

// The models.
const (
	// SourceIdeal follows every target at once.
	SourceIdeal SourceModel = "ideal"
	// SourceRFC8593 is the statistical model of RFC 8593, section 5.
	SourceRFC8593 SourceModel = "rfc8593"
)

const (
	defaultFPS     = 30
	defaultNoise   = 0.15
	defaultKeySize = 5
	// defaultReaction, defaultBurstFrames and defaultBurstSize are tau_v, K_d and
	// K_B / B_0 of RFC 8593's table 1.
	defaultReaction    = 200 * millisecond
	defaultBurstFrames = 8
	defaultBurstSize   = 3.24
	defaultBurstAbove  = 0.25
)

func (s *Source) setDefaults() {
	setDefault(&s.Model, SourceIdeal)
	setDefault(&s.FPS, defaultFPS)
	setDefault(&s.Noise, defaultNoise)
	setDefault(&s.KeySize, defaultKeySize)
	setDefault(&s.BurstSize, defaultBurstSize)
	setDefault(&s.BurstAbove, defaultBurstAbove)
	if s.Model == SourceRFC8593 {
		setDefault(&s.IntervalNoise, defaultNoise)
		setDefault(&s.Reaction, defaultReaction)
		setDefault(&s.BurstFrames, defaultBurstFrames)
	}
	s.Noise, s.IntervalNoise = max(0, s.Noise), max(0, s.IntervalNoise)
	s.Reaction, s.BurstFrames = max(0, s.Reaction), max(0, s.BurstFrames)
}

// The live encoder's key frames, audio and least video (R_min of RFC 8593's table 1).
const (
	liveKeyInterval = 2 * second
	liveAudio       = 64 * kbps
	liveMin         = 150 * kbps
)

// LiveSource is an encoder as live pushes have: RFC 8593's model with a key frame
// every two seconds, at least 150 kbps of video and 64 kbps of audio.
func LiveSource() Source {
	return Source{Model: SourceRFC8593, KeyInterval: liveKeyInterval, Audio: liveAudio, Min: liveMin}
}

// Live returns the scenario with live encoders in the place of those that it has,
// whose bounds, ladders and pauses it keeps.
func (s *Scenario) Live() Scenario {
	out := *s
	out.Flows = append([]Flow(nil), s.Flows...)
	if len(out.Flows) == 0 {
		out.Flows = []Flow{{}}
	}
	for i := range out.Flows {
		live, had := LiveSource(), &out.Flows[i].Source
		live.FPS, live.Max, live.Tiers, live.Pauses = had.FPS, had.Max, had.Tiers, had.Pauses
		if had.Min > 0 {
			live.Min = had.Min
		} else if had.Max > 0 {
			live.Min = min(live.Min, had.Max)
		}
		*had = live
	}

	return out
}

// ceiling is the largest video bitrate that the ladder and the source's own bound
// leave to an encoder without a rate controller, zero for no bound.
func (s *Source) ceiling() Rate {
	if len(s.Tiers) == 0 {
		return s.Max
	}
	most := Rate(s.Tiers[len(s.Tiers)-1].Max)
	if s.Max > 0 {
		most = min(most, s.Max)
	}

	return most
}

func (c *checker) source(path string, s *Source) {
	if s.Model != SourceIdeal && s.Model != SourceRFC8593 {
		c.fail(path+".model", "%q, want ideal or rfc8593", s.Model)
	}
	c.number(path+".fps", s.FPS, 1, 1000)
	c.number(path+".noise", s.Noise, 0, 1)
	c.number(path+".interval_noise", s.IntervalNoise, 0, 1)
	c.number(path+".key_size", s.KeySize, 1, 100)
	c.duration(path+".key_interval", s.KeyInterval, 0, maxDuration)
	c.duration(path+".lag", s.Lag, 0, maxDelay)
	c.duration(path+".reaction", s.Reaction, 0, maxDelay)
	c.duration(path+".ramp", s.Ramp, 0, maxDelay)
	c.number(path+".burst_frames", float64(s.BurstFrames), 0, 1000)
	if s.BurstFrames > 0 {
		c.number(path+".burst_size", s.BurstSize, 1, max(1, float64(s.BurstFrames)))
	}
	c.number(path+".burst_above", s.BurstAbove, 0, 100)
	c.rate(path+".min", s.Min, 0)
	c.rate(path+".max", s.Max, 0)
	c.rate(path+".audio", s.Audio, 0)
	if s.Max > 0 && s.Min > s.Max {
		c.fail(path+".min", "%v is above source.max %v", s.Min, s.Max)
	}
	if s.Audio > 10*mbps {
		c.fail(path+".audio", "%v, want at most 10Mbps", s.Audio)
	}
	if len(s.Tiers) > 0 {
		rc := ratecontrol.Default()
		rc.Tiers = s.Tiers
		if err := rc.Validate(); err != nil {
			c.fail(path+".tiers", "%v", err)
		}
	}
	c.windows(path+".pauses", s.Pauses)
}

// Player is a model of a live player that keeps some media in store. It plays every
// frame of which nothing is missing, waits for those that are late and passes over
// those that are lost for good.
type Player struct {
	// Buffer is how much media it stores before it begins, and how long the receiver has
	// a lost packet asked for. Default 2 s.
	Buffer Duration `json:"buffer,omitzero"`
	// Resume is how much it stores before it goes on after a stall. Default a quarter
	// of Buffer.
	Resume Duration `json:"resume,omitzero"`
	// CatchUp is how much faster it plays while it has more than Buffer in store, as a
	// fraction. Default 0.05; negative for none, so that the latency grows by every stall.
	CatchUp float64 `json:"catch_up,omitzero"`
	// NoRetransmission leaves lost packets lost.
	NoRetransmission bool `json:"no_retransmission,omitzero"`
}

const (
	defaultBuffer  = 2 * second
	resumeShare    = 4
	defaultCatchUp = 0.05
	leastBuffer    = millisecond
	longestBuffer  = Duration(10 * time.Minute)
)

func (p *Player) setDefaults() {
	setDefault(&p.Buffer, defaultBuffer)
	setDefault(&p.Resume, p.Buffer/resumeShare)
	setDefault(&p.CatchUp, defaultCatchUp)
	p.CatchUp = max(0, p.CatchUp)
}

func (c *checker) player(path string, p *Player) {
	c.duration(path+".buffer", p.Buffer, leastBuffer, longestBuffer)
	c.duration(path+".resume", p.Resume, 0, max(leastBuffer, p.Buffer))
	c.number(path+".catch_up", p.CatchUp, 0, 1)
}
