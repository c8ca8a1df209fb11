// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ingest

import (
	"io"
	"time"
)

const (
	// tsClock is MPEG-TS's clock in Hz, and tsWrap the modulus of its 33-bit times.
	tsClock = 90000
	tsWrap  = 1 << 33
	// tsStart is the time of a recording's first frame: players want room for the
	// program clock reference, which runs ahead of it.
	tsStart = tsClock
	// interleaveHold is how long a frame waits for the other track's frames, before
	// they are written interleaved by DTS. It is longer than alignHold.
	interleaveHold = 2 * time.Second
	// alignHold is how long a track waits for the sender report that ties its
	// timestamps to the other track's.
	alignHold = 1500 * time.Millisecond
	// maxHeldBytes bounds what waits.
	maxHeldBytes = 32 << 20
)

// recordedFrame is a complete frame on its way to the file, in decoding order.
type recordedFrame struct {
	units [][]byte
	// timestamp is the RTP timestamp, unwrapped: presentation time.
	timestamp int64
	key       bool
	arrival   time.Time
	// composition is PTS − DTS where the sender told it.
	composition compositionTime
}

// recorder puts one session's frames in the order of DTS, with times that audio and
// video share, for a file and for players. It is not safe for concurrent use.
type recorder struct {
	tracks  []*recordTrack
	file    *recordFile // nil where nothing is recorded
	players *broadcast  // nil where there can be none
	sync    ntpAlignment
	epoch   time.Time

	started bool
	base    int64
	held    int

	skipped  uint64
	adjusted uint64
}

// newRecorder records tracks; create, where there is one, opens the file when the first
// frame is written.
func newRecorder(create func() (io.WriteCloser, string, error), epoch time.Time, tracks ...*recordTrack) *recorder {
	r := &recorder{epoch: epoch, tracks: tracks}
	if create != nil {
		r.file = &recordFile{create: create, tracks: tracks}
	}

	return r
}

// frame takes the next frame of a track.
func (r *recorder) frame(t *recordTrack, f recordedFrame) {
	if t.video() && !t.begun && !f.key {
		r.skipped++

		return
	}
	t.begun = true
	s, adjusted := t.sample(f, r.ticks(f.arrival))
	if adjusted {
		r.adjusted++
	}
	t.queue = append(t.queue, s)
	r.held += s.size
	r.write(f.arrival, false)
}

// report takes a track's sender report: the sender's clock at an RTP timestamp.
func (r *recorder) report(t *recordTrack, ntp time.Time, timestamp int64, now time.Time) {
	t.report = &senderReport{wall: r.ticks(r.sync.local(ntp, now)), timestamp: timestamp}
}

// close puts out what waits, closes the file and lets the players go.
func (r *recorder) close() error {
	r.write(r.epoch, true)
	if r.players != nil {
		r.players.close()
	}
	if r.file == nil {
		return nil
	}

	return r.file.close()
}

// ticks is a moment on the recording's clock.
func (r *recorder) ticks(at time.Time) int64 {
	return int64(at.Sub(r.epoch)) * 9 / 100000
}

// write puts out, in order of DTS, the frames that no earlier one can precede any
// more: all of them at the end.
func (r *recorder) write(now time.Time, all bool) {
	for _, t := range r.tracks {
		t.align(r.ticks(now), all || r.held > maxHeldBytes)
	}
	for {
		var first *recordTrack
		waiting := false
		for _, t := range r.tracks {
			switch {
			case len(t.queue) == 0 || !t.aligned:
				waiting = true
			case first == nil || t.queue[0].dts+t.offset < first.queue[0].dts+first.offset:
				first = t
			}
		}
		if first == nil {
			return
		}
		s := &first.queue[0]
		if waiting && !all && r.held <= maxHeldBytes && r.ticks(now)-s.arrival < ticksOf(interleaveHold) {
			return
		}
		r.held -= s.size
		r.put(first, s)
		first.pop()
	}
}

// put puts one frame out.
func (r *recorder) put(t *recordTrack, s *sample) {
	if !r.started {
		r.started = true
		r.base = s.dts + t.offset
	}
	dts := s.dts + t.offset - r.base + tsStart
	pts := s.pts + t.offset - r.base + tsStart
	if t.written && dts <= t.last || dts < 0 {
		dts = max(t.last+1, 0)
		r.adjusted++
	}
	pts = max(pts, dts)
	t.last, t.written = dts, true
	f := timedFrame{track: t, units: s.units, pts: pts, dts: dts, key: s.key}
	if r.file != nil {
		r.file.frame(&f)
	}
	if r.players != nil {
		r.players.frame(&f)
	}
}

func ticksOf(d time.Duration) int64 { return int64(d) * 9 / 100000 }
