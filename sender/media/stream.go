// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package media

import (
	"errors"
	"fmt"
	"io"
	"time"
)

// Bounds of the memory that interleaving may take while one track has nothing to
// give. Muxers interleave to within a second.
const (
	maxReorderTime  = 5 * time.Second
	maxReorderUnits = 4096
	maxReorderBytes = 32 << 20
)

// maxPrimeTime and maxPrimeBytes bound how far is read for the first access unit
// of every track. A track that starts later is left out.
const (
	maxPrimeTime  = 15 * time.Second
	maxPrimeBytes = 32 << 20
)

// stream makes a [Source] of a demuxer: it classifies pictures, joins the
// clock's discontinuities, shifts time to zero, and interleaves by DTS.
type stream struct {
	dem    demuxer
	warn   func(error)
	tracks []Track
	inputs []input
	clock  timeline
	base   time.Duration
	queued int
	bytes  int
	end    error
}

// input is the state of one of the demuxer's tracks.
type input struct {
	out     int
	video   *pictureFilter
	queue   []AccessUnit
	head    int
	lastDTS time.Duration
	started bool
}

func newStream(dem demuxer, warn func(error)) (*stream, error) {
	described := dem.tracks()
	s := &stream{dem: dem, warn: warn, inputs: make([]input, len(described))}
	s.clock.tracks = make([]trackClock, len(described))
	for i, t := range described {
		s.inputs[i].out = i
		if t.Codec.Video() {
			s.inputs[i].video = newPictureFilter(t.Codec, t.ParameterSets)
		}
	}
	s.prime()
	if err := s.describe(); err != nil {
		return nil, err
	}

	return s, nil
}

// prime reads until each track has shown itself, as Tracks and the time origin
// are told by the first access units.
func (s *stream) prime() {
	for s.end == nil && s.missing() {
		if s.bytes > maxPrimeBytes || s.span() > maxPrimeTime {
			return
		}
		s.pull()
	}
}

func (s *stream) missing() bool {
	for i := range s.inputs {
		if s.inputs[i].empty() {
			return true
		}
	}

	return false
}

// describe fixes the public tracks and the origin of time.
func (s *stream) describe() error {
	described := s.dem.tracks()
	first := true
	for i := range s.inputs {
		in := &s.inputs[i]
		if in.empty() {
			in.out = -1
			s.warn(fmt.Errorf("%w: the %s track has no access unit near the start and is left out",
				errMalformed, described[i].Codec))

			continue
		}
		t := described[i]
		if in.video != nil {
			in.video.describe(&t)
			t.BFrames = t.BFrames || (!in.video.reorderKnown && in.reordered())
		}
		in.out = len(s.tracks)
		s.tracks = append(s.tracks, t)
		if dts := in.queue[in.head].DTS; first || dts < s.base {
			s.base = dts
			first = false
		}
	}
	if len(s.tracks) > 0 {
		return nil
	}
	if s.end != nil && !errors.Is(s.end, io.EOF) {
		return s.end
	}

	return fmt.Errorf("%w: there is no complete access unit in it that decoding could start from", errMalformed)
}

// Tracks implements [Source].
func (s *stream) Tracks() []Track { return s.tracks }

// Close implements [Source].
func (s *stream) Close() error { return s.dem.close() }

// Next implements [Source].
func (s *stream) Next() (AccessUnit, error) {
	for {
		if in := s.ready(); in != nil {
			au := in.pop()
			s.queued--
			s.bytes -= au.Size()
			au.Track = in.out
			au.DTS = max(au.DTS-s.base, 0)
			au.PTS = max(au.PTS-s.base, au.DTS)

			return au, nil
		}
		if s.end != nil {
			return AccessUnit{}, s.end
		}
		s.pull()
	}
}

// ready returns the track whose access unit is next by DTS, nil when more has to
// be read to know it.
func (s *stream) ready() *input {
	var best *input
	waiting := false
	for i := range s.inputs {
		in := &s.inputs[i]
		switch {
		case in.out < 0:
		case in.empty():
			waiting = true
		case best == nil || in.queue[in.head].DTS < best.queue[best.head].DTS:
			best = in
		}
	}
	full := s.queued > maxReorderUnits || s.bytes > maxReorderBytes
	if waiting && s.end == nil && !full && (best == nil || s.span() <= maxReorderTime) {
		return nil
	}

	return best
}

// span is the time between the oldest and the newest queued access unit.
func (s *stream) span() time.Duration {
	var oldest, newest time.Duration
	first := true
	for i := range s.inputs {
		in := &s.inputs[i]
		if in.empty() {
			continue
		}
		if dts := in.queue[in.head].DTS; first || dts < oldest {
			oldest = dts
		}
		if dts := in.queue[len(in.queue)-1].DTS; first || dts > newest {
			newest = dts
		}
		first = false
	}

	return newest - oldest
}

// pull reads one sample into its queue, or sets end.
func (s *stream) pull() {
	smp, err := s.read()
	if err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) {
			s.warn(fmt.Errorf("the file is cut short; what is there has been read: %w", err))
			err = io.EOF
		}
		s.end = err

		return
	}
	in := &s.inputs[smp.track]
	if in.out < 0 {
		return
	}
	au := AccessUnit{Duration: smp.duration, Units: smp.units, Key: true}
	if in.video != nil {
		var ok bool
		if au, ok = in.video.accept(smp.units); !ok {
			return
		}
	}
	offset, joined := s.clock.offset(smp.track, smp.dts)
	if joined {
		s.warn(fmt.Errorf("%w: the clock of the %s track jumps; the parts are joined",
			errMalformed, s.dem.tracks()[smp.track].Codec))
	}
	au.DTS = min(smp.dts, smp.pts) + offset
	if in.started {
		au.DTS = max(au.DTS, in.lastDTS)
	}
	au.PTS = max(smp.pts+offset, au.DTS)
	if au.PTS-au.DTS > maxSourceGap {
		au.PTS = au.DTS // damaged: no picture waits that long to be shown
	}
	in.started, in.lastDTS = true, au.DTS
	in.queue = append(in.queue, au)
	s.queued++
	s.bytes += au.Size()
}

func (s *stream) read() (smp sample, err error) {
	defer guard(&err)

	return s.dem.next()
}

func (in *input) empty() bool { return in.head == len(in.queue) }

func (in *input) pop() AccessUnit {
	au := in.queue[in.head]
	in.queue[in.head] = AccessUnit{}
	in.head++
	if in.empty() {
		in.queue, in.head = in.queue[:0], 0
	} else if in.head >= 64 && in.head*2 >= len(in.queue) {
		n := copy(in.queue, in.queue[in.head:])
		clear(in.queue[n:])
		in.queue, in.head = in.queue[:n], 0
	}

	return au
}

// reordered tells whether a queued picture is shown later than it is decoded.
func (in *input) reordered() bool {
	for _, au := range in.queue[in.head:] {
		if au.PTS != au.DTS {
			return true
		}
	}

	return false
}
