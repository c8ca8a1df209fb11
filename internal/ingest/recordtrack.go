// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ingest

import (
	"math"
	"time"

	"github.com/rtmcc/rtmcc/sdpext/aac"
)

// maxReportError is how far a sender report may be from what arrivals say before it
// is taken for wrong.
const maxReportError = 2 * time.Second

// sample is a frame with its times in ticks of [tsClock] from the track's first one.
type sample struct {
	units    [][]byte
	size     int
	pts, dts int64
	arrival  int64 // on the recording's clock
	key      bool
}

type senderReport struct {
	wall      int64 // the sender's clock, carried over to the recording's
	timestamp int64
}

// recordTrack is one elementary stream of a recording.
type recordTrack struct {
	codec codec
	clock int64
	aac   aac.Config     // where it is AAC
	dts   *decodingTimes // of video

	taken   bool // a stream writes to it
	begun   bool // past the first key frame
	first   int64
	timed   bool
	lastDTS int64
	told    int64 // how much later than the bitstream's the last told DTS was

	queue   []sample
	report  *senderReport
	aligned bool
	offset  int64 // from the track's times to the recording's clock

	last    int64
	written bool
}

func newRecordTrack(c codec, clock uint32) *recordTrack {
	t := &recordTrack{}
	t.retype(c, clock, aac.Config{})

	return t
}

func (t *recordTrack) video() bool { return !t.codec.audio() }

// retype makes it the track of the stream that came, before the file declares it.
func (t *recordTrack) retype(c codec, clock uint32, config aac.Config) {
	t.codec, t.clock, t.aac = c, int64(clock), config
	t.dts = nil
	if t.video() {
		t.dts = newDecodingTimes(c)
	}
}

// sample times a frame. It reports whether the decoding time had to be guessed.
func (t *recordTrack) sample(f recordedFrame, arrival int64) (s sample, guessed bool) {
	if !t.timed {
		t.timed = true
		t.first = f.timestamp
		t.lastDTS = math.MinInt64
	}
	s = sample{units: f.units, pts: t.scale(f.timestamp), arrival: arrival, key: f.key}
	for _, u := range f.units {
		s.size += len(u)
	}
	s.dts, guessed = t.decodingTime(f, s.pts)
	t.lastDTS = max(t.lastDTS, s.dts)

	return s, guessed
}

// decodingTime finds when a frame is to be decoded: by its composition time where the
// sender told one, else out of the bitstream. It reports whether it had to guess.
func (t *recordTrack) decodingTime(f recordedFrame, pts int64) (dts int64, guessed bool) {
	if t.dts == nil {
		return pts, false
	}
	dts, err := t.dts.extract(&f, pts)
	switch {
	case f.composition.known:
		told := pts - ticksOf(f.composition.value)
		if err == nil {
			t.told = told - dts
		}

		return told, false
	case err == nil:
		// The sender's delay may be another one than the bitstream's.
		return dts + t.told, false
	case t.lastDTS < pts:
		// Frames that are missing can leave no time between two decoding times.
		return max(t.lastDTS+1, pts-tsClock/10), true
	default:
		return pts, true
	}
}

// scale turns an unwrapped RTP timestamp into ticks from the track's first frame.
func (t *recordTrack) scale(timestamp int64) int64 {
	return (timestamp - t.first) * tsClock / t.clock
}

// align ties the track's times to the recording's clock once that can be done: by its
// sender report, or where none comes by the least delayed of its frames.
func (t *recordTrack) align(now int64, force bool) {
	if t.aligned || len(t.queue) == 0 {
		return
	}
	if t.report == nil && !force && now-t.queue[0].arrival < ticksOf(alignHold) {
		return
	}
	t.aligned = true
	t.offset = math.MaxInt64
	for i := range t.queue {
		t.offset = min(t.offset, t.queue[i].arrival-t.queue[i].dts)
	}
	if t.report != nil {
		reported := t.report.wall - t.scale(t.report.timestamp)
		if d := reported - t.offset; d < ticksOf(maxReportError) && -d < ticksOf(maxReportError) {
			t.offset = reported
		}
	}
}

func (t *recordTrack) pop() {
	t.queue[0] = sample{}
	t.queue = t.queue[1:]
}

// ntpAlignment carries the pusher's clock over to ours. The first report of a session
// sets it for all tracks, so that what matters, their distance, is the pusher's.
type ntpAlignment struct {
	known bool
	delta time.Duration
}

func (a *ntpAlignment) local(ntp, now time.Time) time.Time {
	if !a.known {
		a.known = true
		a.delta = now.Sub(ntp)
	}

	return ntp.Add(a.delta)
}
