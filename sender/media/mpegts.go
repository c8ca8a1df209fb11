// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package media

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/opus"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/mpegts/substructs"
)

const (
	tsClockRate = 90000
	tsClockWrap = 1 << 33
	videoClock  = 90000
	opusClock   = 48000
)

// maxTSProbe is how far the programme map is looked for.
const maxTSProbe = 4 << 20

// mpegts reads an MPEG transport stream (ITU-T H.222.0). It follows the first
// programme with a stream that can be sent; a later programme map is not heeded.
type mpegts struct {
	packets *tsPackets
	closer  io.Closer
	warn    func(error)
	streams map[uint16]*tsStream
	order   []*tsStream
	out     []sample
	outHead int
	clock   tsClock
	end     error
	// partial tells that streams were left out.
	partial bool
}

// tsStream is one elementary stream.
type tsStream struct {
	index   int
	track   Track
	pes     pesAssembler
	audio   adts
	nextPTS time.Duration
	begun   bool
}

// tsClock unwraps the 33 bits of timestamps against the last one seen.
type tsClock struct {
	last  int64
	begun bool
}

func (c *tsClock) unwrap(raw int64) int64 {
	if !c.begun {
		c.begun, c.last = true, raw

		return raw
	}
	c.last += tsWrap(raw - c.last)

	return c.last
}

// tsWrap takes a difference to the half-open range of +-2^32 ticks.
func tsWrap(d int64) int64 {
	d &= tsClockWrap - 1
	if d >= tsClockWrap/2 {
		d -= tsClockWrap
	}

	return d
}

func ticks(n int64, rate int64) time.Duration {
	return time.Duration(n/rate)*time.Second + time.Duration(n%rate)*time.Second/time.Duration(rate)
}

func newMPEGTS(r io.Reader, closer io.Closer, warn func(error)) (*mpegts, error) {
	t := &mpegts{packets: newTSPackets(r), closer: closer, warn: warn, streams: map[uint16]*tsStream{}}
	var psi tsTables
	for read := 0; read < maxTSProbe; read += tsPacketSize {
		p, err := t.packets.next()
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		for _, es := range psi.add(p) {
			if es.codec == "" {
				if !slices.Contains(psi.passedOver, es.name) {
					psi.passedOver = append(psi.passedOver, es.name)
				}

				continue
			}
			st := &tsStream{index: len(t.order), track: Track{Codec: es.codec, ClockRate: videoClock, Channels: es.channels}}
			if es.codec == Opus {
				st.track.ClockRate = opusClock
			}
			if _, twice := t.streams[es.pid]; !twice {
				t.streams[es.pid] = st
				t.order = append(t.order, st)
			}
		}
		if len(t.order) > 0 {
			t.partial = len(psi.passedOver) > 0
			for _, name := range psi.passedOver {
				warn(fmt.Errorf("%w: the transport stream's %s is left out", ErrUnsupported, name))
			}

			return t, nil
		}
	}
	if len(psi.passedOver) > 0 {
		return nil, fmt.Errorf("%w: the transport stream holds %s; convert it to H.264 or H.265 with AAC or Opus",
			ErrUnsupported, strings.Join(psi.passedOver, ", "))
	}

	return nil, fmt.Errorf("%w: no programme map in the first %d MiB of the transport stream",
		errMalformed, maxTSProbe>>20)
}

func (t *mpegts) tracks() []Track {
	tracks := make([]Track, len(t.order))
	for i, st := range t.order {
		tracks[i] = st.track
	}

	return tracks
}

func (t *mpegts) leftOut() bool { return t.partial }

func (t *mpegts) close() error { return t.closer.Close() }

