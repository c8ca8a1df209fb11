// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ingest

import (
	"bufio"
	"fmt"
	"io"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/formats/mpegts"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/mpegts/codecs"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/mpegts/substructs"
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
}

// recorder writes one session's frames as MPEG-TS. It is not safe for concurrent use.
type recorder struct {
	create func() (io.WriteCloser, string, error)
	tracks []*recordTrack
	sync   ntpAlignment
	epoch  time.Time

	file    io.WriteCloser
	buffer  *bufio.Writer
	mux     *mpegts.Writer
	started bool
	base    int64
	held    int

	path     string
	written  uint64
	skipped  uint64
	adjusted uint64
	err      error
}

// newRecorder records tracks; create opens the file when the first frame is written.
func newRecorder(create func() (io.WriteCloser, string, error), epoch time.Time, tracks ...*recordTrack) *recorder {
	return &recorder{create: create, epoch: epoch, tracks: tracks}
}

// frame takes the next frame of a track.
func (r *recorder) frame(t *recordTrack, f recordedFrame) {
	if r.err != nil {
		return
	}
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

// close writes what waits and closes the file.
func (r *recorder) close() error {
	if r.err == nil {
		r.write(r.epoch, true)
	}
	if r.file == nil {
		return r.err
	}
	if r.err == nil {
		r.err = r.buffer.Flush()
	}
	if err := r.file.Close(); r.err == nil {
		r.err = err
	}
	r.file = nil

	return r.err
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
		if r.err = r.put(first, s); r.err != nil {
			for _, t := range r.tracks {
				t.queue = nil
			}

			return
		}
		first.pop()
	}
}

// put writes one frame.
func (r *recorder) put(t *recordTrack, s *sample) error {
	if r.file == nil {
		if err := r.begin(); err != nil {
			return err
		}
	}
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
	r.written++

	return t.write(r.mux, pts%tsWrap, dts%tsWrap, s.units)
}

// begin opens the file and declares its tracks.
func (r *recorder) begin() error {
	file, path, err := r.create()
	if err != nil {
		return fmt.Errorf("recording: %w", err)
	}
	r.file, r.path = file, path
	r.buffer = bufio.NewWriterSize(file, 64<<10)
	r.mux = &mpegts.Writer{W: r.buffer}
	for _, t := range r.tracks {
		switch t.codec {
		case codecH264:
			t.ts = &mpegts.Track{Codec: &codecs.H264{}}
		case codecH265:
			t.ts = &mpegts.Track{Codec: &codecs.H265{}}
		default:
			t.ts = &mpegts.Track{Codec: &codecs.Opus{Desc: &substructs.OpusAudioDescriptor{ChannelConfigCode: 2}}}
		}
		r.mux.Tracks = append(r.mux.Tracks, t.ts)
	}
	if err = r.mux.Initialize(); err != nil {
		return fmt.Errorf("recording %s: %w", path, err)
	}

	return nil
}

func ticksOf(d time.Duration) int64 { return int64(d) * 9 / 100000 }
