// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ingest

import (
	"math"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/mpegts"
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
}

type senderReport struct {
	wall      int64 // the sender's clock, carried over to the recording's
	timestamp int64
}

// dtsExtractor derives the decoding times that RTP does not carry (mediacommon's
// h264.DTSExtractor and h265.DTSExtractor).
type dtsExtractor interface {
	Extract(au [][]byte, pts int64) (int64, error)
}

// recordTrack is one elementary stream of a recording.
type recordTrack struct {
	codec codec
	clock int64
	dts   dtsExtractor
	ts    *mpegts.Track

	taken   bool // a stream writes to it
	begun   bool // past the first key frame
	first   int64
	timed   bool
	lastDTS int64

	queue   []sample
	report  *senderReport
	aligned bool
	offset  int64 // from the track's times to the recording's clock

	last    int64
	written bool
}

func newRecordTrack(c codec, clock uint32) *recordTrack {
	t := &recordTrack{codec: c, clock: int64(clock)}
	t.restart()

	return t
}

func (t *recordTrack) video() bool { return t.codec != codecOpus }

// restart begins the derivation of decoding times anew.
func (t *recordTrack) restart() {
	switch t.codec {
	case codecH264:
		e := &h264.DTSExtractor{}
		e.Initialize()
		t.dts = e
	case codecH265:
		e := &h265.DTSExtractor{}
		e.Initialize()
		t.dts = e
	}
}

// sample times a frame. It reports whether the decoding time had to be guessed.
func (t *recordTrack) sample(f recordedFrame, arrival int64) (s sample, guessed bool) {
	if !t.timed {
		t.timed = true
		t.first = f.timestamp
		t.lastDTS = math.MinInt64
	}
	s = sample{units: f.units, pts: t.scale(f.timestamp), arrival: arrival}
	for _, u := range f.units {
		s.size += len(u)
	}
	s.dts = s.pts
	if t.dts != nil {
		dts, err := t.dts.Extract(f.units, s.pts)
		if err == nil {
			s.dts = dts
		} else {
			// Frames that are missing can leave no time between two decoding times.
			guessed = true
			if t.lastDTS < s.pts {
				s.dts = max(t.lastDTS+1, s.pts-tsClock/10)
			}
			if f.key {
				t.restart()
				_, _ = t.dts.Extract(f.units, s.pts) // the next frame tells
			}
		}
	}
	t.lastDTS = max(t.lastDTS, s.dts)

	return s, guessed
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

func (t *recordTrack) write(w *mpegts.Writer, pts, dts int64, units [][]byte) error {
	switch t.codec {
	case codecH264:
		return w.WriteH264(t.ts, pts, dts, units)
	case codecH265:
		return w.WriteH265(t.ts, pts, dts, units)
	default:
		return w.WriteOpus(t.ts, pts, units)
	}
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