func (t *mpegts) next() (sample, error) {
	for t.outHead == len(t.out) {
		t.out, t.outHead = t.out[:0], 0
		if t.end != nil {
			return sample{}, t.end
		}
		p, err := t.packets.next()
		if err != nil {
			t.finish(err)

			continue
		}
		if st := t.streams[p.pid]; st != nil {
			if b := st.pes.add(p); b != nil {
				t.unpack(st, b)
			}
		}
	}
	s := t.out[t.outHead]
	t.out[t.outHead] = sample{}
	t.outHead++

	return s, nil
}

// finish gives out what the assemblers still hold at the end of the file.
func (t *mpegts) finish(err error) {
	t.end = err
	lost := 0
	for _, st := range t.order {
		if b := st.pes.flush(); b != nil {
			t.unpack(st, b)
		}
		lost += st.pes.lost
	}
	if lost > 0 || t.packets.skipped > 0 {
		t.warn(fmt.Errorf("%w: %d incomplete packets and %d stray bytes of the transport stream were passed over",
			errMalformed, lost, t.packets.skipped))
	}
}

func (t *mpegts) unpack(st *tsStream, b []byte) {
	p, ok := parsePES(b)
	if !ok {
		st.pes.lost++

		return
	}
	pts, dts := st.nextPTS, st.nextPTS
	if p.hasPTS {
		base := t.clock.unwrap(p.dts)
		offset := max(tsWrap(p.pts-p.dts), 0)
		if offset > int64(maxSourceGap/time.Second)*tsClockRate {
			offset = 0
		}
		dts, pts = ticks(base, tsClockRate), ticks(base+offset, tsClockRate)
		st.begun = true
	} else if !st.begun || st.track.Codec.Video() {
		// A picture without a time cannot be placed among reordered ones.
		st.pes.lost++

		return
	}
	switch st.track.Codec {
	case H264, H265:
		if units := splitAnnexB(p.data); len(units) > 0 {
			t.out = append(t.out, sample{track: st.index, pts: pts, dts: dts, units: units})
		}
	case Opus:
		t.unpackOpus(st, pts, p.data)
	case AAC:
		t.unpackAAC(st, pts, p.data)
	default:
	}
}

func (t *mpegts) unpackOpus(st *tsStream, pts time.Duration, b []byte) {
	for len(b) > 0 {
		var au substructs.OpusAccessUnit
		n, err := au.Unmarshal(b)
		if err != nil || n <= 0 {
			st.pes.lost++

			break
		}
		b = b[n:]
		duration := opusDuration(au.Packet)
		if duration == 0 {
			st.pes.lost++

			continue
		}
		t.emit(st, pts, duration, au.Packet)
		pts += duration
	}
	st.nextPTS = pts
}

func (t *mpegts) unpackAAC(st *tsStream, pts time.Duration, b []byte) {
	frames, before := st.audio.add(b)
	if st.audio.config != nil && st.track.Config == nil {
		st.track.Config = st.audio.config
		st.track.ClockRate = uint32(st.audio.sampleRate) //nolint:gosec // at most 96000
		st.track.Channels = st.audio.channels
	}
	if st.audio.sampleRate == 0 {
		return
	}
	duration := ticks(aacFrameSamples, int64(st.audio.sampleRate))
	if before {
		// The time of a PES packet is that of the first frame that begins in it
		// (2.4.3.7); a frame that began in the last one is before it.
		pts -= duration
	}
	for _, f := range frames {
		t.emit(st, pts, duration, f)
		pts += duration
	}
	st.nextPTS = pts
}

func (t *mpegts) emit(st *tsStream, pts, duration time.Duration, frame []byte) {
	t.out = append(t.out, sample{
		track: st.index, pts: pts, dts: pts, duration: duration,
		units: [][]byte{bytes.Clone(frame)},
	})
}

// opusDuration reads the length of a packet from its TOC byte (RFC 6716, 3.1),
// zero where it is invalid. A packet lasts at most 120 ms.
func opusDuration(packet []byte) time.Duration {
	d := ticks(opus.PacketDuration2(packet), opusClock)
	if d > 120*time.Millisecond {
		return 0
	}

	return d
}
